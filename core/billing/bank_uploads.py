"""Statements that come in: a file becomes the lines that are new in it.

A line is one by its key: the account, day and amount with the bank's reference; without a reference what it says,
and which of the same it is. So the same file, or one that overlaps, adds only what is new.
"""

import asyncio
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db
from core.actor import Actor
from core.billing import bank_files, bank_matching, bank_sheets, bank_statements, camt, mt940
from core.billing.bank_files import Line, Statement, WrongFile
from core.billing.bank_sheets import Table
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _

READERS = {"camt053": camt.read, "mt940": mt940.read}
SHOWN = 3


async def upload(name: str, content: bytes, *, bank_account_id: int | None = None, by: Actor) -> list[Record]:
    """Take a file; returns a statement for each account in it. `Invalid` under "file" for what cannot be read.

    A table does not say which account it is about: `bank_account_id` does, and may be left out when there is one.
    `Conflict` when all of its lines are there already.
    """
    bank_statements.require(by)
    bank_files.check_size(content)
    form = bank_files.kind_of(content)
    if form == "csv":
        return [await _table(name, await bank_sheets.read(content), await _chosen(bank_account_id, by=by), by=by)]
    try:
        found = bank_files.joined(await asyncio.to_thread(READERS[form], content))
    except WrongFile as error:
        raise Invalid({"file": error.message}) from error
    own = [await _own(one.account, by=by) for one in found]
    made = []
    for one, account in zip(found, own, strict=True):
        statement_id = await _insert(name, form, account, by=by)
        if await _fill(statement_id, one, by=by):
            made.append(statement_id)
        else:
            await db.execute("DELETE FROM bank_statements WHERE id = $1", statement_id)
    if not made:
        raise Conflict(_("All lines of this file are here already."))
    for statement_id in made:
        await bank_matching.begin(statement_id, by=by)
    return [await bank_statements.get(statement_id, by=by) for statement_id in made]


async def confirm(
    statement_id: int,
    columns: Sequence[str],
    *,
    version: int,
    currency: str = "",
    is_month_first: bool = False,
    by: Actor,
) -> Record:
    """Say what the columns of a table mean, and read its lines. `Invalid` by column, or under "" for rows.

    `currency` is that of lines that do not say theirs, without one as it was guessed.
    """
    found = await bank_statements.get(statement_id, lock=True, by=by)
    if found["state"] != "columns":
        raise Conflict(_("The columns of this statement were confirmed before."))
    if found["version"] != version:
        raise EditConflict({"version": found["version"]})
    bank_sheets.check(found["headings"], columns)
    currency = currency or found["currency"]
    table = Table(headings=found["headings"], rows=rows_of(found), columns=list(columns))
    lines, wrong = bank_sheets.lines(table, columns, currency=currency, is_month_first=is_month_first)
    if wrong:
        first = "; ".join(
            _("row %(row)s: %(what)s") % {"row": row, "what": what} for row, what in list(wrong.items())[:3]
        )
        raise Invalid({"": _("%(count)s rows cannot be read: %(first)s") % {"count": len(wrong), "first": first}})
    await db.execute(
        """UPDATE bank_statements SET columns = $2, is_month_first = $3, state = 'read', rows = NULL,
               version = version + 1 WHERE id = $1""",
        statement_id,
        list(columns),
        is_month_first,
    )
    statement = Statement(account=found["iban"], currency=currency, lines=lines)
    if not await _fill(statement_id, statement, by=by):
        raise Conflict(_("All lines of this file are here already."))
    await bank_matching.begin(statement_id, by=by)
    return await bank_statements.get(statement_id, by=by)


def rows_of(found: Record) -> list[tuple[int, list[str]]]:
    """The rows of a table whose columns are to be confirmed, each with its number in the file."""
    packed = zlib.decompress(found["rows"]) if found["rows"] else b"[]"
    return msgspec.json.decode(packed, type=list[tuple[int, list[str]]])


async def _table(name: str, table: Table, account: Record, *, by: Actor) -> Record:
    statement_id = await _insert(name, "csv", account, by=by)
    currency = await db.value(
        """SELECT p.currency FROM projects p LEFT JOIN project_companies c ON c.project_id = p.id
            WHERE c.company_id = $1 OR c.company_id IS NULL ORDER BY p.is_default DESC, p.id LIMIT 1""",
        account["company_id"],
    )
    await db.execute(
        """UPDATE bank_statements SET state = 'columns', headings = $2, columns = $3, is_month_first = $4,
               rows = $5, lines = $6, currency = $7 WHERE id = $1""",
        statement_id,
        table.headings,
        table.columns,
        table.is_month_first,
        zlib.compress(msgspec.json.encode(table.rows), 1),
        len(table.rows),
        currency or (await bank_statements.currencies())[0],
    )
    return await bank_statements.get(statement_id, by=by)


async def _insert(name: str, form: str, account: Record, *, by: Actor) -> int:
    shown = bank_files.plain(name.replace("\\", "/").rpartition("/")[2], 120) or f"statement.{form}"
    return int(
        await db.value(
            """INSERT INTO bank_statements (bank_account_id, iban, name, format, state, created_at, created_by)
               VALUES ($1, $2, $3, $4, 'read', $5, $6) RETURNING id""",
            account["id"],
            account["iban"],
            shown,
            form,
            clock.now(),
            by.name,
        )
    )


async def _fill(statement_id: int, told: Statement, *, by: Actor) -> bool:
    """Write the lines that are new; whether there was one. Lists, the newest first, show them as the file does."""
    await _check_currencies(told)
    found = await bank_statements.get(statement_id, by=by)
    keys = keys_of(found["iban"], told.lines)
    columns: list[list[Any]] = [
        keys,
        [line.day for line in told.lines],
        [line.units for line in told.lines],
        *(
            [getattr(line, name) for line in told.lines]
            for name in ("currency", "reference", "name", "iban", "text")
        ),
    ]
    added = await db.fetch(
        """INSERT INTO bank_lines (statement_id, number, key, day, units, currency, reference, name, payer_iban,
               text, state, created_at)
           SELECT $1, l.number, l.key, l.day, l.units, l.currency, l.reference, l.name, l.iban, l.text,
                  CASE WHEN l.units > 0 THEN 'open' ELSE 'outgoing' END,
                  $10::timestamptz - l.number * interval '1 microsecond'
             FROM unnest($2::text[], $3::date[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::text[]) WITH ORDINALITY l (key, day, units, currency, reference, name, iban, text, number)
           ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id""",
        statement_id,
        *columns,
        clock.now(),
    )
    await db.execute(
        """UPDATE bank_statements SET lines = $2, known = $3, currency = $4, opening_units = $5,
               closing_units = $6, first_on = $7, last_on = $8 WHERE id = $1""",
        statement_id,
        len(added),
        len(told.lines) - len(added),
        told.currency,
        told.opening,
        told.closing,
        min((line.day for line in told.lines), default=None),
        max((line.day for line in told.lines), default=None),
    )
    if added:
        new = {"lines": len(added), "known": len(told.lines) - len(added), "iban": found["iban"]}
        await audit.record(
            "bank_statement:imported", "bank_statement", statement_id, by=by, name=found["name"], new=new
        )
    return bool(added)


def keys_of(iban: str, lines: Sequence[Line]) -> list[str]:
    """What makes each line one, the same in every statement it stands in."""
    seen: Counter[tuple[str, ...]] = Counter()
    keys = []
    for line in lines:
        about = (iban, line.day.isoformat(), str(line.units), line.currency)
        says = ("ref", line.reference) if line.reference else ("text", line.name, line.iban, line.text)
        seen[about + says] += 1
        whole = "\x1f".join((*about, *says, str(seen[about + says])))
        keys.append(sha256(whole.encode()).hexdigest())
    return keys


async def _check_currencies(told: Statement) -> None:
    known = await bank_statements.currencies()
    for currency in {line.currency for line in told.lines} | ({told.currency} - {""}):
        if currency not in known:
            said = _("This statement is in %(currency)s, and none of your projects is.") % {
                "currency": currency[:10]
            }
            raise Invalid({"file": said})


async def _own(named: str, *, by: Actor) -> Record:
    """The own account that a statement is about; `Invalid` under "file" for one that is none."""
    bare = bank_files.plain_iban(named)
    parts = [part for part in re.findall(r"\d+", named) if len(part) >= 5]
    for account in await bank_statements.own_accounts(by=by):
        if account["iban"] == bare or (not bare and parts and _is_meant(account["iban"], parts)):
            return account
    raise Invalid(
        {"file": _("The account %(account)s of this file belongs to none of your companies. Add it to one first.")
                 % {"account": named[:40] or "–"}}
    )  # fmt: skip


def _is_meant(iban: str, parts: Sequence[str]) -> bool:
    """Whether a bank's code and an account's number, as MT940 has them, stand in an IBAN."""
    last = parts[-1].lstrip("0")
    return iban.endswith(last) and all(part in iban for part in parts[:-1])


async def _chosen(bank_account_id: int | None, *, by: Actor) -> Record:
    found = await bank_statements.own_accounts(by=by)
    for account in found:
        if account["id"] == bank_account_id or (bank_account_id is None and len(found) == 1):
            return account
    if not found:
        raise Invalid({"bank_account_id": _("None of your companies has a bank account. Add one first.")})
    raise Invalid({"bank_account_id": _("Please choose the account that the file is about.")})
