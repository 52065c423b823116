"""Calls of gateways, each from a job and outside of any transaction: begin, look how it stands, give back, hear.

A call that does not answer leaves the attempt *unknown* and is repeated with the same key; then it is looked after
more and more seldom for two weeks. What a gateway calls back with is answered at once.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import clock, db, hooks, jobs, plugin_registry, policies, task_runs
from core.actor import Actor, system
from core.billing import accounts, attempt_news, attempts, offered_methods, payment_differences, payments
from core.billing.payment_differences import Found
from core.checks import Checks
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.i18n import _
from core.payment_contract import Callback, Heard, Refunding, Told
from core.permissions import Permission
from core.plugin_calls import PluginFailed

SECONDS = 15.0
HEARING_SECONDS = 1.8
TRIES = 5
POLL, REFUND = "payment.poll", "payment.refund"
DELAYS = tuple(timedelta(minutes=count) for count in (1, 2, 5, 15, 60, 180, 720)) + (timedelta(days=1),) * 13
"""How long to wait before each look; then nobody looks any more by himself."""


class AttemptRefund(db.Owned, tablename="attempt_refunds"):
    """`units` that the gateway is asked to give back, and what it said."""

    attempt_id = BigInt()
    units = BigInt()
    reason = Text()
    state = Text()
    message = Text()
    created_at = Timestamptz()
    created_by = Text()


@jobs.task(attempts.START, attempts=TRIES, timeout=timedelta(seconds=60))
async def start(payload: dict[str, Any], job: jobs.Job) -> None:
    """Begin an attempt with its gateway."""
    attempt, by = await read(payload, job)
    if attempt["state"] not in ("started", "unknown"):
        return
    await call(job, attempt, "start_payment", "start", by=by)
    async with job.scope():
        await _look_later(await attempts.row(attempt["id"]), by=by)


@jobs.task(POLL, attempts=1, timeout=timedelta(seconds=60))
async def poll(payload: dict[str, Any], job: jobs.Job) -> None:
    """Look how an attempt stands that still waits."""
    attempt, by = await read(payload, job)
    if attempt["state"] not in attempt_news.WAITING:
        return
    with suppress(PluginFailed):  # it is noted; the next look comes by itself
        await call(job, attempt, "poll_payment", "poll", by=by)
    async with job.scope():
        await _look_later(await attempts.row(attempt["id"]), by=by)


async def look(attempt_id: int, *, by: Actor) -> None:
    """Let the gateway be asked once more how an attempt stands, soon; `Conflict` when it cannot be asked."""
    policies.require(by, Permission.PAYMENT_CREATE)
    attempt = await attempts.get(attempt_id, by=by)
    found = await _method(attempt, by=by)
    if found is None or not found.can.polls or attempt["state"] not in attempt_news.WAITING:
        raise Conflict(_("The gateway cannot be asked about this payment."))
    await jobs.later(POLL, {"id": attempt_id})


async def give_back(attempt_id: int, units: int, reason: str, *, by: Actor) -> Record:
    """Ask the gateway to give money back; a job does, and what it says is recorded then.

    `Invalid` for more than is left, `Conflict` when the method cannot, or the account may not owe that much.
    """
    policies.require(by, Permission.PAYMENT_REFUND)
    attempt = await attempts.get(attempt_id, by=by)
    account = await accounts.locked(attempt["account_id"], by=by)
    found = await _method(attempt, by=by)
    if found is None or not found.can.refunds or attempt["payment_id"] is None:
        raise Conflict(_("The gateway cannot give this payment back."))
    payment = await payments.get(attempt["payment_id"], by=by)
    checks, left = Checks(), payment["units"] - payment["refunded_units"]
    told = checks.text("reason", reason, longest=payments.LONGEST_NOTE)
    if not 0 < units <= left or (units < payment["units"] and not found.can.refunds_in_part):
        checks.error("units", _("This much cannot be given back."))
    checks.done()
    accounts.require_within(account, units)
    open_one = (
        "SELECT EXISTS (SELECT FROM attempt_refunds WHERE attempt_id = $1 AND state IN ('started', 'unknown'))"
    )
    if await db.value(open_one, attempt_id):
        raise Conflict(_("The gateway is giving back already."))
    refund_id = await db.value(
        """INSERT INTO attempt_refunds (attempt_id, units, reason, state, created_at, created_by)
           VALUES ($1, $2, $3, 'started', $4, $5) RETURNING id""",
        attempt_id,
        units,
        told,
        clock.now(),
        by.name,
    )
    await attempts.tell("payment_attempt:refund_asked", attempt, new={"reason": told}, by=by)
    await jobs.later(REFUND, {"id": attempt_id, "refund": refund_id})
    return await attempts.get(attempt_id, by=by)


async def refunds_of(attempt_id: int, *, by: Actor) -> list[Record]:
    """What the gateway was asked to give back, the first first."""
    await attempts.get(attempt_id, by=by)
    return await db.fetch(
        "SELECT * FROM attempt_refunds WHERE attempt_id = $1 ORDER BY created_at, id", attempt_id
    )


@jobs.task(REFUND, attempts=TRIES, timeout=timedelta(seconds=60))
async def refund(payload: dict[str, Any], job: jobs.Job) -> None:
    """Give money back, and record what the gateway says."""
    attempt, by = await read(payload, job)
    async with job.scope():
        asked = await db.row("SELECT * FROM attempt_refunds WHERE id = $1", int(payload["refund"]))
    if asked is None or asked["state"] in ("succeeded", "failed"):
        return
    given = Refunding(key=f"refund-{asked['id']}", units=asked["units"], reason=asked["reason"])
    try:
        told = await call(job, attempt, "refund_payment", "refund", by=by, refund=given)
    except PluginFailed as error:
        async with job.scope():
            await _refunded(asked["id"], "unknown", str(error))
        raise
    went = told is not None and told.standing in ("refunded", "charged_back")
    async with job.scope():
        await _refunded(asked["id"], "succeeded" if went else "failed", told.message if told else "")


async def hear(plugin: str, callback: Callback, *, by: Actor) -> list[str]:
    """What a gateway calls back with, once its plugin knows it by its signature; what became of each thing said.

    `NotFound` for a plugin that hears nothing here, `Forbidden` for a call that is not genuine; nothing is written
    then. `PluginFailed` when the plugin does.
    """
    known = plugin_registry.find(plugin)
    if known is None or plugin not in by.tenant.plugins or "notify_payment" not in known.hooks:
        raise NotFound()
    heard: Heard | None = await hooks.ask(
        "notify_payment", plugin, by=by, seconds=HEARING_SECONDS, callback=callback
    )
    if heard is None or not heard.is_genuine:
        raise Forbidden(_("This call does not prove that it comes from the gateway."))
    outcomes = [await attempt_news.hear(plugin, told, "callback", by=by) for told in heard.told]
    for told, outcome in zip(heard.told, outcomes, strict=True):
        if outcome == "nobody":
            await payment_differences.add(plugin, Found(kind="nobody", told=told), "callback")
    return outcomes


async def call(job: jobs.Job, attempt: Record, hook: str, source: str, *, by: Actor, **more: Any) -> Told | None:
    """Ask the gateway and apply what it says; what fails is noted and raised."""
    try:
        told: Told | None = await hooks.ask(
            hook, attempt["plugin"], by=by, seconds=SECONDS, attempt=attempts.asked(attempt), **more
        )
    except PluginFailed as error:
        async with job.scope():
            await attempt_news.note_failure(await attempts.row(attempt["id"], lock=True), source, str(error))
        raise
    if told is not None:
        async with job.scope():
            await attempt_news.apply(attempt["id"], told, source, by=by)
    return told


async def read(payload: dict[str, Any], job: jobs.Job) -> tuple[Record, Actor]:
    """The attempt that a job is about, and who does it."""
    async with job.scope():
        by = system(await task_runs.provider())
        return await attempts.row(int(payload["id"])), by


async def _look_later(attempt: Record, *, by: Actor) -> None:
    """Ask for the next look, as long as the attempt waits and its gateway can be asked."""
    if attempt["state"] not in attempt_news.WAITING or attempt["polls"] >= len(DELAYS):
        return
    found = await _method(attempt, by=by)
    if found is not None and found.can.polls:
        await db.execute("UPDATE payment_attempts SET polls = polls + 1 WHERE id = $1", attempt["id"])
        await jobs.later(POLL, {"id": attempt["id"]}, delay=DELAYS[attempt["polls"]])


async def _method(attempt: Record, *, by: Actor) -> Any:
    try:
        return await offered_methods.one_brought(attempt["plugin"], attempt["method"], by=by)
    except Invalid:
        return None


async def _refunded(refund_id: int, state: str, message: str) -> None:
    await db.execute(
        "UPDATE attempt_refunds SET state = $2, message = $3 WHERE id = $1", refund_id, state, message[:500]
    )
