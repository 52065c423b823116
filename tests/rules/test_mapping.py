"""Every Piccolo table has the columns that the database has, of the same kind, and null where it may be."""

import asyncpg
import pytest

from core.db import OWNED, SHARED

pytestmark = pytest.mark.anyio

COLUMNS = """
SELECT a.attname AS name, NOT a.attnotnull AS is_null, format_type(a.atttypid, NULL) AS type,
       a.attgenerated <> '' AS is_made
FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
KINDS = {
    "bigint": {"BigInt", "BigSerial", "ForeignKey"},
    "integer": {"Integer"},
    "text": {"Text", "Varchar"},
    "boolean": {"Boolean"},
    "timestamp with time zone": {"Timestamptz"},
    "date": {"Date"},
    "jsonb": {"JSONB"},
    "bytea": {"Bytea"},
    "uuid": {"UUID"},
    "text[]": {"Array"},
}


async def test_the_mapping_is_the_database(settings):
    connection = await asyncpg.connect(settings.database_owner_url)
    wrong = []
    try:
        for name, table in (OWNED | SHARED).items():
            wrong += compare(name, table, await connection.fetch(COLUMNS, name))
    finally:
        await connection.close()
    assert wrong == []


def compare(name: str, table: type, rows: list) -> list[str]:
    """What differs between a mapping and its table. Tables with a key of their own kind need no `id`."""
    there = {row["name"]: row for row in rows}
    mapped = {column._meta.db_column_name: column for column in table._meta.columns}
    absent = [column for column in mapped if column not in there and column != "id"]
    unmapped = [column for column, row in there.items() if column not in mapped and not row["is_made"]]
    wrong = [f"{name}.{column}: not in the database" for column in absent]
    wrong += [f"{name}.{column}: not in the mapping" for column in unmapped]
    for column in mapped.keys() & there.keys():
        kind, row = type(mapped[column]).__name__, there[column]
        if kind not in KINDS.get(row["type"], {kind}):
            wrong.append(f"{name}.{column}: {kind} for {row['type']}")
        if mapped[column]._meta.null != row["is_null"]:
            wrong.append(f"{name}.{column}: null is {row['is_null']} in the database")
    return wrong
