"""What hangs on a project, table by table, and what becomes of it when the project is merged into another one.

Every table with a foreign key onto projects stands in PARTS; a test reads PostgreSQL's catalogue and refuses one
that does not. Segments name a project inside of their filter, and rules of account groups in their conditions:
both follow too.
"""

from typing import Literal

import msgspec
from asyncpg import Record

from core import db
from core.accounts import rule_projects
from core.actor import Actor
from core.i18n import N_

How = Literal["moves", "moves_unless", "elsewhere"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One table and what becomes of its rows.

    moves         they belong to the project that stays
    moves_unless  the same, but for those that the other has already: `beside` are the columns that tell. Those go
    elsewhere     a function of their own moves them; `why` names it
    """

    table: str
    how: How
    label: str
    beside: str = ""
    why: str = ""


CLIENTS = "project_merging.move_clients, some hundreds at a time"
PARTS: tuple[Part, ...] = (
    Part(table="client_projects", how="elsewhere", label=N_("Accounts of clients"), why=CLIENTS),
    Part(table="clients", how="elsewhere", label=N_("Clients registered in it"), why=CLIENTS),
    Part(
        table="project_companies",
        how="elsewhere",
        label=N_("Companies that it sells through"),
        why="a project without any sells through all, and goes on doing so",
    ),
    Part(table="daily_figures", how="moves", label=N_("Figures of days gone by")),
    Part(table="dunning_policies", how="moves_unless", label=N_("Dunning policies"), beside="recipient"),
    Part(table="fraud_checks", how="moves", label=N_("Fraud checks")),
    Part(table="notification_templates", how="moves_unless", label=N_("Texts of notifications"), beside="kind"),
    Part(table="notifications", how="moves", label=N_("Notifications")),
    Part(table="phone_projects", how="moves_unless", label=N_("Rules for telephone numbers"), beside="tenant_id"),
    Part(table="product_projects", how="moves_unless", label=N_("Products sold in it"), beside="product_id"),
    Part(table="project_hosts", how="moves", label=N_("Host names")),
    Part(table="sign_ups", how="moves", label=N_("Sign-ups that wait for the link in the mail")),
    Part(table="ticket_categories", how="moves", label=N_("Categories of tickets")),
    Part(table="tickets", how="moves", label=N_("Tickets")),
    Part(table="staff_projects", how="moves_unless", label=N_("Limits of staff"), beside="staff_id"),
)
BY_TABLE = {part.table: part for part in PARTS}

SEGMENTS = "FROM segments WHERE filter ->> 'project' = $1::bigint::text"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a part the project has, and how many of them the other one has already."""

    label: str
    table: str
    rows: int
    kept_back: int = 0


async def counts(gone_id: int, stays_id: int) -> list[Count]:
    """What the project that goes has, by part; parts without rows are left out."""
    columns = ", ".join(
        f"""(SELECT count(*) FROM {part.table} t WHERE t.project_id = $1) AS rows_{n},
            {_count_such(part)} AS kept_{n}"""
        for n, part in enumerate(PARTS)
    )
    found = await db.row(
        f"SELECT {columns}, (SELECT count(*) {SEGMENTS}) AS segments, $2::bigint", gone_id, stays_id
    )
    assert found is not None
    told = [
        Count(label=part.label, table=part.table, rows=found[f"rows_{n}"], kept_back=found[f"kept_{n}"])
        for n, part in enumerate(PARTS)
    ]
    told.append(Count(label=N_("Saved filters"), table="segments", rows=found["segments"]))
    told.append(
        Count(label=N_("Rules of account groups"), table="group_rules", rows=await rule_projects.count(gone_id))
    )
    return [count for count in told if count.rows]


async def move(gone: Record, stays: Record, *, by: Actor) -> None:
    """Move all but the clients and their accounts, one statement a table."""
    for part in PARTS:
        if part.how == "elsewhere":
            continue
        unless = f" AND NOT {_has_such(part)}" if part.beside else ""
        sql = f"UPDATE {part.table} t SET project_id = $2 WHERE t.project_id = $1{unless}"
        await db.execute(sql, gone["id"], stays["id"])
        if part.beside:
            await db.execute(f"DELETE FROM {part.table} WHERE project_id = $1", gone["id"])
    await _move_companies(gone["id"], stays["id"])
    await db.execute(
        """UPDATE segments SET filter = jsonb_set(filter, '{project}', to_jsonb($2::bigint)), version = version + 1
            WHERE filter ->> 'project' = $1::bigint::text""",
        gone["id"],
        stays["id"],
    )
    await rule_projects.follow(gone["id"], stays["id"], by=by)


async def _move_companies(gone_id: int, stays_id: int) -> None:
    """Those of the one that goes come to those of the one that stays, unless that sells through all anyway."""
    await db.execute(
        """INSERT INTO project_companies (project_id, company_id, is_default)
           SELECT $2, company_id, false FROM project_companies WHERE project_id = $1
              AND EXISTS (SELECT FROM project_companies WHERE project_id = $2)
              AND company_id NOT IN (SELECT company_id FROM project_companies WHERE project_id = $2)""",
        gone_id,
        stays_id,
    )
    await db.execute("DELETE FROM project_companies WHERE project_id = $1", gone_id)


def _count_such(part: Part) -> str:
    beside = "client_id" if part.table == "client_projects" else part.beside
    if not beside:
        return "0"
    return f"(SELECT count(*) FROM {part.table} t WHERE t.project_id = $1 AND {_has_such(part, beside)})"


def _has_such(part: Part, beside: str = "") -> str:
    column = beside or part.beside
    return f"EXISTS (SELECT FROM {part.table} o WHERE o.project_id = $2 AND o.{column} = t.{column})"
