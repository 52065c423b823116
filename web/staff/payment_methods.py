"""Payment methods: the list in the provider's order, adding, editing, moving and removing one."""

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import money, policies
from core.accounts import companies
from core.actor import Actor
from core.billing import offered_methods, payment_methods
from core.billing.method_terms import BY_HAND
from core.billing.payment_methods import MethodValues
from core.catalog import percents
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/payment-methods"
MANAGE = requires(Permission.PAYMENT_METHOD_MANAGE)
AMOUNTS = ("fee_units", "least_units", "most_units")


class MethodForm(msgspec.Struct, frozen=True, kw_only=True):
    """A method as it is written: amounts and percents as text, and the plugin with its method as one choice."""

    name_en: str
    name_fr: str
    way: str
    note_en: str = ""
    note_fr: str = ""
    currencies: tuple[str, ...] = ()
    fee_percent: str = ""
    fee_units: str = ""
    fee_bearer: Literal["provider", "client"] = "provider"
    least_units: str = ""
    most_units: str = ""
    is_on: bool = False
    is_for_clients: bool = False
    companies: tuple[int, ...] = ()


@get("/payment-methods", **requires(Permission.PAYMENT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The methods in the provider's order."""
    kept = await payment_methods.every(by=by)
    named = {row["id"]: row["name"] for row in await companies.every(by=by)} if _binds(by) else {}
    return page(
        request,
        "staff/payment_methods/index.html",
        methods=[(row, offered_methods.name(row)) for row in kept],
        ways=await _ways(by=by),
        companies=named,
        may_edit=policies.allows(by, Permission.PAYMENT_METHOD_MANAGE),
    )


@post("/payment-methods/usual", status_code=200, **MANAGE)
async def begin_with_usual(request: AnyRequest, by: By) -> Response[Any]:
    """Keep the usual ones, to go on from."""
    try:
        await payment_methods.begin_with_usual(by=by)
    except Conflict as conflict:
        return redirect(request, HERE, toast=conflict.message)
    return redirect(request, HERE, toast=_("The usual payment methods were added."))


@get("/payment-methods/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return await _form(request, Form({"is_on": "1", "is_for_clients": "1", "fee_bearer": "provider"}), by=by)


@post("/payment-methods", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = edits.listed(await forms.read(request), "currencies", "companies")
    try:
        await payment_methods.create(_read(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(_beside(refusal)), status=422, by=by)
    return redirect(request, HERE, toast=_("The payment method was added."))


@get("/payment-methods/{method_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, method_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    kept = await payment_methods.get(method_id, by=by)
    return await _form(request, Form(_written(kept)), kept=kept, by=by)


@post("/payment-methods/{method_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, method_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    kept = await payment_methods.get(method_id, by=by)
    form = edits.listed(edits.settled(await forms.read(request), _written(kept)), "currencies", "companies")
    try:
        await payment_methods.update(method_id, _read(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(_beside(refusal)), kept=kept, status=422, by=by)
    except EditConflict:
        both = edits.conflict(form, _written(kept), _labels())
        return await _form(request, form, kept=kept, conflict=both, status=409, by=by)
    return redirect(request, HERE, toast=_("The payment method was saved."))


@post("/payment-methods/{method_id:int}/move", **MANAGE)
async def move(request: AnyRequest, by: By, method_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await payment_methods.move(method_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#method-{method_id}")


@get("/payment-methods/{method_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, method_id: FromPath[int]) -> Response[str]:
    """Ask before it goes."""
    return await _confirm(request, method_id, by=by)


@post("/payment-methods/{method_id:int}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, method_id: FromPath[int]) -> Response[Any]:
    """Remove it."""
    try:
        await payment_methods.delete(method_id, by=by)
    except Conflict as conflict:
        return await _confirm(request, method_id, refused=conflict.message, status=409, by=by)
    return redirect(request, HERE, toast=_("The payment method was removed."))


async def _confirm(
    request: AnyRequest, method_id: int, *, refused: str = "", status: int = 200, by: Actor
) -> Response[str]:
    name = offered_methods.name(await payment_methods.get(method_id, by=by))
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Remove the payment method “%(name)s”?") % {"name": name},
        text=_("It is offered no more. One by which something was paid can only be switched off."),
        refused=refused,
        action=f"{HERE}/{method_id}/delete",
        ok=_("Remove the payment method"),
        back=HERE,
        crumbs=[(_("Payment methods"), HERE)],
    )


async def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, status: int = 200, by: Actor
) -> Response[str]:
    offered = await companies.every(by=by) if _binds(by) else []
    used = await payment_methods.currencies_in_use()
    ways = await _ways(by=by)
    if (way := form.get("way")) and way not in ways:
        ways[way] = _("%(plugin)s (switched off)") % {"plugin": way}
    return page(
        request,
        "staff/payment_methods/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        ways=list(ways.items()),
        currencies=[(code, code) for code in sorted(used | set(form.all("currencies")) - {""})],
        companies=[(row["id"], row["name"]) for row in offered],
    )


async def _ways(*, by: Actor) -> dict[str, str]:
    """What a method can be: recorded by people, or one of a plugin that is on; key to name."""
    hand = {f":{key}": _(label) for key, label in BY_HAND.items()}
    brought = await offered_methods.brought(by=by)
    return hand | {f"{plugin}:{one.key}": f"{one.title} ({plugin})" for plugin, one in brought}


def _binds(by: Actor) -> bool:
    return offered_methods.is_per_company(by) and policies.allows(by, Permission.COMPANY_READ)


def _read(form: Form) -> MethodValues:
    """What the form says, its amounts in the currency that it names; `Invalid` beside what cannot be read."""
    filled = msgspec.structs.asdict(form.into(MethodForm, ignore=edits.VERSION))
    plugin, _colon, method = filled.pop("way").rpartition(":")
    named, errors = filled["currencies"], {}
    for name in AMOUNTS:
        text, filled[name] = filled[name], 0 if name == "fee_units" else None
        if not text.strip():
            continue
        if len(named) != 1:
            errors["currencies"] = _("Amounts are in one currency: please choose exactly one.")
            continue
        try:
            filled[name] = money.parse(text, named[0])
        except ValueError as error:
            errors[name] = str(error)
    try:
        filled["fee_percent"] = percents.parse(filled["fee_percent"]) if filled["fee_percent"].strip() else 0
    except ValueError as error:
        errors["fee_percent"] = str(error)
    if errors:
        raise Invalid(errors)
    return MethodValues(**filled, plugin=plugin, method=method)


def _written(kept: Any) -> dict[str, Any]:
    """What is kept as the form has it."""
    currency = kept["currencies"][0] if len(kept["currencies"]) == 1 else ""
    written = {name: money.written(kept[name], currency) if currency and kept[name] else "" for name in AMOUNTS}
    fee = percents.written(kept["fee_percent"]) if kept["fee_percent"] else ""
    return dict(kept) | written | {"fee_percent": fee, "way": f"{kept['plugin']}:{kept['method']}"}


def _beside(refusal: Invalid) -> Invalid:
    """The errors under the names that the form has."""
    return Invalid({"way" if name == "method" else name: text for name, text in refusal.errors.items()})


def _labels() -> dict[str, str]:
    return {
        "name_en": _("Name in English"),
        "name_fr": _("Name in French"),
        "note_en": _("What clients read in English"),
        "note_fr": _("What clients read in French"),
        "way": _("How it is paid"),
        "currencies": _("Currencies"),
        "fee_percent": _("Fee in percent"),
        "fee_units": _("Fixed fee"),
        "fee_bearer": _("Who bears the fee"),
        "least_units": _("Least amount"),
        "most_units": _("Most amount"),
        "is_on": _("On"),
        "is_for_clients": _("Shown to clients"),
    }


ROUTES = [index, begin_with_usual, new, create, edit, update, move, confirm, delete]
