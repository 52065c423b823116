"""Promised payments: dunning waits, the limit is lifted; what becomes of them when money comes, or does not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core import actor, clock, db
from core.accounts import sessions
from core.actor import Actor
from core.billing import (
    accounts,
    dunning,
    dunning_settings,
    expenses,
    payments,
    promise_endings,
    promise_making,
    promised_payments,
    service_states,
)
from core.billing.accounts import Terms
from core.billing.dunning_settings import DunningSettingChanges
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from core.billing.promised_payments import NewPromise
from core.errors import Conflict, Invalid, NotFound
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_dunning import coming
from tests.core.billing.test_dunning_run import DAY, happened, owing, policy, run, state_of
from tests.core.billing.test_services import begin, on, sell

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def promise(account_id: int, units: int, days: int, by: Actor) -> int:
    new = NewPromise(units=units, until_day=clock.today("UTC") + timedelta(days=days))
    return int((await promise_making.create(account_id, new, by=by))["id"])


async def state(promise_id: int) -> tuple[str, int]:
    row = await db.row("SELECT state, left_units FROM promised_payments WHERE id = $1", promise_id)
    assert row is not None
    return row["state"], row["left_units"]


async def test_dunning_waits_and_goes_on_when_the_promise_is_broken(alice: Actor) -> None:
    await policy(alice)
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice)
    with on(DAY):
        service_id = await begin(account_id, monthly, alice)
    for offset in (3, 7, 10, 14):
        await run(DAY + timedelta(days=offset), alice)
    assert await state_of(service_id, alice) == ("suspended", "dunning")
    with on(DAY + timedelta(days=15)):
        made = await promise(account_id, 1200, 5, alice)
        assert await state_of(service_id, alice) == ("active", ""), "all that is overdue is promised"
        with pytest.raises(Conflict):
            await promise(account_id, 100, 5, alice)
        assert await coming(alice) == [(DAY + timedelta(days=36), "end")], "six days do not count"
    with on(DAY + timedelta(days=20)):
        assert await promise_endings.break_due(clock.now()) == 0, "the last day is included"
    with on(DAY + timedelta(days=21)):
        assert await promise_endings.break_due(clock.now()) == 1
        assert await state_of(service_id, alice) == ("suspended", "dunning")
        assert await state(made) == ("broken", 1200)
        await payments.create(account_id, NewPayment(units=9_000), by=alice)
        assert (await state_of(service_id, alice))[0] == "active"


async def test_it_is_kept_when_so_much_was_paid_since(alice: Actor) -> None:
    account_id = await owing(alice)
    await payments.create(account_id, NewPayment(units=700), by=alice)
    made = await promise(account_id, 1000, 5, alice)
    await payments.create(account_id, NewPayment(units=400), by=alice)
    assert await state(made) == ("open", 600)
    pending = await payments.create(account_id, NewPayment(units=600, is_pending=True), by=alice)
    assert await state(made) == ("open", 600)
    await payments.confirm(pending["id"], by=alice)
    assert await state(made) == ("kept", 0)
    again = await promise(account_id, 100, 5, alice)
    await promise_endings.withdraw(again, by=alice)
    with pytest.raises(Conflict):
        await promise_endings.withdraw(again, by=alice)


async def test_what_is_promised_may_be_owed_on_top_of_the_limit(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice, is_postpaid=False, credit_limit=0)
    new = NewExpense(text="Hosting", units=500, tax_rate=0)
    with pytest.raises(Conflict):
        await expenses.create(account_id, new, by=alice)
    made = await promise(account_id, 1200, 5, alice)
    assert (await accounts.get(account_id, by=alice))["credit_limit"] == 1200
    await expenses.create(account_id, new, by=alice)
    with pytest.raises(Conflict):
        await begin(account_id, monthly, alice)
    await promise_endings.withdraw(made, by=alice)
    with pytest.raises(Conflict):
        await expenses.create(account_id, new, by=alice)
    assert (await accounts.set_terms(account_id, Terms(credit_limit=50), by=alice))["credit_limit"] == 50


async def test_a_client_promises_within_what_the_provider_allows(alice: Actor) -> None:
    account_id, other = await owing(alice), await owing(alice, "elodie")
    jean = await who_inside("dupont", alice)
    today = clock.today("Europe/Paris")
    new = NewPromise(units=500, until_day=today + timedelta(days=3))
    with pytest.raises(Conflict, match="cannot be promised"):
        await promise_making.create_own(account_id, new, by=jean)
    changes = DunningSettingChanges(promise_most={"EUR": 600}, promise_days=4, promise_every=10, promise_age=0)
    await dunning_settings.update(changes, version=0, by=alice)
    for wrong in (
        NewPromise(units=601, until_day=today),
        NewPromise(units=0, until_day=today),
        NewPromise(units=1, until_day=today + timedelta(days=5)),
        NewPromise(units=1, until_day=today - timedelta(days=1)),
    ):
        with pytest.raises(Invalid):
            await promise_making.create_own(account_id, wrong, by=jean)
    with pytest.raises(NotFound):
        await promise_making.create_own(other, new, by=jean)
    await promise_making.create_own(account_id, new, by=jean)
    (mine,) = await promised_payments.made_by((await accounts.find(account_id))["client_id"])
    assert (mine["is_own"], mine["units"]) == (True, 500)
    await payments.create(account_id, NewPayment(units=500), by=alice)
    with pytest.raises(Conflict, match="promised from"):
        await promise_making.create_own(account_id, new, by=jean)


async def test_a_service_stopped_by_people_does_not_wake_for_a_promise(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await owing(alice)
    with on(DAY):
        service_id = await begin(account_id, monthly, alice)
        await service_states.suspend(service_id, "abuse", "Spam", by=alice)
    await promise(account_id, 9_000, 5, alice)
    assert await state_of(service_id, alice) == ("suspended", "abuse")
    assert await dunning.overdue([account_id], DAY + timedelta(days=60), by=alice) == {account_id: 1200}
    assert await happened() == [] and await books.account_of("dupont") == account_id


async def who_inside(login: str, by: Actor) -> Actor:
    """The owner of a client, as he is signed in; made inside the scope of the provider."""
    person_id = await db.value("SELECT id FROM people WHERE email_folded = $1", cast.email(login))
    client_id = await db.value("SELECT id FROM clients WHERE login = $1", login)

    token = await sessions.open_session(person_id, by=actor.visitor(by.tenant), client_id=client_id)
    signed_in = await sessions.actor_of(sessions.digest(token), by.tenant)
    assert signed_in is not None
    return signed_in.actor
