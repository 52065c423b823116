"""The dunning run over weeks: each step once, gently after an outage, within bounds; and what a payment wakes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core import db, notifications
from core.accounts import client_merging
from core.actor import Actor
from core.billing import (
    accounts,
    dunning_policies,
    dunning_run,
    dunning_settings,
    payments,
    service_states,
    services,
)
from core.billing.accounts import Terms
from core.billing.dunning_policies import NewPolicy
from core.billing.dunning_settings import DunningSettingChanges
from core.billing.dunning_timeline import Step
from core.billing.payments import NewPayment
from core.errors import Conflict, Forbidden
from core.notification_kinds import Kind
from core.notifications import Recipient
from core.settings import Settings
from core.support import notification_texts
from core.support.notification_layout import Brand
from core.task_kinds import Chunk, Task
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_services import begin, on, sell

pytestmark = pytest.mark.anyio
DAY = date(2026, 3, 2)
BRAND = Brand(name="Nova", panel="https://nova.example")
STEPS = (
    Step(day=3, action="remind"),
    Step(day=7, action="remind"),
    Step(day=10, action="fee", amounts={"EUR": 4000}),
    Step(day=14, action="suspend"),
    Step(day=30, action="end"),
)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The letters that were handed to the mail."""
    letters: list[dict[str, Any]] = []

    async def keep(kind: Kind, *, to: Recipient, data: Mapping[str, Any], **_about: Any) -> None:
        usual = notification_texts.default(kind, to.locale)
        written = notification_texts.filled(usual, kind, data, BRAND)
        letters.append({"to": to.address, "kind": kind.key, "subject": written.subject, "text": written.text})

    monkeypatch.setattr(notifications, "notify", keep)
    return letters


async def policy(by: Actor, **more: Any) -> None:
    given = {"steps": STEPS, "is_on_workdays": False, "terms_days": 0} | more
    await dunning_policies.create(NewPolicy(name="Usual", **given), by=by)


async def owing(by: Actor, login: str = "dupont", **terms: Any) -> int:
    """A post-paid account with one service, which is charged on DAY."""
    account_id = await books.account_of(login)
    await accounts.set_terms(account_id, Terms(**({"is_postpaid": True} | terms)), by=by)
    return account_id


async def run(day: date, by: Actor, **payload: Any) -> Chunk:
    """One whole run on this day."""
    found = Task(
        **dict.fromkeys(("title", "reason", "actor_kind", "actor_name", "locale", "address", "request_id"), ""),
        **dict.fromkeys(("id", "total", "done", "skipped", "failed"), 0),
        **dict.fromkeys(("person_id", "api_key_id", "started_at", "ended_at")),
        kind=dunning_run.KIND,
        payload={"day": day.isoformat()} | payload,
        position={},
        outcome={},
        state="running",
        is_cancel_asked=False,
        created_at=datetime.now(UTC),
        touched_at=datetime.now(UTC),
    )
    with on(day):
        while True:
            chunk = await dunning_run.step(found, by)
            if chunk.is_last:
                return chunk
            found = msgspec.structs.replace(found, position=chunk.position, outcome=chunk.outcome)


async def happened() -> list[tuple[int, str, str]]:
    rows = await db.fetch("SELECT on_day, action, result FROM dunning_events ORDER BY due_on, step_day, action")
    return [((row["on_day"] - DAY).days, row["action"], row["result"]) for row in rows]


async def state_of(service_id: int, by: Actor) -> tuple[str, str]:
    found = await services.get(service_id, by=by)
    return found["state"], found["suspended_for"]


async def test_steps_come_night_by_night_once_and_a_payment_wakes_what_dunning_suspended(
    alice: Actor, sent: list[dict[str, Any]]
) -> None:
    await policy(alice)
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice)
    with on(DAY):
        running, spammer, asked = [await begin(account_id, monthly, alice) for _one in range(3)]
        await service_states.suspend(spammer, "abuse", "Spam", by=alice)
        await service_states.suspend(asked, "unpaid", "By hand", by=alice)
    for offset in range(17):
        for _twice in range(2):
            await run(DAY + timedelta(days=offset), alice)
    assert await happened() == [
        (3, "remind", "done"),
        (7, "remind", "done"),
        (10, "fee", "done"),
        (14, "suspend", "done"),
    ]
    assert len(sent) == 2
    assert [await state_of(one, alice) for one in (running, spammer, asked)] == [
        ("suspended", "dunning"),
        ("suspended", "abuse"),
        ("suspended", "unpaid"),
    ]
    assert (await accounts.get(account_id, by=alice))["balance"] == -(3 * 1200 + 4000)
    with on(DAY + timedelta(days=18)):
        await payments.create(account_id, NewPayment(units=1200), by=alice)
        assert await state_of(running, alice) == ("suspended", "dunning"), "something is overdue still"
        await payments.create(account_id, NewPayment(units=2400), by=alice)
        assert await state_of(running, alice) == ("active", "")
        assert (await state_of(spammer, alice), await state_of(asked, alice)) == (
            ("suspended", "abuse"),
            ("suspended", "unpaid"),
        )
        history = await services.history(running, by=alice)
    assert [row["state"] for row in history] == ["pending", "active", "suspended", "active"]
    await run(DAY + timedelta(days=45), alice)
    assert len(await happened()) == 4, "a fee alone is no debt"


async def test_abuse_found_while_it_was_unpaid_keeps_a_service_down(alice: Actor, sent: Any) -> None:
    await policy(alice)
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice)
    with on(DAY):
        service_id = await begin(account_id, monthly, alice)
    for offset in (3, 7, 10, 14):
        await run(DAY + timedelta(days=offset), alice)
    with on(DAY + timedelta(days=15)):
        await service_states.suspend(service_id, "abuse", "Spam", by=alice)
        with pytest.raises(Conflict):
            await service_states.suspend(service_id, "request", "Again", by=alice)
        await payments.create(account_id, NewPayment(units=9_000), by=alice)
    assert await state_of(service_id, alice) == ("suspended", "abuse")


async def test_after_an_outage_one_reminder_goes_out_and_notice_is_given(
    alice: Actor, sent: list[dict[str, Any]]
) -> None:
    await policy(alice, notice_days=4)
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice)
    with on(DAY):
        service_id = await begin(account_id, monthly, alice)
        await run(DAY, alice)
    await run(DAY + timedelta(days=60), alice)
    assert await happened() == [(60, "remind", "skipped"), (60, "remind", "done"), (60, "fee", "done")]
    assert len(sent) == 1
    await run(DAY + timedelta(days=63), alice)
    assert (await state_of(service_id, alice))[0] == "active"
    await run(DAY + timedelta(days=64), alice)
    assert (await state_of(service_id, alice))[0] == "suspended"
    await run(DAY + timedelta(days=67), alice)
    await run(DAY + timedelta(days=68), alice)
    assert (await state_of(service_id, alice))[0] == "ended"
    assert (await happened())[-1] == (68, "end", "done")


async def test_all_that_sleeps_is_looked_at_however_many_accounts_still_owe(
    alice: Actor, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both were stopped, then the later one got more time to pay."""
    monkeypatch.setattr(dunning_run, "WOKEN_AT_ONCE", 1)
    await policy(alice)
    (monthly,) = await sell(alice, {"units": 1000})
    slept = {}
    for login in ("dupont", "elodie"):
        with on(DAY):
            slept[await owing(alice, login)] = await begin(await owing(alice, login), monthly, alice)
    for offset in (3, 7, 10, 14):
        await run(DAY + timedelta(days=offset), alice)
    account_id = max(slept)
    code = (await accounts.find(account_id))["code"]
    patient = NewPolicy(name="Patient", recipient="client", client=code, steps=STEPS, terms_days=90)
    await dunning_policies.create(patient, by=alice)
    done = await run(DAY + timedelta(days=15), alice)
    assert done.outcome["woken"] == 1
    assert await state_of(slept[account_id], alice) == ("active", "")


async def test_more_than_a_run_may_stop_waits_for_a_person(alice: Actor, sent: Any) -> None:
    await policy(alice)
    changes = DunningSettingChanges(most_stops=1)
    await dunning_settings.update(changes, version=0, by=alice)
    for login in ("dupont", "elodie", "tanaka"):
        await owing(alice, login)
        with on(DAY):
            await bills.charged(1000, login=login, by=alice)
    for offset in (3, 7, 10):
        await run(DAY + timedelta(days=offset), alice)
    with on(DAY + timedelta(days=14)):
        seen = await dunning_run.preview(by=alice)
    assert (seen.counts["suspend"], seen.held) == (3, 2)
    first = await run(DAY + timedelta(days=14), alice)
    assert (first.outcome["suspend"], first.outcome["held"]) == (1, 2)
    confirmed = await run(DAY + timedelta(days=14), alice, is_confirmed=True)
    assert (confirmed.outcome["suspend"], confirmed.outcome["held"]) == (2, 0)
    assert (await run(DAY + timedelta(days=14), alice)).outcome["suspend"] == 0


async def test_a_pre_paid_account_is_not_charged_a_fee_that_it_may_not_owe(alice: Actor, sent: Any) -> None:
    await policy(alice)
    account_id = await owing(alice, is_postpaid=False, credit_limit=1500)
    with on(DAY):
        await bills.charged(1000, by=alice)
    await run(DAY + timedelta(days=10), alice)
    assert (await happened())[-1] == (10, "fee", "skipped")
    assert (await accounts.get(account_id, by=alice))["balance"] == -1200


async def test_the_letter_is_in_the_clients_language_and_lists_what_is_owed(
    alice: Actor, sent: list[dict[str, Any]]
) -> None:
    await policy(alice)
    await owing(alice)
    with on(DAY):
        bill = await bills.issued(1000, by=alice)
    await run(DAY + timedelta(days=18), alice)
    (letter,) = sent
    assert (letter["to"], letter["kind"]) == ("dupont@client.example", "dunning.reminder")
    assert "12,00" in letter["subject"] and letter["subject"].startswith("Relance")
    assert bill["number"] in letter["text"] and "16 mars 2026" in letter["text"] and "/balance" in letter["text"]
    assert "frais" in letter["text"], "it says what comes next"


@pytest.mark.parametrize(
    ("letters_to", "client_is_told"),
    [("both", ["INV", "By hand"]), ("payer", ["By hand"]), ("client", ["INV", "By hand"])],
)
async def test_the_payer_of_an_invoice_reads_of_it_alone_and_in_his_language(
    alice: Actor, sent: list[dict[str, Any]], letters_to: Any, client_is_told: list[str]
) -> None:
    await policy(alice)
    await owing(alice)
    await dunning_settings.update(DunningSettingChanges(letters_to=letters_to), version=0, by=alice)
    with on(DAY):
        bill = await bills.issued(1000, by=alice)
        await bills.charged(500, "By hand", by=alice)
    await db.execute(
        "UPDATE payers SET email = 'pay@holding.example', language = 'en', name = 'Holding' WHERE id = $1",
        bill["payer_id"],
    )
    await run(DAY + timedelta(days=18), alice)
    letters = {letter["to"]: letter for letter in sent}
    told = {"INV": bill["number"], "By hand": "By hand"}
    to_client = letters.pop("dupont@client.example")["text"]
    assert [key for key, words in told.items() if words in to_client] == client_is_told
    assert list(letters) == ([] if letters_to == "client" else ["pay@holding.example"])
    for letter in letters.values():
        assert "€12.00" in letter["subject"] and bill["number"] in letter["text"]
        assert "By hand" not in letter["text"] and "/balance" not in letter["text"]
        assert "the services of Jean Dupont" in letter["text"] or "services of Jean Dupont" in letter["text"]


async def test_a_client_without_an_address_is_not_stopped_unwarned(alice: Actor, sent: Any) -> None:
    await policy(alice)
    await owing(alice)
    await db.execute("UPDATE clients SET email = 'nowhere' WHERE login = 'dupont'")
    with on(DAY):
        await bills.charged(1000, by=alice)
    for offset in (3, 20, 60):
        done = await run(DAY + timedelta(days=offset), alice)
        assert [one.outcome for one in done.results] == ["failed"]
    assert [row for row in await happened() if row[2] == "done"] == []


async def test_what_was_done_follows_a_merged_client_and_the_run_is_about_everybody(
    alice: Actor, sent: Any
) -> None:
    with pytest.raises(Conflict):
        await dunning_run.start(by=alice)
    await policy(alice)
    for login in ("dupont", "elodie"):
        await owing(alice, login)
        with on(DAY):
            await bills.charged(1000, login=login, by=alice)
    await run(DAY + timedelta(days=3), alice)
    codes = [await db.value("SELECT code FROM clients WHERE login = $1", login) for login in ("dupont", "elodie")]
    await client_merging.merge(*codes, owner_role="billing", by=alice)
    assert await happened() == [(3, "remind", "done")]
    await run(DAY + timedelta(days=4), alice)
    assert len(sent) == 2
    lea = Actor(kind="staff", tenant=alice.tenant, name="Lea", role="owner", projects=frozenset({1}))
    with pytest.raises(Forbidden):
        await dunning_run.preview(by=lea)


async def test_two_runs_at_once_do_each_step_once(database: Settings) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await policy(by)
        await owing(by)
        with on(DAY):
            await bills.charged(1000, by=by)

    async def night() -> None:
        async with db.as_tenant(by.tenant.id):
            counted = dict.fromkeys(("remind", "fee", "suspend", "end", "held"), 0)
            await dunning_run.advance(DAY + timedelta(days=11), 0, counted, None, by=by)

    await asyncio.gather(*(night() for _one in range(4)))
    async with db.as_tenant(by.tenant.id):
        assert await happened() == [(11, "remind", "skipped"), (11, "remind", "done"), (11, "fee", "done")]
        assert await db.value("SELECT count(*) FROM expenses WHERE kind = 'dunning_fee'") == 1
        await books.check()
