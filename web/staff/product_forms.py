"""The form of a product: what it chooses from, how its audience is read, and what tells two edits apart."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from core import policies
from core.accounts import groups, projects
from core.actor import Actor
from core.catalog import price_words, product_audience, product_types, products, vatex
from core.catalog.products import NewProduct, ProductChanges
from core.catalog.tax_rules import CLASSES
from core.i18n import _
from web.kit import forms
from web.kit.forms import Form
from web.staff import edits

P = TypeVar("P", NewProduct, ProductChanges)

Side = Literal["", "all", "chosen"]
_OF_AUDIENCE = frozenset({"projects", "project_ids", "groups", "group_ids"})


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """Where and to whom, as the form has it; a side that the edition lacks is not sent."""

    projects: Side = ""
    project_ids: tuple[int, ...] = ()
    groups: Side = ""
    group_ids: tuple[int, ...] = ()


def read(form: Form, struct: type[P]) -> P:
    """The struct that the form makes; `Invalid` for what does not fit."""
    made = form.into(struct, ignore=_OF_AUDIENCE | edits.VERSION)
    sent = forms.fill(Recipients, {name: value for name, value in form.values.items() if name in _OF_AUDIENCE})
    if sent.projects:
        chosen = None if sent.projects == "all" else sent.project_ids
        made = msgspec.structs.replace(made, project_ids=chosen)
    if sent.groups:
        chosen = None if sent.groups == "all" else sent.group_ids
        made = msgspec.structs.replace(made, group_ids=chosen)
    return made


async def written(product: Mapping[str, Any]) -> dict[str, Any]:
    """A product as the form has it."""
    audience = await product_audience.of(product)
    return dict(product) | {
        "projects": "all" if audience.project_ids is None else "chosen",
        "project_ids": [str(row_id) for row_id in audience.project_ids or ()],
        "groups": "all" if audience.group_ids is None else "chosen",
        "group_ids": [str(row_id) for row_id in audience.group_ids or ()],
    }


async def choices(*, by: Actor) -> dict[str, Any]:
    """What the form chooses from: types, and the projects and groups where the edition has them."""
    found: dict[str, Any] = {
        "types": [(row["id"], row["name"]) for row in await product_types.every(by=by)],
        "states": [
            ("hidden", products.state_name("hidden"), _("Only your team orders it.")),
            ("on_sale", products.state_name("on_sale"), _("Clients see it and order it.")),
            ("withdrawn", products.state_name("withdrawn"), _("Nobody orders it; who has it keeps it.")),
        ],
        "whens": list(change_words("upgrade_when").items()),
        "tax_classes": [(one, price_words.tax_class(one)) for one in CLASSES],
        "vatex_codes": vatex.choices(),
        "rests": list(change_words("downgrade_rest").items()),
        "project_choices": [],
        "group_choices": [],
    }
    if policies.has_feature(by.tenant, "projects"):
        found["project_choices"] = list((await projects.names(by=by)).items())
    if policies.has_feature(by.tenant, "groups"):
        found["group_choices"] = list((await groups.names(by=by)).items())
    return found


def change_words(field: str) -> dict[str, str]:
    """What a policy about changes can be, in words."""
    if field != "downgrade_rest":
        return {"now": _("At once"), "renewal": _("With the next period")}
    return {
        "credit": _("Is credit for what comes next"),
        "refund": _("Is credit that can be paid out"),
        "none": _("Stays with us"),
    }


def labels() -> dict[str, str]:
    """The fields by which two edits are told apart."""
    return {
        "name": _("Name"),
        "code": _("Code"),
        "type_id": _("Type"),
        "description": _("Description"),
        "state": _("State"),
        "stock": _("Stock"),
        "most_per_client": _("At most per client"),
        "trial_days": _("Days of trial"),
        "asks_phone": _("Only with a verified telephone number"),
        "upgrade_when": _("Something dearer"),
        "downgrade_when": _("Something cheaper"),
        "downgrade_rest": _("What was paid for the days that are left"),
        "tax_class": _("Tax class"),
        "vatex": _("Code of the exemption"),
        "tax_reason": _("Legal reason"),
    }


def shown(choices_: Mapping[str, Any]) -> Callable[[str, Any], str]:
    """Writes a value of such a field as people read it."""
    types = {str(key): name for key, name in choices_["types"]}

    def show(field: str, value: Any) -> str:
        if field == "type_id":
            return str(types.get(str(value), value))
        if field == "tax_class":
            return price_words.tax_class(str(value))
        if field in ("upgrade_when", "downgrade_when", "downgrade_rest"):
            return change_words(field).get(str(value), str(value))
        return products.state_name(str(value)) if field == "state" else str(value)

    return show
