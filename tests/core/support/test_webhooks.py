"""Outgoing webhooks: written with the change, sent once it is durable, tried for days, never in another's way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core import clock, db, outside
from core.accounts import clients, closing, personal_clearing, rights
from core.accounts.clients import ClientChanges
from core.actor import Actor, ClientSeat
from core.billing import accounts, payments
from core.billing.accounts import Terms
from core.billing.payments import NewPayment
from core.errors import Conflict, Forbidden, Invalid, NotFound, PermissionMissing
from core.settings import Settings
from core.support import (
    own_tickets,
    ticket_changes,
    ticket_messages,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
    webhook_outbox,
    webhook_sending,
)
from core.support.own_tickets import OwnTicket
from core.support.ticket_messages import Reply
from core.support.webhook_endpoints import Created, EndpointValues
from tests import cast
from tests.core.accounts.house import entries
from tests.core.at_queue import is_empty, until, workers
from tests.core.billing import bills, books
from tests.receiver import Receiver, receiving, status

pytestmark = pytest.mark.anyio


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    async with receiving() as made:
        yield made


@pytest.fixture
async def alice(database: Settings) -> Actor:
    return await cast.who("alice")


async def endpoint(by: Actor, url: str, **more: Any) -> Created:
    async with db.as_tenant(by.tenant.id):
        return await webhook_endpoints.create(EndpointValues(url=url, **more), by=by)


async def rename(by: Actor, note: str = "New") -> None:
    async with db.as_tenant(by.tenant.id):
        client = await db.row("SELECT code, version FROM clients WHERE login = 'dupont'")
        assert client is not None
        await clients.update(client["code"], ClientChanges(note=note, version=client["version"]), by=by)


async def logged(by: Actor, columns: str = "state, attempts, status, error") -> list[dict[str, Any]]:
    async with db.as_tenant(by.tenant.id):
        found = await db.fetch(f"SELECT {columns} FROM webhook_deliveries ORDER BY created_at, id")
    return [dict(row) for row in found]


async def due_now(by: Actor) -> None:
    """Time goes by: what waits is due, and nothing rests."""
    async with db.as_tenant(by.tenant.id):
        await db.execute("UPDATE webhook_deliveries SET next_at = now() WHERE next_at IS NOT NULL")
        await db.execute("UPDATE webhook_endpoints SET rests_until = NULL")


async def turn(by: Actor) -> None:
    """Spread what waits, and give each endpoint a turn, as the jobs would."""
    async with db.as_tenant(by.tenant.id):
        await webhook_outbox._spread_some(clock.now())
        ids = [row["id"] for row in await db.fetch("SELECT id FROM webhook_endpoints ORDER BY id")]
    for one in ids:
        async with db.as_tenant(by.tenant.id):
            taken = await webhook_sending.begin(one, clock.now())
        if taken is not None:
            async with outside.client(seconds=0.5) as http:
                results = [await webhook_sending._send(http, taken, delivery) for delivery in taken.deliveries]
            async with db.as_tenant(by.tenant.id):
                await webhook_sending.note(one, results, clock.now())


async def test_a_change_is_sent_signed_and_without_a_change_of_its_verb(
    alice: Actor, database: Settings, receiver: Receiver
) -> None:
    made = await endpoint(alice, receiver.url)
    await rename(alice)
    async with workers(database):
        await until(lambda: receiver.requests)
        await until(lambda: is_empty(database))
    (sent,) = receiver.requests
    said = Webhook(made.secret).verify(sent.body, sent.headers)
    assert said["type"] == "client.updated" and said["changed"] == ["note"]
    assert said["data"]["login"] == "dupont" and "note" not in said["data"]
    assert sent.headers["content-type"] == "application/json"
    assert await logged(alice) == [{"state": "sent", "attempts": 1, "status": 200, "error": ""}]


async def test_what_is_rolled_back_is_never_told(alice: Actor, database: Settings, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    with pytest.raises(RuntimeError):
        async with db.as_tenant(alice.tenant.id):
            client = await db.row("SELECT code, version FROM clients WHERE login = 'dupont'")
            assert client is not None
            await clients.update(client["code"], ClientChanges(note="x", version=client["version"]), by=alice)
            assert await db.value("SELECT count(*) FROM webhook_events") == 1
            raise RuntimeError
    async with workers(database):
        await until(lambda: is_empty(database))
    assert receiver.connections == 0 and await logged(alice) == []


async def test_nothing_is_written_for_a_provider_without_an_endpoint_for_it(
    alice: Actor, receiver: Receiver
) -> None:
    await rename(alice)
    await endpoint(alice, receiver.url, is_for_all=False, events=("invoice.issued",))
    await rename(alice, "Newer")
    async with db.as_tenant(alice.tenant.id):
        assert await db.value("SELECT count(*) FROM webhook_events") == 0


async def test_an_invoice_is_issued_paid_and_told_of_as_both(alice: Actor, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    async with db.as_tenant(alice.tenant.id):
        account_id = await books.account_of("dupont")
        await accounts.set_terms(account_id, Terms(is_postpaid=True), by=alice)
        invoice_id = (await bills.issued(10_000, by=alice))["id"]
        await payments.create(account_id, NewPayment(units=5_000), by=alice)
        assert "invoice.paid" not in await kinds()
        await payments.create(account_id, NewPayment(units=20_000), by=alice)
        told = await kinds()
        assert told.count("payment.received") == 2 and told.count("invoice.issued") == 1
        assert told.count("invoice.paid") == 1
        await webhook_outbox._spread_some(clock.now())
        text = await db.value("SELECT payload FROM webhook_events WHERE kind = 'invoice.paid'")
    said = msgspec.json.decode(text)["data"]
    assert said["id"] == invoice_id and said["paid_units"] == said["gross_units"] > 0


async def test_a_ticket_is_told_of_when_it_is_opened_answered_by_whom_and_closed_and_notes_never(
    alice: Actor, receiver: Receiver
) -> None:
    await endpoint(alice, receiver.url)
    async with db.as_tenant(alice.tenant.id):
        client = await db.row("SELECT id, code FROM clients WHERE login = 'dupont'")
        assert client is not None
        seat = ClientSeat(
            id=client["id"], code=client["code"], name="dupont", roles=frozenset(), rights=rights.ALL
        )
        jean = Actor(kind="user", tenant=alice.tenant, name="Jean", client=seat)
        category_id = await db.value("SELECT id FROM ticket_categories ORDER BY position LIMIT 1")
        new = OwnTicket(subject="Slow", text="Since Monday.", category_id=category_id)
        ticket_id = (await own_tickets.open_ticket(new, by=jean))["id"]
        await ticket_messages.note(ticket_id, "Between us.", by=alice)
        await ticket_messages.reply(ticket_id, Reply(text="We look."), by=alice)
        await own_tickets.reply(ticket_id, "Thanks.", by=jean)
        await ticket_changes.close(ticket_id, by=alice)
        await webhook_outbox._spread_some(clock.now())
        found = await db.fetch("SELECT payload FROM webhook_events ORDER BY created_at, id")
    said = [msgspec.json.decode(row["payload"]) for row in found]
    assert [(one["type"], one["data"].get("side"), one["data"]["text"]) for one in said] == [
        ("ticket.opened", None, "Since Monday."),
        ("ticket.answered", "staff", "We look."),
        ("ticket.answered", "client", "Thanks."),
        ("ticket.closed", None, "Since Monday."),
    ]
    assert said[1]["data"]["ticket_id"] == said[3]["data"]["id"] == ticket_id
    assert said[3]["data"]["state"] == "closed" and "Between us" not in str(said)


async def kinds() -> list[str]:
    return [row["kind"] for row in await db.fetch("SELECT kind FROM webhook_events ORDER BY created_at, id")]


async def test_five_failures_a_rest_and_then_one_success_under_one_id(alice: Actor, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    receiver.answers = [
        status(500, body="Oops\x00"),
        b"",
        status(301),
        status(503, "Retry-After: 9000"),
        status(429),
    ]
    await rename(alice)
    waits = []
    for number in range(1, 6):
        await turn(alice)
        (one,) = await logged(alice, "state, attempts, next_at - now() AS wait")
        assert (one["state"], one["attempts"]) == ("retrying", number)
        waits.append(one["wait"].total_seconds())
        await due_now(alice) if number < 5 else None
    assert waits[0] < 7 and 20 < waits[1] < 40 and 200 < waits[2] < 400, "later each time"
    assert waits[3] > 8900, "not before the other side wants it"
    await turn(alice)
    assert len(receiver.requests) == 5, "it rests"
    await due_now(alice)
    await turn(alice)
    assert len({sent.headers["webhook-id"] for sent in receiver.requests}) == 1
    assert await logged(alice) == [{"state": "sent", "attempts": 6, "status": 200, "error": ""}]
    async with db.as_tenant(alice.tenant.id):
        tried = await db.fetch("SELECT number, status, error, answer FROM webhook_attempts ORDER BY at, id")
        works = await db.row("SELECT failures, failing_since, rests_until FROM webhook_endpoints")
    assert [row["status"] for row in tried] == [500, None, 301, 503, 429, 200]
    assert (tried[0]["answer"], tried[5]["answer"]) == ("Oops", "okay") and "Error" in tried[1]["error"]
    assert works is not None and tuple(works) == (0, None, None)


async def test_an_endpoint_that_hangs_rests_at_once_and_the_others_go_on(alice: Actor, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    async with receiving() as other:
        await endpoint(alice, other.url)
        receiver.answer = None
        await rename(alice)
        await turn(alice)
        await rename(alice, "Newer")
        await turn(alice)
        assert (len(receiver.requests), len(other.requests)) == (1, 2)
        rests = await resting(alice)
    assert [bool(one) for one in rests].count(True) == 1
    assert max(one for one in rests if one) > clock.now() + timedelta(seconds=40)


async def resting(by: Actor) -> list[Any]:
    async with db.as_tenant(by.tenant.id):
        return [row["rests_until"] for row in await db.fetch("SELECT rests_until FROM webhook_endpoints")]


async def test_what_leads_inside_is_marked_refused_and_not_tried_again(
    alice: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await endpoint(alice, receiver.url)
    monkeypatch.setattr(outside, "_reaches_loopback", False)
    await rename(alice)
    await turn(alice)
    (one,) = await logged(alice)
    assert one["state"] == "refused" and one["attempts"] == 1
    assert receiver.connections == 0


async def test_one_that_says_it_is_gone_is_switched_off(alice: Actor, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    receiver.answer = status(410)
    await rename(alice)
    await turn(alice)
    await rename(alice, "Newer")
    await turn(alice)
    assert [one["state"] for one in await logged(alice)] == ["dead"]
    assert len(receiver.requests) == 1
    async with db.as_tenant(alice.tenant.id):
        (said,) = await entries("webhook:gone")
    assert (said["actor_kind"], said["subject_name"]) == ("system", receiver.url)
    assert said["changes"] == {"is_on": [True, False]}


async def test_after_days_it_is_given_up_and_can_be_sent_again(alice: Actor, receiver: Receiver) -> None:
    made = await endpoint(alice, receiver.url)
    receiver.answer = status(500)
    await rename(alice)
    await turn(alice)
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE webhook_deliveries SET give_up_at = now(), next_at = now()")
    await turn(alice)
    assert [one["state"] for one in await logged(alice)] == ["dead"]
    receiver.answer = status(204)
    (one,) = await logged(alice, "id")
    async with db.as_tenant(alice.tenant.id):
        await webhook_deliveries.replay(one["id"], by=alice)
        with pytest.raises(Conflict):
            await webhook_deliveries.replay(one["id"], by=alice)
    await turn(alice)
    assert [one["state"] for one in await logged(alice)] == ["sent"]
    assert len({sent.headers["webhook-id"] for sent in receiver.requests}) == 1
    async with db.as_tenant(alice.tenant.id):
        shown = await webhook_deliveries.attempts(one["id"], by=alice)
        page = await webhook_deliveries.page(made.id, state="sent", by=alice)
    assert [row["status"] for row in shown] == [500, 204] and len(page.rows) == 1


async def test_all_since_a_moment_is_sent_again_also_what_it_was_never_told(
    alice: Actor, receiver: Receiver
) -> None:
    await endpoint(alice, receiver.url)
    await rename(alice)
    await turn(alice)
    async with receiving() as other:
        late = await endpoint(alice, other.url)
        since = clock.now() - timedelta(hours=1)
        async with db.as_tenant(alice.tenant.id):
            assert await webhook_deliveries.replay_since(late.id, since, by=alice) == 1
            for wrong in (clock.now() + timedelta(hours=1), clock.now() - timedelta(days=90)):
                with pytest.raises(Invalid):
                    await webhook_deliveries.replay_since(late.id, wrong, by=alice)
        await turn(alice)
        async with db.as_tenant(alice.tenant.id):
            assert await webhook_deliveries.replay_since(late.id, since, by=alice) == 0
            again = await webhook_deliveries.replay_since(late.id, since, is_failed_only=False, by=alice)
        await turn(alice)
        assert again == 1 and len(other.requests) == 2 and len(receiver.requests) == 1
        assert len({sent.headers["webhook-id"] for sent in other.requests}) == 1


async def test_both_secrets_sign_for_a_day(alice: Actor, receiver: Receiver) -> None:
    made = await endpoint(alice, receiver.url)
    async with db.as_tenant(alice.tenant.id):
        new = await webhook_endpoints.rotate(made.id, by=alice)
        await webhook_endpoints.test(made.id, by=alice)
    await turn(alice)
    sent = receiver.requests[-1]
    assert Webhook(made.secret).verify(sent.body, sent.headers)["type"] == "test"
    assert Webhook(new.secret).verify(sent.body, sent.headers)["data"] == {"message": "It works."}
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE webhook_endpoints SET before_until = now()")
        await webhook_endpoints.test(made.id, by=alice)
    await turn(alice)
    sent = receiver.requests[-1]
    assert Webhook(new.secret).verify(sent.body, sent.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(sent.body, sent.headers)


async def test_a_provider_that_is_suspended_sends_nothing(
    alice: Actor, database: Settings, receiver: Receiver
) -> None:
    await endpoint(alice, receiver.url)
    await rename(alice)
    asked = asyncio.Event()

    async def is_active(tenant_id: int) -> bool:
        asked.set()
        return tenant_id != alice.tenant.id

    async with workers(database, is_active=is_active):
        await asyncio.wait_for(asked.wait(), 10)
    assert receiver.connections == 0


async def test_what_is_told_of_a_client_goes_with_his_data(alice: Actor, receiver: Receiver) -> None:
    await endpoint(alice, receiver.url)
    await rename(alice)
    async with db.as_tenant(alice.tenant.id):
        client = await db.row("SELECT id, code FROM clients WHERE login = 'dupont'")
        assert client is not None
        await webhook_outbox._spread_some(clock.now())
        mine = "SELECT count(*) FROM webhook_events WHERE client_id = $1 AND payload LIKE '%dupont%'"
        assert await db.value(mine, client["id"]) == 1
        await closing.close([client["code"]], "Left", by=alice)
        await personal_clearing.clear(client["code"], str(client["code"]), "Asked", by=alice)
        assert await db.value(mine, client["id"]) == 0


async def test_what_was_told_is_forgotten_after_a_month(alice: Actor, receiver: Receiver) -> None:
    async with db.as_tenant(alice.tenant.id):
        await webhook_outbox.purge(clock.now())
        await webhook_endpoints.create(EndpointValues(url=receiver.url), by=alice)
    await rename(alice)
    async with db.as_tenant(alice.tenant.id):
        await webhook_outbox.purge(clock.now() + webhook_outbox.KEPT + timedelta(minutes=1))
        assert await db.value("SELECT count(*) FROM webhook_events") == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://127.0.0.1/"}, "url"),
    ({"url": "ftp://example.org/"}, "url"),
    ({"url": ""}, "url"),
    ({"url": "https://example.org/\x00"}, "url"),
    ({"is_for_all": False}, "events"),
    ({"is_for_all": False, "events": ("client.eaten",)}, "events"),
    ({"is_for_all": False, "events": ("test",)}, "events"),
    ({"description": "x" * 201}, "description"),
]


async def test_what_cannot_be_is_refused_beside_its_field(alice: Actor) -> None:
    async with db.as_tenant(alice.tenant.id):
        for wrong, field in WRONG:
            values: dict[str, Any] = {"url": "https://example.org/", **wrong}
            with pytest.raises(Invalid) as refusal:
                await webhook_endpoints.create(EndpointValues(**values), by=alice)
            assert list(refusal.value.errors) == [field], wrong


async def test_who_sees_only_some_clients_sees_no_endpoint_and_support_none_at_all(alice: Actor) -> None:
    limited = msgspec.structs.replace(alice, projects=frozenset({1}))
    sam = await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Forbidden):
            await webhook_endpoints.every(by=limited)
        with pytest.raises(PermissionMissing):
            await webhook_endpoints.every(by=sam)
        for wrong in (0, -1, 2**70, 7):
            with pytest.raises(NotFound):
                await webhook_endpoints.get(wrong, by=alice)
            with pytest.raises(NotFound):
                await webhook_deliveries.get(wrong, by=alice)


def test_every_event_is_an_action_of_the_audit_and_every_delay_is_longer_than_the_one_before() -> None:
    assert set(webhook_events.CHOICES) == set(webhook_events.EVENTS) - {webhook_events.TEST}
    delays = webhook_sending.DELAYS
    assert list(delays) == sorted(delays) and sum(delays) < webhook_outbox.GIVEN_UP_AFTER.total_seconds()
