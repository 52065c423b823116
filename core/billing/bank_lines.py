"""Lines of bank statements one by one: finding whose payment it is, recording it, setting one aside."""

from collections.abc import Sequence

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db
from core.accounts import cleared, rows
from core.actor import Actor
from core.billing import accounts, bank_clues, bank_statements, money_lists, payment_recording, payments
from core.billing.money_lists import Page
from core.billing.payment_recording import Came
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.filters import Conditions
from core.i18n import N_, _

LONGEST_REASON = 500
WHY = {
    "": N_("Nothing in it is known"),
    "invoice": N_("Names an invoice"),
    "reference": N_("Names the client’s reference"),
    "iban": N_("Paid from this account before"),
    "client": N_("Names the client’s code"),
    "amount": N_("The amount of one open invoice"),
    "several": N_("Fits several clients"),
    "currency": N_("The client’s account is in another currency"),
    "twin": N_("Looks like a line of another file"),
    "chosen": N_("Chosen by staff"),
}
WITH_NAMES = """
    SELECT l.*, s.name AS statement, s.iban, c.code AS client_code, c.name AS client_name, j.name AS project,
           coalesce(p.account_id, l.account_id) AS holder_id
      FROM bank_lines l JOIN bank_statements s ON s.id = l.statement_id LEFT JOIN payments p ON p.id = l.payment_id
      LEFT JOIN client_projects a ON a.id = coalesce(p.account_id, l.account_id)
      LEFT JOIN clients c ON c.id = a.client_id LEFT JOIN projects j ON j.id = a.project_id
"""


NAMED = """(c.code = $2 OR a.id IN (SELECT i.account_id FROM invoices i WHERE i.number <> '' AND i.state = 'issued'
         AND i.kind = 'invoice' AND plain_number(i.number) = $4)
    OR c.id IN (SELECT w.client_id FROM words_of($3) q (word)
           JOIN client_words w ON w.word >= q.word AND w.word < q.word || chr(1114111)
          GROUP BY w.client_id HAVING count(DISTINCT q.word) = (SELECT count(*) FROM words_of($3))))"""
"""The client's code, the number of an invoice, or beginnings of words of its name and login."""


class BankLine(db.Owned, tablename="bank_lines"):
    """A line of a statement: `units` came in on a day, or went out below 0.

    An open one may have an account that it is taken to pay into, `why` and how `sure`; `found` is what named it.
    """

    statement_id = BigInt()
    number = Integer()
    key = Text()
    day = Date()
    units = BigInt()
    currency = Text()
    reference = Text()
    name = Text()
    payer_iban = Text()
    text = Text()
    state = Text()
    account_id = BigInt(null=True)
    why = Text()
    sure = Text()
    found = Text()
    payment_id = BigInt(null=True)
    tries = Integer()
    reason = Text()
    closed_at = Timestamptz(null=True)
    closed_by = Text()
    created_at = Timestamptz()


class LineFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which lines: of a statement, in a state, how surely matched ("none" for not at all)."""

    statement: int | None = None
    state: str = ""
    sure: str = ""


async def page(
    chosen: LineFilter, *, after: str = "", before: str = "", size: int = money_lists.PAGE, by: Actor
) -> Page:
    """The lines that fit, the newest first; `Invalid` for a filter or a cursor that cannot be."""
    bank_statements.require(by)
    checks = Checks()
    if chosen.state:
        checks.choice("state", chosen.state, bank_statements.STATES)
    if chosen.sure:
        checks.choice("sure", chosen.sure, ("none", "guess", "likely", "sure"))
    if chosen.statement is not None and not rows.is_id(chosen.statement):
        checks.error("statement", _("This is not one of the choices."))
    checks.done()
    bound = Conditions()
    bound.equals("l.statement_id", chosen.statement)
    bound.equals("l.state", chosen.state or None, among=frozenset(bank_statements.STATES))
    if chosen.sure:
        bound.add(f"l.sure = {bound.bind('' if chosen.sure == 'none' else chosen.sure)}")
    return await money_lists.page(WITH_NAMES, "l", bound, after=after, before=before, size=size)


async def get(line_id: int, *, by: Actor) -> Record:
    """One line with the names of its statement and client; `NotFound` when there is none."""
    bank_statements.require(by)
    found = await db.row(f"{WITH_NAMES} WHERE l.id = $1", line_id) if rows.is_id(line_id) else None
    if found is None:
        raise NotFound()
    return found


async def possible(line: Record, text: str, *, by: Actor) -> list[Record]:
    """The accounts of the line's currency that a text names: a client's code, words of its name, an invoice.

    Without a text the one that the line is taken for.
    """
    bank_statements.require(by)
    named = text.strip()
    sql = """SELECT a.id, c.code, c.name AS client, j.name AS project, j.currency FROM client_projects a
               JOIN clients c ON c.id = a.client_id AND c.cleared_at IS NULL JOIN projects j ON j.id = a.project_id
              WHERE j.currency = $1 AND {where} ORDER BY c.code, a.id LIMIT 20"""
    if not named:
        return await db.fetch(sql.format(where="a.id = $2"), line["currency"], line["account_id"])
    code = int(named) if named.isascii() and named.isdigit() and len(named) < 18 else 0
    return await db.fetch(sql.format(where=NAMED), line["currency"], code, named, bank_clues.plain(named))


async def record(line_id: int, account_id: int, *, by: Actor) -> Record:
    """Record a line as a payment into an account; `Conflict` when it is not open, or in another currency."""
    bank_statements.require(by)
    account = await accounts.locked(account_id, by=by)
    cleared.require_kept(account)
    line = await _locked(line_id, by=by)
    if line["state"] != "open":
        raise Conflict(_("This line is not open any more."))
    if account["currency"] != line["currency"]:
        raise Conflict(
            _("The line is in %(line)s, and the account in %(account)s.")
            % {"line": line["currency"], "account": account["currency"]}
        )
    why, sure = (line["why"], line["sure"]) if line["account_id"] == account_id else ("chosen", "sure")
    await db.execute(
        "UPDATE bank_lines SET account_id = $2, why = $3, sure = $4 WHERE id = $1", line_id, account_id, why, sure
    )
    await settle([await _row(line_id)], by=by)
    return await get(line_id, by=by)


async def set_aside(line_id: int, reason: str, *, by: Actor) -> Record:
    """Note that an open line is no payment of a client, and why."""
    line = await _locked(line_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    if line["state"] != "open":
        raise Conflict(_("This line is not open any more."))
    await db.execute(
        "UPDATE bank_lines SET state = 'set_aside', reason = $2, closed_at = $3, closed_by = $4 WHERE id = $1",
        line_id,
        told,
        clock.now(),
        by.name,
    )
    await _tell("bank_line:set_aside", line, by=by, new={"reason": told})
    return await get(line_id, by=by)


async def put_back(line_id: int, *, by: Actor) -> Record:
    """Take a line up again that was set aside."""
    line = await _locked(line_id, by=by)
    if line["state"] != "set_aside":
        raise Conflict(_("This line was not set aside."))
    await db.execute(
        "UPDATE bank_lines SET state = 'open', reason = '', closed_at = NULL, closed_by = '' WHERE id = $1",
        line_id,
    )
    await _tell("bank_line:put_back", line, by=by)
    return await get(line_id, by=by)


async def number_open(*, by: Actor) -> int:
    """How many lines of all statements wait to be matched."""
    bank_statements.require(by)
    return int(await db.value("SELECT count(*) FROM bank_lines WHERE state = 'open'"))


async def settle(lines: Sequence[Record], *, by: Actor) -> int:
    """Record open lines into the accounts they have, which the caller has locked; returns how many.

    Money that was announced with the same amount is confirmed; else a payment is made.
    """
    announced = await _announced(lines)
    today = clock.today(by.tenant.timezone)
    paid: dict[int, int] = {}
    for line in lines:
        if (waiting := announced.pop((line["account_id"], line["units"]), None)) is not None:
            await payments.confirm(waiting, min(line["day"], today), by=by)
            paid[line["id"]] = waiting
    rest = [line for line in lines if line["id"] not in paid]
    came = {
        line["id"]: Came(
            account_id=line["account_id"],
            key=f"bank-line-{line['id']}-{line['tries']}",
            units=line["units"],
            day=min(line["day"], today),
            reference=line["text"][: payments.LONGEST] or line["name"],
        )
        for line in rest
    }
    made = await payment_recording.record(list(came.values()), by=by)
    paid |= {line_id: made[one.key] for line_id, one in came.items() if one.key in made}
    await db.execute(
        """UPDATE bank_lines l SET state = 'recorded', payment_id = d.payment_id, tries = l.tries + 1,
               closed_at = $3, closed_by = $4
             FROM unnest($1::bigint[], $2::bigint[]) d (id, payment_id) WHERE l.id = d.id""",
        list(paid),
        list(paid.values()),
        clock.now(),
        by.name,
    )
    return len(paid)


async def _announced(lines: Sequence[Record]) -> dict[tuple[int, int], int]:
    """Transfers that were announced in the accounts of these lines, one of each amount, the oldest."""
    found = await db.fetch(
        """SELECT DISTINCT ON (account_id, units) id, account_id, units FROM payments
            WHERE state = 'pending' AND method = 'bank_transfer' AND account_id = ANY($1::bigint[])
            ORDER BY account_id, units, created_at, id""",
        sorted({line["account_id"] for line in lines}),
    )
    return {(row["account_id"], row["units"]): row["id"] for row in found}


async def _locked(line_id: int, *, by: Actor) -> Record:
    await get(line_id, by=by)
    await db.execute("SELECT FROM bank_lines WHERE id = $1 FOR UPDATE", line_id)
    return await get(line_id, by=by)


async def _row(line_id: int) -> Record:
    found = await db.row("SELECT * FROM bank_lines WHERE id = $1", line_id)
    assert found is not None
    return found


async def _tell(action: str, line: Record, *, by: Actor, new: dict[str, str] | None = None) -> None:
    name = accounts.told(line["units"], line["currency"])
    await audit.record(action, "bank_line", line["id"], by=by, name=name, new=new)
