"""Channels that are plugins: one that hangs costs its own provider a moment, and nobody else anything."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from core import breaker, db, hooks, mail, notifications, plugin_settings
from core.actor import system
from core.channel_contract import Channel, Receipt, Refused
from core.errors import Conflict
from core.hookspecs import Plugin, hookimpl
from core.notifications import Recipient
from core.settings import Settings
from core.support import deliveries_again, deliveries_sending
from tests import cast
from tests.core.at_queue import QUICK, until, workers
from tests.core.support import posting
from tests.core.support.posting import TOLD, Post, all_of, hand_out, post_office, send

pytestmark = pytest.mark.anyio
NAME = "slowpost"
PATIENT = msgspec.structs.replace(QUICK, silence=30.0)
"""On a busy machine a worker that waits for a channel is not taken to be dead."""


class SlowPost:
    """A channel that hangs, or does what `answer` says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.hangs = True

    @hookimpl
    def provide_plugin(self):
        return Plugin(name=NAME, title="Slow post", kind="notification")

    @hookimpl
    def provide_channels(self, ctx):
        return [Channel(key="post", title="Slow post", medium="mail", seconds=1)]

    @hookimpl
    async def send_notification(self, ctx, delivery):
        self.asked.append(delivery.id)
        if self.hangs:
            await asyncio.Event().wait()
        if delivery.address.startswith("bad"):
            raise Refused("no such mailbox")
        return Receipt(id="42", said="thanks")


@pytest.fixture
async def slow(database: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowPost]:
    posting.declared(monkeypatch)
    monkeypatch.setattr(deliveries_sending, "_server", breaker.Breaker())
    monkeypatch.setattr(mail, "_settings", Settings())
    made = SlowPost()
    assert not hooks.load(database, extra={NAME: made})
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await plugin_settings.enable(NAME, by=alice)
    yield made
    hooks.load(database)


async def tell(place: str, *addresses: str) -> int:
    tenant = await cast.tenant(place)
    async with db.as_tenant(tenant.id):
        for address in addresses:
            to = Recipient(address=address, locale="en")
            await notifications.notify(TOLD, to=to, data={"name": "x", "word": address}, by=system(tenant))
    return tenant.id


async def has_been_tried(tenant_id: int) -> bool:
    return any(row["attempts"] for row in await all_of(tenant_id))


async def test_a_channel_that_hangs_keeps_no_other_provider_waiting(database: Settings, slow: SlowPost) -> None:
    async with post_office(Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        nova = await tell("nova", *(f"zoe{number}@example.org" for number in range(40)))
        await tell("acme", *(f"bob{number}@example.org" for number in range(5)))
        async with workers(database, rhythm=PATIENT):
            await until(lambda: len(post.taken) == 5, seconds=8)
            await until(lambda: has_been_tried(nova))
    assert {to for to, _subject in post.told()} == {f"bob{number}@example.org" for number in range(5)}
    assert len(slow.asked) <= deliveries_sending.AT_ONCE
    rows = await all_of(nova)
    assert len(rows) == 40
    assert {row["state"] for row in rows} <= {"waiting", "retrying"}
    assert sum(row["attempts"] for row in rows) <= deliveries_sending.AT_ONCE


async def test_a_channel_that_rests_costs_no_attempts_and_then_each_goes_once(slow: SlowPost) -> None:
    nova = await tell("nova", "zoe@example.org", "bad@example.org", "ada@example.org")
    await hand_out(nova)
    channel = f"{NAME}:post"
    await send(nova, channel)
    begun = len(slow.asked)
    await send(nova, channel)
    assert len(slow.asked) == begun
    slow.hangs = False
    breaker.forget_all()
    async with db.as_tenant(nova):
        await db.execute("UPDATE deliveries SET next_at = created_at")
    await send(nova, channel)
    rows = {row["address"]: row for row in await all_of(nova)}
    assert rows["bad@example.org"]["reason"] == "refused"
    assert {row["state"] for row in rows.values()} == {"sent", "dead"}
    assert rows["zoe@example.org"]["said"] == "thanks 42"
    assert set(slow.asked) == {str(row["key"]) for row in rows.values()}


async def test_what_is_being_sent_is_not_sent_again_at_the_same_time(slow: SlowPost) -> None:
    nova = await tell("nova", "zoe@example.org")
    await hand_out(nova)
    alice, channel = await cast.who("alice"), f"{NAME}:post"
    sending = asyncio.create_task(send(nova, channel))
    await until(lambda: len(slow.asked) == 1)
    (delivery,) = await all_of(nova)
    async with db.as_tenant(nova):
        with pytest.raises(Conflict, match="just now"):
            await deliveries_again.send(delivery["id"], by=alice)
    slow.hangs = False
    breaker.forget_all()
    await send(nova, channel)
    assert len(slow.asked) == 1
    await sending
    async with db.as_tenant(nova):
        assert await deliveries_again.send(delivery["id"], by=alice) == delivery["id"]
    breaker.forget_all()
    await send(nova, channel)
    assert len(slow.asked) == 2
    assert [row["state"] for row in await all_of(nova)] == ["sent"]
