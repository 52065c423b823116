"""How a company bills: the days there are to pay, and what French law wants its documents to say of their tax."""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Integer, Text

from core import audit, db
from core.accounts import companies, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import EditConflict
from core.i18n import _

OPERATIONS = ("services", "goods", "mixed")
MOST_DAYS = 120


class InvoiceTerms(db.Owned, tablename="invoice_terms"):
    """The terms of a company. One without a row has the usual ones."""

    company_id = BigInt()
    due_days = Integer()
    operations = Text()
    is_vat_on_debits = Boolean()
    is_manual = Boolean()
    version = Integer()


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`due_days` from the day of issue to the last day to pay. `operations`: services, goods or mixed.

    `is_vat_on_debits`: the company chose to pay VAT when it bills services, not when it is paid.
    `is_manual`: people issue its invoices, and the billing run leaves them alone.
    """

    due_days: int = 14
    operations: str = "services"
    is_vat_on_debits: bool = False
    is_manual: bool = False


USUAL = Terms()


async def of(company_id: int) -> dict[str, Any]:
    """The terms of a company that the caller may see, with their `version`, 0 for the usual ones."""
    found = await db.row("SELECT * FROM invoice_terms WHERE company_id = $1", company_id)
    return shown(found) | {"version": found["version"]} if found else msgspec.to_builtins(USUAL) | {"version": 0}


async def update(company_id: int, terms: Terms, *, version: int, by: Actor) -> dict[str, Any]:
    """Change them; `EditConflict` when somebody else did since they were read."""
    company = await companies.locked(company_id, by=by)
    before = await of(company_id)
    values = _checked(terms)
    if before["version"] != version:
        raise EditConflict(before)
    old = {name: before[name] for name in values if values[name] != before[name]}
    if old:
        await _keep(company_id, values)
        await audit.record("company:updated", "company", company_id, by=by, name=company["name"], old=old,
                           new={name: values[name] for name in old})  # fmt: skip
    return await of(company_id)


def shown(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """What people enter of them."""
    return {name: row[name] for name in Terms.__struct_fields__}


async def _keep(company_id: int, values: Mapping[str, Any]) -> None:
    await db.execute(
        """INSERT INTO invoice_terms AS t (company_id, due_days, operations, is_vat_on_debits, is_manual)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, company_id) DO UPDATE SET due_days = $2, operations = $3, is_vat_on_debits = $4,
               is_manual = $5, version = t.version + 1""",
        company_id,
        *(values[name] for name in Terms.__struct_fields__),
    )


def _checked(terms: Terms) -> dict[str, Any]:
    checks = Checks()
    if not 0 <= terms.due_days <= MOST_DAYS:
        checks.error("due_days", _("From 0 to %(most)s days, please.") % {"most": MOST_DAYS})
    checks.choice("operations", terms.operations, OPERATIONS)
    checks.done()
    return rows.given(terms)
