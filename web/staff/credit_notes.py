"""Crediting an invoice in part: how much of which lines, what that comes to, and issuing the credit note."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import money
from core.actor import Actor
from core.billing import credit_notes, credited_lines, invoices
from core.billing.credit_notes import NewCreditNote, Portion
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.invoices import HERE, name_of

FIELD = "lines."
"""How the names of the fields with the amounts begin; the position of the line follows."""


@get("/invoices/{invoice_id:int}/credit", **requires(Permission.INVOICE_VOID))
async def new(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[str]:
    """What of its lines can be credited."""
    return await _form(request, invoice_id, money_forms.begun({}), by=by)


@post("/invoices/{invoice_id:int}/credit", status_code=200, **requires(Permission.INVOICE_VOID))
async def create(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[Any]:
    """Show how it would look, or issue it; when that is not what was shown, show it anew."""
    form = await forms.read(request)
    if form.get("all"):
        form = await _filled(invoice_id, form, by=by)
    if form.get("all") or form.get("look"):
        return await _form(request, invoice_id, form, by=by, is_looked_at=True)
    try:
        invoice = await invoices.get(invoice_id, by=by)
        asked = _asked(form, invoice["currency"], with_expected=True)
        made = await credit_notes.create(invoice_id, asked, key=money_forms.key_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, invoice_id, form.refused(refusal), by=by, is_looked_at=True, status=422)
    except Conflict as conflict:
        refused = form.refused(Invalid({"": conflict.message}))
        return await _form(request, invoice_id, refused, by=by, is_looked_at=True, status=409)
    told = _("This is credit note %(number)s.") % {"number": made["number"]}
    return redirect(request, f"{HERE}/{made['id']}", toast=told)


async def _form(
    request: AnyRequest,
    invoice_id: int,
    form: Form,
    *,
    by: Actor,
    is_looked_at: bool = False,
    status: int = 200,
) -> Response[str]:
    """The fields, and how the credit note would look as far as that can be said."""
    invoice, seen = await invoices.get(invoice_id, by=by), None
    stays = credit_notes.why_not(invoice)
    if is_looked_at and not stays:
        try:
            seen = await credit_notes.look(invoice_id, _asked(form, invoice["currency"]), by=by)
        except Invalid as refusal:
            form, status = form.refused(Invalid(refusal.errors | form.errors)), max(status, 422)
    return page(
        request,
        "staff/invoices/credit.html",
        status=status,
        invoice=invoice,
        name=name_of(invoice),
        lines=await credited_lines.left(invoice_id),
        form=form,
        seen=seen,
        stays=stays,
    )


async def _filled(invoice_id: int, form: Form, *, by: Actor) -> Form:
    """The form with all that is left of every line."""
    invoice = await invoices.get(invoice_id, by=by)
    rest = {
        f"{FIELD}{row['position']}": money.written(row["left_net_units"], invoice["currency"])
        for row in await credited_lines.left(invoice_id)
        if row["left_net_units"]
    }
    return Form(form.values | rest)


def _asked(form: Form, currency: str, *, with_expected: bool = False) -> NewCreditNote:
    """What the form asks for; `Invalid` for what is no amount, and for who has not seen what it comes to."""
    errors: dict[str, str] = {}
    lines = []
    for name in form.values:
        position, text = name.removeprefix(FIELD), form.get(name).strip()
        if not name.startswith(FIELD) or not text or not (position.isascii() and position.isdecimal()):
            continue
        try:
            lines.append(Portion(position=int(position[:9]), units=money.parse(text, currency)))
        except ValueError as error:
            errors[name] = str(error)
    expected = form.get("expected_units")
    if with_expected and not (expected.isascii() and expected.isdecimal() and len(expected) < 17):
        errors.setdefault("", _("Please look at the credit note first."))
    if errors:
        raise Invalid(errors)
    return NewCreditNote(
        reason=form.get("reason"), lines=lines, expected_units=int(expected) if with_expected else None
    )


ROUTES = [new, create]
