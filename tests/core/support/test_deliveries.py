"""Notifications: nothing leaves for what did not happen, and each leaves once, under one name, in order."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from core import breaker, clock, db, mail, notification_kinds, notifications
from core.accounts import phone_channel, phone_kinds
from core.actor import Tenant, system
from core.notifications import Recipient
from core.settings import Settings
from core.support import deliveries, deliveries_sending
from tenants.providers import THE_PLATFORM
from tests.core.accounts.house import open_provider
from tests.core.support import posting
from tests.core.support.posting import NEWS, SECRET, TOLD, Post, all_of, hand_out, post_office, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tenant(database: Settings, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    posting.declared(monkeypatch)
    monkeypatch.setattr(deliveries_sending, "_server", breaker.Breaker())
    return await open_provider()


@pytest.fixture
async def post(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    monkeypatch.setattr(mail, "_settings", Settings())
    async with post_office(Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        yield post


async def tell(tenant: Tenant, word: str, *, kind=TOLD, address: str = "zoe@example.org", **more) -> None:
    async with db.as_tenant(tenant.id):
        to = Recipient(address=address, name="Zoé", locale="en")
        await notifications.notify(kind, to=to, data={"name": "Zoé", "word": word}, by=system(tenant), **more)


async def test_what_was_rolled_back_tells_nobody(tenant: Tenant, post: Post) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.as_tenant(tenant.id):
            to = Recipient(address="zoe@example.org")
            await notifications.notify(TOLD, to=to, data={"name": "x", "word": "y"}, by=system(tenant))
            raise ZeroDivisionError
    await hand_out(tenant.id)
    await send(tenant.id)
    assert await all_of(tenant.id) == []
    assert post.asked == 0


async def test_a_mail_is_told_once_under_its_key(tenant: Tenant, post: Post) -> None:
    await tell(tenant, "one", key="invoice-1")
    await tell(tenant, "one", key="invoice-1")
    await hand_out(tenant.id)
    await send(tenant.id)
    await send(tenant.id)
    (row,) = await all_of(tenant.id)
    assert (row["state"], row["attempts"], row["said"]) == ("sent", 1, "OK queued as 42")
    (letter,) = post.taken
    assert letter["Message-ID"] == f"<{row['key']}@panel.example>"
    assert letter.get_body(("plain",)).get_content().split() == ["Hello", "Zoé,", "one"]


async def test_a_server_that_refuses_for_an_hour_gets_each_once_and_in_order(tenant: Tenant, post: Post) -> None:
    mail.configure(Settings(smtp_url="smtp://127.0.0.1:1", mail_from="no-reply@panel.example"))
    for word in ("first", "second", "third"):
        await tell(tenant, word)
    await tell(tenant, "other", address="ada@example.org")
    await hand_out(tenant.id)
    for minutes in range(0, 61, 3):
        with clock.moved(timedelta(minutes=minutes)):
            await send(tenant.id)
    rows = await all_of(tenant.id)
    assert {row["state"] for row in rows} == {"waiting", "retrying"}
    keys = {row["subject"]: str(row["key"]) for row in rows}
    mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
    post.answers = ["451 come again", "451 come again"]
    deliveries_sending._server = breaker.Breaker()
    for hours in (2, 4, 6, 8):
        with clock.moved(timedelta(hours=hours)):
            await send(tenant.id)
    assert {row["state"] for row in await all_of(tenant.id)} == {"sent"}
    told = [subject for to, subject in post.told() if to == "zoe@example.org"]
    assert told == ["About first", "About second", "About third"]
    assert {(letter["Subject"], letter["Message-ID"]) for letter in post.taken} == {
        (subject, f"<{key}@panel.example>") for subject, key in keys.items()
    }
    assert len(post.taken) == 4
    async with db.as_tenant(tenant.id):
        tried = await db.fetch("SELECT result, said FROM delivery_attempts WHERE result = 'later'")
    assert any("451" in row["said"] for row in tried)


async def test_what_is_refused_for_good_is_not_tried_again_and_what_fails_for_days_is_given_up(
    tenant: Tenant, post: Post
) -> None:
    await tell(tenant, "one")
    await tell(tenant, "two", address="ada@example.org")
    await hand_out(tenant.id)
    post.answers = ["550 no such mailbox"] + ["450 busy"] * 40
    for days in range(20):
        with clock.moved(timedelta(days=days)):
            await send(tenant.id)
    refused, given_up = sorted(await all_of(tenant.id), key=lambda row: row["attempts"])
    assert (refused["state"], refused["reason"], refused["attempts"]) == ("dead", "refused", 1)
    assert "550" in refused["said"]
    assert (given_up["state"], given_up["reason"]) == ("dead", "gave_up")
    assert given_up["attempts"] == len(deliveries_sending.MINUTES) + 1


async def test_what_is_over_before_it_is_taken_is_not_sent_any_more(
    tenant: Tenant, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(notification_kinds.KINDS, TOLD.key, msgspec.structs.replace(TOLD, minutes=60))
    post.answers = ["451 come again"]
    await tell(tenant, "code")
    await hand_out(tenant.id)
    await send(tenant.id)
    with clock.moved(timedelta(minutes=60)):
        await send(tenant.id)
    (row,) = await all_of(tenant.id)
    assert (row["state"], row["reason"], post.taken) == ("dead", "too_late", [])


async def test_a_secret_is_nowhere_in_the_clear_and_gone_once_it_was_sent(tenant: Tenant, post: Post) -> None:
    await tell(tenant, "hush-123", kind=SECRET)
    async with db.as_tenant(tenant.id):
        assert "hush-123" not in str(await db.fetch("SELECT * FROM notifications"))
    await hand_out(tenant.id)
    (row,) = await all_of(tenant.id)
    assert "hush-123" not in str(row)
    assert row["sealed"]
    await send(tenant.id)
    (row,) = await all_of(tenant.id)
    assert (row["state"], row["sealed"]) == ("sent", "")
    assert post.taken[0]["Subject"] == "About hush-123"


async def test_line_breaks_make_no_more_headers_and_no_more_recipients(tenant: Tenant, post: Post) -> None:
    evil = "Hi\r\nBcc: eve@example.org\n\nX: y\x0bz\u2028w"
    await tell(tenant, evil)
    async with db.as_tenant(tenant.id):
        to = Recipient(address="zoe@example.org\r\nBcc: eve@example.org", name=evil)
        await notifications.notify(TOLD, to=to, data={"name": evil, "word": "x"}, by=system(tenant))
    await hand_out(tenant.id)
    await send(tenant.id)
    sent, bad = await all_of(tenant.id)
    assert (bad["state"], bad["reason"]) == ("skipped", "bad_address")
    assert sent["state"] == "sent"
    (letter,) = post.taken
    assert "Bcc" not in letter
    assert len(letter["To"].addresses) == 1


async def test_who_cannot_or_will_not_be_told_is_skipped_with_the_reason(tenant: Tenant, post: Post) -> None:
    async with db.as_tenant(tenant.id):
        await db.execute(
            """INSERT INTO notification_optouts (kind, medium, address_folded, created_at)
               SELECT kind, 'mail', 'zoe@example.org', $1 FROM unnest(ARRAY['test.news', 'test.told']) kind""",
            clock.now(),
        )
    await tell(tenant, "news", kind=NEWS, address="Zoe@example.org")
    await tell(tenant, "told")
    await tell(tenant, "nobody", address="")
    await hand_out(tenant.id)
    told = [(row["state"], row["reason"]) for row in await all_of(tenant.id)]
    assert told == [("skipped", "opted_out"), ("waiting", ""), ("skipped", "no_address")]


async def test_without_a_server_mail_waits_and_nothing_counts_as_tried(tenant: Tenant, post: Post) -> None:
    mail.configure(Settings())
    await tell(tenant, "one")
    await hand_out(tenant.id)
    await send(tenant.id)
    (row,) = await all_of(tenant.id)
    assert (row["state"], row["reason"], row["attempts"]) == ("waiting", "no_server", 0)


async def test_what_a_dead_worker_had_begun_is_taken_up_by_the_same_job(tenant: Tenant, post: Post) -> None:
    await tell(tenant, "one")
    await hand_out(tenant.id)
    job = posting.a_job(tenant.id, "delivery.send")
    async with job.scope():
        assert len(await deliveries_sending._claim("mail", job)) == 1
    await send(tenant.id)
    assert post.asked == 0
    await send(tenant.id, key=job.key, attempt=2)
    assert [row["state"] for row in await all_of(tenant.id)] == ["sent"]


async def test_the_platform_tells_its_own_people(tenant: Tenant, post: Post) -> None:
    await tell(THE_PLATFORM, "keys")
    await hand_out(THE_PLATFORM.id)
    await send(THE_PLATFORM.id)
    assert [row["state"] for row in await all_of(THE_PLATFORM.id)] == ["sent"]
    assert await all_of(tenant.id) == []


async def test_the_log_forgets_what_ended_long_ago(tenant: Tenant, post: Post) -> None:
    await tell(tenant, "one")
    await hand_out(tenant.id)
    await send(tenant.id)
    await tell(tenant, "two")
    await hand_out(tenant.id)
    async with db.as_tenant(tenant.id):
        await deliveries.tidy(clock.now() + deliveries.KEPT + timedelta(days=1))
    assert [row["subject"] for row in await all_of(tenant.id)] == ["About two"]


async def test_where_mail_is_caught_an_sms_is_a_letter_to_its_number(tenant: Tenant, post: Post) -> None:
    by = system(tenant)
    assert not await phone_channel.is_there(by=by)
    mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example", mail_catcher=True))
    assert await phone_channel.is_there(by=by)
    async with db.as_tenant(tenant.id):
        to = Recipient(phone="+33612345678", name="Zoé", locale="en")
        await notifications.notify(phone_kinds.CODE, to=to, data={"code": "204816", "minutes": 10}, by=by)
    await hand_out(tenant.id)
    async with db.as_tenant(tenant.id):
        await db.execute("UPDATE deliveries SET kind = 'test.told' WHERE medium = 'sms'")
    await send(tenant.id, "caught_sms")
    (letter,) = post.taken
    assert letter["To"] == "33612345678@sms.example"
    assert "204816 is your code" in letter.get_content()
