"""Money that a gateway holds for an attempt: taken, in whole or in part, or released. A job asks the gateway.

Each attempt is taken or released once: another is refused while the first goes on or has succeeded. What comes
of it is what the gateway says (`attempt_news`), so that a call without an answer and a notice of it are one
payment.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import clock, db, jobs, policies
from core.actor import Actor
from core.billing import accounts, attempt_calls, attempts, offered_methods
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import _
from core.payment_contract import Capabilities, Standing, Told
from core.permissions import Permission
from core.plugin_calls import PluginFailed

TAKE = "payment.capture"
HOOKS = {"capture": "capture_payment", "void": "void_payment"}


class AttemptCapture(db.Owned, tablename="attempt_captures"):
    """`units` of what is held that the gateway is asked to take (capture), or all of it to be released (void)."""

    attempt_id = BigInt()
    key = Text()
    kind = Text()
    units = BigInt()
    state = Text()
    message = Text()
    created_at = Timestamptz()
    created_by = Text()


async def capture(attempt_id: int, units: int | None = None, *, once: str = "", by: Actor) -> Record:
    """Take what is held, all of it without an amount; `once` makes it one, however often sent.

    `Invalid` for more than is held, or a part where only all can be taken; `Conflict` when nothing is to be taken.
    """
    return await _ask(attempt_id, "capture", units, once=once, by=by)


async def void(attempt_id: int, *, once: str = "", by: Actor) -> Record:
    """Release what is held; `Conflict` when nothing is, or the gateway cannot."""
    return await _ask(attempt_id, "void", None, once=once, by=by)


async def of(attempt_id: int, *, by: Actor) -> list[Record]:
    """What the gateway was asked to take or to release, the first first."""
    await attempts.get(attempt_id, by=by)
    return await db.fetch(
        "SELECT * FROM attempt_captures WHERE attempt_id = $1 ORDER BY created_at, id", attempt_id
    )


async def can(attempt: Record, *, by: Actor) -> Capabilities:
    """What can be done now with the money that is held: nothing unless some is, and nothing was asked for yet."""
    busy = "SELECT EXISTS (SELECT FROM attempt_captures WHERE attempt_id = $1 AND state <> 'failed')"
    if attempt["state"] != "authorized" or await db.value(busy, attempt["id"]):
        return Capabilities()
    try:
        return (await offered_methods.one_brought(attempt["plugin"], attempt["method"], by=by)).can
    except Invalid:
        return Capabilities()


async def _ask(attempt_id: int, kind: str, units: int | None, *, once: str, by: Actor) -> Record:
    policies.require(by, Permission.PAYMENT_CAPTURE)
    await accounts.locked((await attempts.get(attempt_id, by=by))["account_id"], by=by)
    attempt = await attempts.row(attempt_id, lock=True)
    if once and await db.value("SELECT attempt_id FROM attempt_captures WHERE key = $1", once) == attempt_id:
        return await attempts.get(attempt_id, by=by)
    able = await can(attempt, by=by)
    if not (able.captures if kind == "capture" else able.voids):
        raise Conflict(_("Nothing is held that can be taken or released now."))
    wanted = attempt["held_units"] if units is None else units
    checks = Checks()
    if not 0 < wanted <= attempt["held_units"]:
        checks.error("units", _("From above 0 up to what is held, please."))
    elif wanted < attempt["held_units"] and not able.captures_in_part:
        checks.error("units", _("The gateway takes all that is held or nothing."))
    checks.done()
    capture_id = await db.value(
        """INSERT INTO attempt_captures (attempt_id, key, kind, units, state, created_at, created_by)
           VALUES ($1, $2, $3, $4, 'started', $5, $6) RETURNING id""",
        attempt_id,
        once or f"{kind}-{uuid4().hex}",
        kind,
        wanted,
        clock.now(),
        by.name,
    )
    told = {"amount": accounts.told(wanted, attempt["currency"])}
    await attempts.tell(f"payment_attempt:{kind}_asked", attempt, new=told, by=by)
    await jobs.later(TAKE, {"id": attempt_id, "capture": capture_id})
    return await attempts.get(attempt_id, by=by)


@jobs.task(TAKE, attempts=attempt_calls.TRIES, timeout=timedelta(seconds=60))
async def take(payload: dict[str, Any], job: jobs.Job) -> None:
    """Ask the gateway to take or to release, again with the same key when no answer came."""
    attempt, by = await attempt_calls.read(payload, job)
    async with job.scope():
        asked = await db.row("SELECT * FROM attempt_captures WHERE id = $1", int(payload["capture"]))
    if asked is None or asked["state"] in ("succeeded", "failed"):
        return
    more = {"units": asked["units"]} if asked["kind"] == "capture" else {}
    try:
        told = await attempt_calls.call(job, attempt, HOOKS[asked["kind"]], asked["kind"], by=by, **more)
    except PluginFailed as error:
        async with job.scope():
            await _becomes(asked["id"], "unknown", str(error))
        raise
    async with job.scope():
        await _becomes(asked["id"], _state(asked["kind"], told), told.message if told else "")


def _state(kind: str, told: Told | None) -> str:
    """What an answer makes of it: one that only waits is not known yet."""
    if told is not None and told.standing is Standing.PENDING:
        return "unknown"
    wanted = Standing.SUCCEEDED if kind == "capture" else Standing.FAILED
    return "succeeded" if told is not None and told.standing is wanted else "failed"


async def _becomes(capture_id: int, state: str, message: str) -> None:
    """Note how it stands, unless a notice of the gateway ended it before."""
    await db.execute(
        """UPDATE attempt_captures SET state = $2, message = $3
            WHERE id = $1 AND state IN ('started', 'unknown')""",
        capture_id,
        state,
        message[:500],
    )
