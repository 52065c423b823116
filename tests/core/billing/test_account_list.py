"""Accounts of all clients, and clients, by what they hold."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from core import db
from core.accounts import client_list, client_source, exports, focus
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.billing import account_list, accounts, payments
from core.billing.account_list import AccountFilter
from core.billing.accounts import Terms
from core.billing.payments import NewPayment
from core.errors import Invalid, PermissionMissing
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, in its scope: Dupont owes more than he may, Müller owes, Tanaka has paid beforehand."""
    found = await cast.who("alice")
    async with db.as_tenant(found.tenant.id):
        await bills.charged(1000, by=found)
        await bills.charged(500, login="mueller", by=found)
        await accounts.set_terms(await books.account_of("mueller"), Terms(credit_limit=600), by=found)
        await payments.create(await books.account_of("tanaka"), NewPayment(units=700), by=found)
        yield found
        await books.check()


async def accounts_of(chosen: AccountFilter, by: Actor, **more: object) -> dict[str, int]:
    listed = await account_list.page(chosen, by=by, **more)  # type: ignore[arg-type]
    return {row["client"]: row["balance"] for row in listed.rows}


async def clients_of(chosen: ClientFilter, by: Actor, sort: str = "-registered") -> dict[str, list[str]]:
    listed = await client_list.page(chosen, by=by, sort=sort, columns=("code", "login", "balance"))
    return {row["login"]: row["balance"] for row in listed.rows}


@pytest.mark.parametrize("few", [12_000, 0])
async def test_accounts_are_found_by_their_balance(
    alice: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(account_list, "FEW", few)
    every = await accounts_of(AccountFilter(), alice)
    assert len(every) == 5 and sum(every.values()) == -1100
    assert set((await accounts_of(AccountFilter(balance="owes"), alice)).values()) == {-1200, -600}
    assert set((await accounts_of(AccountFilter(balance="over_limit"), alice)).values()) == {-1200}
    assert set((await accounts_of(AccountFilter(balance="ahead"), alice)).values()) == {700}
    (total,) = await account_list.totals(AccountFilter(), by=alice)
    assert (total.count, dict(total.sums)) == (5, {"balance": -1100, "owed": 1800, "ahead": 700})
    assert await accounts_of(AccountFilter(currency="JPY"), alice) == {}
    assert set(await accounts_of(AccountFilter(name="jean d"), alice)) == {"Jean Dupont"}
    with pytest.raises(Invalid):
        await accounts_of(AccountFilter(currency="X"), alice)


async def test_pages_of_accounts_follow_each_other_inside_limits_and_focus(alice: Actor) -> None:
    first = await account_list.page(AccountFilter(), by=alice, size=2)
    second = await account_list.page(AccountFilter(), by=alice, size=2, after=first.next or "")
    back = await account_list.page(AccountFilter(), by=alice, size=2, before=second.previous or "")
    assert first.previous is None and [row["id"] for row in back.rows] == [row["id"] for row in first.rows]
    ids = [row["id"] for row in (*first.rows, *second.rows)]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 4
    code = first.rows[0]["code"]
    within = await focus.find(f"client:{code}", by=alice)
    assert list(await accounts_of(AccountFilter(), alice, within=within)) == [first.rows[0]["client"]]
    limited = msgspec.structs.replace(alice, projects=frozenset({1}))
    assert await accounts_of(AccountFilter(), limited) == {}


@pytest.mark.parametrize("few", [12_000, 0])
async def test_clients_are_found_by_what_their_accounts_hold(
    alice: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    for name in ("FEW", "FEW_SCATTERED"):
        monkeypatch.setattr(client_source, name, few)
    for sort in ("-registered", "name"):
        assert await clients_of(ClientFilter(balance="owes"), alice, sort) == {
            "mueller": ["-600 EUR"],
            "dupont": ["-1200 EUR"],
        }
    assert await clients_of(ClientFilter(balance="ahead"), alice) == {"tanaka": ["700 EUR"]}
    assert await clients_of(ClientFilter(balance="owes", kind="company"), alice) == {"mueller": ["-600 EUR"]}
    assert await clients_of(ClientFilter(balance="owes", name="dup"), alice) == {"dupont": ["-1200 EUR"]}
    limited = msgspec.structs.replace(alice, projects=frozenset({1}))
    assert await clients_of(ClientFilter(balance="owes"), limited) == {}


async def test_what_clients_hold_is_for_those_who_may_see_accounts(alice: Actor) -> None:
    lesser = msgspec.structs.replace(alice, role="own", permissions=frozenset({"client:read", "client:export"}))
    assert "balance" not in client_list.offered_columns(by=lesser)
    for refused in (
        client_list.page(ClientFilter(balance="owes"), by=lesser),
        client_list.page(ClientFilter(), by=lesser, columns=("code", "balance")),
        exports.of_clients(Choice(filter=ClientFilter()), ("code", "balance"), "csv", by=lesser),
        account_list.page(AccountFilter(), by=lesser),
    ):
        with pytest.raises(PermissionMissing):
            await refused
