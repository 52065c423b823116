"""The door for plugin authors: everything a plugin may import of Comptoir, and nothing else of it is stable.

    from plugins.api import Context, Plugin, hookimpl

    @hookimpl
    def provide_plugin() -> Plugin:
        return Plugin(name="greeter", title="Greeter")

`docs/plugins.md` lists the hooks; `plugins.testing.check_plugin` tries a plugin against them.
"""

import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiosmtplib

from core import db, hook_jobs, jobs
from core import mail as _mail
from core import notifications as _notifications
from core import outside as _outside
from core import outside_sockets as _sockets
from core import signed_webhooks as _signed
from core.actor import Actor as _Actor
from core.channel_contract import AttachedFile, Channel, Delivery, Later, Receipt, Refused
from core.fraud_hookspecs import Opinion, Order, OrderLine, Reason, Registration
from core.hook_lines import BilledAccount, BilledLine, InvoiceLine
from core.hookspecs import (
    ClientCondition,
    Context,
    Edition,
    IncomingMail,
    IncomingMails,
    MenuItem,
    Panel,
    PanelRow,
    PersonalFile,
    PersonalPart,
    Plugin,
    Veto,
    Who,
    hookimpl,
)
from core.i18n import N_, _, ngettext, speaking
from core.notification_kinds import Kind
from core.notifications import Recipient
from core.outside import Answer
from core.payment_contract import (
    Attempt,
    BankDetails,
    Callback,
    Capabilities,
    Days,
    Heard,
    InstructionRow,
    Instructions,
    PaymentMethod,
    Refunding,
    Standing,
    Told,
)
from core.plugin_forms import setting

__all__ = [
    "N_",
    "Answer",
    "AttachedFile",
    "Attempt",
    "BankDetails",
    "BilledAccount",
    "BilledLine",
    "Callback",
    "Capabilities",
    "Channel",
    "ClientCondition",
    "Context",
    "Days",
    "Delivery",
    "Edition",
    "Heard",
    "IncomingMail",
    "IncomingMails",
    "InstructionRow",
    "Instructions",
    "InvoiceLine",
    "Kind",
    "Later",
    "MenuItem",
    "OnlyReading",
    "Opinion",
    "Order",
    "OrderLine",
    "Panel",
    "PanelRow",
    "PaymentMethod",
    "PersonalFile",
    "PersonalPart",
    "Plugin",
    "Reason",
    "Receipt",
    "Recipient",
    "Refunding",
    "Refused",
    "Registration",
    "Standing",
    "Told",
    "Veto",
    "Who",
    "_",
    "ask",
    "connect",
    "fetch",
    "hookimpl",
    "letter",
    "ngettext",
    "notify",
    "post",
    "row",
    "setting",
    "speaking",
    "value",
    "webhook_headers",
]


READS = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)


class OnlyReading(Exception):
    """This is not a query that reads, or it tried to change whose data it sees."""


async def fetch(sql: str, *arguments: Any) -> list[Mapping[str, Any]]:
    """All rows of a query about this provider, `$1` standing for the first argument. It can only read.

    A query that fails raises and harms nothing else of the transaction.
    """
    async with _reading(sql):
        return [dict(found) for found in await db.fetch(sql, *arguments)]


async def row(sql: str, *arguments: Any) -> Mapping[str, Any] | None:
    """The first row, or None."""
    rows = await fetch(sql, *arguments)
    return rows[0] if rows else None


async def value(sql: str, *arguments: Any) -> Any:
    """The first column of the first row, or None."""
    found = await row(sql, *arguments)
    return next(iter(found.values())) if found else None


async def notify(
    kind: Kind,
    *,
    ctx: Context,
    to: Recipient,
    data: Mapping[str, object],
    client: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """Tell somebody something of a kind that the plugin brings, after the commit; the same `key` is told once."""
    by = _Actor(kind="plugin", tenant=ctx.provider, name=ctx.actor.name, locale=ctx.locale)
    about = client or {}
    async with hook_jobs.scope():
        await _notifications.notify(
            kind, to=to, data=data, client_id=about.get("id"), project_id=about.get("project_id"), key=key, by=by
        )


async def ask(
    method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer of a server that the provider named, whatever its status, within ten seconds and 64 kB.

    No redirects. Raises `Refused` for an address in a private network, and something else when no answer comes.
    """
    try:
        async with _outside.client() as http:
            return await http.request(method, url, content=content, headers=headers)
    except _outside.Refused as error:
        raise Refused(str(error)) from error


def webhook_headers(secret: str, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that sign a body as Standard Webhooks says. `key` is the message's, the same at all attempts."""
    return _signed.headers(secret, key, at, body)


async def connect(host: str, port: int) -> socket.socket:
    """A socket connected to a server that the provider named; it raises for one in a private network."""
    return await _sockets.connect(host, port)


def letter(delivery: Delivery, *, mail_from: str) -> bytes:
    """A delivery as a mail from this address (or from the project's own): the same bytes at all attempts."""
    payload = _mail.of_delivery(delivery)
    made = _mail.compose(payload, key=delivery.id, written_at=delivery.written_at, mail_from=mail_from)
    return made.as_bytes()


async def post(delivery: Delivery, letter: bytes, server: aiosmtplib.SMTP, *, sender: str) -> Receipt:
    """Hand a letter to a mail server that is to be connected to. Raises `Refused`, `Later`, or that it failed."""
    try:
        said = await _mail.hand_over(letter, to=delivery.address, sender=sender, server=server)
    except jobs.Permanent as error:
        raise Refused(str(error)) from error
    except _mail.NotSent as error:
        if error.is_answer:
            raise Later(str(error)) from error
        raise
    return Receipt(said=said[:1000])


@asynccontextmanager
async def _reading(sql: str) -> AsyncIterator[None]:
    """A read-only part of the scope's transaction, in which the provider stays the same."""
    if not READS.match(sql) or "set_config" in sql.lower():
        raise OnlyReading("a plugin's query begins with SELECT, WITH, VALUES or TABLE, and sets nothing")
    async with hook_jobs.scope(), db.savepoint():
        await db.execute("SET LOCAL transaction_read_only = on")
        yield
        if await db.value("SELECT current_setting('app.tenant_id', true)") != str(db.scope().tenant_id):
            raise OnlyReading("the query changed the tenant")
