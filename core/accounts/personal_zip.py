"""How a copy of personal data is put together: parts that wait in a table, and at the end the ZIP.

It holds a README in the language of whoever asked, `data.json` with everything, a CSV file a part, and files.
"""

import asyncio
import io
import zipfile
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, hooks, i18n, sheets
from core.accounts import clients, personal_files, personal_sources
from core.actor import Actor
from core.errors import Refusal
from core.i18n import N_, _

CLIENT = "c.code FROM personal_exports x JOIN clients c ON c.id = x.client_id"
LARGEST = 100 * 1024 * 1024
PLUGINS = N_("What plugins keep")
FILE = N_("The file")

README = N_(
    """Personal data of client %(code)s at %(provider)s
made on %(day)s, asked for by %(who)s

data.json      everything in one file, for programs
csv/           the same as tables, one for each part; a spreadsheet opens them
files/         files that belong to it, where there are any; files/contracts/ and files/invoices/ are documents

Times are in UTC. Passwords, keys and codes are not in here: they are kept so that nobody can read them.
Of people who also use another client only what belongs to this client is told.
Keep this file safe, and delete it when you do not need it any more.
"""
)


class TooLarge(Refusal):
    """The copy does not fit into one file."""


async def step(export: Record, place: int, *, by: Actor) -> str:
    """Do one step; returns what it was, in English."""
    sources = personal_sources.SOURCES
    if place < len(sources):
        source = sources[place]
        rows = await personal_sources.read(source, export["client_id"], is_internal=export["is_internal"])
        await _keep(export, f"data/{source.name}", msgspec.json.encode(rows, enc_hook=str))
        async for name, content in personal_files.of(source.table, rows):
            await _keep(export, name, content)
        return source.label
    if place == len(sources):
        await _ask_plugins(export, by=by)
        return PLUGINS
    await _finish(export, by=by)
    return FILE


async def _ask_plugins(export: Record, *, by: Actor) -> None:
    row = await db.row("SELECT * FROM clients WHERE id = $1", export["client_id"])
    assert row is not None
    brought = await hooks.provide_named("provide_personal_data", by=by, client=clients.shown(row))
    for plugin, part in brought:
        if part.is_internal and not export["is_internal"]:
            continue
        await _keep(export, f"data/{plugin}-{part.name}", msgspec.json.encode(part.rows, enc_hook=str))
        for file in part.files:
            await _keep(export, f"files/{plugin}/{file.name}", file.content)


async def _keep(export: Record, name: str, content: bytes) -> None:
    await db.execute(
        """INSERT INTO personal_export_parts (export_id, name, content) VALUES ($1, $2, $3)
           ON CONFLICT (tenant_id, export_id, name) DO UPDATE SET content = EXCLUDED.content""",
        export["id"],
        name,
        content,
    )


async def _finish(export: Record, *, by: Actor) -> None:
    size = await db.value(
        "SELECT coalesce(sum(octet_length(content)), 0) FROM personal_export_parts WHERE export_id = $1",
        export["id"],
    )
    if size > LARGEST:
        raise TooLarge(_("The copy would be larger than %(size)s MB.") % {"size": LARGEST // 2**20})
    found = await db.fetch(
        "SELECT name, content FROM personal_export_parts WHERE export_id = $1 ORDER BY name", export["id"]
    )
    with i18n.speaking(export["locale"]):
        readme = _(README) % {
            "code": export["code"],
            "provider": by.tenant.name,
            "day": f"{clock.now():%Y-%m-%d %H:%M} UTC",
            "who": export["asked_by"],
        }
    content = await asyncio.to_thread(packed, readme, {row["name"]: row["content"] for row in found})
    await db.execute(
        "UPDATE personal_exports SET state = 'ready', content = $2, size = $3, ready_at = $4 WHERE id = $1",
        export["id"],
        content,
        len(content),
        clock.now(),
    )
    await db.execute("DELETE FROM personal_export_parts WHERE export_id = $1", export["id"])


def packed(readme: str, parts: dict[str, bytes]) -> bytes:
    """The ZIP of a readme and of parts: `data/<name>` are rows as JSON, `files/...` stand in it as they are."""
    tables = {name.removeprefix("data/"): msgspec.json.decode(content)
              for name, content in parts.items() if name.startswith("data/")}  # fmt: skip
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", readme)
        file.writestr("data.json", msgspec.json.format(msgspec.json.encode(tables), indent=2))
        for name, rows in tables.items():
            if rows:
                file.writestr(f"csv/{name}.csv", table(rows))
        for name, content in parts.items():
            if name.startswith("files/"):
                file.writestr(name, content)
    return made.getvalue()


def table(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV that no spreadsheet takes for formulas."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = sheets.writer("csv")
    writer.rows([columns, *([_cell(row.get(column)) for column in columns] for row in rows)])
    with writer.end() as file:
        return file.read()


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode() if isinstance(value, (list, dict)) else value
