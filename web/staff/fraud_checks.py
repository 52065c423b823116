"""Fraud checks: what waits for a decision, what was refused, one check with its reasons, and deciding about it."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import fraud_checks, fraud_queue
from core.accounts.fraud_queue import FraudFilter
from core.actor import Actor
from core.billing import fraud_decisions, service_list
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import filtered, forms, fraud_words
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of

HERE = "/staff/fraud-checks"
ALL = "all"


@get("/fraud-checks", **requires(Permission.FRAUD_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """What waits, or what is in another state; of one kind, if asked for."""
    asked = forms.query(request)
    state, kind = asked.get("state") or "waiting", asked.get("kind", "")
    _check(state, kind)
    given = {"state": state} | ({"kind": kind} if kind else {})
    chosen = FraudFilter(
        state=None if given["state"] == ALL else given["state"],  # type: ignore[arg-type]
        kind=given.get("kind"),  # type: ignore[arg-type]
    )
    after, before = asked.get("after", ""), asked.get("before", "")
    try:
        found = await fraud_queue.listed(chosen, by=by, within=visit_of(request).focus, after=after, before=before)
    except Invalid:
        found = await fraud_queue.listed(chosen, by=by, within=visit_of(request).focus)
    return page(
        request,
        "staff/fraud_checks/index.html",
        rows=[(row, fraud_words.reasons(row)) for row in found.rows],
        page=filtered.paging(HERE, given, found.previous, found.next),
        filter=Form(given),
        is_on=fraud_checks.is_on(by=by),
        **_words(),
    )


@get("/fraud-checks/{check_id:int}", **requires(Permission.FRAUD_READ))
async def show(request: AnyRequest, by: By, check_id: FromPath[int]) -> Response[str]:
    """One check: who it is about, and what each plugin said."""
    return await _show(request, check_id, by=by)


@post("/fraud-checks/{check_id:int}/approve", status_code=200, **requires(Permission.FRAUD_DECIDE))
async def approve(request: AnyRequest, by: By, check_id: FromPath[int]) -> Response[Any]:
    """Let it go on."""
    form = await forms.read(request)
    done = fraud_decisions.approve(check_id, form.get("note"), by=by)
    return await _do(request, check_id, form, "note", done, _("It was approved."), by=by)


@post("/fraud-checks/{check_id:int}/refuse", status_code=200, **requires(Permission.FRAUD_DECIDE))
async def refuse(request: AnyRequest, by: By, check_id: FromPath[int]) -> Response[Any]:
    """Cancel the order, or close the client."""
    form = await forms.read(request)
    done = fraud_decisions.refuse(check_id, form.get("reason"), by=by)
    return await _do(request, check_id, form, "reason", done, _("It was refused."), by=by)


def _check(state: str, kind: str) -> None:
    """`Invalid` for a filter that cannot be."""
    checks = Checks()
    checks.choice("state", state, {*fraud_queue.STATES, ALL})
    checks.choice("kind", kind, {*fraud_queue.KINDS, ""})
    checks.done()


async def _do(
    request: AnyRequest, check_id: int, form: Form, field: str, done: Awaitable[Any], told: str, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        errors = {field: refusal.errors["reason"]} if "reason" in refusal.errors else refusal.errors
        return await _show(request, check_id, form=form.refused(Invalid(errors)), by=by, status=422)
    except Conflict as conflict:
        return await _show(request, check_id, form=form, refused=conflict.message, by=by, status=409)
    return redirect(request, f"{HERE}/{check_id}", toast=told)


async def _show(
    request: AnyRequest,
    check_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    check = await fraud_queue.get(check_id, by=by)
    sees_services = policies.allows(by, Permission.SERVICE_READ)
    return page(
        request,
        "staff/fraud_checks/show.html",
        status=status,
        row=check,
        answers=fraud_words.answers(check),
        seen=fraud_words.seen(check),
        lines=fraud_words.lines(check),
        services=await service_list.of_check(check_id, by=by) if sees_services else [],
        form=form or Form(),
        refused=refused,
        may_decide=check["state"] == "waiting" and policies.allows(by, Permission.FRAUD_DECIDE),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        name: {key: _(text) for key, text in words.items()}
        for name, words in (
            ("kinds", fraud_words.KINDS),
            ("states", fraud_words.STATES),
            ("verdicts", fraud_words.VERDICTS),
            ("sources", fraud_words.SOURCES),
        )
    }


ROUTES = [index, show, approve, refuse]
