"""Credit notes over parts of an invoice: what of its lines is left, how a credit note would look, issuing it.

    seen = await credit_notes.look(invoice_id, new, by=by)
    made = await credit_notes.create(invoice_id, msgspec.structs.replace(new, expected_units=seen.units), by=by)

Its amount lowers what the expenses of its lines are owed: a credit covers them from then on, and what payments had
covered of it is free for what is open, or to be paid out. Making an invoice void is in `invoice_states`.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import Record

from core import db, i18n, policies
from core.actor import Actor
from core.billing import (
    account_credits,
    accounts,
    allocations,
    credited_lines,
    invoice_issuing,
    invoices,
    totals,
)
from core.billing.change_quotes import Amount
from core.billing.totals import Line, Totals
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission


class Portion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of the line at this position, in minor units before tax; all that is left of it without `units`."""

    position: int
    units: int | None = None


class NewCreditNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines to credit and why; all that is left of the invoice without `lines`.

    `expected_units` is what `look` came to, with tax; when it would be something else by now, nothing is done.
    """

    reason: str
    lines: list[Portion] | None = None
    expected_units: int | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a credit note would look. `left_units` is what could be credited after it, with tax."""

    lines: tuple[Line, ...]
    totals: Totals
    left_units: int

    @property
    def units(self) -> int:
        """What it comes to, with tax."""
        return self.totals.gross_units


async def of_invoice(invoice_id: int, *, by: Actor) -> list[Record]:
    """The credit notes of an invoice, the first first; one alone when that made it void."""
    await invoices.get(invoice_id, by=by)
    return await db.fetch(
        f"{invoices.WITH_NAMES} WHERE k.corrects_id = $1 AND k.state = 'issued' ORDER BY k.created_at, k.id",
        invoice_id,
    )


async def look(invoice_id: int, new: NewCreditNote, *, by: Actor) -> Look:
    """How it would look now; nothing is written. `Invalid` and `Conflict` as for `create`, but for the reason."""
    policies.require(by, Permission.INVOICE_VOID)
    invoice = await invoices.get(invoice_id, by=by)
    if stays := why_not(invoice):
        raise Conflict(stays)
    listed = await credited_lines.left(invoice_id)
    parts = _chosen(new, listed, invoice["currency"])
    made = tuple(line for _expense_id, line in parts)
    sums = totals.of(made)
    return Look(lines=made, totals=sums, left_units=units_of(listed) - sums.gross_units)


async def create(invoice_id: int, new: NewCreditNote, *, key: str = "", by: Actor) -> Record:
    """Issue it; returns the credit note. `Invalid` under "reason" and "lines.<position>".

    `Conflict` when the invoice cannot be credited, or the amount is not the expected one any more. `key` makes it
    one, however often it is sent; without one it is its own.
    """
    policies.require(by, Permission.INVOICE_VOID)
    _client, invoice = await invoices.locked(invoice_id, by=by)
    once = f"credit-note-{invoice_id}-{key or uuid4().hex}"
    if (before := await db.value(MADE, once)) is not None:
        return await invoices.get(before, by=by)
    if stays := why_not(invoice):
        raise Conflict(stays)
    checks = Checks()
    reason = checks.text("reason", new.reason, longest=invoice_issuing.LONGEST_REASON)
    parts = _chosen(new, await credited_lines.left(invoice_id), invoice["currency"], checks)
    units = sum(line.gross_units for _expense_id, line in parts)
    if new.expected_units not in (None, units):
        raise Conflict(_("Something was credited meanwhile. Here is how it would look now."))
    made = await invoice_issuing.correct(invoice, parts, reason, by=by)
    await _lower(invoice, made, parts, once, by=by)
    return await invoices.find(made["id"])


def units_of(listed: Sequence[Mapping[str, Any]]) -> int:
    """What of lines as `credited_lines.left` has them can be credited, with tax."""
    return sum(row["left_net_units"] + row["left_tax_units"] for row in listed)


def why_not(invoice: Mapping[str, Any]) -> str:
    """Why no part of a document can be credited, "" when one can."""
    if invoice["state"] != "issued" or invoice["kind"] != "invoice":
        return _("Only an invoice that was issued can be credited.")
    if invoice["credited_units"] >= invoice["gross_units"]:
        return _("Nothing of it is left to be credited.")
    return ""


def _chosen(
    new: NewCreditNote, listed: Sequence[Mapping[str, Any]], currency: str, checks: Checks | None = None
) -> list[tuple[int, Line]]:
    """The parts with their expenses; `Invalid` with all that is wrong, also by these checks."""
    checks = checks or Checks()
    open_ones = {row["position"]: row for row in listed if row["left_net_units"] > 0}
    asked = [Portion(position=key) for key in open_ones] if new.lines is None else new.lines
    found: dict[int, tuple[int, Line]] = {}
    for one in asked:
        field = f"lines.{one.position}"
        row = open_ones.get(one.position)
        units = one.units if row is None or one.units is not None else row["left_net_units"]
        if row is None or one.position in found:
            checks.error(field, _("Nothing of this line is left to be credited."))
        elif units is None or not 0 < units <= row["left_net_units"]:
            most = accounts.told(row["left_net_units"], currency)
            checks.error(field, _("From the smallest amount up to %(amount)s.") % {"amount": most})
        else:
            found[one.position] = (row["expense_id"], credited_lines.part_of(row, units))
    if not asked:
        checks.error("lines", _("Choose how much to credit."))
    checks.done()
    return [found[position] for position in sorted(found)]


async def _lower(invoice: Record, made: Record, parts: Sequence[tuple[int, Line]], key: str, *, by: Actor) -> None:
    """Cover the expenses of the lines by a credit of this amount; what is free by that covers what is open."""
    account = dict(await accounts.find(invoice["account_id"])) | {"currency": invoice["currency"]}
    with i18n.speaking(invoice["language"]):
        reference = _("Credit note %(number)s") % {"number": made["number"]}
    amount = Amount(made["net_units"], made["tax_units"])
    payment = await account_credits.give(account, key, amount, reference, by=by)
    await db.execute("UPDATE invoices SET payment_id = $2 WHERE id = $1", made["id"], payment["id"])
    await allocations.settle(payment["id"], [(expense_id, line.gross_units) for expense_id, line in parts])
    await allocations.cover([account["id"]])


MADE = "SELECT k.id FROM invoices k JOIN payments p ON p.id = k.payment_id WHERE p.key = $1"
