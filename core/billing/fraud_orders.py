"""Orders through the fraud checks: plugins are asked once the services are written, and what waits is held.

A service keeps the check it was ordered under. While people have not decided about it, the service is pending
and cannot begin, whoever asks. While they have not decided about the client's registration, every order waits.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from core import clock, db
from core.accounts import clients, fraud_checks, payer_keeping
from core.accounts.fraud_checks import Answer, Check
from core.actor import Actor
from core.billing.quotes import Quote
from core.errors import Conflict, TooManyAttempts
from core.fraud_hookspecs import Order, OrderLine, Reason, Source
from core.i18n import N_, _

HOOK = "check_order"
MOST_REFUSED = 5
"""So many orders of one client may be refused within a day: whoever tries on learns where the line is."""
DAY = timedelta(days=1)
UNDECIDED = Reason(text=N_("Nobody has decided about the client’s registration yet."))


class TooManyRefused(TooManyAttempts):
    """As many orders of the client as there may be were refused within a day."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.message = _("Too many of your orders could not be accepted today. Please contact us.")


async def check(account: Mapping[str, Any], made: Sequence[Mapping[str, Any]], *, by: Actor) -> bool:
    """Ask plugins about these new services of an account; whether they are held.

    `fraud_checks.Stopped` when it is refused: call it inside of `fraud_checks.undone_when_stopped`.
    `TooManyRefused` without asking anybody, when that happened too often lately.
    """
    source = fraud_checks.source_of(by)
    if source != "staff":
        await _require_few_refused(account["client_id"])
    waits = await fraud_checks.has_waiting(account["client_id"])
    is_due = await fraud_checks.is_due(HOOK, source, by=by)
    if not waits and not is_due:
        return False
    row = await db.row("SELECT * FROM clients WHERE id = $1", account["client_id"])
    assert row is not None
    client = clients.shown(row) | {"project_id": account["project_id"]}
    order = await _order(account, made, source, by=by)
    answers = await fraud_checks.asked(HOOK, by=by, client=client, order=order) if is_due else []
    if waits:
        answers.append(Answer(plugin="", verdict="review", reasons=[UNDECIDED]))
    seen = {"client": client, "order": msgspec.to_builtins(order)}
    done = Check(kind="order", source=source, client=client, seen=seen, answers=answers)
    check_id = await fraud_checks.keep(done, by=by)
    ids = [service["id"] for service in made]
    await db.execute("UPDATE services SET fraud_check_id = $2 WHERE id = ANY($1::bigint[])", ids, check_id)
    return done.state == "waiting"


async def _require_few_refused(client_id: int) -> None:
    """Nothing, unless the client had as many orders refused within a day as there may be."""
    now = clock.now()
    refused = await db.fetch(
        f"""SELECT created_at FROM fraud_checks WHERE client_id = $1 AND kind = 'order' AND state = 'stopped'
               AND created_at > $2 ORDER BY created_at DESC LIMIT {MOST_REFUSED}""",
        client_id,
        now - DAY,
    )
    if len(refused) >= MOST_REFUSED:
        raise TooManyRefused(int((refused[-1]["created_at"] + DAY - now).total_seconds()) + 1)


async def is_held(service: Mapping[str, Any]) -> bool:
    """Whether a service waits for somebody to decide about its order."""
    if service["fraud_check_id"] is None or service["state"] != "pending":
        return False
    sql = "SELECT state = 'waiting' FROM fraud_checks WHERE id = $1"
    return bool(await db.value(sql, service["fraud_check_id"]))


async def require_released(service: Mapping[str, Any]) -> None:
    """Nothing, unless the service is held: then `Conflict`."""
    if await is_held(service):
        raise Conflict(_("This order is being looked at. It begins once somebody has approved it."))


async def _order(
    account: Mapping[str, Any], made: Sequence[Mapping[str, Any]], source: Source, *, by: Actor
) -> Order:
    payer = await payer_keeping.default(account["client_id"])
    before = await db.value(
        "SELECT EXISTS (SELECT FROM services WHERE client_id = $1 AND id <> ALL($2::bigint[]))",
        account["client_id"],
        [service["id"] for service in made],
    )
    return Order(
        source=source,
        currency=account["currency"],
        lines=[_line(service) for service in made],
        address=by.address,
        vat_number=payer["vat_number"] if payer else "",
        payer_country=payer["country"] if payer else "",
        is_first=not before,
    )


def _line(service: Mapping[str, Any]) -> OrderLine:
    quoted = msgspec.convert(service["trace"], Quote)
    return OrderLine(
        product_id=service["product_id"], name=service["name"], label=service["label"], units=quoted.due
    )
