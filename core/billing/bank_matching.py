"""Whose payment a line of a statement is: by numbers in its text, by the payer's account, by its amount.

Some hundreds of lines at a time: what could be named in any of them is looked up by a handful of statements, and
then each line is decided by itself. Small statements are matched at once, others by a task.
"""

from collections.abc import Sequence

import msgspec
from asyncpg import Record

from core import db, tasks
from core.actor import Actor
from core.billing import bank_clues, bank_statements
from core.billing.bank_clues import Account, Clues, Facts, Invoice
from core.i18n import N_, _
from core.tasks import Chunk, Task

KIND = "banking.match"
AT_ONCE = 500
INVOICES = """
    SELECT i.id, i.number, plain_number(i.number) AS plain, i.account_id, i.currency, i.gross_units, i.company_id,
           o.units AS open_units, lower(p.name) AS payer, lower(c.name) AS client
      FROM invoices i JOIN clients c ON c.id = i.client_id AND c.cleared_at IS NULL
      JOIN payers p ON p.id = i.payer_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(e.gross_units - e.covered_units), 0)::bigint AS units
           FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id WHERE l.invoice_id = i.id AND l.is_live) o
     WHERE i.state = 'issued' AND i.kind = 'invoice'
"""
BY_IBAN = """
    SELECT DISTINCT l.payer_iban AS iban, p.account_id FROM bank_lines l JOIN payments p ON p.id = l.payment_id
     WHERE l.payer_iban = ANY($1::text[]) AND l.payer_iban <> ''
    UNION SELECT y.iban, a.id FROM payers y JOIN client_projects a ON a.client_id = y.client_id
     WHERE y.iban = ANY($1::text[]) AND y.iban <> ''
"""
ACCOUNTS = """
    SELECT a.id, c.code, j.currency, lower(c.name) AS client, c.project_id = a.project_id AS is_home,
           (SELECT coalesce(sum(e.gross_units - e.covered_units), 0) FROM expenses e WHERE e.account_id = a.id
               AND e.reversed_at IS NULL AND e.covered_units < e.gross_units)::bigint AS open_units
      FROM client_projects a JOIN clients c ON c.id = a.client_id AND c.cleared_at IS NULL
      JOIN projects j ON j.id = a.project_id
     WHERE a.id = ANY($1::bigint[]) OR c.code = ANY($2::bigint[])
"""
TWINS = """
    SELECT l.id FROM bank_lines l JOIN bank_statements s ON s.id = l.statement_id
     WHERE l.id = ANY($1::bigint[]) AND EXISTS (
           SELECT FROM bank_lines o JOIN bank_statements t ON t.id = o.statement_id
            WHERE o.day = l.day AND o.units = l.units AND o.currency = l.currency AND o.id <> l.id
             AND o.state <> 'set_aside' AND t.iban = s.iban AND t.format <> s.format
             AND (t.created_at, t.id) < (s.created_at, s.id)
             AND ((o.payer_iban = l.payer_iban AND l.payer_iban <> '')
                  OR (lower(o.name) = lower(l.name) AND l.name <> '') OR o.text = l.text))
"""


async def begin(statement_id: int, *, by: Actor) -> None:
    """Look for whose payments the open lines of a statement are: at once, or by a task when there are many."""
    bank_statements.require(by)
    count = int(
        await db.value("SELECT count(*) FROM bank_lines WHERE statement_id = $1 AND state = 'open'", statement_id)
    )
    if count <= AT_ONCE:
        await match(statement_id, after=0)
        return
    title = _("Match the lines of %(name)s") % {
        "name": await db.value("SELECT name FROM bank_statements WHERE id = $1", statement_id)
    }
    task_id = await tasks.start(KIND, title, total=count, payload={"statement": statement_id}, by=by)
    await db.execute("UPDATE bank_statements SET match_task_id = $2 WHERE id = $1", statement_id, task_id)


@tasks.kind(KIND, N_("Match bank statements"))
async def step(task: Task, by: Actor) -> Chunk:
    """Match some of the lines."""
    bank_statements.require(by)
    await db.execute("DISCARD PLANS")  # those of a table that was empty a moment ago look at all its rows
    after = int(task.position.get("after", 0))
    done, last = await match(int(task.payload["statement"]), after=after)
    return Chunk(done=done, position={"after": last}, is_last=done < AT_ONCE)


async def match(statement_id: int, *, after: int) -> tuple[int, int]:
    """Decide the open lines behind a number; returns how many there were, and the number of the last one."""
    lines = await db.fetch(
        f"""SELECT id, number, day, units, currency, name, payer_iban, text FROM bank_lines
             WHERE statement_id = $1 AND state = 'open' AND number > $2 ORDER BY number LIMIT {AT_ONCE}""",
        statement_id,
        after,
    )
    if not lines:
        return 0, after
    company_id = await db.value(
        """SELECT b.company_id FROM bank_statements s JOIN bank_accounts b ON b.id = s.bank_account_id
            WHERE s.id = $1""",
        statement_id,
    )
    clues = [bank_clues.read(row["text"]) for row in lines]
    facts = await _facts(lines, clues, company_id)
    decided = [bank_clues.decide(row, clue, facts) for row, clue in zip(lines, clues, strict=True)]
    await db.execute(
        """UPDATE bank_lines l SET account_id = d.account_id, why = d.why, sure = d.sure, found = d.found
             FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
                  d (id, account_id, why, sure, found) WHERE l.id = d.id""",
        [row["id"] for row in lines],
        [one.account_id for one in decided],
        [one.why for one in decided],
        [one.sure for one in decided],
        [one.found[:200] for one in decided],
    )
    return len(lines), int(lines[-1]["number"])


async def _facts(lines: Sequence[Record], clues: Sequence[Clues], company_id: int | None) -> Facts:
    """All that the clues of these lines could mean."""
    numbers = sorted({number for clue in clues for number in clue.numbers})
    named = await db.fetch(f"{INVOICES} AND i.number <> '' AND plain_number(i.number) = ANY($1::text[])", numbers)
    amounts = await db.fetch(
        f"{INVOICES} AND i.gross_units = ANY($1::bigint[]) AND i.currency = ANY($2::text[])"
        " AND o.units = i.gross_units",
        sorted({row["units"] for row in lines}),
        sorted({row["currency"] for row in lines}),
    )
    ibans = await db.fetch(BY_IBAN, sorted({row["payer_iban"] for row in lines} - {""}))
    twins = await db.fetch(TWINS, [row["id"] for row in lines])
    account_ids = {row["account_id"] for row in (*named, *amounts, *ibans)}
    codes = {code for clue in clues for code in (*clue.references, *clue.codes)}
    accounts = await db.fetch(ACCOUNTS, sorted(account_ids), sorted(codes))
    facts = Facts(company_id=company_id, twins=frozenset(row["id"] for row in twins))
    for row in accounts:
        account = msgspec.convert(dict(row), Account)
        facts.accounts[account.id] = account
        facts.by_code.setdefault(account.code, []).append(account)
    for row in ibans:
        if row["account_id"] in facts.accounts:
            facts.by_iban.setdefault(row["iban"], []).append(facts.accounts[row["account_id"]])
    for row in named:
        facts.by_number.setdefault(row["plain"], []).append(msgspec.convert(dict(row), Invoice))
    for row in amounts:
        key = (row["gross_units"], row["currency"])
        facts.by_amount.setdefault(key, []).append(msgspec.convert(dict(row), Invoice))
    return facts
