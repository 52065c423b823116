"""Reminders go with the PDF of the invoices that they are about, each of the page, as many as a mail takes."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core import db, notification_switches
from core.actor import Actor
from core.billing import dunning_kinds, dunning_settings, invoice_files
from core.billing.dunning_settings import DunningSettingChanges
from core.settings import Settings
from core.support import deliveries_files
from tests import cast
from tests.core.billing import bills
from tests.core.billing.test_dunning_run import DAY, on, owing, policy, run
from tests.core.support.posting import Post, all_of, connected, hand_out, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> Actor:
    return await cast.who("alice")


@pytest.fixture
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    async with connected(monkeypatch) as post:
        yield post


async def owed(by: Actor) -> list[tuple[str, bytes]]:
    """The papers of two invoices, of which the first is due first; something is owed without one as well."""
    async with db.as_tenant(by.tenant.id):
        await policy(by)
        await owing(by)
        found = []
        for offset in (0, 1):
            with on(DAY + timedelta(days=offset)):
                bill = await bills.issued(1000, by=by)
                paper = await invoice_files.of(bill["id"], by=by)
                found.append((paper.name, paper.content))
        with on(DAY):
            await bills.charged(300, "By hand", by=by)
        await db.execute("DELETE FROM notifications")
    return found


async def reminded(by: Actor, post: Post) -> dict[str, list[tuple[str, bytes]]]:
    """The files that came to each address with the reminder of one night."""
    async with db.as_tenant(by.tenant.id):
        await run(DAY + timedelta(days=19), by)
    await hand_out(by.tenant.id)
    await send(by.tenant.id)
    return {
        str(letter["To"]): [(str(one.get_filename()), one.get_content()) for one in letter.iter_attachments()]
        for letter in post.taken
    }


async def test_a_reminder_has_the_invoices_that_it_names_byte_for_byte(alice: Actor, post: Post) -> None:
    papers = await owed(alice)
    assert await reminded(alice, post) == {"dupont@client.example": papers}


async def test_who_reads_of_no_invoice_gets_none(alice: Actor, post: Post) -> None:
    papers = await owed(alice)
    async with db.as_tenant(alice.tenant.id):
        await dunning_settings.update(DunningSettingChanges(letters_to="payer"), version=0, by=alice)
        await db.execute("UPDATE payers SET email = 'pay@holding.example'")
    assert await reminded(alice, post) == {"dupont@client.example": [], "pay@holding.example": papers}


async def test_what_finds_no_room_stays_at_home_and_the_rest_goes(
    alice: Actor, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = await owed(alice)
    monkeypatch.setattr(deliveries_files, "MOST_BYTES", sum(len(content) for _name, content in papers) - 1)
    assert await reminded(alice, post) == {"dupont@client.example": papers[:1]}
    mails = [row for row in await all_of(alice.tenant.id) if row["medium"] == "mail"]
    assert [(row["attached"], row["left_out"]) for row in mails] == [(papers[0][0], papers[1][0])]


async def test_a_provider_does_without(alice: Actor, post: Post) -> None:
    await owed(alice)
    async with db.as_tenant(alice.tenant.id):
        await notification_switches.put_file(dunning_kinds.REMINDER, False, by=alice)
    assert await reminded(alice, post) == {"dupont@client.example": []}
