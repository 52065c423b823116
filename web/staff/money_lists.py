"""What the pages of expenses and payments share: a list by its address, and the account a form is about."""

from collections.abc import Mapping
from datetime import date
from types import ModuleType
from typing import Any

import msgspec
from asyncpg import Record

from core import policies
from core.accounts import projects
from core.actor import Actor
from core.billing import accounts
from core.billing.money_lists import Page
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.pages import AnyRequest
from web.kit.templates import day
from web.kit.visit import visit_of

LABELS = {
    "client": N_("Client's code"),
    "project": N_("Project"),
    "day_from": N_("From day"),
    "day_to": N_("To day"),
}
Names = Mapping[str, Mapping[str, str]]
"""What the values of a filter are called: {parameter: {value: name}}."""


async def read(
    request: AnyRequest,
    struct: type[msgspec.Struct],
    listed: ModuleType,
    here: str,
    labels: Mapping[str, str],
    named: Names,
    *,
    by: Actor,
) -> dict[str, Any]:
    """What the page of a list shows: `status`, rows, totals, paging, the filter and the line of what is in force.

    `listed` is the module of the list, with `page` and `totals`.
    """
    given, asked = forms.query(request, ignore=filtered.PAGING), request.query_params
    found, totals, errors, status = Page(rows=[]), [], {}, 200
    try:
        chosen = forms.fill(struct, given)
        within, after, before = visit_of(request).focus, asked.get("after", ""), asked.get("before", "")
        found = await listed.page(chosen, by=by, within=within, after=after, before=before)
        totals = await listed.totals(chosen, by=by, within=within)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    brands = await _projects(by=by)
    words = {**named, "project": brands}
    return {
        "status": status,
        "rows": found.rows,
        "totals": totals,
        "page": filtered.paging(here, given, found.previous, found.next),
        "filter": Form(given, errors),
        "in_force": filtered.in_force(here, given, labels, lambda name, value: _shown(words, name, value)),
        "cancel_href": here,
        "export_href": filtered.link(f"{here}/export", given),
        "projects": list(brands.items()) if len(brands) > 1 else [],
    }


async def account_in(form: Form, client: Mapping[str, Any], *, by: Actor) -> Record:
    """The client's account that a form is about; its only one without a word. `Invalid` under "account_id"."""
    found = await accounts.of(client["id"], by=by)
    wanted = form.get("account_id")
    chosen = [row for row in found if str(row["id"]) == wanted] if wanted or len(found) != 1 else found
    if not chosen:
        raise Invalid({"account_id": _("This is not one of the choices.")})
    return chosen[0]


async def _projects(*, by: Actor) -> dict[str, str]:
    if not policies.allows(by, Permission.PROJECT_READ):
        return {}
    return {str(key): name for key, name in (await projects.names(by=by)).items()}


def _shown(words: Names, name: str, value: str) -> str:
    if name in ("day_from", "day_to"):
        return _day(value)
    return words.get(name, {}).get(value, value)


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text
