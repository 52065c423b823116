"""Clients: registering them, changing them, and letting them go."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from asyncpg import Record, UniqueViolationError
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, hooks, places, policies
from core.accounts import access, attitudes, cleared, client_filter, field_values, owners, projects
from core.actor import Actor
from core.checks import Checks
from core.errors import EditConflict, Forbidden, Invalid, ReadOnly
from core.i18n import _
from core.permissions import Permission


class Client(db.Owned, tablename="clients"):
    """The account that orders and pays. `code` is its number, unique within the provider."""

    code = BigInt()
    login = Text()
    name = Text()
    kind = Text()
    contact_person = Text()
    email = Text()
    country = Text()
    language = Text()
    phone = Text()
    phone_verified = Text()
    phone_verified_at = Timestamptz(null=True)
    note = Text()
    status = Text()
    project_id = BigInt()
    attitude_id = BigInt(null=True)
    registered_at = Timestamptz()
    registered_address = Text()
    closed_at = Timestamptz(null=True)
    closed_reason = Text()
    external_id = Text()
    merged_into_id = BigInt(null=True)
    merged_at = Timestamptz(null=True)
    cleared_at = Timestamptz(null=True)
    version = Integer()


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it takes to register a client.

    A company needs `company_name`, an individual `contact_person`. Without a `password` the client chooses one
    by a link. `project_id` is for editions with projects; without it the provider's default project is meant.
    `fields` are those that the provider defines, by key.
    """

    login: str
    email: str
    country: str
    kind: Literal["individual", "company"] = "individual"
    company_name: str = ""
    contact_person: str = ""
    password: str = ""
    language: str = ""
    phone: str = ""
    note: str = ""
    project_id: int | None = None
    attitude_id: int | None = None
    fields: dict[str, field_values.Sent] = {}
    send_welcome: bool = False


class ClientChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may change of a client; fields that are left out stay. `version` is the one that was read.

    `fields` are those that the provider defines, by key; null or "" empties one.
    """

    version: int
    kind: Literal["individual", "company"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    contact_person: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    attitude_id: int | UnsetType | None = UNSET
    project_id: int | UnsetType = UNSET
    fields: dict[str, field_values.Sent] = {}


LONGEST_NOTE = 10_000
NOT_TOLD = frozenset({"id", "registered_at", "project_id", "attitude_id"})
CHANGED_WHEN_CLOSED = frozenset({"note"})
EDITABLE = tuple(
    field.name for field in msgspec.structs.fields(ClientChanges) if field.name not in ("version", "fields")
)


async def get(code: int, *, by: Actor) -> Record:
    """The client with this code; `NotFound` when there is none that `by` may see."""
    return await access.client_by_code(code, by=by)


async def create(new: NewClient, *, by: Actor, now: datetime | None = None, is_by_hand: bool = True) -> Record:
    """Register a client with its owner; returns its row. All that is wrong comes back at once as `Invalid`.

    What is not entered by hand (an import) may leave out the fields that the provider wants filled.
    """
    policies.require(by, Permission.CLIENT_CREATE)
    if by.groups is not None:
        raise Forbidden(_("You are limited to account groups, and a new client is in none of them."))
    checks = Checks()
    values = checked(new, checks, by=by)
    await _check_places(checks, new.project_id, new.attitude_id, by=by, is_new=True)
    await owners.check(checks, values, new.password, by=by)
    own = await field_values.checked(checks, new.fields, is_new=True, is_by_hand=is_by_hand)
    for field, message in (await hooks.validate("validate_client", by=by, client=values)).items():
        checks.error(field, message)
    checks.done()
    values = await hooks.before("before_client_created", by=by, client=values, accept=accept)
    created = await _insert(
        values
        | {
            "project_id": new.project_id or await projects.default_id(),
            "attitude_id": new.attitude_id or await attitudes.default_id(),
            "registered_at": now or clock.now(),
            "registered_address": by.address,
        }
    )
    await owners.register(created, new.password, by=by)
    await field_values.save(created["id"], own.values())
    entered = [(field, value) for field, value in own.values() if value is not None]
    new_values = await _told(shown(created), by=by) | field_values.told(entered)
    await audit.record("client:created", "client", created["id"], by=by, name=created["name"],
                       client_id=created["id"], new=new_values)  # fmt: skip
    await hooks.after("after_client_created", by=by, client=shown(created) | {"welcome": new.send_welcome})
    return created


async def update(code: int, changes: ClientChanges, *, by: Actor, is_by_hand: bool = True) -> Record:
    """Change a client; returns its row. A version that is not the current one raises `EditConflict`."""
    policies.require(by, Permission.CLIENT_UPDATE)
    before = await access.client_by_code(code, by=by, lock=True)
    return await change(before, changes, by=by, is_by_hand=is_by_hand)


async def change(before: Record, changes: ClientChanges, *, by: Actor, is_by_hand: bool = True) -> Record:
    """Change the locked client. Asks for no right: its callers have, and know which fields `by` may change."""
    if before["version"] != changes.version:
        kept = {key: field_values.plain(value) for key, value in (await field_values.of(before["id"])).items()}
        raise EditConflict(shown(before) | {"version": before["version"], "fields": kept})
    wanted = {field: getattr(changes, field) for field in EDITABLE if getattr(changes, field) is not UNSET}
    checks = Checks()
    values = checked_changes(wanted, before, checks)
    project_id = values.get("project_id")
    moved = project_id if project_id != before["project_id"] else None
    if moved is not None:
        require_movable(before, by=by)
    await _check_places(checks, moved, values.get("attitude_id"), by=by)
    own = await field_values.changes(before["id"], checks, changes.fields, is_by_hand=is_by_hand)
    for field, message in (await hooks.validate("validate_client", by=by, client=shown(before) | values)).items():
        checks.error(field, message)
    checks.done()
    changed = {field: value for field, value in values.items() if value != before[field]}
    if not changed and not own.new:
        return before
    require_open(before, [*changed, *own.new])
    after = await save(before["id"], changed)
    await field_values.save(after["id"], own.new.values())
    old_values = await _told({field: before[field] for field in changed}, by=by)
    await audit.record("client:updated", "client", after["id"], by=by, name=after["name"], client_id=after["id"],
                       old=old_values | field_values.told(own.old.values()),
                       new=await _told(changed, by=by) | field_values.told(own.new.values()))  # fmt: skip
    await hooks.after("after_client_updated", by=by, client=shown(after), changes=changed)
    return after


def shown(client: Mapping[str, Any]) -> dict[str, Any]:
    """A client as hooks, the audit and the API know it."""
    return {field: client[field] for field in ("id", "code", "login", "status", *EDITABLE)} | {
        "registered_at": client["registered_at"].isoformat()
    }


def require_open(client: Mapping[str, Any], fields: Collection[str]) -> None:
    """Nothing when these fields of the client may change; of a closed one only the note may. Else `ReadOnly`."""
    if fields:
        cleared.require_kept(client)
    if client["status"] == "closed" and set(fields) - CHANGED_WHEN_CLOSED:
        raise ReadOnly(_("This client is closed. Open it again to change it."))


def require_movable(client: Mapping[str, Any], *, by: Actor) -> None:
    """Nothing when `by` may move the client to another project: out of one that he sees. Else `Invalid`."""
    if not access.may_use_project(client["project_id"], by=by):
        raise Invalid({"project_id": _("This client is registered in a project that is not yours to see.")})


async def _told(values: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """Values for the audit: names in place of ids, so that it reads the same when what they name is gone."""
    told = {field: value for field, value in values.items() if field not in NOT_TOLD}
    if "project_id" in values and policies.has_feature(by.tenant, "projects"):
        told["project"] = await db.value("SELECT name FROM projects WHERE id = $1", values["project_id"])
    if "attitude_id" in values:
        told["attitude"] = await db.value("SELECT name FROM attitudes WHERE id = $1", values["attitude_id"])
    return told


def checked(new: NewClient, checks: Checks, *, by: Actor) -> dict[str, Any]:
    """The columns of a new client; notes in `checks` what is wrong with them."""
    is_company = new.kind == "company"
    company = checks.text("company_name", new.company_name, longest=200, required=is_company)
    contact = checks.text("contact_person", new.contact_person, longest=200, required=not is_company)
    country = checks.country("country", new.country)
    return {
        "login": checks.login("login", new.login),
        "kind": new.kind,
        "name": company if is_company else contact,
        "contact_person": contact,
        "email": checks.email("email", new.email),
        "country": country,
        "language": checks.language("language", new.language or by.tenant.locale),
        "phone": checks.phone("phone", new.phone, country=country if country in places.COUNTRIES else ""),
        "note": checks.text("note", new.note, longest=LONGEST_NOTE, required=False, lines=True),
    }


def checked_changes(wanted: Mapping[str, Any], before: Mapping[str, Any], checks: Checks) -> dict[str, Any]:
    """The wanted values as they are to be kept; notes in `checks` what is wrong with them."""
    country = wanted.get("country", before["country"])
    check = {
        "login": lambda text: checks.login("login", text),
        "name": lambda text: checks.text("name", text, longest=200),
        "contact_person": lambda text: checks.text("contact_person", text, longest=200, required=False),
        "email": lambda text: checks.email("email", text),
        "kind": lambda text: checks.choice("kind", text, client_filter.KINDS),
        "country": lambda text: checks.country("country", text),
        "language": lambda text: checks.language("language", text),
        "phone": lambda text: checks.phone("phone", text, country=country if country in places.COUNTRIES else ""),
        "note": lambda text: checks.text("note", text, longest=LONGEST_NOTE, required=False, lines=True),
    }
    return {field: check[field](value) if field in check else value for field, value in wanted.items()}


def accept(patched: Mapping[str, Any]) -> None:
    """Raise `Invalid` for what a plugin made of a client, unless it could have been entered that way."""
    checks = Checks()
    checked_changes(patched, patched, checks)
    checks.done()


async def _check_places(
    checks: Checks, project_id: int | None, attitude_id: int | None, *, by: Actor, is_new: bool = False
) -> None:
    """Whether the project and the attitude exist, and the project is this actor's and edition's to use.

    Without a project a new client gets the default one; one that is there stays where it is.
    """
    if project_id is not None:
        policies.require_feature(by, "projects")
        if not access.may_use_project(project_id, by=by) or not await projects.takes_clients(project_id):
            checks.error("project_id", _("This is not one of the choices."))
    elif is_new and by.projects is not None and not access.may_use_project(await projects.default_id(), by=by):
        checks.error("project_id", _("Please choose one."))
    if attitude_id is not None and not await attitudes.exists(attitude_id):
        checks.error("attitude_id", _("This is not one of the choices."))


async def _insert(values: dict[str, Any]) -> Record:
    code = await db.value("UPDATE counters SET next = next + 1 WHERE name = 'client' RETURNING next - 1")
    columns = ["code", *values]
    try:
        async with db.savepoint():
            created = await db.row(
                f"""INSERT INTO clients ({", ".join(columns)})
                    VALUES ({", ".join(f"${n}" for n in range(1, len(columns) + 1))}) RETURNING *""",
                code,
                *values.values(),
            )
    except UniqueViolationError as error:
        raise Invalid({"login": _("Another client has this login name.")}) from error
    assert created is not None
    return created


async def save(client_id: int, changed: Mapping[str, Any]) -> Record:
    """Write columns of a locked client, and give it the next version. Asks for no right: its callers have."""
    settings = "".join(f"{field} = ${n}, " for n, field in enumerate(changed, 2))
    saved = await db.row(
        f"UPDATE clients SET {settings}version = version + 1 WHERE id = $1 RETURNING *",
        client_id,
        *changed.values(),
    )
    assert saved is not None
    return saved
