"""What gateways say that does not agree with what is here: somebody records it or dismisses it, nothing else does.

*nobody*: about a payment that nobody began here. *missing*: the gateway does not list one that we have.
*amount* and *state*: it says other than we do. They are about all clients, so nobody limited to some of them
sees them.
"""

from typing import Literal

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import cleared, rows
from core.actor import Actor
from core.billing import accounts, attempt_news, attempts, payments
from core.billing.payments import NewPayment
from core.checks import Checks
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.i18n import N_, _
from core.payment_contract import Standing, Told
from core.permissions import Permission

Kind = Literal["nobody", "missing", "amount", "state"]
State = Literal["open", "recorded", "dismissed", "gone"]
LISTED = 100
LONGEST = 500
KINDS = {
    "nobody": N_("Nobody began it here"),
    "missing": N_("The gateway does not know it"),
    "amount": N_("Another amount"),
    "state": N_("Stands otherwise"),
}
ADD = """
    INSERT INTO payment_differences (plugin, kind, source, mark, attempt_id, key, gateway_id, standing, currency,
        units, message, found_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
"""


class PaymentDifference(db.Owned, tablename="payment_differences"):
    """Something that does not agree. `mark` makes it one; `attempt_id` is None for nobody's."""

    plugin = Text()
    kind = Text()
    source = Text()
    mark = Text()
    attempt_id = BigInt(null=True)
    key = Text()
    gateway_id = Text()
    standing = Text()
    currency = Text()
    units = BigInt(null=True)
    message = Text()
    state = Text()
    payment_id = BigInt(null=True)
    reason = Text()
    found_at = Timestamptz()
    closed_at = Timestamptz(null=True)
    closed_by = Text()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A difference as it is found: what was said, and about which attempt; of a missing one what we have."""

    kind: Kind
    told: Told
    attempt_id: int | None = None

    @property
    def mark(self) -> str:
        """What makes it one: nobody's by the gateway's number and standing, others also by attempt and amount."""
        if self.attempt_id is None:
            return f"nobody:{self.told.gateway_id or self.told.key}:{self.told.standing}"
        return f"{self.kind}:{self.attempt_id}:{self.told.standing}:{self.told.units}:{self.told.currency}"


def require(by: Actor) -> None:
    """The right to see differences; `Forbidden` for whoever sees only some clients."""
    policies.require(by, Permission.PAYMENT_READ)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("This is about all clients, and you are limited to some of them."))


async def add(plugin: str, found: Found, source: str) -> None:
    """Keep one, unless it is there. Asks for no right."""
    told = found.told
    await db.execute(
        ADD,
        plugin,
        found.kind,
        source,
        found.mark,
        found.attempt_id,
        told.key,
        told.gateway_id,
        str(told.standing),
        told.currency or "",
        told.units,
        told.message,
        clock.now(),
    )


async def latest(*, state: State = "open", kind: Kind | None = None, plugin: str = "", by: Actor) -> list[Record]:
    """The newest in a state, of all kinds or one, of all plugins or one; `Invalid` for a name that cannot be."""
    require(by)
    checks = Checks()
    named = checks.text("plugin", plugin, longest=100, required=False)
    checks.done()
    return await db.fetch(
        f"""SELECT d.* FROM payment_differences d
             WHERE d.state = $1 AND ($2 = '' OR d.kind = $2) AND ($3 = '' OR d.plugin = $3)
             ORDER BY d.found_at DESC, d.id DESC LIMIT {LISTED}""",
        state,
        kind or "",
        named,
    )


async def get(difference_id: int, *, by: Actor) -> Record:
    """One of them; `NotFound` when there is none."""
    require(by)
    sql = "SELECT * FROM payment_differences WHERE id = $1"
    found = await db.row(sql, difference_id) if rows.is_id(difference_id) else None
    if found is None:
        raise NotFound()
    return found


async def candidates(found: Record, *, by: Actor) -> list[Record]:
    """The newest attempts through its plugin, in its currency, for which no money came: it may be of one."""
    require(by)
    sql = f"""{attempts.WITH_NAMES} WHERE t.plugin = $1 AND t.payment_id IS NULL AND ($2 = '' OR t.currency = $2)
        ORDER BY t.units = $3 DESC, t.created_at DESC, t.id DESC LIMIT 20"""
    return await db.fetch(sql, found["plugin"], found["currency"], found["units"] or 0)


async def account_of(code: int, currency: str, *, by: Actor) -> int:
    """The account of a client in a currency, that of its home project first; `Invalid` under "client"."""
    policies.require(by, Permission.PAYMENT_CREATE)
    found = await db.value(
        """SELECT a.id FROM clients c JOIN client_projects a ON a.client_id = c.id
             JOIN projects p ON p.id = a.project_id
            WHERE c.code = $1 AND p.currency = $2 ORDER BY a.project_id <> c.project_id, a.id LIMIT 1""",
        code if rows.is_id(code) else 0,
        currency,
    )
    if found is None:
        raise Invalid({"client": _("No client with this code has an account in this currency.")})
    return int(found)


async def record(difference_id: int, *, attempt_id: int | None = None, by: Actor) -> Record:
    """Let what the gateway said count for its attempt, or for the one that is named when it was nobody's.

    `Conflict` when it says nothing that could be recorded there: then it stays, to be seen to by hand.
    """
    found = await _open(difference_id, by=by)
    wanted = found["attempt_id"] or attempt_id
    if wanted is None:
        raise Invalid({"attempt": _("Please fill this in.")})
    try:
        attempt = await attempts.get(wanted, by=by)
    except NotFound as error:
        raise Invalid({"attempt": _("This is not one of the choices.")}) from error
    if attempt["plugin"] != found["plugin"]:
        raise Invalid({"attempt": _("That one was paid through another plugin.")})
    if await db.value("SELECT EXISTS (SELECT FROM payments WHERE key = $1)", _key(found)):
        raise Conflict(_("It was recorded into another account before."))
    outcome = ""
    if found["kind"] != "missing":
        outcome = await attempt_news.apply(wanted, _told(found), "reconcile", by=by)
    if outcome != "applied":
        raise Conflict(_("Nothing of it can be recorded by itself. See to it by hand, and dismiss it then."))
    payment_id = (await attempts.row(wanted))["payment_id"]
    return await _close(found, "recorded", attempt_id=wanted, payment_id=payment_id, by=by)


async def record_into(difference_id: int, account_id: int, *, by: Actor) -> Record:
    """Record nobody's money as a payment into an account. The same payment of a gateway is recorded once."""
    found = await _open(difference_id, by=by)
    if found["kind"] != "nobody" or found["standing"] != Standing.SUCCEEDED or not found["units"]:
        raise Conflict(_("Only money that came and is nobody's can be recorded into an account."))
    try:
        account = await accounts.locked(account_id, by=by)
    except NotFound as error:
        raise Invalid({"account": _("This is not one of the choices.")}) from error
    cleared.require_kept(account)
    if account["currency"] != found["currency"]:
        raise Invalid({"account": _("This account is in %(currency)s.") % {"currency": account["currency"]}})
    reference = (found["gateway_id"] or found["key"])[:200]
    new = NewPayment(units=found["units"], method=payments.ONLINE, reference=reference)
    made = await payments.create(account_id, new, key=_key(found), methods=(payments.ONLINE,), by=by)
    if made["account_id"] != account_id:
        raise Conflict(_("It was recorded into another account before."))
    return await _close(found, "recorded", payment_id=made["id"], by=by)


async def dismiss(difference_id: int, reason: str, *, by: Actor) -> Record:
    """Leave it as it is, with the reason. The same is not found again."""
    found = await _open(difference_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST)
    checks.done()
    return await _close(found, "dismissed", reason=told, by=by)


async def _open(difference_id: int, *, by: Actor) -> Record:
    """The row, locked, while it is open; `Conflict` afterwards."""
    policies.require(by, Permission.PAYMENT_CREATE)
    await get(difference_id, by=by)
    found = await db.row("SELECT * FROM payment_differences WHERE id = $1 FOR UPDATE", difference_id)
    if found is None or found["state"] != "open":
        raise Conflict(_("Somebody has seen to this already."))
    return found


async def _close(
    found: Record,
    state: State,
    *,
    reason: str = "",
    attempt_id: int | None = None,
    payment_id: int | None = None,
    by: Actor,
) -> Record:
    await db.execute(
        """UPDATE payment_differences SET state = $2, reason = $3, attempt_id = coalesce($4, attempt_id),
               payment_id = $5, closed_at = $6, closed_by = $7 WHERE id = $1""",
        found["id"],
        state,
        reason,
        attempt_id,
        payment_id,
        clock.now(),
        by.name,
    )
    name = found["gateway_id"] or found["key"]
    told = {"plugin": found["plugin"]} | ({"reason": reason} if reason else {})
    action = "payment_difference:recorded" if state == "recorded" else "payment_difference:dismissed"
    await audit.record(action, "payment_difference", found["id"], by=by, name=name, new=told)
    return await get(found["id"], by=by)


def _key(found: Record) -> str:
    """What makes nobody's money one payment."""
    return f"gateway-{found['plugin']}-{found['gateway_id'] or found['key']}"


def _told(found: Record) -> Told:
    """What was said, once more; its message counts as heard already."""
    return Told(
        standing=Standing(found["standing"]),
        key=found["key"],
        gateway_id=found["gateway_id"],
        units=found["units"],
        currency=found["currency"] or None,
        message=found["message"],
    )
