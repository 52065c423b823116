"""What the pages of expenses and payments share: a list by its address, and the account a form is about."""

from collections.abc import Awaitable, Callable, Mapping
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
from web.staff import list_saving

LABELS = {
    "client": N_("Client's code"),
    "project": N_("Project"),
    "day_from": N_("From day"),
    "day_to": N_("To day"),
}
Names = Mapping[str, Mapping[str, str]]
"""What the values of a filter are called: {parameter: {value: name}}."""


class MoneyList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as its page has it: its name, which is the end of its address, what filters it, the module with
    `page` and `totals`, what its parameters are called, and what their values are."""

    name: str
    filter: type[msgspec.Struct]
    listed: ModuleType
    labels: Mapping[str, str]
    words: Callable[..., Awaitable[Names]]

    @property
    def here(self) -> str:
        """Where it stands."""
        return list_saving.PATHS[self.name]


async def read(request: AnyRequest, one: MoneyList, *, by: Actor) -> dict[str, Any]:
    """What the page of a list shows: `status`, rows, totals, paging, the filter with what is in force and saved,
    and `choices` ({parameter: [(value, name)]})."""
    given, asked = forms.query(request, ignore=filtered.PAGING), request.query_params
    everything = list_saving.kept_in(request, one.name)
    found, totals, errors, status = Page(rows=[]), [], {}, 200
    try:
        chosen = forms.fill(one.filter, given)
        within, after, before = visit_of(request).focus, asked.get("after", ""), asked.get("before", "")
        found = await one.listed.page(chosen, by=by, within=within, after=after, before=before)
        totals = await one.listed.totals(chosen, by=by, within=within)
    except Invalid as refusal:
        errors = {"" if field in filtered.PAGING else field: told for field, told in refusal.errors.items()}
        status = 422
    words = await words_of(one, by=by)
    brands = words["project"]
    return {
        "status": status,
        "rows": found.rows,
        "totals": totals,
        "page": filtered.paging(one.here, everything | given, found.previous, found.next),
        "filter": Form(given, errors),
        "in_force": filtered.in_force(one.here, given, one.labels, shown_by(words), **everything),
        "saved": await list_saving.menu(request, one.name, given, is_wrong=bool(errors), by=by),
        "cancel_href": filtered.link(one.here, everything),
        "export_href": filtered.link(f"{one.here}/export", given),
        "choices": {name: list(known.items()) for name, known in words.items()},
        "projects": list(brands.items()) if len(brands) > 1 else [],
    }


async def words_of(one: MoneyList, *, by: Actor) -> dict[str, Mapping[str, str]]:
    """What the values of a list's filter are called, the projects among them."""
    return {**await one.words(by=by), "project": await _projects(by=by)}


def shown_by(words: Names) -> Callable[[str, str], str]:
    """Shows a value of such a filter as people read it."""
    return lambda name, value: _shown(words, name, value)


def named(**words: Mapping[str, str]) -> Callable[..., Awaitable[Names]]:
    """The words of a list that need no looking up: {value: marked text} by parameter."""

    async def told(*, by: Actor) -> Names:
        return {name: {key: _(label) for key, label in known.items()} for name, known in words.items()}

    return told


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
