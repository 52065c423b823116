"""Statements of account as files: a PDF in the payer's language, and a table for a spreadsheet."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import IO, Any

from asyncpg import Record

from core import audit, db, figures, i18n, places, policies, printing, sheets
from core.accounts import project_companies
from core.accounts.contract_papers import Paper
from core.actor import Actor
from core.billing.account_statements import Movement, Statement
from core.i18n import N_, _
from core.permissions import Permission
from core.sheets import Format

KINDS = {
    "expense": N_("Charged"),
    "reversal": N_("Reversed"),
    "payment": N_("Paid"),
    "refund": N_("Went back"),
}


async def pdf(account: Record, statement: Statement) -> Paper:
    """The file, from the company that sells in the account's project to the client's default payer."""
    payer = await db.row("SELECT * FROM payers WHERE client_id = $1 AND is_default", account["client_id"])
    sellers = await project_companies.selling(account["project_id"])
    language = payer["language"] if payer else i18n.current()
    with i18n.speaking(language):
        shown = _said(account, statement, sellers[0] if sellers else None, payer)
    at = datetime.combine(statement.last, time(), UTC)
    made = await asyncio.to_thread(printing.made, "statement", shown, at=at)
    return Paper(name=f"{name_of(account, statement)}.pdf", media="application/pdf", content=made.content)


def name_of(account: Mapping[str, Any], statement: Statement) -> str:
    """What its files are called."""
    return f"statement-{account['code']}-{statement.first}-{statement.last}"


async def table(account: Record, statement: Statement, form: Format, *, by: Actor) -> IO[bytes]:
    """The movements as CSV or XLSX, amounts in minor units; notes in the audit who took it."""
    policies.require(by, Permission.CLIENT_EXPORT)
    told = {"format": form, "first": statement.first.isoformat(), "last": statement.last.isoformat()}
    await audit.record("account:stated", "client", account["client_id"], by=by, name=account["client"],
                       client_id=account["client_id"], new=told)  # fmt: skip
    file = sheets.writer(form)
    file.rows([("day", "kind", "text", "currency", "units", "balance")])
    file.rows([(statement.first, "opening", "", statement.currency, None, statement.opening)])
    file.rows(
        [(one.day, one.kind, one.text, statement.currency, one.units, one.balance) for one in statement.movements]
    )
    file.rows([(statement.last, "closing", "", statement.currency, None, statement.closing)])
    return file.end()


def _said(account: Record, statement: Statement, seller: Record | None, payer: Record | None) -> dict[str, Any]:
    """What stands in the file, in the current language: what `core/documents/statement.typ` shows."""
    currency = statement.currency
    return {
        "lang": i18n.current(),
        "day": [statement.last.year, statement.last.month, statement.last.day],
        "title": _("Statement of account"),
        "seller": {"name": seller["name"] if seller else "", "lines": list(_address(seller))},
        "buyer": {"name": payer["name"] if payer else account["client"], "lines": list(_address(payer))},
        "facts": [
            (_("Client"), str(account["code"])),
            (_("From day"), figures.day(statement.first)),
            (_("To day"), figures.day(statement.last)),
        ],
        "columns": [_("Day"), _("What for"), _("Amount"), _("Balance")],
        "opening": [_("Balance at the beginning"), figures.amount(statement.opening, currency)],
        "lines": [_line(one, currency) for one in statement.movements],
        "closing": [_("Balance at the end"), figures.amount(statement.closing, currency)],
        "sums": [
            (_("Charged"), figures.amount(statement.charged, currency)),
            (_("Paid"), figures.amount(statement.paid, currency)),
        ],
        "remark": _("Below zero, the account owes."),
    }


def _line(one: Movement, currency: str) -> list[str]:
    kind = _(KINDS[one.kind])
    told = _("%(what)s: %(text)s") % {"what": kind, "text": one.text} if one.text else kind
    text = one.text if one.kind == "expense" else told
    return [figures.day(one.day), text, figures.amount(one.units, currency), figures.amount(one.balance, currency)]


def _address(who: Mapping[str, Any] | None) -> Iterator[str]:
    if who is None:
        return
    country = places.countries(i18n.current()).get(who["country"], who["country"])
    street = [line.strip() for line in who["street"].split("\n")]
    yield from (line for line in (*street, f"{who['postcode']} {who['city']}".strip(), country) if line)
