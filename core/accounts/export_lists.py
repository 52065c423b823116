"""The lists that can be had as a file besides clients, groups and activity. A new one is a `Listing`, here or in
a module above such as `core/billing/money_exports.py`.

Its rows come in the order of the list on the page, with the columns that are chosen (all without a choice), inside
what `by` may see; the list's own filter narrows them. Routes are made of LISTINGS, on pages and in the API.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from core import audit, policies
from core.accounts import (
    access,
    companies,
    company_fields,
    contract_list,
    focus,
    payer_fields,
    payer_list,
    user_list,
)
from core.accounts.contract_list import ContractFilter
from core.accounts.exports import Export
from core.accounts.focus import Focus
from core.accounts.payer_list import PayerFilter
from core.accounts.user_list import UserFilter
from core.actor import Actor
from core.errors import Invalid
from core.filters import Conditions
from core.i18n import N_, _
from core.permissions import Permission
from core.sheets import Format

Narrowing = Callable[[Any, Actor, Focus | None], Awaitable[Conditions]]
"""What a list's filter (none for the whole list) asks of its tables, inside what somebody may see and a focus."""


async def _everything(_chosen: None, _by: Actor, _within: Focus | None) -> Conditions:
    return Conditions()


async def _payers(chosen: PayerFilter | None, by: Actor, within: Focus | None) -> Conditions:
    conditions = payer_list.conditions(chosen or PayerFilter(), by=by)
    focus.limit(conditions, within, column="p.client_id")
    return conditions


async def _users(chosen: UserFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return await user_list.conditions(chosen or UserFilter(), by=by, within=within)


async def _contracts(chosen: ContractFilter | None, by: Actor, within: Focus | None) -> Conditions:
    conditions = contract_list.conditions(chosen or ContractFilter(), by=by)
    focus.limit(conditions, within)
    return conditions


async def _companies(_chosen: None, by: Actor, _within: Focus | None) -> Conditions:
    conditions = Conditions()
    conditions.add(companies.visible(by))
    return conditions


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One list: its columns as they stand in SQL, by their heading. `right` is what the list asks for."""

    noun: str
    label: str
    right: Permission
    action: str
    columns: Mapping[str, str]
    tables: str
    order: str
    filter: type[msgspec.Struct] | None = None
    narrowed: Narrowing = _everything


CLIENT = {"client": "c.code", "client_external_id": "c.external_id", "client_name": "c.name"}

LISTINGS = {
    listing.noun: listing
    for listing in (
        Listing(
            noun="payers",
            label=N_("Payers"),
            right=Permission.PAYER_READ,
            action="payer:exported",
            columns={"id": "p.id", "external_id": "p.external_id"}
            | CLIENT
            | {key: f"p.{key}" for key in payer_fields.ALL}
            | {"is_default": "p.is_default", "created_at": "p.created_at"},
            tables="payers p JOIN clients c ON c.id = p.client_id",
            order="p.name_folded, p.id",
            filter=PayerFilter,
            narrowed=_payers,
        ),
        Listing(
            noun="users",
            label=N_("Users"),
            right=Permission.USER_READ,
            action="user:exported",
            columns=CLIENT
            | {
                "email": "p.email",
                "name": "p.name",
                "role": "m.roles",
                "language": "p.locale",
                "is_disabled": "p.is_disabled",
                "created_at": "m.created_at",
            },
            tables="memberships m JOIN people p ON p.id = m.person_id JOIN clients c ON c.id = m.client_id",
            order="p.name_folded, p.id, c.id",
            filter=UserFilter,
            narrowed=_users,
        ),
        Listing(
            noun="contracts",
            label=N_("Contracts"),
            right=Permission.CONTRACT_READ,
            action="contract:exported",
            columns={"number": "k.number", "title": "k.title", "state": "k.state"}
            | CLIENT
            | {"payer_name": "p.name", "company_name": "o.name", "language": "k.language"}
            | {key: f"k.{key}" for key in ("issued_on", "signed_on", "created_at")},
            tables="""contracts k JOIN clients c ON c.id = k.client_id JOIN payers p ON p.id = k.payer_id
                JOIN companies o ON o.id = k.company_id""",
            order="k.created_at DESC, k.id DESC",
            filter=ContractFilter,
            narrowed=_contracts,
        ),
        Listing(
            noun="companies",
            label=N_("Companies"),
            right=Permission.COMPANY_READ,
            action="company:exported",
            columns={key: f"c.{key}" for key in company_fields.ALL}
            | {
                "is_default": "c.is_default",
                "is_archived": "c.archived_at IS NOT NULL",
                "created_at": "c.created_at",
            },
            tables="companies c",
            order="c.is_default DESC, c.archived_at IS NOT NULL, c.name_folded, c.id",
            narrowed=_companies,
        ),
        Listing(
            noun="staff",
            label=N_("Staff"),
            right=Permission.STAFF_READ,
            action="staff:exported",
            columns={
                "email": "p.email",
                "name": "p.name",
                "role": "coalesce(r.name, s.role)",
                "is_disabled": "p.is_disabled",
                "second_factor": "p.totp_confirmed_at IS NOT NULL",
                "created_at": "s.created_at",
            },
            tables="staff s JOIN people p ON p.id = s.person_id LEFT JOIN roles r ON r.id = s.role_id",
            order="lower(p.name), s.id",
        ),
    )
}

MEMBERS = Listing(
    noun="group-members",
    label=N_("Members of an account group"),
    right=Permission.GROUP_READ,
    action="group:exported",
    columns={"group": "g.name"}
    | CLIENT
    | {"login": "c.login", "added_at": "m.added_at", "added_by": "m.added_by"},
    tables="group_members m JOIN clients c ON c.id = m.client_id JOIN account_groups g ON g.id = m.group_id",
    order="c.code",
)
RESULTS = Listing(
    noun="task-results",
    label=N_("Results of a task"),
    right=Permission.TASK_READ,
    action="task:exported",
    columns={
        key: f"r.{key}" for key in ("number", "subject_kind", "subject_id", "code", "name", "outcome", "reason")
    },
    tables="task_results r",
    order="r.number",
)
"""Those of one thing, that the caller has let `by` see."""


async def of(
    listing: Listing,
    form: Format,
    *,
    by: Actor,
    columns: Sequence[str] = (),
    chosen: msgspec.Struct | None = None,
    within: Focus | None = None,
) -> Export:
    """A file of the list, with its filter, inside a focus, with these columns in this order; all without.

    Notes it in the audit. `Invalid` for a wrong filter or column.
    """
    policies.require(by, Permission.CLIENT_EXPORT)
    policies.require(by, listing.right)
    if unknown := [key for key in columns if key not in listing.columns]:
        raise Invalid({"columns": _("There is no such column: %(name)s") % {"name": unknown[0][:60]}})
    conditions = await listing.narrowed(chosen, by, within)
    wanted = {key: listing.columns[key] for key in columns} if columns else listing.columns
    listing = msgspec.structs.replace(listing, columns=wanted)
    return await _told(listing, conditions, form, _(listing.label), chosen, by=by)


async def of_members(group: Mapping[str, Any], form: Format, *, by: Actor) -> Export:
    """A file of the clients in a group that `groups.get` gave, as far as `by` may see them."""
    conditions = Conditions()
    conditions.equals("m.group_id", group["id"])
    access.limit_to_visible(conditions, by=by)
    return await _told(MEMBERS, conditions, form, group["name"], None, by=by)


async def of_results(task_id: int, title: str, form: Format, *, by: Actor) -> Export:
    """A file of what became of the rows of a task that `tasks.get` gave."""
    conditions = Conditions()
    conditions.equals("r.task_id", task_id)
    if by.projects is not None or by.groups is not None:
        seen = Conditions()
        access.limit_to_visible(seen, by=by)
        visible = f"EXISTS (SELECT FROM clients c WHERE c.id = r.subject_id AND {seen.sql})"
        conditions.add(f"(r.subject_kind <> 'client' OR {visible})")
    return await _told(RESULTS, conditions, form, title, None, by=by)


async def _told(
    listing: Listing,
    conditions: Conditions,
    form: Format,
    name: str,
    chosen: msgspec.Struct | None,
    *,
    by: Actor,
) -> Export:
    policies.require(by, Permission.CLIENT_EXPORT)
    policies.require(by, listing.right)
    sql = f"""SELECT {", ".join(listing.columns.values())} FROM {listing.tables}
              WHERE {conditions.sql or "true"} ORDER BY {listing.order}"""
    told: dict[str, Any] = {"format": form, "columns": list(listing.columns)}
    if chosen is not None:
        told["filter"] = msgspec.to_builtins(chosen)
    await audit.record(listing.action, "export", None, by=by, name=name, new=told)
    return Export(
        noun=listing.noun,
        columns=tuple(listing.columns),
        sql=sql,
        arguments=tuple(conditions.arguments),
        format=form,
    )
