"""Dunning: the policies, making and changing them, and what is decided for all of them."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.actor import Actor
from core.billing import dunning_checks, dunning_policies, dunning_settings, dunning_words
from core.billing.dunning_policies import NewPolicy, PolicyChanges
from core.billing.dunning_settings import DunningSettingChanges, LettersTo
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import dunning_forms, edits

HERE = "/staff/dunning"


class SettingsForm(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided for all policies, as it is written: free days one a line."""

    days: str = ""
    most_stops: int
    promise_most: str = ""
    promise_days: int = 7
    promise_every: int = 30
    promise_age: int = 30
    letters_to: LettersTo = "both"
    charges_missed: bool = False


@get("/dunning", **requires(Permission.DUNNING_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The policies, from the one for all clients to those of single ones."""
    in_force = dunning_policies.in_force(by.tenant)
    found = [
        told(row) | {"has_effect": row["recipient"] in in_force} for row in await dunning_policies.every(by=by)
    ]
    return page(request, "staff/dunning/index.html", rows=found)


@get("/dunning/policies/new", **requires(Permission.DUNNING_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, with steps that many use."""
    begun = {
        "recipient": "provider",
        "terms_days": 14,
        "notice_days": 3,
        "is_on_workdays": "1",
        "covers_postpaid": "1",
    }
    usual = ((-3, "remind"), (7, "remind"), (14, "remind"), (21, "suspend"))
    for number, (day, action) in enumerate(usual):
        begun |= {f"day_{number}": str(day), f"action_{number}": action}
    return await _form(request, Form(begun), by=by)


@post("/dunning/policies", status_code=200, **requires(Permission.DUNNING_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make it."""
    form = await forms.read(request)
    try:
        made = await dunning_policies.create(NewPolicy(**dunning_forms.read(form)), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/policies/{made['id']}", toast=_("The policy was added."))


@get("/dunning/policies/{policy_id:int}", **requires(Permission.DUNNING_READ))
async def show(request: AnyRequest, by: By, policy_id: FromPath[int]) -> Response[str]:
    """One policy in words."""
    policy = await dunning_policies.get(policy_id, by=by)
    may = policies.allows(by, Permission.DUNNING_MANAGE)
    return page(
        request, "staff/dunning/show.html", policy=told(policy), may=may, here=f"{HERE}/policies/{policy_id}"
    )


@get("/dunning/policies/{policy_id:int}/edit", **requires(Permission.DUNNING_MANAGE))
async def edit(request: AnyRequest, by: By, policy_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    policy = await dunning_policies.get(policy_id, by=by)
    return await _form(request, Form(dunning_forms.written(policy)), policy=policy, by=by)


@post("/dunning/policies/{policy_id:int}", status_code=200, **requires(Permission.DUNNING_MANAGE))
async def update(request: AnyRequest, by: By, policy_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    policy = await dunning_policies.get(policy_id, by=by)
    form = edits.settled(await forms.read(request), dunning_forms.written(policy))
    try:
        sent = dunning_forms.read(form)
        changes = PolicyChanges(**{field: sent[field] for field in PolicyChanges.__struct_fields__})
        await dunning_policies.update(policy_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), policy=policy, by=by, status=422)
    except EditConflict as conflict:
        saved = dict.fromkeys(dunning_forms.labels(), "") | dunning_forms.written(conflict.current)
        both = edits.conflict(form, saved, dunning_forms.labels())
        return await _form(request, form, policy=policy, conflict=both, by=by, status=409)
    return redirect(request, f"{HERE}/policies/{policy_id}", toast=_("The policy was saved."))


@get("/dunning/policies/{policy_id:int}/delete", **requires(Permission.DUNNING_MANAGE))
async def confirm(request: AnyRequest, by: By, policy_id: FromPath[int]) -> Response[str]:
    """Ask."""
    policy = await dunning_policies.get(policy_id, by=by)
    here = f"{HERE}/policies/{policy_id}"
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the policy “%(name)s”?") % {"name": policy["name"]},
        text=_("The next nearest policy takes its place; without one, clients are left alone."),
        refused="",
        action=f"{here}/delete",
        ok=_("Delete the policy"),
        back=here,
        crumbs=[(_("Dunning"), HERE), (policy["name"], here)],
    )


@post("/dunning/policies/{policy_id:int}/delete", **requires(Permission.DUNNING_MANAGE))
async def delete(request: AnyRequest, by: By, policy_id: FromPath[int]) -> Response[None]:
    """Delete it, back to the list."""
    await dunning_policies.delete(policy_id, by=by)
    return redirect(request, HERE, toast=_("The policy was deleted."))


@get("/dunning/settings", **requires(Permission.DUNNING_MANAGE))
async def settings(request: AnyRequest, by: By) -> Response[str]:
    """The form with what is decided."""
    return _settings(request, Form(_written(msgspec.structs.asdict(await dunning_settings.get(by=by)))))


@post("/dunning/settings", status_code=200, **requires(Permission.DUNNING_MANAGE))
async def decide(request: AnyRequest, by: By) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    saved = _written(msgspec.structs.asdict(await dunning_settings.get(by=by)))
    form = edits.settled(await forms.read(request), saved)
    try:
        changes = _changes(form.into(SettingsForm, ignore=edits.VERSION))
        await dunning_settings.update(changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        errors = {"days" if field == "holidays" else field: text for field, text in refusal.errors.items()}
        return _settings(request, form.refused(Invalid(errors)), status=422)
    except EditConflict as conflict:
        labels = {
            "days": _("Free days"),
            "most_stops": _("Most accounts stopped in one run"),
            "letters_to": _("Reminders about an invoice go to"),
            "promise_most": _("At most"),
            "promise_days": _("For so many days"),
            "promise_every": _("Again after so many days"),
            "promise_age": _("Client for so many days"),
        }
        both = edits.conflict(form, _written(conflict.current), labels)
        return _settings(request, form, conflict=both, status=409)
    return redirect(request, HERE, toast=_("It was saved."))


def told(policy: Any) -> dict[str, Any]:
    """A policy with its words."""
    steps = dunning_policies.steps_of(policy)
    return dict(policy) | {
        "recipient_words": dunning_words.recipient(policy),
        "lines": [(dunning_words.when(step.day), dunning_words.action(step)) for step in steps],
        "least_words": dunning_words.amounts(policy["least"]),
    }


def _written(decided: dict[str, Any]) -> dict[str, Any]:
    days = dunning_settings.days_written(decided["holidays"], decided["yearly"])
    most = dunning_checks.amounts_written(decided["promise_most"])
    return decided | {"days": days, "promise_most": most}


def _changes(sent: SettingsForm) -> DunningSettingChanges:
    values, errors = msgspec.structs.asdict(sent), {}
    try:
        holidays, yearly = dunning_settings.days_read(values.pop("days"))
        values |= {"holidays": tuple(holidays), "yearly": tuple(yearly)}
    except ValueError as error:
        errors["days"] = str(error)
    try:
        values["promise_most"] = dunning_checks.amounts(sent.promise_most)
    except ValueError as error:
        errors["promise_most"] = str(error)
    if errors:
        raise Invalid(errors)
    return DunningSettingChanges(**values)


def _settings(request: AnyRequest, form: Form, *, conflict: Any = None, status: int = 200) -> Response[str]:
    letters = [(key, _(label)) for key, label in dunning_words.LETTERS_TO.items()]
    return page(
        request, "staff/dunning/settings.html", status=status, form=form, conflict=conflict, letters=letters
    )


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, policy: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/dunning/form.html",
        status=status,
        form=form,
        policy=policy,
        conflict=conflict,
        lines=dunning_forms.lines(form),
        action=f"{HERE}/policies/{policy['id']}" if policy else f"{HERE}/policies",
        back=f"{HERE}/policies/{policy['id']}" if policy else HERE,
        choices=await dunning_forms.choices(by=by),
    )


ROUTES = [index, new, create, settings, decide, show, edit, update, confirm, delete]
