"""What dunning did and will do to one client, on which day; and pausing it."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.accounts import access, clients
from core.actor import Actor
from core.billing import dunning, dunning_pauses, dunning_words, promised_payments
from core.billing.dunning_pauses import NewPause
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_tabs


@get("/clients/{code:int}/dunning", **requires(Permission.DUNNING_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """What comes on which day as long as nothing is paid, and what was done."""
    return await _show(request, await clients.get(code, by=by), by=by)


@post("/clients/{code:int}/dunning/pauses", status_code=200, **requires(Permission.DUNNING_PAUSE))
async def pause(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Leave the client alone until a day."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        await dunning_pauses.create(client["id"], form.into(NewPause), by=by)
    except Invalid as refusal:
        return await _show(request, client, form=form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _show(request, client, form=Form(form.values, {"": conflict.message}), by=by, status=409)
    return redirect(request, _here(client), toast=_("Dunning is paused."))


@post("/dunning/pauses/{pause_id:int}/lift", **requires(Permission.DUNNING_PAUSE))
async def lift(request: AnyRequest, by: By, pause_id: FromPath[int]) -> Response[None]:
    """Go on."""
    lifted = await dunning_pauses.lift(pause_id, by=by)
    client = await access.client(lifted["client_id"], by=by)
    return redirect(request, _here(client), toast=_("Dunning goes on."))


async def show_promise(request: AnyRequest, account: Any, form: Form, *, by: Actor, status: int) -> Response[str]:
    """The page with the form of a promise that was refused."""
    client = await clients.get(account["code"], by=by)
    return await _show(request, client, promise=(account["id"], form), by=by, status=status)


async def _show(
    request: AnyRequest,
    client: Any,
    *,
    by: Actor,
    form: Form | None = None,
    promise: tuple[int, Form] | None = None,
    status: int = 200,
) -> Response[str]:
    today = clock.today(by.tenant.timezone)
    pauses = await dunning_pauses.of(client["id"], by=by)
    promises = await promised_payments.of(client["id"], by=by)
    return await client_tabs.show(
        request,
        client,
        "dunning",
        by=by,
        status=status,
        plans=[_told(plan, promises, promise) for plan in await dunning.of_client(client["id"], by=by)],
        events=await dunning.history(client["id"], by=by),
        paused=next((row for row in pauses if row["until_day"] >= today), None),
        pauses=pauses,
        form=form or Form(),
        names={key: _(label) for key, label in dunning_words.ACTIONS.items()},
        may_pause=policies.allows(by, Permission.DUNNING_PAUSE) and client["status"] != "closed",
    )


def _told(plan: dunning.Plan, promises: Sequence[Any], form: tuple[int, Form] | None) -> dict[str, Any]:
    mine = plan.account["id"]
    return {
        "promises": [row for row in promises if row["account_id"] == mine],
        "form": form[1] if form and form[0] == mine else Form(),
        "account": plan.account,
        "policy": plan.policy,
        "overdue": plan.overdue,
        "due_on": plan.debts[0].due_on if plan.debts else None,
        "coming": [(one, dunning_words.action(one.step)) for one in plan.coming if not one.is_skipped],
    }


def _here(client: Any) -> str:
    return f"/staff/clients/{client['code']}/dunning"


ROUTES = [show_of_client, pause, lift]
