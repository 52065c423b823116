"""Plants a word in every text of one client, as PostgreSQL lists them, and looks for words everywhere."""

from typing import Any

import asyncpg

from core.accounts import personal_tables

WORD = "qzkanarie"
FULL = "Qzkanarie Vogelsang"
"""A full name, which is looked for also where nothing else tells that it is the client's."""

TEXTS = """
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type,
       a.attgenerated <> '' AS is_generated
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'queue') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND format_type(a.atttypid, NULL) IN ('text', 'text[]', 'jsonb', 'json', 'character varying', 'bytea')
ORDER BY 1, 2, 3
"""
SECRETS = ("token_hash",)
"""Hashes of random tokens: nobody's data."""

WORDS = {
    "text": "'" + WORD + "-' || t.ctid::text",
    "text[]": "ARRAY['" + WORD + "']",
    "jsonb": "jsonb_build_object('name', jsonb_build_array('" + WORD + "', '" + FULL + "'))",
}
LEFT = ("people.email", "clients.email", "sign_ups.email")
"""What the rows are found by."""
FILLERS = {
    "consents": """(tenant_id, client_id, person_id, number, agreed_at, address)
        SELECT $1, $2, $3, 1, now(), '192.0.2.7'""",
    "impersonations": """(tenant_id, token_hash, staff_id, client_id, reason, started_at, expires_at, ended_at,
            ended_by)
        SELECT $1, '\\x01', (SELECT id FROM staff WHERE tenant_id = $1 LIMIT 1), $2, 'Help', now(), now(), now(),
            'left' WHERE $3::bigint > 0""",
    "invitations": """(tenant_id, client_id, email, roles, role_ids, token_hash, invited_by, sent_at, expires_at)
        SELECT $1, $2, 'x@y.example', '{billing}', '{}', '\\x02', 'Alice', now(), now() WHERE $3::bigint > 0""",
    "links": """(tenant_id, person_id, token_hash, purpose, bound_to, created_at, expires_at)
        SELECT $1, $3, '\\x03', 'password', '', now(), now() WHERE $2::bigint > 0""",
    "tasks": """(tenant_id, kind, title, total, actor_kind, actor_name, person_id, locale, created_at, touched_at)
        SELECT $1, 'x', 'y', 1, 'user', 'z', $3, 'en', now(), now() WHERE $2::bigint > 0""",
    "task_results": """(tenant_id, task_id, number, subject_kind, subject_id, name, outcome)
        SELECT $1, t.id, 1, 'client', $2, 'x', 'done' FROM tasks t WHERE t.tenant_id = $1 AND $3::bigint > 0""",
    "sign_ups": """(tenant_id, email, kind, country, locale, asked_at, expires_at)
        SELECT $1, p.email, 'individual', 'FR', 'fr', now(), now() FROM people p
        WHERE p.id = $3 AND $2::bigint > 0""",
    "group_members": """(tenant_id, group_id, client_id, added_at, added_by, registered_at)
        SELECT $1, g.id, $2, now(), 'Alice', now() FROM account_groups g WHERE g.tenant_id = $1 AND $3::bigint > 0
        ON CONFLICT DO NOTHING""",
    "client_field_values": """(tenant_id, field_id, client_id, text, registered_at)
        SELECT $1, f.id, $2, 'x', now() FROM client_fields f WHERE f.tenant_id = $1 AND $3::bigint > 0""",
}
"""A row of the client for tables that have none after what happened to it."""


async def columns(admin: asyncpg.Connection) -> list[Any]:
    return [row for row in await admin.fetch(TEXTS) if row["column"] not in SECRETS]


async def plant(admin: asyncpg.Connection, tenant_id: int, client_id: int, person_id: int) -> set[str]:
    """Write the word into every text of the client's rows; gives the columns it stands in."""
    await admin.execute(f"SET app.tenant_id = '{tenant_id:d}'")
    for table, filler in FILLERS.items():
        await admin.execute(f"INSERT INTO {table} {filler}", tenant_id, client_id, person_id)
    await admin.execute("RESET app.tenant_id")
    people = await admin.fetch("SELECT person_id FROM memberships WHERE client_id = $1", client_id)
    given = ([client_id], [row["person_id"] for row in people], [], [f"{WORD}-user@user.example"], "", "")
    planted = set()
    for row in await columns(admin):
        table = personal_tables.BY_NAME.get(row["table"])
        if table is None or row["is_generated"] or row["type"] not in WORDS or row["schema"] != "public":
            continue
        rows = _rows(table, row["column"])
        if rows is None:
            continue
        value = WORDS[row["type"]]
        try:
            async with admin.transaction():
                done = await admin.execute(
                    f"""{personal_tables.GIVEN}
                        UPDATE {table.name} t SET {row["column"]} = {value} FROM w WHERE {rows}""",
                    *given,
                )
        except asyncpg.CheckViolationError:
            continue
        if done != "UPDATE 0":
            planted.add(f"{table.name}.{row['column']}")
    return planted


def _rows(table: personal_tables.Table, column: str) -> str | None:
    """The client's rows of a table, to plant a word in this column; None where it is to stay as it is."""
    if table.name in ("payer_words", "staff") or column in table.plain:
        return None
    if f"{table.name}.{column}" in LEFT:
        return None
    if table.name == "audit_entries" and column in ("actor_name", "address"):
        return f"{personal_tables.OF_CLIENT} AND t.actor_kind = 'user'"
    of_client = table.name in ("audit_entries", "client_words", "memberships")
    return personal_tables.OF_CLIENT if of_client else table.rows


async def traces(admin: asyncpg.Connection, *words: str) -> list[str]:
    """Every column of the whole database in which one of the words stands."""
    found = []
    for row in await admin.fetch(TEXTS):
        place = f'"{row["schema"]}"."{row["table"]}"'
        column = f'"{row["column"]}"'
        text = f"encode({column}, 'escape')" if row["type"] == "bytea" else f"{column}::text"
        for word in words:
            held = f"SELECT EXISTS (SELECT FROM {place} WHERE position(lower($1) IN lower({text})) > 0)"
            if await admin.fetchval(held, word):
                found.append(f"{row['table']}.{row['column']}: {word}")
    return found
