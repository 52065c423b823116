"""What staff see and decide about the telephone numbers of clients: letting one off, asking one once more.

One decision about a client is open at a time: a new one ends the one before. Programs of the provider send codes
and try them here too, for the visitors that they speak for.
"""

from collections.abc import Mapping
from typing import Any, Literal

from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, phone_channel, phone_codes, phone_needs, phone_numbers
from core.accounts.phone_needs import Standing
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

LONGEST_REASON = 500
MOST_LISTED = 50
HISTORY = f"""
    SELECT * FROM (
        SELECT 'code' AS what, state, phone, tries, created_at AS at, expires_at, ended_at, asked_by AS who,
               '' AS ended_by, '' AS reason, id FROM phone_codes WHERE client_id = $1
        UNION ALL
        SELECT 'decision', kind, '', 0, decided_at, NULL, ended_at, decided_by, ended_by, reason, id
          FROM phone_decisions WHERE client_id = $1) found
    ORDER BY at DESC, id DESC LIMIT {MOST_LISTED}
"""
DECIDED = {"waived": "phone:waived", "asked": "phone:asked"}


class PhoneDecision(db.Owned, tablename="phone_decisions"):
    """That a client was let off (*waived*) or asked to prove its number once more (*asked*), until it ended.

    `ended_by` is who of the staff ended it, "" when the number was proved.
    """

    client_id = BigInt()
    kind = Text()
    reason = Text()
    decided_at = Timestamptz()
    decided_by = Text()
    ended_at = Timestamptz(null=True)
    ended_by = Text()


async def standing(code: int, *, by: Actor) -> tuple[Record, Standing]:
    """The client with this code, and where it stands."""
    policies.require(by, Permission.FRAUD_READ)
    client = await access.client_by_code(code, by=by)
    return client, await phone_needs.of(client["id"], by=by)


async def history(code: int, *, by: Actor) -> list[dict[str, Any]]:
    """The last codes and decisions, the newest first. Who may not edit clients reads masked numbers, but for the
    verified one, which stands on the client's page.

    `state` of a code that is too old is "expired".
    """
    client, found = await standing(code, by=by)
    now, is_whole = clock.now(), policies.allows(by, Permission.CLIENT_UPDATE)

    def shown(phone: str) -> str:
        return phone if is_whole or phone == found.phone else phone_numbers.masked(phone)

    return [
        dict(row)
        | {
            "phone": shown(row["phone"]),
            "state": "expired" if row["state"] == "sent" and now >= row["expires_at"] else row["state"],
        }
        for row in await db.fetch(HISTORY, client["id"])
    ]


async def waive(code: int, reason: str, *, by: Actor) -> None:
    """Let a client off; it is not asked until that is taken back. `Invalid` under "reason" without one."""
    client = await _client(code, Permission.PHONE_WAIVE, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    await _decide(client, "waived", told, by=by)


async def take_back(code: int, *, by: Actor) -> None:
    """Ask the client again as any other; `Conflict` when it was not let off."""
    client = await _client(code, Permission.PHONE_WAIVE, by=by)
    if not await _end(client["id"], ("waived",), by=by):
        raise Conflict(_("This client was not let off."))
    await audit.record(
        "phone:waiver_removed", "client", client["id"], by=by, name=client["name"], client_id=client["id"]
    )


async def ask(code: int, *, by: Actor) -> None:
    """Have the client prove its number before it orders or pays next, whatever it proved. Ends a waiver too.

    `Conflict` where nothing sends SMS: nobody could answer.
    """
    client = await _client(code, Permission.PHONE_ASK, by=by)
    if not await phone_channel.is_there(by=by):
        raise Conflict(_("Nothing sends SMS here. Switch on a plugin that does."))
    await _decide(client, "asked", "", by=by)


async def send(code: int, number: str, *, by: Actor) -> None:
    """Send a code for a client: see `phone_codes.send`."""
    client = await _client(code, Permission.PHONE_ASK, by=by)
    await phone_codes.send(client["id"], number, by=by)


async def confirm(code: int, tried: str, *, by: Actor) -> None:
    """Try a code for a client: see `phone_codes.confirm`."""
    client = await _client(code, Permission.PHONE_ASK, by=by)
    await phone_codes.confirm(client["id"], tried, by=by)


async def _client(code: int, permission: Permission, *, by: Actor) -> Record:
    """The client, locked, for who may do this and read where it stands then, which is the answer."""
    policies.require(by, permission)
    policies.require(by, Permission.FRAUD_READ)
    client = await access.client_by_code(code, by=by, lock=True)
    clients.require_open(client, ["phone_verified"])
    return client


async def _decide(client: Mapping[str, Any], kind: Literal["waived", "asked"], reason: str, *, by: Actor) -> None:
    await _end(client["id"], ("waived", "asked"), by=by)
    await db.execute(
        """INSERT INTO phone_decisions (client_id, kind, reason, decided_at, decided_by)
           VALUES ($1, $2, $3, $4, $5)""",
        client["id"],
        kind,
        reason,
        clock.now(),
        by.name,
    )
    new = {"reason": reason} if reason else None
    await audit.record(
        DECIDED[kind], "client", client["id"], by=by, name=client["name"], client_id=client["id"], new=new
    )


async def _end(client_id: int, kinds: tuple[str, ...], *, by: Actor) -> bool:
    ended = await db.fetch(
        """UPDATE phone_decisions SET ended_at = $2, ended_by = $3
            WHERE client_id = $1 AND kind = ANY($4::text[]) AND ended_at IS NULL RETURNING id""",
        client_id,
        clock.now(),
        by.name,
        list(kinds),
    )
    return bool(ended)
