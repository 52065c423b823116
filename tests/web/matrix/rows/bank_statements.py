"""Bank statements and their lines, for staff and programs."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import bank_accounts, companies
from core.accounts.bank_accounts import AccountValues
from core.actor import Actor
from core.billing import bank_lines, bank_uploads
from tests.core.billing import statement_files
from tests.web.matrix.row import GONE, rows
from tests.web.matrix.rows.payments import owing_account

if TYPE_CHECKING:
    from tests.web.matrix.world import World

RIGHT = "bank_statement:manage"
TABLE = {"kinds": {"statement_id": "bank_table"}}
ASIDE = {"kinds": {"line_id": "line_aside"}}
MATCHED = {"kinds": {"statement_id": "matched_statement"}}
COLUMNS = ["day", "amount", "name", "iban", "text"]
PLACEHOLDERS = {"statement_id": "bank_statement", "line_id": "bank_line"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/bank-statements", RIGHT, {}),
        ("POST /staff/bank-statements", RIGHT, {"send": {"bank_account_id": ""}, "gives": 422}),
        ("GET /staff/bank-statements/{statement_id}", RIGHT, {}),
        (
            "POST /staff/bank-statements/{statement_id}/confirm",
            RIGHT,
            TABLE | {"send": {"version": 1} | {f"columns.{place}": key for place, key in enumerate(COLUMNS)}},
        ),
        ("POST /staff/bank-statements/{statement_id}/record", RIGHT, MATCHED | {"send": {"upto": "sure"}}),
        ("POST /staff/bank-statements/{statement_id}/delete", RIGHT, {"send": {}}),
        ("GET /staff/bank-lines", RIGHT, {}),
        ("GET /staff/bank-lines/{line_id}", RIGHT, {}),
        ("POST /staff/bank-lines/{line_id}/record", RIGHT, {"send": {"account_id": "$owing_account"}}),
        ("POST /staff/bank-lines/{line_id}/set-aside", RIGHT, {"send": {"reason": "Rent"}}),
        ("POST /staff/bank-lines/{line_id}/put-back", RIGHT, ASIDE | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/bank-statements", RIGHT, {}),
        ("POST /api/v1/bank-statements", RIGHT, {"gives": 422}),
        ("GET /api/v1/bank-statements/{statement_id}", RIGHT, {}),
        (
            "POST /api/v1/bank-statements/{statement_id}/confirm",
            RIGHT,
            TABLE | {"send": {"version": 1, "columns": COLUMNS}},
        ),
        ("POST /api/v1/bank-statements/{statement_id}/record", RIGHT, MATCHED | {"send": {}}),
        ("DELETE /api/v1/bank-statements/{statement_id}", RIGHT, GONE),
        ("GET /api/v1/bank-lines", RIGHT, {}),
        ("GET /api/v1/bank-lines/{line_id}", RIGHT, {}),
        ("POST /api/v1/bank-lines/{line_id}/record", RIGHT, {"send": {"account_id": "$owing_account"}}),
        ("POST /api/v1/bank-lines/{line_id}/set-aside", RIGHT, {"send": {"reason": "Rent"}}),
        ("POST /api/v1/bank-lines/{line_id}/put-back", RIGHT, ASIDE | {"send": {}}),
    ),
]
CHANGES_NOTHING = {"/staff/bank-statements", "/api/v1/bank-statements"}
PARAMETERS = {
    "/staff/bank-statements/{statement_id}": "state sure after before",
    "/staff/bank-lines": "statement state sure after before",
    "/staff/bank-lines/{line_id}": "who",
    "/api/v1/bank-lines": "statement state sure after before limit",
}
KEPT = {"bank_statements.rows"}
RULED = {
    *(f"bank_statements.{column}" for column in ("format", "state")),
    *(f"bank_lines.{column}" for column in ("currency", "state", "why", "sure", "reason")),
}


async def bank_statement(world: "World", by: Actor) -> int:
    return await _uploaded(world, by)


async def matched_statement(world: "World", by: Actor) -> int:
    """A statement with a line that is matched."""
    statement_id = await _uploaded(world, by)
    account_id = await owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "UPDATE bank_lines SET account_id = $2, why = 'reference', sure = 'sure' WHERE statement_id = $1",
            statement_id,
            account_id,
        )
    return statement_id


async def bank_table(world: "World", by: Actor) -> int:
    """A statement whose columns are to be confirmed."""
    return await _uploaded(world, by, is_table=True)


async def bank_line(world: "World", by: Actor) -> int:
    statement_id = await _uploaded(world, by)
    async with db.as_tenant(by.tenant.id):
        return int(await db.value("SELECT id FROM bank_lines WHERE statement_id = $1", statement_id))


async def line_aside(world: "World", by: Actor) -> int:
    line_id = await bank_line(world, by)
    async with db.as_tenant(by.tenant.id):
        await bank_lines.set_aside(line_id, "Rent", by=by)
    return line_id


async def _uploaded(world: "World", by: Actor, *, is_table: bool = False) -> int:
    line = (1000, world.fresh("payer"), "", world.fresh("text"), world.fresh())
    content = statement_files.csv(line) if is_table else statement_files.camt(line)
    async with db.as_tenant(by.tenant.id):
        company = await companies.default()
        known = await db.value("SELECT id FROM bank_accounts WHERE iban = $1", statement_files.OWN)
        if known is None:
            made = await bank_accounts.add(company["id"], AccountValues(iban=statement_files.OWN), by=by)
            known = made["id"]
        (found,) = await bank_uploads.upload("statement", content, bank_account_id=known, by=by)
        return int(found["id"])


MAKERS = {made.__name__: made for made in (bank_statement, matched_statement, bank_table, bank_line, line_aside)}
