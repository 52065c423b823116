"""What users of a client do with its services: only what is switched on, once, at the price that was shown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import msgspec
import pytest

from core import db
from core.accounts import own_log, portal_settings
from core.accounts.portal_settings import PortalChanges
from core.actor import Actor
from core.billing import accounts, own_services, payments, service_changes, service_states, services
from core.billing.accounts import Terms, TooLittle
from core.billing.payments import NewPayment
from core.billing.service_changes import NewChange
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from tests import cast
from tests.core.billing import books, test_services
from tests.core.billing.test_offers import user
from tests.core.billing.test_service_changes import sell
from tests.core.billing.test_services import account, begin, bill, charged, on

pytestmark = pytest.mark.anyio
ALL = PortalChanges(may_renew=True, may_change=True, may_cancel=True)
BEGUN, MID, NEXT = date(2026, 6, 1), date(2026, 6, 16), date(2026, 7, 1)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


def seated(somebody: Actor, *rights: str) -> Actor:
    """The same user with these rights alone."""
    assert somebody.client is not None
    seat = msgspec.structs.replace(somebody.client, roles=frozenset(), rights=frozenset(rights))
    return msgspec.structs.replace(somebody, client=seat)


async def opened(by: Actor, changes: PortalChanges = ALL) -> Actor:
    """Users may do this from now on; returns the one of Dupont."""
    kept = await portal_settings.get(by=by)
    await portal_settings.update(changes, version=kept["version"], by=by)
    return await user("dupont", by)


async def test_nothing_can_be_done_until_the_provider_switches_it_on(alice: Actor) -> None:
    _small, middle, large, _year = await sell(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
    dupont = await user("dupont", alice)
    with on(MID):
        for refused in (
            own_services.renewal(service_id, by=dupont),
            own_services.renew(service_id, 1200, NEXT, by=dupont),
            own_services.targets(service_id, by=dupont),
            own_services.change_quote(service_id, NewChange(price_id=large), by=dupont),
            own_services.change(service_id, NewChange(price_id=large), by=dupont),
            own_services.cancel(service_id, by=dupont),
        ):
            with pytest.raises(Conflict, match="cannot be done here"):
                await refused
        assert not any(msgspec.structs.astuple(await own_services.acts(await found(service_id), by=dupont)))
        for switch in ("may_renew", "may_change", "may_cancel"):
            await opened(
                alice,
                PortalChanges(**{"may_renew": False, "may_change": False, "may_cancel": False} | {switch: True}),
            )
            shown = msgspec.structs.asdict(await own_services.acts(await found(service_id), by=dupont))
            assert [name for name, may in shown.items() if may] == [switch.removeprefix("may_")]
    with pytest.raises(EditConflict):
        await portal_settings.update(ALL, version=1, by=alice)
    with pytest.raises(Forbidden):
        await portal_settings.update(ALL, version=4, by=dupont)
    assert len(await charged(service_id)) == 1


async def found(service_id: int) -> db.Record:
    row = await db.row(f"{services.WITH_NAMES} WHERE s.id = $1", service_id)
    assert row is not None
    return row


async def test_a_period_is_renewed_once_as_the_run_would_charge_it_and_as_the_user(alice: Actor) -> None:
    _small, middle, _large, _year = await sell(alice)
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
    with on(MID):
        quoted = await own_services.renewal(service_id, by=dupont)
        with pytest.raises(Conflict, match="price has changed"):
            await own_services.renew(service_id, 1, NEXT, by=dupont)
        await own_services.renew(service_id, quoted.gross, quoted.period.start, by=dupont)
        with pytest.raises(Conflict, match="charged meanwhile"):
            await own_services.renew(service_id, quoted.gross, quoted.period.start, by=dupont)
        told = {(entry["sentence"], entry["actor_kind"]) for entry in (await own_log.page(by=dupont)).entries}
    assert ("Dupont renewed the service Hosting Middle early", "user") in told
    await bill(NEXT, alice)
    assert await charged(service_id) == [(BEGUN, NEXT, 1000, 200), (NEXT, date(2026, 8, 1), 1000, 200)]


async def test_an_upgrade_costs_what_staff_would_be_quoted_and_begins_as_the_product_has_it(alice: Actor) -> None:
    small, middle, large, _year = await sell(alice, downgrade_when="now")
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
    with on(MID):
        wanted = NewChange(price_id=large, when="renewal")
        quoted = await own_services.change_quote(service_id, wanted, by=dupont)
        assert quoted == await service_changes.quote(service_id, NewChange(price_id=large), by=alice)
        assert (quoted.when, quoted.units) == ("now", 1200), "a client does not choose when"
        with pytest.raises(Conflict, match="price has changed"):
            await own_services.change(service_id, NewChange(price_id=large, expected_units=0), by=dupont)
        new = NewChange(price_id=large, expected_units=quoted.units)
        assert (await own_services.change(service_id, new, by=dupont))["name"] == "Hosting Large"
        with pytest.raises(Conflict, match="price has changed"):
            await own_services.change(service_id, new, by=dupont)
        back = await own_services.change_quote(service_id, NewChange(price_id=small), by=dupont)
        await own_services.change(service_id, NewChange(price_id=small, expected_units=back.units), by=dupont)
    assert back.units == -1500
    assert (await accounts.get(await account(alice), by=alice))["balance"] == -1200 - 1200 + 1500


async def test_only_what_is_on_sale_to_the_client_can_be_had(alice: Actor) -> None:
    _small, middle, large, _year = await sell(alice)
    (other,) = await test_services.sell(alice, {"units": 100}, name="Mail")
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
        hidden = (
            "UPDATE plans SET state = 'hidden' WHERE id = (SELECT plan_id FROM services LIMIT 1) OR name = 'Large'"
        )
        await db.execute(hidden)
        names = [name for name, _sheet in await own_services.targets(service_id, by=dupont)]
        assert names == ["Hosting Middle", "Hosting Small"]
        for price_id in (large, other, 77):
            with pytest.raises(Invalid):
                await own_services.change(service_id, NewChange(price_id=price_id), by=dupont)


async def test_a_planned_change_is_taken_back_by_who_planned_it(alice: Actor) -> None:
    small, middle, _large, year = await sell(alice)
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
    with on(MID):
        planned = await own_services.change(service_id, NewChange(price_id=small, expected_units=0), by=dupont)
        assert (planned["change_on"], planned["change_to"]) == (NEXT, "Hosting Small")
        assert (await own_services.acts(planned, by=dupont)).withdraw
        await own_services.withdraw(service_id, by=dupont)
        with pytest.raises(Conflict, match="No change"):
            await own_services.withdraw(service_id, by=dupont)
        await service_changes.change(service_id, NewChange(price_id=year, when="renewal"), by=alice)
        for refused in (
            own_services.withdraw(service_id, by=dupont),
            own_services.renewal(service_id, by=dupont),
            own_services.change(service_id, NewChange(price_id=small), by=dupont),
        ):
            with pytest.raises(Conflict, match="planned something"):
                await refused
        await own_services.cancel(service_id, by=dupont)
        await own_services.keep(service_id, by=dupont)
    assert (await services.get(service_id, by=alice))["change_on"] == NEXT


async def test_it_is_cancelled_at_the_end_of_its_period_and_that_is_taken_back(alice: Actor) -> None:
    _small, middle, _large, _year = await sell(alice)
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
    with on(MID):
        with pytest.raises(Invalid):
            await own_services.cancel(service_id, "x" * 501, by=dupont)
        await own_services.cancel(service_id, "Too dear", by=dupont)
        with pytest.raises(Conflict, match="already"):
            await own_services.cancel(service_id, by=dupont)
        assert (await services.get(service_id, by=alice))["ends_on"] == NEXT
        assert (await services.history(service_id, by=alice))[-1]["reason"] == "Too dear"
        await own_services.keep(service_id, by=dupont)
        with pytest.raises(Conflict):
            await own_services.keep(service_id, by=dupont)
        await service_states.cancel(service_id, "period_end", "Abuse", by=alice)
        with pytest.raises(Conflict, match="planned something"):
            await own_services.keep(service_id, by=dupont)
        await service_states.keep(service_id, by=alice)
        await own_services.cancel(service_id, by=dupont)
    await bill(NEXT, alice)
    assert (await services.get(service_id, by=alice))["state"] == "ended"
    with on(NEXT), pytest.raises(Conflict):
        await own_services.keep(service_id, by=dupont)
    assert len(await charged(service_id)) == 1


async def test_nothing_is_done_while_it_is_suspended_for_abuse(alice: Actor) -> None:
    small, middle, _large, _year = await sell(alice)
    dupont = await opened(alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
        await own_services.change(service_id, NewChange(price_id=small), by=dupont)
        await service_states.suspend(service_id, "abuse", "Spam", by=alice)
        for refused in (
            own_services.renewal(service_id, by=dupont),
            own_services.targets(service_id, by=dupont),
            own_services.withdraw(service_id, by=dupont),
            own_services.cancel(service_id, by=dupont),
        ):
            with pytest.raises(Conflict, match="abuse"):
                await refused
        assert not any(msgspec.structs.astuple(await own_services.acts(await found(service_id), by=dupont)))


async def test_who_may_not_or_is_of_another_client_is_refused(alice: Actor) -> None:
    _small, middle, large, _year = await sell(alice)
    dupont, elodie = await opened(alice), await user("elodie", alice)
    with on(BEGUN):
        service_id = await begin(await account(alice), middle, alice)
        for somebody, refusal in (
            (seated(dupont, "services:read"), Forbidden),
            (seated(dupont, "services:read", "services:manage"), Forbidden),
            (seated(dupont, "services:read", "orders:place"), Forbidden),
            (elodie, NotFound),
        ):
            with pytest.raises(refusal):
                await own_services.renew(service_id, 1200, NEXT, by=somebody)
            with pytest.raises(refusal):
                await own_services.change(service_id, NewChange(price_id=large), by=somebody)
        for somebody in (seated(dupont, "services:read", "orders:place"), elodie):
            with pytest.raises((Forbidden, NotFound)):
                await own_services.cancel(service_id, by=somebody)
        await own_services.cancel(service_id, by=seated(dupont, "services:manage"))
        await db.execute("UPDATE clients SET status = 'closed' WHERE login = 'dupont'")
        with pytest.raises(Conflict, match="closed"):
            await own_services.keep(service_id, by=dupont)


async def test_an_account_that_may_not_owe_that_much_is_told_what_is_missing(alice: Actor) -> None:
    _small, middle, large, _year = await sell(alice)
    dupont, account_id = await opened(alice), await account(alice)
    with on(BEGUN):
        service_id = await begin(account_id, middle, alice)
        await accounts.set_terms(account_id, Terms(is_postpaid=False, credit_limit=0), by=alice)
        await payments.create(account_id, NewPayment(units=1500), by=alice)
    with on(MID):
        for refused in (
            own_services.renew(service_id, 1200, NEXT, by=dupont),
            own_services.change(service_id, NewChange(price_id=large), by=dupont),
        ):
            with pytest.raises(TooLittle, match=r"has 3\.00 EUR.*pay 9\.00 EUR") as refusal:
                async with db.savepoint():
                    await refused
            assert refusal.value.missing == 900
        await payments.create(account_id, NewPayment(units=900), by=alice)
        await own_services.renew(service_id, 1200, NEXT, by=dupont)
    assert (await accounts.get(account_id, by=alice))["balance"] == 0


async def test_the_same_sent_at_once_from_two_sessions_is_done_once(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        _small, middle, large, _year = await sell(alice)
        dupont = await opened(alice)
        with on(BEGUN):
            one, two = [await begin(await account(alice), middle, alice) for _each in range(2)]

    async def renewed() -> None:
        async with db.as_tenant(alice.tenant.id):
            await own_services.renew(one, 1200, NEXT, by=dupont)

    async def changed() -> None:
        async with db.as_tenant(alice.tenant.id):
            await own_services.change(two, NewChange(price_id=large, expected_units=1200), by=dupont)

    with on(MID):
        told = await asyncio.gather(renewed(), renewed(), changed(), changed(), return_exceptions=True)
    assert [type(one) for one in told].count(Conflict) == 2
    async with db.as_tenant(alice.tenant.id):
        assert (len(await charged(one)), len(await charged(two))) == (2, 2)
        await books.check()
