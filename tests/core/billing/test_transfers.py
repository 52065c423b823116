"""What accounts hold follows when clients and projects are merged; what holds anything stays."""

from collections.abc import AsyncIterator

import pytest

from core import db
from core.accounts import client_merging, client_projects, project_merging, projects, removal
from core.accounts.projects import NewProject, ProjectChanges
from core.actor import Actor
from core.billing import accounts, expenses, payments
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from core.errors import Conflict, Invalid
from core.settings import Settings
from tests import cast
from tests.core.billing import books

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def fill(account_id: int, *, paid: int, spent: int, by: Actor) -> None:
    await accounts.set_terms(account_id, Terms(is_postpaid=True), by=by)
    if paid:
        await payments.create(account_id, NewPayment(units=paid), by=by)
    if spent:
        await expenses.create(account_id, NewExpense(text="Hosting", units=spent, tax_rate=0), by=by)


async def test_merged_clients_have_one_balance_and_one_history(alice: Actor) -> None:
    gone, stays = await books.account_of("dupont"), await books.account_of("elodie")
    await fill(gone, paid=5_000, spent=0, by=alice)
    await fill(stays, paid=0, spent=7_000, by=alice)
    codes = [await db.value("SELECT code FROM clients WHERE login = $1", login) for login in ("dupont", "elodie")]
    kept = await client_merging.merge(*codes, owner_role="billing", by=alice)
    (account,) = await accounts.of(kept["id"], by=alice)
    assert (account["id"], account["balance"], account["open_units"]) == (stays, -2_000, 2_000)
    assert await db.value("SELECT count(*) FROM payments WHERE account_id = $1", stays) == 1
    assert await db.value("SELECT count(*) FROM client_projects WHERE id = $1", gone) == 0


async def test_merged_projects_carry_the_money_of_clients_in_both(alice: Actor) -> None:
    one = await projects.create(NewProject(name="One"), by=alice)
    client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
    both = (await client_projects.open_account(client_id, one["id"], by=alice))["id"]
    home = await books.account_of("dupont")
    await fill(both, paid=900, spent=500, by=alice)
    await fill(home, paid=0, spent=300, by=alice)
    into = await db.value("SELECT project_id FROM clients WHERE id = $1", client_id)
    assert await project_merging.merge(one["id"], into, by=alice) is None
    found = {row["id"]: row["balance"] for row in await accounts.of(client_id, by=alice)}
    assert found[home] == 100 and both not in found


async def test_an_account_with_a_history_stays_and_so_does_its_client(alice: Actor) -> None:
    one = await projects.create(NewProject(name="One"), by=alice)
    client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
    second = (await client_projects.open_account(client_id, one["id"], by=alice))["id"]
    await fill(second, paid=100, spent=100, by=alice)
    with pytest.raises(Conflict, match="expenses or payments"):
        await client_projects.close_account(second, by=alice)
    code = await db.value("SELECT code FROM clients WHERE id = $1", client_id)
    (refused,) = (await removal.remove([code], by=alice)).refused
    assert refused.reason == "2 services, expenses and payments are this client’s."


async def test_a_project_in_which_money_was_moved_keeps_its_currency(alice: Actor) -> None:
    one = await projects.create(NewProject(name="One"), by=alice)
    changed = await projects.update(one["id"], ProjectChanges(currency="USD"), version=one["version"], by=alice)
    client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
    account = (await client_projects.open_account(client_id, one["id"], by=alice))["id"]
    await fill(account, paid=100, spent=0, by=alice)
    with pytest.raises(Invalid) as refused:
        await projects.update(one["id"], ProjectChanges(currency="CHF"), version=changed["version"], by=alice)
    assert set(refused.value.errors) == {"currency"}
