"""Fraud checks: plugins are asked about a registration or an order, the worst answer counts, and all is kept.

*pass* lets it in. *review* lets it in and waits for people; until they decide, orders are held. *fail* refuses: a
visitor reads one neutral sentence and learns nothing of the reasons, and what he tried is undone. What staff
enter themselves is never refused: there a *fail* waits for people too.

    async with fraud_checks.undone_when_stopped():
        made = await clients.create(...)
        await fraud_checks.keep(await fraud_checks.asked(...), by=by)
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from piccolo.columns import JSONB, BigInt, Text, Timestamptz

from core import audit, clock, db, freshness, hooks, plugin_calls
from core.accounts import fraud_settings
from core.actor import Actor, system
from core.errors import Conflict
from core.fraud_hookspecs import Opinion, Reason, Source, Verdict
from core.i18n import N_, _
from core.plugin_calls import PluginFailed

ORDER = ("pass", "review", "fail")
"""From the best to the worst."""
KEPT = timedelta(days=90)
"""So long it is known what was refused of somebody who is no client."""
NO_ANSWER = Reason(text=N_("It did not answer."))


class FraudCheck(db.Owned, tablename="fraud_checks"):
    """A registration or an order that was checked. `seen` is what plugins were shown, `answers` what each said.

    `client_id` is None of a registration that was refused.
    """

    kind = Text()
    source = Text()
    verdict = Text()
    state = Text()
    client_id = BigInt(null=True)
    project_id = BigInt()
    name = Text()
    email = Text()
    address = Text()
    seen = JSONB()
    answers = JSONB()
    created_at = Timestamptz()
    decided_at = Timestamptz(null=True)
    decided_by = Text()
    reason = Text()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one plugin said; `failed` when it did not, and `verdict` is what that counts as."""

    plugin: str
    verdict: Verdict
    reasons: list[Reason] = []
    failed: bool = False


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check that was made, and is to be kept."""

    kind: str
    source: Source
    client: dict[str, Any]
    seen: dict[str, Any]
    answers: list[Answer]
    at_least: Verdict = "pass"

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return max([self.at_least, *(one.verdict for one in self.answers)], key=ORDER.index)

    @property
    def state(self) -> str:
        """What follows from it."""
        if self.verdict == "fail" and self.source != "staff":
            return "stopped"
        return "passed" if self.verdict == "pass" else "waiting"


class Stopped(Conflict):
    """A check refused it. Says nothing about the reasons: whoever tries things out would learn from them."""

    def __init__(self, check: Check) -> None:
        super().__init__(
            _("We cannot accept this registration. Please contact us.")
            if check.kind == "registration"
            else _("We cannot accept this order. Please contact us.")
        )
        self.check = check


def source_of(by: Actor) -> Source:
    """Through which door somebody orders or registers."""
    if by.kind == "api_key":
        return "api"
    return "portal" if by.kind == "user" else "staff"


def is_on(*, by: Actor) -> bool:
    """Whether any plugin that is switched on checks registrations or orders."""
    return any(hooks.is_heard(hook, by=by) for hook in ("check_registration", "check_order"))


async def is_due(hook: str, source: Source, *, by: Actor) -> bool:
    """Whether there is anybody to ask, and this is to be checked. What the product itself does is not."""
    if not hooks.is_heard(hook, by=by) or (by.kind == "system" and source == "staff"):
        return False
    return source != "staff" or bool((await fraud_settings.in_force())["checks_staff"])


async def asked(hook: str, *, by: Actor, **arguments: Any) -> list[Answer]:
    """What the plugins say, each in time; one that fails counts as the provider has decided."""
    on_failure = (await fraud_settings.in_force())["on_failure"]
    deadline = time.monotonic() + plugin_calls.WHOLE_SECONDS
    answers = []
    for plugin in hooks.heard(hook, by=by):
        seconds = min(plugin_calls.CALL_SECONDS, max(0.05, deadline - time.monotonic()))
        try:
            async with db.savepoint():
                said: Opinion | None = await hooks.ask(hook, plugin, by=by, seconds=seconds, **arguments)
        except PluginFailed:
            answers.append(Answer(plugin=plugin, verdict=on_failure, reasons=[NO_ANSWER], failed=True))
        else:
            found = said or Opinion()
            answers.append(Answer(plugin=plugin, verdict=found.verdict, reasons=found.reasons))
    return answers


async def keep(check: Check, *, by: Actor) -> int:
    """Write down a check; returns its id. Raises `Stopped` for one that refuses: see `undone_when_stopped`."""
    if check.state == "stopped":
        raise Stopped(check)
    return await _insert(check, by=by)


@asynccontextmanager
async def undone_when_stopped(*, by: Actor) -> AsyncIterator[None]:
    """What is done inside is undone when a check refuses it; the check alone stays, for staff to see."""
    try:
        async with db.savepoint():
            yield
    except Stopped as stopped:
        await _insert(stopped.check, by=by)
        await db.scope().keep()
        raise


async def has_waiting(client_id: int) -> bool:
    """Whether the registration of this client still waits for people."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM fraud_checks
                WHERE client_id = $1 AND kind = 'registration' AND state = 'waiting')""",
            client_id,
        )
    )


async def purge(now: datetime) -> None:
    """Forget who was refused long ago and never became a client."""
    await db.execute("DELETE FROM fraud_checks WHERE client_id IS NULL AND created_at <= $1", now - KEPT)


async def _insert(check: Check, *, by: Actor) -> int:
    is_client = check.state != "stopped" or check.kind == "order"
    client, address = check.client, by.address
    check_id = await db.value(
        """INSERT INTO fraud_checks (kind, source, verdict, state, client_id, project_id, name, email, address,
               seen, answers, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id""",
        check.kind,
        check.source,
        check.verdict,
        check.state,
        client["id"] if is_client else None,
        client["project_id"],
        client["name"],
        client["email"],
        address,
        check.seen,
        msgspec.to_builtins(check.answers),
        clock.now(),
    )
    if check.state == "waiting":
        await freshness.forget_tenant(by.tenant.id)
    if check.state != "passed":
        action = "fraud_check:stopped" if check.state == "stopped" else "fraud_check:held"
        await tell(action, check_id, client, by=by, is_client=is_client)
    return int(check_id)


async def tell(action: str, check_id: int, client: dict[str, Any], *, by: Actor, is_client: bool = True) -> None:
    """Note in the audit what a check did; as the product's doing, so that it is not in the client's own log."""
    itself = msgspec.structs.replace(
        system(by.tenant, name=_("Fraud checks")), address=by.address, request_id=by.request_id
    )
    client_id = client["id"] if is_client else None
    await audit.record(action, "fraud_check", check_id, by=itself, name=client["name"], client_id=client_id)


async def tell_decided(action: str, check: Mapping[str, Any], new: Mapping[str, Any], *, by: Actor) -> None:
    """Note in the audit what somebody decided about a check."""
    await audit.record(
        action, "fraud_check", check["id"], by=by, name=check["name"], client_id=check["client_id"], new=new
    )
