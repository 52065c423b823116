"""Fraud checks of the demo: two orders that wait, a registration that was approved and one that was refused.

The plugin that made them is switched on afterwards.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import db, plugin_registry, plugin_settings
from core.accounts import clients, fraud_checks, fraud_queue
from core.accounts.fraud_checks import Answer, Check
from core.actor import Actor
from core.fraud_hookspecs import Reason, Source, Verdict

PLUGIN = "usual-signs"
PHONE = Reason(
    text="The telephone number is of %(found)s, the country is %(said)s", values={"found": "RO", "said": "FR"}
)
DISPOSABLE = Reason(
    text="Addresses at %(domain)s are disposable, or on your list", values={"domain": "mailinator.com"}
)
VAT = Reason(text="The VAT number is of %(found)s, the payer is in %(said)s", values={"found": "DE", "said": "FR"})
ABROAD = Reason(text="The payer is in %(found)s, the client in %(said)s", values={"found": "FR", "said": "BE"})
MANY = Reason(
    text="%(count)s registrations from %(name)s within an hour", values={"count": 6, "name": "198.51.100.23"}
)


async def furnish(*, by: Actor) -> None:
    """Of the latest clients, as if they had signed up and ordered."""
    await _checks(by=by)
    if plugin_registry.find(PLUGIN) is not None:
        await plugin_settings.enable(PLUGIN, by=by)


async def _checks(*, by: Actor) -> None:
    found = await db.fetch(
        """SELECT * FROM clients WHERE status = 'active' AND cleared_at IS NULL AND merged_into_id IS NULL
            ORDER BY registered_at DESC, id DESC LIMIT 3"""
    )
    if len(found) < 3:
        return
    first, second, third = (clients.shown(row) for row in found)
    here = msgspec.structs.replace(by, address="198.51.100.23")
    for client, reasons in ((first, [VAT, ABROAD]), (second, [VAT])):
        await fraud_checks.keep(_order(client, reasons), by=here)
    approved = await fraud_checks.keep(_check(third, "review", [PHONE, MANY]), by=here)
    await fraud_queue.decide(await fraud_queue.get(approved, by=by), "approved", "Called back, all is well", by=by)
    nobody = third | {"name": "Max Mustermann", "email": "max4711@mailinator.com", "phone": ""}
    try:
        async with fraud_checks.undone_when_stopped(by=here):
            await fraud_checks.keep(_check(nobody, "fail", [DISPOSABLE]), by=here)
    except fraud_checks.Stopped:
        return


def _check(client: Mapping[str, Any], verdict: Verdict, reasons: list[Reason]) -> Check:
    return _made("registration", "sign_up", client, {"registration": {"source": "sign_up"}}, verdict, reasons)


def _order(client: Mapping[str, Any], reasons: list[Reason]) -> Check:
    lines = [{"product_id": 0, "name": "Server", "label": "", "units": 4_900}]
    order = {"source": "portal", "lines": lines, "vat_number": "DE123456789", "payer_country": "FR"}
    return _made("order", "portal", client, {"order": order}, "review", reasons)


def _made(
    kind: str,
    source: Source,
    client: Mapping[str, Any],
    about: Mapping[str, Any],
    verdict: Verdict,
    reasons: list[Reason],
) -> Check:
    return Check(
        kind=kind,
        source=source,
        client=dict(client),
        seen={"client": dict(client), **about},
        answers=[Answer(plugin=PLUGIN, verdict=verdict, reasons=reasons)],
    )
