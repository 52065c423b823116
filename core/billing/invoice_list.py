"""The list of all documents of a provider, the newest first, page by page, with filter, focus and totals."""

from typing import Literal

from asyncpg import Record

from core import clock, db, policies
from core.accounts import access, rows
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import invoices, money_lists
from core.billing.money_lists import MoneyFilter, Total
from core.checks import Checks
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission

Kind = Literal["invoice", "credit_note", "proforma"]
State = Literal["draft", "issued", "void"]
Paid = Literal["paid", "open", "overdue", "due_today"]
ASKING = "k.state = 'issued' AND k.kind = 'invoice'"
"""What asks for money: an invoice that was issued and is not void."""
UNPAID = """EXISTS (SELECT FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
    WHERE l.invoice_id = k.id AND l.is_live AND e.covered_units < e.gross_units)"""
TABLES = """invoices k JOIN clients c ON c.id = k.client_id JOIN client_projects a ON a.id = k.account_id"""
SUMS = {
    "gross": "sum(k.gross_units - k.credited_units) FILTER (WHERE k.is_asking)",
    "open": "sum(k.gross_units - k.paid_units) FILTER (WHERE k.is_asking)",
}


class InvoiceFilter(MoneyFilter, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `number` is the beginning of a number, `company` an id; the days are those of issue.

    `paid`: issued invoices that are paid, open (not paid whole), open after their last day to pay, or on it.
    """

    number: str = ""
    kind: Kind | None = None
    state: State | None = None
    paid: Paid | None = None
    company: int | None = None


async def totals(chosen: InvoiceFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """By currency, how many documents there are, what issued invoices come to, and what of it is not paid.

    What was credited of an invoice does not count.
    """
    bound = conditions(chosen, by=by, within=within)
    columns = (
        f"k.created_at, k.id, k.currency, k.gross_units, {ASKING} AS is_asking, {invoices.PAID} AS paid_units,"
        f" {invoices.CREDITED} AS credited_units"
    )
    return await money_lists.totals(TABLES, "k", columns, SUMS, bound)


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The documents of one client, the newest first; the last 200."""
    policies.require(by, Permission.INVOICE_READ)
    await access.client(client_id, by=by)
    found = await db.fetch(
        f"{invoices.WITH_NAMES} WHERE k.client_id = $1 ORDER BY k.created_at DESC, k.id DESC LIMIT 200", client_id
    )
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


def conditions(chosen: InvoiceFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a document `k`, its account `a` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.INVOICE_READ)
    policies.require(by, Permission.CLIENT_READ)
    number = _checked(chosen)
    shared = MoneyFilter(client=chosen.client, project=chosen.project)
    bound = money_lists.conditions(shared, "k", by=by, within=within)
    bound.equals("k.kind", chosen.kind)
    bound.equals("k.state", chosen.state, among=frozenset(invoices.STATES))
    bound.equals("k.company_id", chosen.company)
    if chosen.day_from is not None:
        bound.add(f"k.issued_on >= {bound.bind(chosen.day_from)}")
    if chosen.day_to is not None:
        bound.add(f"k.issued_on <= {bound.bind(chosen.day_to)}")
    if chosen.paid is not None:
        bound.add(f"{ASKING} AND {'NOT ' if chosen.paid == 'paid' else ''}{UNPAID}")
    if chosen.paid in ("overdue", "due_today"):
        sign = "<" if chosen.paid == "overdue" else "="
        bound.add(f"k.due_on {sign} {bound.bind(clock.today(by.tenant.timezone))}")
    if number:
        bound.add("k.number <> ''")
        bound.begins("k.number", number)
    return bound


page = money_lists.pages(invoices.WITH_NAMES, "k", conditions)
"""The list page by page, see `money_lists.Pages`."""


def _checked(chosen: InvoiceFilter) -> str:
    """The beginning of a number; `Invalid` for a filter that cannot be."""
    checks = Checks()
    number = checks.text("number", chosen.number, longest=60, required=False)
    if chosen.company is not None and not rows.is_id(chosen.company):
        checks.error("company", _("This is not one of the choices."))
    first, last = chosen.day_from, chosen.day_to
    if first is not None and last is not None and last < first:
        checks.error("day_to", _("The last day is not before the first."))
    checks.done()
    return number
