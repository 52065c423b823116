"""The reconciliation as a table for a spreadsheet."""

from collections.abc import Iterator
from typing import IO, Any

from core import audit, policies, sheets
from core.actor import Actor
from core.billing.reconciliation import Report, Sheet
from core.i18n import _
from core.permissions import Permission
from core.sheets import Format

HEAD = ("currency", "part", "name", "ledger", "books", "difference")


async def table(report: Report, form: Format, *, by: Actor) -> IO[bytes]:
    """A line for each figure, in minor units; notes in the audit who took it."""
    policies.require(by, Permission.CLIENT_EXPORT)
    told = {"format": form, "first": report.first.isoformat(), "last": report.last.isoformat()}
    await audit.record("report:exported", "export", None, by=by, name=_("Reconciliation"), new=told)
    file = sheets.writer(form)
    file.rows([HEAD])
    for sheet in report.sheets:
        file.rows(list(_rows(sheet)))
    return file.end()


def _rows(sheet: Sheet) -> Iterator[tuple[Any, ...]]:
    for line in sheet.lines:
        yield sheet.currency, "check", line.name, line.ledger, line.books, line.difference
    for tax in sheet.taxes:
        named = f"{tax.category} {tax.rate / 1000:g} %"
        yield sheet.currency, "net", named, None, tax.net, None
        yield sheet.currency, "tax", named, None, tax.tax, None
    for method, units in sheet.methods.items():
        yield sheet.currency, "taken", method, None, units, None
    for name in ("owed", "ahead", "invoiced", "credited"):
        yield sheet.currency, "sum", name, None, getattr(sheet, name), None
