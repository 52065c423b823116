"""Merging two clients: a preview of what moves and what stays behind, and the act itself.

The one that goes stays as a closed row that leads to the other: its code in addresses, in the API and in the
search finds the one that stays. What hangs on it moves as `client_parts` says, its users by
`client_merging_users`.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, hooks, policies
from core.accounts import (
    access,
    account_parts,
    activity_fields,
    client_fields,
    client_list,
    client_merging_users,
    client_parts,
    clients,
    field_values,
    impersonation,
)
from core.accounts.client_filter import ClientFilter
from core.accounts.client_merging_users import Seat
from core.accounts.client_parts import Count
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission

MOST_FOUND = 20
CLEARED = N_("A client whose personal data was cleared cannot be merged.")
FILLED = ("contact_person", "phone", "external_id")
"""Columns that the one that stays takes over when it has nothing there."""
COMPARED = ("kind", "name", *FILLED, "email", "country", "language", "attitude_id", "project_id")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that both have, and not the same: what `stays` is kept, what is `gone` stays behind.

    `field` is a column of clients, or `field:<key>` of one that the provider defines, which has a `label`.
    """

    field: str
    stays: Any
    gone: Any
    label: str = ""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What merging would do. `filled` are columns that the one that stays takes over, `is_note_joined` tells that
    its note gets the other's behind it. `owner` needs a role, when there is one."""

    gone: Record
    stays: Record
    seats: list[Seat]
    owner: Seat | None
    counts: list[Count]
    filled: dict[str, Any]
    is_note_joined: bool
    differing: list[Difference]


async def candidates(code: int, text: str, *, by: Actor) -> list[Record]:
    """Clients that this one could be merged into, or the other way round: by code, or by beginnings of words."""
    policies.require(by, Permission.CLIENT_MERGE)
    gone = await access.client_by_code(code, by=by)
    text = text.strip()
    if not text:
        return []
    asked = [ClientFilter(name=text)]
    if text.isascii() and text.isdecimal() and len(text) < 19 and int(text):
        asked.insert(0, ClientFilter(code=int(text)))
    elif "@" in text:
        asked = [ClientFilter(email=text)]
    found: dict[int, Record] = {}
    for one in asked:
        columns = ("code", "login", "name", "email", "status")
        for row in (await client_list.page(one, by=by, columns=columns, size=MOST_FOUND)).rows:
            found.setdefault(row["id"], row)
    return [row for row in found.values() if row["id"] != gone["id"]][:MOST_FOUND]


async def preview(code: int, into: int, *, owner_role: str = "", by: Actor) -> Preview:
    """What merging the client `code` into `into` would do; `Invalid` under "into" when it cannot be.

    `owner_role` is what the owner of the one that goes becomes; without it his place in the preview has no role.
    """
    policies.require(by, Permission.CLIENT_MERGE)
    return await _preview(*await _pair(code, into, by=by), owner_role)


async def merge(code: int, into: int, *, owner_role: str = "", by: Actor) -> Record:
    """Merge the client `code` into `into` in one transaction; returns the one that stays.

    `Invalid` under "owner_role" when the owner of the one that goes needs a role and gets none.
    """
    policies.require(by, Permission.CLIENT_MERGE)
    gone, stays = await _pair(code, into, by=by, lock=True)
    found = await _preview(gone, stays, owner_role)
    checks = Checks()
    client_merging_users.check_role(checks, found.seats, owner_role)
    checks.done()
    await hooks.before("before_client_merged", by=by, client=clients.shown(gone), into=clients.shown(stays))
    await impersonation.end_of_client(gone["id"], by=by)
    await client_merging_users.move(gone, stays, found.seats, by=by)
    await _carry_accounts(gone["id"], stays["id"])
    await client_parts.move(gone, stays)
    merged = await _lead_on(gone, stays, found)
    await _tell(found, by=by)
    await hooks.after("after_client_merged", by=by, client=clients.shown(gone), into=clients.shown(merged))
    return merged


async def _pair(code: int, into: int, *, by: Actor, lock: bool = False) -> tuple[Record, Record]:
    """Both clients, as far as `by` may see them; locked in the order of their ids, so that no two merges wait for
    each other."""
    gone = await access.client_by_code(code, by=by)
    stays = next(iter(await access.clients_by_code([into], by=by)), None)
    if stays is None:
        raise Invalid({"into": _("There is no client with this code.")})
    if gone["cleared_at"] is not None or stays["cleared_at"] is not None:
        raise Invalid({"into": _(CLEARED)})
    if stays["id"] == gone["id"] or stays["merged_into_id"] is not None:
        raise Invalid({"into": _("Please choose another client.")})
    if lock:
        both = {key: await access.client(key, by=by, lock=True) for key in sorted((gone["id"], stays["id"]))}
        gone, stays = both[gone["id"]], both[stays["id"]]
        if gone["merged_into_id"] is not None or stays["merged_into_id"] is not None:
            raise Conflict(_("One of the two was merged meanwhile."))
    if stays["status"] == "closed" and gone["status"] != "closed":
        raise Invalid({"into": _("This client is closed. Open it again, or let the other one stay.")})
    return gone, stays


async def _preview(gone: Record, stays: Record, owner_role: str) -> Preview:
    listed = await client_merging_users.seats(gone["id"], stays["id"], owner_role)
    joined = "\n\n".join(note for note in (stays["note"], gone["note"]) if note)
    is_joined = bool(gone["note"]) and gone["note"] != stays["note"] and len(joined) <= clients.LONGEST_NOTE
    filled = {field: gone[field] for field in FILLED if gone[field] and not stays[field]}
    if gone["phone_verified"] and not stays["phone_verified"]:
        filled |= {field: gone[field] for field in ("phone_verified", "phone_verified_at")}
    differing = [
        Difference(field=field, stays=stays[field], gone=gone[field])
        for field in (*COMPARED, *(() if is_joined else ("note",)))
        if gone[field] and stays[field] != gone[field] and field not in filled
    ]
    return Preview(
        gone=gone,
        stays=stays,
        seats=listed,
        owner=client_merging_users.asks_for_role(listed),
        counts=await client_parts.counts(gone["id"], stays["id"]),
        filled=filled,
        is_note_joined=is_joined,
        differing=[*differing, *await _differing_fields(gone["id"], stays["id"])],
    )


async def _differing_fields(gone_id: int, stays_id: int) -> list[Difference]:
    """Fields of the provider's own in which both have something, and not the same."""
    fields = await client_fields.in_use()
    theirs, kept = await field_values.of(gone_id, fields), await field_values.of(stays_id, fields)
    return [
        Difference(
            field=client_list.column_of(field),
            label=field.label,
            stays=field_values.shown(field, kept[field.key]),
            gone=field_values.shown(field, theirs[field.key]),
        )
        for field in fields
        if field.key in theirs and field.key in kept and theirs[field.key] != kept[field.key]
    ]


async def _carry_accounts(gone_id: int, stays_id: int) -> None:
    """What the one that goes has in projects in which both have an account."""
    both = await db.fetch(
        """SELECT g.id AS gone, s.id AS stays FROM client_projects g JOIN client_projects s USING (project_id)
            WHERE g.client_id = $1 AND s.client_id = $2 ORDER BY g.id""",
        gone_id,
        stays_id,
    )
    await account_parts.carry([(row["gone"], row["stays"]) for row in both])


async def _lead_on(gone: Record, stays: Record, found: Preview) -> Record:
    """Close the one that goes and let it lead to the other, also what was merged into it before."""
    now = clock.now()
    await db.execute(
        """UPDATE clients SET merged_into_id = $2, merged_at = $3, status = 'closed',
               closed_at = coalesce(closed_at, $3), version = version + 1,
               external_id = CASE WHEN $4 THEN '' ELSE external_id END
           WHERE id = $1""",
        gone["id"],
        stays["id"],
        now,
        "external_id" in found.filled,
    )
    await db.execute("UPDATE clients SET merged_into_id = $2 WHERE merged_into_id = $1", gone["id"], stays["id"])
    await db.execute("SELECT history.follow_merge($1)", gone["id"])
    taken: dict[str, Any] = dict(found.filled)
    if found.is_note_joined:
        taken["note"] = "\n\n".join(note for note in (stays["note"], gone["note"]) if note)
    return await clients.save(stays["id"], taken)


async def _tell(found: Preview, *, by: Actor) -> None:
    """One entry on each: what left, and what came, with the values that stayed behind."""
    gone, stays = found.gone, found.stays
    behind = [f"{it.label or _(activity_fields.FIELDS[it.field])}: {it.gone}" for it in found.differing]
    moved = [f"{_(it.label)}: {it.rows - it.kept_back}" for it in found.counts]
    await audit.record(
        "client:merged",
        "client",
        gone["id"],
        by=by,
        name=gone["name"],
        client_id=stays["id"],
        new={"merged_into": stays["name"], "code": gone["code"], "login": gone["login"]},
    )
    await audit.record(
        "client:took_over",
        "client",
        stays["id"],
        by=by,
        name=stays["name"],
        client_id=stays["id"],
        old={key: stays[key] for key in found.filled},
        new=found.filled | {"moved": moved, "left_behind": behind},
    )
