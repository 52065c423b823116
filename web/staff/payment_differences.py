"""What gateways say that does not agree with what is here: the list, one of them, recording and dismissing it."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.actor import Actor
from core.billing import payment_differences
from core.billing.payment_differences import KINDS
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.payment_contract import Standing
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.payment_attempts import STANDINGS

HERE = "/staff/payment-differences"
RIGHT = Permission.PAYMENT_CREATE
STATES = {
    "open": N_("To be settled"),
    "recorded": N_("Recorded"),
    "dismissed": N_("Dismissed"),
    "gone": N_("Agrees now"),
}
SOURCES = {"callback": N_("Callback"), "reconcile": N_("Nightly comparison")}


@get("/payment-differences", **requires(Permission.PAYMENT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The open ones, or those of another state; of one kind, if asked for."""
    asked = forms.query(request)
    state = asked.get("state", "open")
    kind = asked.get("kind", "")
    found = await payment_differences.latest(
        state=state if state in STATES else "open",  # type: ignore[arg-type]
        kind=kind if kind in KINDS else None,  # type: ignore[arg-type]
        by=by,
    )
    return page(
        request,
        "staff/payment_differences/index.html",
        rows=found,
        filter=Form({"state": state, "kind": kind}),
        kinds=_named(KINDS),
        states=_named(STATES),
        standings=_named(STANDINGS),
        sources=_named(SOURCES),
    )


@get("/payment-differences/{difference_id:int}", **requires(Permission.PAYMENT_READ))
async def show(request: AnyRequest, by: By, difference_id: FromPath[int]) -> Response[str]:
    """One of them, and what can be done."""
    return await _show(request, difference_id, by=by)


@post("/payment-differences/{difference_id:int}/record", status_code=200, **requires(RIGHT))
async def record(request: AnyRequest, by: By, difference_id: FromPath[int]) -> Response[Any]:
    """Let it count for its attempt, or the one that was chosen."""
    form = await forms.read(request)
    done = payment_differences.record(difference_id, attempt_id=_number(form.get("attempt")) or None, by=by)
    return await _do(request, difference_id, done, _("It was recorded."), form, by=by)


@post("/payment-differences/{difference_id:int}/record-into", status_code=200, **requires(RIGHT))
async def record_into(request: AnyRequest, by: By, difference_id: FromPath[int]) -> Response[Any]:
    """Record nobody's money into the account of a client."""
    form = await forms.read(request)
    done = _into(difference_id, _number(form.get("client")), by=by)
    return await _do(request, difference_id, done, _("The payment was recorded."), form, by=by)


@post("/payment-differences/{difference_id:int}/dismiss", status_code=200, **requires(RIGHT))
async def dismiss(request: AnyRequest, by: By, difference_id: FromPath[int]) -> Response[Any]:
    """Leave it as it is."""
    form = await forms.read(request)
    done = payment_differences.dismiss(difference_id, form.get("reason"), by=by)
    return await _do(request, difference_id, done, _("It was dismissed."), form, by=by)


async def _into(difference_id: int, code: int, *, by: Actor) -> Any:
    found = await payment_differences.get(difference_id, by=by)
    account_id = await payment_differences.account_of(code, found["currency"], by=by)
    return await payment_differences.record_into(difference_id, account_id, by=by)


async def _do(
    request: AnyRequest, difference_id: int, done: Awaitable[Any], told: str, form: Form, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        return await _show(request, difference_id, form=form.refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _show(request, difference_id, form=form, refused=conflict.message, status=409, by=by)
    return redirect(request, HERE, toast=told)


async def _show(
    request: AnyRequest,
    difference_id: int,
    *,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
    by: Actor,
) -> Response[str]:
    found = await payment_differences.get(difference_id, by=by)
    may = found["state"] == "open" and policies.allows(by, Permission.PAYMENT_CREATE)
    is_nobodys = found["kind"] == "nobody"
    return page(
        request,
        "staff/payment_differences/show.html",
        status=status,
        row=found,
        form=form or Form(),
        refused=refused,
        kinds=_named(KINDS),
        states=_named(STATES),
        standings=_named(STANDINGS),
        sources=_named(SOURCES),
        candidates=await payment_differences.candidates(found, by=by) if may and is_nobodys else [],
        may_record=may and not is_nobodys and found["kind"] != "missing",
        may_record_into=may and is_nobodys and found["standing"] == Standing.SUCCEEDED and bool(found["units"]),
        may_dismiss=may,
    )


def _named(words: dict[str, str]) -> dict[str, str]:
    return {key: _(text) for key, text in words.items()}


def _number(text: str) -> int:
    """A number that somebody chose or wrote; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


ROUTES = [index, show, record, record_into, dismiss]
