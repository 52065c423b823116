"""What the cells of a client's row are looked up in: attitudes, projects, groups, the provider's own fields."""

from collections.abc import Callable, Mapping
from functools import cache

import msgspec

from core import i18n, places, policies
from core.accounts import access, attitudes, client_choices, client_fields, client_list, projects
from core.accounts.client_fields import Field
from core.accounts.imports.fields import folded
from core.actor import Actor
from core.i18n import N_
from core.permissions import Permission

KINDS = {
    "individual": N_("Individual"),
    "company": N_("Company"),
    "sole_proprietor": N_("Sole proprietor"),
}


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Names to ids, and fields by their column. Projects and groups are those that the actor may use."""

    attitudes: Mapping[str, int]
    projects: Mapping[str, int]
    groups: Mapping[str, int]
    fields: Mapping[str, Field]
    default_project: int
    default_attitude: int | None
    names: Mapping[int, str]
    may_create: bool
    may_update: bool
    may_assign: bool
    may_use_default: bool


async def of(*, by: Actor) -> Places:
    """What there is at this provider, as `by` may use it."""
    filed = await client_choices.of(by=by)
    default_project = await projects.default_id()
    own = await client_fields.in_use()
    colored = {number: str(one["name"]) for number, one in filed.attitudes.items()}
    return Places(
        attitudes={name.casefold(): number for number, name in colored.items()},
        projects={name.casefold(): number for number, name in filed.projects.items()},
        groups={name.casefold(): number for number, name in filed.groups.items()},
        fields={client_list.column_of(field): field for field in own},
        default_project=default_project,
        default_attitude=await attitudes.default_id(),
        names=colored | filed.projects | filed.groups,
        may_create=policies.allows(by, Permission.CLIENT_CREATE),
        may_update=policies.allows(by, Permission.CLIENT_UPDATE),
        may_assign=policies.allows(by, Permission.GROUP_ASSIGN),
        may_use_default=access.may_use_project(default_project, by=by),
    )


def code_of(text: str, names: Mapping[str, str]) -> str:
    """The code whose name, in one of our languages, the text is; the text when it is none."""
    return names.get(folded(text), text.strip())


@cache
def countries() -> dict[str, str]:
    """Folded names of countries in our languages, and their codes."""
    return _named(places.countries)


@cache
def languages() -> dict[str, str]:
    """The same of languages."""
    return _named(places.languages)


@cache
def kinds() -> dict[str, str]:
    """The same of the kinds of clients and payers."""
    spoken = {
        folded(i18n.catalogue(locale).gettext(label)): kind
        for locale in i18n.LOCALES
        for kind, label in KINDS.items()
    }
    return spoken | {folded(kind): kind for kind in KINDS}


def _named(listed: Callable[[str], dict[str, str]]) -> dict[str, str]:
    codes = {folded(code): code for code in listed(i18n.DEFAULT_LOCALE)}
    return {folded(name): code for locale in i18n.LOCALES for code, name in listed(locale).items()} | codes
