"""The mail about an invoice goes with its PDF: the one of the page, made when it is sent."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from core import clock, db, notification_files, notification_switches
from core.actor import Actor
from core.billing import invoice_files
from core.billing.billing_kinds import INVOICE_ISSUED, PAYMENT_RECEIVED
from core.channel_contract import AttachedFile
from core.errors import Conflict
from core.settings import Settings
from core.support import deliveries_files
from tests import cast
from tests.core.billing import bills
from tests.core.support.posting import Post, all_of, connected, hand_out, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> Actor:
    return await cast.who("alice")


@pytest.fixture
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    async with connected(monkeypatch) as post:
        yield post


async def issued(by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int((await bills.issued(1000, by=by))["id"])


async def sent(by: Actor) -> None:
    await hand_out(by.tenant.id)
    await send(by.tenant.id)


async def test_the_file_is_byte_for_byte_that_of_the_page_and_the_texts_stay_whole(
    alice: Actor, post: Post
) -> None:
    invoice_id = await issued(alice)
    post.answers = ["451 come again"]
    await sent(alice)
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE deliveries SET next_at = $1 WHERE state = 'retrying'", clock.now())
        paper = await invoice_files.of(invoice_id, by=alice)
    await send(alice.tenant.id)
    (letter,) = post.taken
    (file,) = letter.iter_attachments()
    assert file.get_content() == paper.content and paper.content.startswith(b"%PDF")
    assert (file.get_filename(), file.get_content_type()) == (paper.name, "application/pdf")
    assert "/invoices/" in letter.get_body(("plain",)).get_content()
    assert "<html" in letter.get_body(("html",)).get_content()
    mails = [row for row in await all_of(alice.tenant.id) if row["medium"] == "mail"]
    assert [(row["state"], row["attached"]) for row in mails] == [("sent", paper.name)]
    assert mails[0]["html"] and "%PDF" not in mails[0]["text"]


async def test_a_provider_does_without_and_a_large_one_stays_at_home(
    alice: Actor, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.as_tenant(alice.tenant.id):
        await notification_switches.put_file(INVOICE_ISSUED, False, by=alice)
        with pytest.raises(Conflict):
            await notification_switches.put_file(PAYMENT_RECEIVED, False, by=alice)
    await issued(alice)
    await sent(alice)
    async with db.as_tenant(alice.tenant.id):
        assert await notification_switches.is_on(INVOICE_ISSUED)
        await notification_switches.put_file(INVOICE_ISSUED, True, by=alice)
    monkeypatch.setattr(deliveries_files, "MOST_BYTES", 100)
    await issued(alice)
    await sent(alice)
    assert [list(letter.iter_attachments()) for letter in post.taken] == [[], []]
    mails = [row for row in await all_of(alice.tenant.id) if row["medium"] == "mail"]
    assert [(row["attached"], bool(row["left_out"])) for row in mails] == [("", False), ("", True)]
    assert mails[1]["left_out"].endswith(".pdf")


async def no_typst(_about: int, _data: Mapping[str, Any]) -> list[AttachedFile]:
    raise RuntimeError("no typst")


async def no_table(_about: int, _data: Mapping[str, Any]) -> list[AttachedFile]:
    await db.execute("SELECT * FROM no_table")
    return []


@pytest.mark.parametrize("broken", [no_typst, no_table])
async def test_a_file_that_cannot_be_made_delays_its_mail_and_then_it_goes_without(
    alice: Actor, post: Post, monkeypatch: pytest.MonkeyPatch, broken: notification_files.Maker
) -> None:
    monkeypatch.setitem(notification_files._makers, INVOICE_ISSUED.key, broken)
    await issued(alice)
    await sent(alice)
    for _attempt in range(deliveries_files.PATIENT_FOR):
        (row,) = [row for row in await all_of(alice.tenant.id) if row["medium"] == "mail"]
        assert (row["state"], row["reason"], post.taken) == ("retrying", "no_file", [])
        async with db.as_tenant(alice.tenant.id):
            await db.execute("UPDATE deliveries SET next_at = $1 WHERE state = 'retrying'", clock.now())
        await send(alice.tenant.id)
    (letter,) = post.taken
    assert list(letter.iter_attachments()) == []
    (row,) = [row for row in await all_of(alice.tenant.id) if row["medium"] == "mail"]
    assert (row["state"], row["attached"]) == ("sent", "")
