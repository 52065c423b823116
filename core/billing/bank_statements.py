"""Statements of the provider's bank accounts, as they are kept. They come in by `bank_uploads`.

Statements are about all clients: nobody limited to some of them sees one.
"""

from asyncpg import Record
from piccolo.columns import Array, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz

from core import audit, db, policies
from core.accounts import rows
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import _
from core.permissions import Permission

LISTED = 50
STATES = ("open", "recorded", "set_aside", "outgoing")


class BankStatement(db.Owned, tablename="bank_statements"):
    """A statement of one account. In the state *columns* nobody has confirmed yet what those of its table mean."""

    bank_account_id = BigInt(null=True)
    iban = Text()
    name = Text()
    format = Text()
    state = Text()
    currency = Text()
    opening_units = BigInt(null=True)
    closing_units = BigInt(null=True)
    first_on = Date(null=True)
    last_on = Date(null=True)
    lines = Integer()
    known = Integer()
    headings = Array(base_column=Text())
    columns = Array(base_column=Text())
    is_month_first = Boolean()
    rows = Bytea(null=True)
    match_task_id = BigInt(null=True)
    record_task_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    version = Integer()


def require(by: Actor) -> None:
    """The right to work with statements; `Forbidden` for whoever sees only some clients."""
    policies.require(by, Permission.BANK_STATEMENT_MANAGE)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("A bank statement is about all clients, and you see only some of them."))


async def get(statement_id: int, *, lock: bool = False, by: Actor) -> Record:
    """One statement; `NotFound` when there is none."""
    require(by)
    suffix = " FOR UPDATE" if lock else ""
    sql = f"SELECT * FROM bank_statements WHERE id = $1{suffix}"
    found = await db.row(sql, statement_id) if rows.is_id(statement_id) else None
    if found is None:
        raise NotFound()
    return found


async def latest(*, by: Actor) -> list[Record]:
    """The newest statements, each with how many of its lines are `open` and `recorded`."""
    require(by)
    return await db.fetch(
        f"""SELECT s.id, s.iban, s.name, s.format, s.state, s.first_on, s.last_on, s.lines, s.known, s.created_at,
                   s.created_by, n.open, n.recorded
              FROM (SELECT * FROM bank_statements ORDER BY created_at DESC, id DESC LIMIT {LISTED}) s
             CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE l.state = 'open') AS open,
                    count(*) FILTER (WHERE l.state = 'recorded') AS recorded
                    FROM bank_lines l WHERE l.statement_id = s.id) n
             ORDER BY s.created_at DESC, s.id DESC"""
    )


async def counts(statement_id: int) -> Record:
    """How many lines of a statement are in which state, how many are matched how surely, and what came in."""
    found = await db.row(
        """SELECT count(*) FILTER (WHERE state = 'open') AS open,
                  count(*) FILTER (WHERE state = 'recorded') AS recorded,
                  count(*) FILTER (WHERE state = 'set_aside') AS set_aside,
                  count(*) FILTER (WHERE state = 'outgoing') AS outgoing,
                  count(*) FILTER (WHERE state = 'open' AND sure = 'sure') AS sure,
                  count(*) FILTER (WHERE state = 'open' AND sure = 'likely') AS likely,
                  coalesce(sum(units) FILTER (WHERE units > 0), 0)::bigint AS came,
                  coalesce(-sum(units) FILTER (WHERE units < 0), 0)::bigint AS went
             FROM bank_lines WHERE statement_id = $1""",
        statement_id,
    )
    assert found is not None
    return found


async def own_accounts(*, by: Actor) -> list[Record]:
    """The bank accounts of all own companies: id, iban, bank, company."""
    require(by)
    return await db.fetch(
        """SELECT b.id, b.iban, b.bank, b.company_id, c.name AS company FROM bank_accounts b
             JOIN companies c ON c.id = b.company_id ORDER BY c.is_default DESC, c.name, b.is_default DESC, b.id"""
    )


async def currencies() -> list[str]:
    """The currencies that any project charges in."""
    return [row["currency"] for row in await db.fetch("SELECT DISTINCT currency FROM projects ORDER BY 1")]


async def delete(statement_id: int, *, by: Actor) -> None:
    """Throw a statement away of which nothing was recorded; `Conflict` for another."""
    found = await get(statement_id, lock=True, by=by)
    if (await counts(statement_id))["recorded"]:
        raise Conflict(_("Payments of this statement are recorded; it is kept with them."))
    await db.execute("DELETE FROM bank_lines WHERE statement_id = $1", statement_id)
    await db.execute("DELETE FROM bank_statements WHERE id = $1", statement_id)
    await audit.record("bank_statement:deleted", "bank_statement", statement_id, by=by, name=found["name"])
