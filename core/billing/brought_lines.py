"""Lines that plugins bring to invoices (`provide_invoice_lines`): asked in the run, before it writes invoices.

What a plugin does not say in time, or says wrongly, is not left out in silence: its accounts wait with the reason,
and the next run asks again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
from asyncpg import Record

from core import db, hooks
from core.actor import Actor
from core.billing import accounts, client_taxes, credited_lines, expenses, service_credits
from core.billing.change_quotes import Amount
from core.billing.expenses import Charge, Tax
from core.billing.service_credits import Credit
from core.catalog import price_words
from core.hook_lines import BilledAccount, BilledLine, InvoiceLine
from core.i18n import _
from core.periods import Period
from core.plugin_calls import PluginFailed

HOOK = "provide_invoice_lines"
AT_ONCE = 10
"""Accounts that a plugin is asked about at a time."""

MOST_LINES = 100
"""So many lines a plugin brings to one invoice: what brings more has gone mad."""

Told = Mapping[int, Sequence[Record]]
"""The open expenses of each account."""


class Unusable(Exception):
    """A line is about something that was not asked about, or gives back too much; or there are too many."""


def is_heard(*, by: Actor) -> bool:
    """Whether any plugin brings lines here."""
    return hooks.is_heard(HOOK, by=by)


async def bring(told: Told, day: date, *, by: Actor) -> dict[int, str]:
    """Ask for the lines of these accounts, which the caller has locked, and charge them.

    Returns why an account waits, by its id. Nothing asks whether an account may owe so much: it was used already.
    """
    waiting: dict[int, str] = {}
    for plugin in hooks.heard(HOOK, by=by):
        for part in _parts(told):
            try:
                async with db.savepoint():
                    for line in await _asked(plugin, part, by=by):
                        await _write(plugin, line, part[line.account], day, by=by)
            except (PluginFailed, Unusable) as error:
                why = _("The plugin %(name)s brought no usable lines: %(reason)s")
                waiting |= dict.fromkeys(part, why % {"name": plugin, "reason": error})
    return waiting


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A line that a plugin would bring, with its client's code and its currency; `failed` is why none came."""

    plugin: str
    client: int
    currency: str
    line: InvoiceLine | None = None
    failed: str = ""


async def look(told: Told, *, by: Actor) -> list[Brought]:
    """What the plugins would bring to these accounts; nothing is written."""
    found = []
    for plugin in hooks.heard(HOOK, by=by):
        for part in _parts(told):
            known = {
                key: {"client": rows[0]["code"], "currency": rows[0]["currency"]} for key, rows in part.items()
            }
            try:
                lines = await _asked(plugin, part, by=by, dry_run=True)
                found += [Brought(plugin=plugin, line=line, **known[line.account]) for line in lines]
            except (PluginFailed, Unusable) as error:
                found += [Brought(plugin=plugin, failed=str(error), **one) for one in known.values()]
    return found


def by_account(listed: Sequence[Record]) -> Told:
    """Expenses, which are in the order of their accounts, by account."""
    return {key: list(group) for key, group in groupby(listed, key=lambda row: row["account_id"])}


def _parts(told: Told) -> Iterator[Told]:
    keys = list(told)
    for first in range(0, len(keys), AT_ONCE):
        yield {key: told[key] for key in keys[first : first + AT_ONCE]}


async def _asked(plugin: str, part: Told, *, by: Actor, dry_run: bool = False) -> list[InvoiceLine]:
    asked = [_account(key, rows) for key, rows in part.items()]
    found: list[InvoiceLine] = await hooks.ask(HOOK, plugin, by=by, dry_run=dry_run, accounts=asked) or []
    for line in found:
        if line.account not in part:
            raise Unusable(f"{line.key}: account {line.account} was not asked about")
    counts = Counter(line.account for line in found)
    if counts and max(counts.values()) > MOST_LINES:
        raise Unusable(f"more than {MOST_LINES} lines for one account")
    return found


def _account(account_id: int, rows: Sequence[Record]) -> BilledAccount:
    code, currency = rows[0]["code"], rows[0]["currency"]
    return BilledAccount(id=account_id, client=code, currency=currency, lines=[_line(row) for row in rows])


def _line(row: Mapping[str, Any]) -> BilledLine:
    names = ("text", "net_units", "tax_units", "period_start", "period_end")
    return BilledLine(**{name: row[name] for name in names}, service=row["service_id"])


async def _write(plugin: str, line: InvoiceLine, about: Sequence[Record], day: date, *, by: Actor) -> None:
    account = await accounts.find(line.account)
    key = f"{plugin}-{line.key}"
    if line.kind == "adjustment":
        await _give_back(account, key, line, about, by=by)
        return
    tax = Tax(reason=line.text)
    if line.kind == "charge":
        decided, _inside = await client_taxes.of(account, day)
        tax = Tax(rate=decided.rate, category=decided.category, reason=price_words.kept_reason(decided))
    if line.service is not None:
        _charge_of(line, about)
    made = Charge(
        key=key, kind="plugin", text=line.text, day=day, net_units=line.units, tax=tax, service_id=line.service
    )
    await expenses.charge(account, made, by=by)


async def _give_back(account: Record, key: str, line: InvoiceLine, about: Sequence[Record], *, by: Actor) -> None:
    """A credit of the service, with the tax that it was charged with; once, whenever the line is brought again."""
    of = _charge_of(line, about)
    if await db.value("SELECT EXISTS (SELECT FROM payments WHERE key = $1)", key):
        return
    given = await db.row(
        """SELECT coalesce(sum(net_units), 0)::bigint AS net, coalesce(sum(tax_units), 0)::bigint AS tax
             FROM service_credits WHERE service_id = $1 AND period_start < $3 AND period_end > $2""",
        line.service,
        of["period_start"],
        of["period_end"],
    )
    assert given is not None
    if line.units > of["net_units"] - given["net"]:
        raise Unusable(f"{line.key}: gives back more than is charged")
    whole = Amount(of["net_units"], of["tax_units"])
    amount = Amount(line.units, credited_lines.tax_of(whole, Amount(given["net"], given["tax"]), line.units))
    tax = Tax(rate=of["tax_rate"], category=of["tax_category"], reason=of["tax_reason"])
    period = Period(of["period_start"], of["period_end"])
    credit = Credit(key=key, service_id=of["service_id"], text=line.text, period=period, amount=amount, tax=tax)
    await service_credits.give(account, credit, by=by)


def _charge_of(line: InvoiceLine, about: Sequence[Record]) -> Record:
    """The last period of the service that a line is about."""
    found = [row for row in about if row["service_id"] == line.service and row["period_start"] is not None]
    if not found:
        raise Unusable(f"{line.key}: no charge of service {line.service} is on this invoice")
    return found[-1]
