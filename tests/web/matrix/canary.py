"""Plants a word in every text of one provider: all columns of all its tables, as the catalogue lists them.

A new table or column is planted without anybody thinking of it. Left alone are only the columns that the product
reads to recognise people (KEPT), and those where a rule of the database allows nothing else (RULED).
"""

from typing import Any

import asyncpg

from tests.web.matrix import table

OWN, SHARED = "qzkanarie", "qzgeteilt"
"""The beginnings of the words: in the provider's own rows, and in its rows of shared tables."""

KEPT = {name for told in table.gathered("KEPT") for name in told}
RULED = {name for told in table.gathered("RULED") for name in told}
"""Columns in which a constraint allows certain words only."""

TEXTS = """
SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND format_type(a.atttypid, NULL) IN ('text', 'text[]', 'jsonb', 'bytea')
  AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = $1)
ORDER BY 1, 2
"""

WORD = "'{word}-{column}-' || row_number() OVER ()"
VALUES = {
    "text": "left(" + WORD + ", 120)",
    "text[]": "ARRAY[" + WORD + "]",
    "jsonb": "jsonb_build_object('name', jsonb_build_array('{word}-old', " + WORD + "))",
    "bytea": "convert_to(" + WORD + ", 'UTF8')",
}

FILLERS = table.merged("FILLERS")
"""A row for the tables that have none by now."""


async def plant(admin: asyncpg.Connection, tenant_id: int) -> tuple[set[str], set[str]]:
    """Write the word everywhere; gives the columns it stands in, and those that a rule kept free."""
    await admin.execute(f"SET app.tenant_id = '{tenant_id:d}'")
    for filled, filler in FILLERS.items():
        await admin.execute(f"INSERT INTO {filled} {filler.format(tenant=tenant_id)}")
    await admin.execute("RESET app.tenant_id")
    planted, ruled = set(), set()
    for word, key in ((OWN, "tenant_id"), (SHARED, "provider_id")):
        for record in await admin.fetch(TEXTS, key):
            name = f"{record['table']}.{record['column']}"
            if name not in KEPT:
                is_in = await _plant_in(admin, record, word, key, tenant_id)
                (planted if is_in else ruled).add(name)
    await admin.execute(
        "UPDATE providers SET name = $2, state_reason = $2 WHERE id = $1", tenant_id, f"{SHARED}-name"
    )
    return planted, ruled


async def _plant_in(admin: asyncpg.Connection, record: Any, word: str, key: str, tenant_id: int) -> bool:
    table, column = record["table"], record["column"]
    value = VALUES[record["type"]].format(word=word, column=column.replace("_", "-"))
    try:
        async with admin.transaction():
            done = await admin.execute(
                f'UPDATE {table} t SET "{column}" = made.value FROM (SELECT ctid AS place, {value} AS value'
                f" FROM {table} WHERE {key} = $1) made WHERE t.ctid = made.place",
                tenant_id,
            )
    except asyncpg.CheckViolationError:
        return False
    assert done != "UPDATE 0", f"{table} has no row to plant in: add one to FILLERS"
    return True
