"""What is written by the thousand is checked once for a statement: it refers to rows that are there and stay."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from core import db
from core.actor import Actor
from core.settings import Settings
from tests import cast
from tests.core.billing import bills

pytestmark = pytest.mark.anyio

GONE = 999
"""An id that nothing has."""


@pytest.fixture
async def carl(database: Settings) -> AsyncIterator[Actor]:
    """The accountant of Nova, inside its scope."""
    by = await cast.who("carl")
    async with db.as_tenant(by.tenant.id):
        yield by


async def is_refused(sql: str, *arguments: object) -> bool:
    """Whether a statement is refused, when it is made or when its transaction ends; nothing of it stays then."""
    try:
        async with db.savepoint():
            await db.execute(sql, *arguments)
            await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except asyncpg.ForeignKeyViolationError:
        return True
    return False


async def copying(table: str) -> str:
    """The statement that writes a row of the table again, with what `$1` has otherwise."""
    found = await db.fetch(
        """SELECT column_name AS name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'""",
        table,
    )
    columns = ", ".join(row["name"] for row in found)
    changed = "jsonb_populate_record(t, $1::jsonb)"
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM (SELECT ({changed}).* FROM {table} t LIMIT 1) c"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("expenses", name) for name in ("client_id", "account_id", "payer_id", "service_id", "entry_id")),
        *(("invoices", name) for name in ("client_id", "account_id", "payer_id", "company_id")),
        *(("invoice_lines", name) for name in ("invoice_id", "expense_id")),
        ("invoice_states", "invoice_id"),
    ],
)
async def test_a_row_refers_to_rows_that_are_there(carl: Actor, table: str, column: str) -> None:
    await bills.drafted(await bills.charged(by=carl), by=carl)
    again = {"id": 7, "key": "again", "position": 9, "is_live": False}
    copy = await copying(table)
    if table != "invoice_lines":
        async with db.savepoint():
            await db.execute(copy, again)
    assert await is_refused(copy, again | {"id": 8, "key": "lost", column: GONE})


@pytest.mark.parametrize("column", ["account_id", "payer_id", "company_id"])
async def test_a_draft_is_not_given_to_somebody_who_is_not_there(carl: Actor, column: str) -> None:
    made = await bills.drafted(await bills.charged(by=carl), by=carl)
    assert await is_refused(f"UPDATE invoices SET {column} = $2 WHERE id = $1", made["id"], GONE)


async def test_who_is_named_on_a_document_stays_and_so_does_its_account(carl: Actor) -> None:
    made = await bills.drafted(await bills.charged(by=carl), by=carl)
    for table, column in (("client_projects", "account_id"), ("payers", "payer_id"), ("companies", "company_id")):
        assert await is_refused(f"DELETE FROM {table} WHERE id = $1", made[column])


async def test_a_payer_who_only_paid_can_go_and_is_forgotten(carl: Actor) -> None:
    payer = await bills.ready()
    other = {"id": 7, "client_id": payer["client_id"], "is_default": False, "external_id": "other"}
    await db.execute(await copying("payers"), other)
    expense_id = await bills.charged(by=carl, payer_id=7)
    await db.execute("DELETE FROM payers WHERE id = 7")
    assert await db.value("SELECT payer_id FROM expenses WHERE id = $1", expense_id) is None


async def test_a_draft_goes_with_its_lines_and_a_line_stays_in_its_document(carl: Actor) -> None:
    first = await bills.drafted(await bills.charged(by=carl), by=carl)
    second = await bills.drafted(await bills.charged(by=carl), by=carl)
    assert await is_refused(
        "UPDATE invoice_lines SET invoice_id = $2, position = 5 WHERE invoice_id = $1", first["id"], second["id"]
    )
    await db.execute("DELETE FROM invoices WHERE id = $1", first["id"])
    assert {row["invoice_id"] for row in await db.fetch("SELECT invoice_id FROM invoice_lines")} == {second["id"]}
