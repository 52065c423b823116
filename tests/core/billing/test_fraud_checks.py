"""Fraud checks: the worst answer counts, what waits is held, and what is refused leaves nothing but the check."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core import clock, db, hooks
from core.accounts import fraud_checks, fraud_queue, fraud_registrations, fraud_settings, own_log
from core.accounts.clients import NewClient
from core.accounts.fraud_checks import Stopped
from core.accounts.fraud_queue import FraudFilter
from core.accounts.fraud_settings import FraudChanges
from core.actor import Actor, system
from core.billing import fraud_decisions, fraud_orders, own_offers, service_states, services
from core.billing.fraud_orders import TooManyRefused
from core.billing.services import NewService
from core.errors import Conflict, Invalid, NotFound, PermissionMissing
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_offers import sent, user
from tests.core.billing.test_services import account, on, sell
from tests.plugins.suspicious import NAME, Suspicious

pytestmark = pytest.mark.anyio
NEW = NewClient(login="nina", email="nina@client.example", country="FR", contact_person="Nina New")


@pytest.fixture
async def checks(database: Settings) -> AsyncIterator[Suspicious]:
    told = Suspicious()
    assert not hooks.load(database, extra={NAME: told.plugin()})
    yield told
    hooks.load(database)


@pytest.fixture
async def alice(checks: Suspicious) -> AsyncIterator[Actor]:
    """The owner of Nova, where the check is on, inside its scope."""
    by = await cast.who("alice")
    by = replace(by, tenant=replace(by.tenant, plugins=by.tenant.plugins | {NAME}), address="203.0.113.9")
    with on(date(2026, 1, 5)):
        async with db.as_tenant(by.tenant.id):
            yield by
            await books.check()


async def kept(**asked: Any) -> list[Any]:
    return await db.fetch("SELECT * FROM fraud_checks ORDER BY created_at, id")


def as_visitor(by: Actor) -> Actor:
    """The sign-up at somebody's address."""
    return replace(system(by.tenant, name="Sign-up"), address="198.51.100.1")


async def sign_up(by: Actor, new: NewClient = NEW) -> Any:
    return await fraud_registrations.register(new, source="sign_up", by=as_visitor(by))


async def test_what_is_refused_leaves_the_check_and_says_no_reason(alice: Actor, checks: Suspicious) -> None:
    checks.registration = "fail"
    with pytest.raises(Stopped) as refused:
        await sign_up(alice)
    assert "odd" not in refused.value.message
    assert db.scope().is_kept, "the check outlives the refusal"
    assert await db.value("SELECT count(*) FROM clients WHERE login = 'nina'") == 0
    assert await db.value("SELECT count(*) FROM people WHERE email = 'nina@client.example'") == 0
    (row,) = await kept()
    assert (row["state"], row["client_id"], row["email"]) == ("stopped", None, "nina@client.example")
    assert (row["address"], row["seen"]["client"]["country"]) == ("198.51.100.1", "FR")
    assert row["answers"][0]["reasons"] == [{"text": "%(name)s looks odd", "values": {"name": "Nina New"}}]
    (listed,) = (await fraud_queue.listed(FraudFilter(state="stopped"), by=alice)).rows
    assert listed["name"] == "Nina New"
    await fraud_checks.purge(clock.now() + fraud_checks.KEPT + timedelta(seconds=1))
    assert await kept() == []


async def test_the_worst_of_all_counts_and_who_does_not_answer_counts_as_decided(
    alice: Actor, checks: Suspicious, database: Settings
) -> None:
    other = Suspicious()
    hooks.load(database, extra={NAME: checks.plugin(), "other": other.plugin("other")})
    both = replace(alice, tenant=replace(alice.tenant, plugins=alice.tenant.plugins | {"other"}))
    other.registration = "review"
    await sign_up(both)
    other.registration = RuntimeError("no idea")
    await sign_up(both, replace(NEW, login="nora", email="nora@client.example"))
    await fraud_settings.update(FraudChanges(on_failure="pass"), version=1, by=alice)
    await sign_up(both, replace(NEW, login="nele", email="nele@client.example"))
    found = await kept()
    assert [(row["verdict"], row["state"]) for row in found] == [
        ("review", "waiting"),
        ("review", "waiting"),
        ("pass", "passed"),
    ]
    failed = {answer["plugin"]: answer["failed"] for answer in found[1]["answers"]}
    assert failed == {NAME: False, "other": True}


async def test_what_staff_enter_is_never_refused_and_need_not_be_checked(alice: Actor, checks: Suspicious) -> None:
    checks.registration = "fail"
    await fraud_registrations.register(NEW, by=alice)
    assert [(row["verdict"], row["state"], row["source"]) for row in await kept()] == [
        ("fail", "waiting", "staff")
    ]
    key = replace(alice, kind="api_key", scopes=frozenset({"client:create"}))
    with pytest.raises(Stopped):
        await fraud_registrations.register(replace(NEW, login="nora", email="nora@client.example"), by=key)
    await fraud_settings.update(FraudChanges(checks_staff=False), version=1, by=alice)
    await fraud_registrations.register(replace(NEW, login="nele", email="nele@client.example"), by=alice)
    assert len(await kept()) == 2


async def test_an_order_that_waits_is_held_until_it_is_approved(alice: Actor, checks: Suspicious) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    offer_id = await sent(alice, await account(alice), monthly)
    dupont = replace(await user("dupont", alice), address="198.51.100.7")
    checks.order = "review"
    assert await own_offers.accept(offer_id, by=dupont) == "held"
    (service,) = await db.fetch("SELECT * FROM services")
    assert service["state"] == "pending"
    with pytest.raises(Conflict):
        await service_states.activate(service["id"], by=alice)
    order = checks.seen[-1][1]
    assert (order.source, order.units > 0, order.address, order.is_first) == ("portal", True, "198.51.100.7", True)
    (row,) = await kept()
    sam = replace(alice, role="support", permissions=None)
    with pytest.raises(PermissionMissing):
        await fraud_decisions.approve(row["id"], by=sam)
    await fraud_decisions.approve(row["id"], "Known", by=alice)
    assert (await services.get(service["id"], by=alice))["state"] == "active"
    assert await db.value("SELECT count(*) FROM expenses") == 1
    with pytest.raises(Conflict):
        await fraud_decisions.refuse(row["id"], "Too late", by=alice)
    log = [entry["action"] for entry in (await own_log.page(by=dupont)).entries]
    assert not [action for action in log if action.startswith("fraud")], "the client does not read about it"


async def test_a_refused_order_is_cancelled_and_a_stopped_one_never_was(alice: Actor, checks: Suspicious) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    offer_id, dupont = await sent(alice, account_id, monthly), await user("dupont", alice)
    checks.order = "fail"
    with pytest.raises(Stopped):
        await own_offers.accept(offer_id, by=dupont)
    assert await db.value("SELECT state FROM offers WHERE id = $1", offer_id) == "sent"
    assert await db.value("SELECT count(*) FROM services") == 0
    made = await services.create(account_id, NewService(price_id=monthly), by=alice)
    row = (await kept())[-1]
    assert (row["verdict"], row["state"], made["fraud_check_id"]) == ("fail", "waiting", row["id"])
    with pytest.raises(Invalid) as missing:
        await fraud_decisions.refuse(row["id"], " ", by=alice)
    assert "reason" in missing.value.errors
    await fraud_decisions.refuse(row["id"], "Stolen card", by=alice)
    assert (await services.get(made["id"], by=alice))["state"] == "ended"
    assert (await fraud_queue.get(row["id"], by=alice))["decided_by"] == alice.name


async def test_after_five_refused_orders_nobody_is_asked_for_a_day(alice: Actor, checks: Suspicious) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    offer_id, dupont = await sent(alice, account_id, monthly), await user("dupont", alice)
    checks.order = "fail"
    for _time in range(fraud_orders.MOST_REFUSED):
        with pytest.raises(Stopped):
            await own_offers.accept(offer_id, by=dupont)
    checks.order, asked = "pass", len(checks.seen)
    with pytest.raises(TooManyRefused) as refused:
        await own_offers.accept(offer_id, by=dupont)
    assert 0 < refused.value.retry_after <= 24 * 3600 + 1
    assert (len(checks.seen), await db.value("SELECT count(*) FROM services")) == (asked, 0)
    await services.create(account_id, NewService(price_id=monthly), by=alice)
    await db.execute("UPDATE fraud_checks SET created_at = created_at - interval '1 day'")
    assert await own_offers.accept(offer_id, by=dupont) == "begun"


async def test_orders_wait_for_the_registration_and_go_down_with_it(alice: Actor, checks: Suspicious) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    checks.registration = "review"
    client = await sign_up(alice)
    account_id = await db.value("SELECT id FROM client_projects WHERE client_id = $1", client["id"])
    made = await services.create(account_id, NewService(price_id=monthly), by=alice)
    registration, order = await kept()
    assert (order["state"], order["answers"][-1]["plugin"]) == ("waiting", "")
    with pytest.raises(Conflict):
        await fraud_decisions.approve(order["id"], by=alice)
    assert await fraud_queue.waiting(by=alice) == 2
    await fraud_decisions.refuse(registration["id"], "Not a person", by=alice)
    assert await fraud_queue.waiting(by=alice) == 0
    assert (await services.get(made["id"], by=alice))["state"] == "ended"
    assert await db.value("SELECT status FROM clients WHERE id = $1", client["id"]) == "closed"


async def test_who_is_limited_to_a_project_sees_its_checks_alone(alice: Actor, checks: Suspicious) -> None:
    checks.registration = "review"
    await sign_up(alice)
    (row,) = await kept()
    other = await db.value("SELECT id FROM projects WHERE id <> $1 LIMIT 1", row["project_id"])
    elsewhere = replace(alice, projects=frozenset({other}))
    assert (await fraud_queue.listed(FraudFilter(), by=elsewhere)).rows == []
    with pytest.raises(NotFound):
        await fraud_queue.get(row["id"], by=elsewhere)
    here = replace(alice, projects=frozenset({row["project_id"]}))
    assert len((await fraud_queue.listed(FraudFilter(kind="registration"), by=here)).rows) == 1
    in_no_group = replace(alice, groups=frozenset({1}))
    assert await fraud_queue.waiting(by=in_no_group) == 0
