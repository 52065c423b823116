"""What is needed to bill a client of the cast: a complete company and payer, an account, expenses on it."""

from typing import Any

from asyncpg import Record

from core import clock, db
from core.accounts import companies
from core.actor import Actor
from core.billing import accounts, expenses, invoice_drafts, invoice_states
from core.billing.expenses import Charge, Tax
from core.billing.invoice_drafts import NewInvoice
from tests.core.billing import books

VAT = Tax(rate=20000, category="S")


async def ready(login: str = "dupont") -> Record:
    """The default payer of a client, complete, as the default company is then too."""
    await db.execute(
        """UPDATE companies SET registration_number = '73282932000074', vat_number = 'FR44732829320',
               country = 'FR', street = '12 rue de la Paix', postcode = '75002', city = 'Paris',
               email = 'f@hebergeur.example' WHERE is_default"""
    )
    payer = await db.row(
        """UPDATE payers p SET kind = 'company', country = 'FR', registration_number = '552100554',
               vat_number = '', street = '1 rue du Port', postcode = '69001', city = 'Lyon', language = 'fr'
             FROM clients c WHERE c.id = p.client_id AND c.login = $1 AND p.is_default RETURNING p.*""",
        login,
    )
    assert payer is not None
    return payer


async def charged(
    units: int = 1000, text: str = "Hosting", *, login: str = "dupont", by: Actor, **more: Any
) -> int:
    """An expense of so much before 20 % of tax; its id."""
    account = await accounts.find(await books.account_of(login))
    given = {"tax": VAT, "kind": "service", "day": clock.today(by.tenant.timezone)} | more
    key = f"test-{await db.value('SELECT new_id()')}"
    return await expenses.charge(account, Charge(key=key, text=text, net_units=units, **given), by=by)


async def drafted(*expense_ids: int, login: str = "dupont", by: Actor, **more: Any) -> Record:
    """A draft over these expenses, over all that are open without any."""
    payer = await ready(login)
    given: dict[str, Any] = {
        "account_id": await books.account_of(login),
        "payer_id": payer["id"],
        "company_id": (await companies.default())["id"],
        "expense_ids": list(expense_ids) or None,
    }
    return await invoice_drafts.create(payer["client_id"], NewInvoice(**given | more), by=by)


async def issued(units: int = 1000, *, login: str = "dupont", by: Actor, **more: Any) -> Record:
    """An issued invoice over one new expense."""
    expense_id = await charged(units, login=login, by=by)
    return await invoice_states.issue((await drafted(expense_id, login=login, by=by, **more))["id"], by=by)
