"""What holds an expense, so that it cannot be reversed: a part was given back, or an invoice asks for it."""

from collections.abc import Mapping
from typing import Any

from core import db
from core.i18n import _

ON_INVOICE = """SELECT EXISTS (SELECT FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
    WHERE l.expense_id = $1 AND l.is_live AND i.state = 'issued')"""
GIVEN_BACK = """SELECT EXISTS (SELECT FROM service_credits g JOIN expenses e ON e.service_id = g.service_id
    WHERE e.id = $1 AND g.period_start < e.period_end AND g.period_end > e.period_start)"""


async def why(expense: Mapping[str, Any]) -> str:
    """What holds it, in words; "" when nothing does."""
    if await db.value(GIVEN_BACK, expense["id"]):
        return _("A part of it was given back when the service was changed.")
    if await db.value(ON_INVOICE, expense["id"]):
        return _("An invoice that was issued asks for it. Make that void first.")
    return ""
