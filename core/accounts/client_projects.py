"""The accounts of a client, one per project. One of these is its home: the project that it is registered in.

The home is `clients.project_id`; the database keeps its account. Whoever is limited to projects sees and touches
the accounts in these alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, account_parts, clients, projects, rows
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.money import MOST
from core.permissions import Permission


class ClientProject(db.Owned, tablename="client_projects"):
    """A client's account in a project. `credit_limit` is in minor units of the project's currency, None for what
    the project gives; a post-paid one has none. `opened_by` is "" for the account a client was registered with.
    """

    client_id = BigInt()
    project_id = BigInt()
    opened_at = Timestamptz()
    opened_by = Text()
    credit_limit = BigInt(null=True)
    is_postpaid = Boolean()
    registered_at = Timestamptz()


ACCOUNTS = """
    SELECT a.id, a.client_id, a.project_id, p.name, p.currency, p.credit_limit AS usual_limit, a.credit_limit,
           a.opened_at, a.opened_by, c.code, c.name AS client, c.project_id = a.project_id AS is_home,
           p.closed_at IS NOT NULL AS is_closed
      FROM client_projects a JOIN projects p ON p.id = a.project_id JOIN clients c ON c.id = a.client_id
"""


async def of(client_id: int, *, by: Actor) -> list[Record]:
    """The accounts of a client that `by` may see, the home first, then by the projects' names.

    With `code` and `client` (its name), and of the project `name`, `currency`, `usual_limit`, `is_home` and
    `is_closed`.
    """
    policies.require(by, Permission.PROJECT_READ)
    await access.client(client_id, by=by)
    sql = f"{ACCOUNTS} WHERE a.client_id = $1 ORDER BY c.project_id <> a.project_id, p.name_folded, p.id"
    found = await db.fetch(sql, client_id)
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


async def get(account_id: int, *, by: Actor) -> Record:
    """One account as in `of`; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.PROJECT_READ)
    found = await db.row(f"{ACCOUNTS} WHERE a.id = $1", account_id) if rows.is_id(account_id) else None
    if found is None or not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def open_account(client_id: int, project_id: int, *, credit_limit: int | None = None, by: Actor) -> Record:
    """Open an account in one more project; `Invalid` under "project_id" when it cannot be."""
    client = await _locked(client_id, by=by)
    limit = _checked_limit(credit_limit)
    if not await may_be_opened(project_id, by=by):
        raise Invalid({"project_id": _("This is not one of the choices.")})
    if not await _insert(project_id, [client_id], credit_limit=limit, by=by):
        raise Invalid({"project_id": _("The client has an account in this project already.")})
    account = next(row for row in await of(client_id, by=by) if row["project_id"] == project_id)
    new = {"project": account["name"]} | ({} if limit is None else {"credit_limit": limit})
    await _tell("client:account_opened", client, new=new, by=by)
    return account


async def open_each(project_id: int, chosen: Sequence[Record], *, by: Actor) -> set[int]:
    """Open accounts for locked clients; returns the ids of those that had none. An entry in the audit for each.

    The caller has asked whether `by` may open accounts there.
    """
    opened = await _insert(project_id, [client["id"] for client in chosen], credit_limit=None, by=by)
    name = await db.value("SELECT name FROM projects WHERE id = $1", project_id)
    told = [
        audit.Subject(id=client["id"], name=client["name"], client_id=client["id"], new={"project": name})
        for client in chosen
        if client["id"] in opened
    ]
    await audit.record_each("client:account_opened", "client", told, by=by)
    return opened


async def set_limit(account_id: int, credit_limit: int | None, *, by: Actor) -> Record:
    """Give an account a credit limit of its own, or with None the project's."""
    before, client = await _locked_account(account_id, by=by)
    limit = _checked_limit(credit_limit)
    if limit != before["credit_limit"]:
        await db.execute("UPDATE client_projects SET credit_limit = $2 WHERE id = $1", account_id, limit)
        old, new = {"credit_limit": before["credit_limit"]}, {"credit_limit": limit}
        await _tell("client:account_changed", client, old=old, new=new, by=by)
    return await get(account_id, by=by)


async def make_home(account_id: int, *, by: Actor) -> Record:
    """The client belongs to the project of this account from now on; it keeps the others."""
    account, client = await _locked_account(account_id, by=by)
    moved = clients.ClientChanges(version=client["version"], project_id=account["project_id"])
    await clients.change(client, moved, by=by)
    return await get(account_id, by=by)


async def close_account(account_id: int, *, by: Actor) -> None:
    """Take an account away; `Conflict` for the one in the client's home, and for one in which money was moved."""
    account, client = await _locked_account(account_id, by=by)
    if account["is_home"]:
        raise Conflict(_("The client is registered in this project. Make another one its home first."))
    if await account_parts.number_in([account_id]):
        raise Conflict(_("There are services, expenses or payments in this account; it stays."))
    await db.execute("DELETE FROM client_projects WHERE id = $1", account_id)
    old = {"project": account["name"], "credit_limit": account["credit_limit"]}
    await _tell("client:account_closed", client, old=old, by=by)


async def may_be_opened(project_id: int, *, by: Actor) -> bool:
    """Whether `by` may open accounts in this project: it is there, is his, and is not closed."""
    policies.require_feature(by, "projects")
    return access.may_use_project(project_id, by=by) and await projects.takes_clients(project_id)


async def offered(client_id: int, *, by: Actor) -> dict[int, str]:
    """The projects in which `by` may open an account for the client: id to name."""
    held = {row["project_id"] for row in await of(client_id, by=by)}
    return {key: name for key, name in (await projects.open_names(by=by)).items() if key not in held}


async def _locked(client_id: int, *, by: Actor) -> Record:
    policies.require(by, Permission.PROJECT_ASSIGN)
    client = await access.client(client_id, by=by, lock=True)
    clients.require_open(client, ["project_id"])
    return client


async def _locked_account(account_id: int, *, by: Actor) -> tuple[Record, Record]:
    """An account and its client, which is locked."""
    policies.require(by, Permission.PROJECT_ASSIGN)
    client = await _locked((await get(account_id, by=by))["client_id"], by=by)
    return await get(account_id, by=by), client


async def _insert(project_id: int, client_ids: Sequence[int], *, credit_limit: int | None, by: Actor) -> set[int]:
    found = await db.fetch(
        """INSERT INTO client_projects (client_id, project_id, opened_at, opened_by, credit_limit)
           SELECT id, $2, $3, $4, $5 FROM unnest($1::bigint[]) AS id ON CONFLICT DO NOTHING RETURNING client_id""",
        list(client_ids),
        project_id,
        clock.now(),
        by.name,
        credit_limit,
    )
    return {row["client_id"] for row in found}


def _checked_limit(credit_limit: int | None) -> int | None:
    if credit_limit is not None and not 0 <= credit_limit < MOST:
        raise Invalid({"credit_limit": _("This is more than can be kept.")})
    return credit_limit


async def _tell(
    action: str,
    client: Record,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    await audit.record(
        action, "client", client["id"], by=by, name=client["name"], client_id=client["id"], old=old, new=new
    )
