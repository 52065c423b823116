"""The lists of a message to clients: who is passed over before it is sent, and what became of each afterwards."""

import pytest

from core import db
from core.accounts import closing
from core.actor import Actor
from core.errors import Invalid
from core.filters import Cursor
from core.settings import Settings
from core.support import mass_message_recipients, mass_messages
from core.support.mass_message_recipients import Reason
from tests import cast
from tests.core.support.test_mass_messages import FRENCH, drafted, sent

pytestmark = pytest.mark.anyio
FEW = 2


async def passed_over(message_id: int, reason: Reason, *, by: Actor) -> list[tuple[int, str]]:
    """All of the list, page after page, and back again."""
    message, found, after = await mass_messages.get(message_id, by=by), [], ""
    while True:
        page = await mass_message_recipients.skipped(message, reason=reason, after=after, size=FEW, by=by)
        found += [(row["code"], row["reason"]) for row in page.rows]
        if not page.next:
            break
        after = page.next
    last = str(Cursor(0, 2**62))
    back = await mass_message_recipients.skipped(message, reason=reason, before=last, size=FEW, by=by)
    assert [(row["code"], row["reason"]) for row in back.rows] == found[-FEW:]
    return found


async def test_each_who_is_counted_as_passed_over_is_named_with_his_reason(
    database: Settings,
) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await closing.close([1001], "Left", by=alice)
        await db.execute("UPDATE clients SET email = '' WHERE code = 1002")
        message_id = await drafted(alice, only_matching=True, texts={"fr": FRENCH})
        message = await mass_messages.get(message_id, by=alice)
        counted = await mass_message_recipients.count(message, by=alice)
        every = await passed_over(message_id, "", by=alice)
        assert len(every) == sum(counted.skipped.values()) > 2
        assert every == sorted(every)
        assert {(1001, "closed"), (1002, "no_address")} <= set(every)
        for reason, number in counted.skipped.items():
            found = await passed_over(message_id, reason, by=alice)  # type: ignore[arg-type]
            assert found == [one for one in every if one[1] == reason]
            assert len(found) == number
        assert await passed_over(message_id, "news", by=alice) == []


async def test_a_draft_is_looked_at_with_a_client_who_gets_it(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        message = await mass_messages.get(await drafted(alice), by=alice)
        before = await mass_message_recipients.first(message, by=alice)
        assert before is not None
        await closing.close([before], "Left", by=alice)
        after = await mass_message_recipients.first(message, by=alice)
        assert after is not None and after > before
        assert (await mass_message_recipients.seen_by(message, after, by=alice)).reason == ""
        await db.execute("UPDATE clients SET email = ''")
        assert await mass_message_recipients.first(message, by=alice) == before


async def test_what_became_of_each_stands_by_code_and_is_searched(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE clients SET code = 900 WHERE login = 'dupont'")
        message_id = await drafted(alice)
    message = await sent(database, message_id, alice)
    async with db.as_tenant(alice.tenant.id):
        rows = (await mass_message_recipients.page(message, by=alice)).rows
        codes = [row["code"] for row in rows]
        assert codes == sorted(codes) and codes[0] == 900
        for search in ("900", "DUPONT"):
            found = await mass_message_recipients.page(message, search=search, by=alice)
            assert [row["code"] for row in found.rows] == [900]
        nobody = await mass_message_recipients.page(message, state="skipped", search="900", by=alice)
        assert nobody.rows == []
        for wrong in ("x" * 5_000, "\x00"):
            with pytest.raises(Invalid) as refused:
                await mass_message_recipients.page(message, search=wrong, by=alice)
            assert list(refused.value.errors) == ["search"]
