"""The benchmark of importing clients: one file, as CSV and XLSX, read, checked, imported, and imported again."""

import asyncio
import secrets
from typing import Any

import asyncpg
from rich.console import Console

from benchmarks import ground, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.working import Watch
from core import actor, db, sheets
from core.accounts.imports import carrying, files
from core.accounts.imports.mapping import Mapping
from core.actor import Actor
from core.settings import Settings
from core.sheets import Format
from tenants import onboarding
from tenants.onboarding import NewProvider
from tenants.providers import THE_PLATFORM
from web import composition

SECONDS = 60.0
"""The promise for 100,000 rows, from the check's end to the last client."""
FLAT_MB = 100.0
"""How much the process may grow, whatever the file's length."""
IN_USE = 2000
HEADINGS = ["external_id", "login", "name", "kind", "contact", "email", "phone", "country", "language", "note"]


def measure(options: Options, standing: Ground, console: Console, *, rows: int) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    settings = standing.settings(options.scale)
    asyncio.run(_in_use(settings))
    found = {form: asyncio.run(_measured(settings, form, rows)) for form in sheets.FORMATS}
    return working.head(
        "import",
        scale=options.scale,
        rows=rows,
        formats=found,
        targets={
            f"100,000 rows within {SECONDS:.0f} s": all(
                one["run"]["seconds"] * 100_000 / rows <= SECONDS for one in found.values()
            ),
            f"memory flat: no growth above {FLAT_MB:.0f} MB": all(
                step["peak_mb"] <= FLAT_MB for one in found.values() for step in one.values()
            ),
        },
    )


async def _in_use(settings: Settings) -> None:
    """Import some rows, and let PostgreSQL count all its tables: none is empty in a database that is in use."""
    await _measured(settings, "csv", IN_USE)
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.execute("ANALYZE")
    await owner.close()


async def _measured(settings: Settings, form: Format, rows: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    content = _file(form, rows)
    async with composition.running(settings), working.worker_of(settings):
        by = await _open()
        with Watch() as cost:
            async with db.as_tenant(by.tenant.id):
                file = await files.upload("clients", f"clients.{form}", content, by=by)
        found["upload"] = cost.figures(rows)
        for step in ("check", "run", "again"):
            async with db.as_tenant(by.tenant.id):
                file = await files.get(file["id"], by=by)
                if step == "check":
                    wanted = Mapping(columns=list(file["columns"]))
                    task_id = await carrying.check(file["id"], wanted, version=file["version"], by=by)
                else:
                    task_id = await carrying.run(file["id"], version=file["version"], by=by)
            with Watch() as cost:
                task = await working.ended(task_id, by.tenant.id)
            assert task.outcome["unchanged" if step == "again" else "added"] == rows, task.outcome
            found[step] = cost.figures(rows)
    return found


async def _open() -> Actor:
    """A provider without clients, in the database with all the others."""
    code = f"import-{secrets.token_hex(4)}"
    new = NewProvider(
        code=code, name=code, edition="corporate", owner_name="Owner", owner_email=f"owner@{code}.example"
    )
    async with db.as_platform():
        opened = await onboarding.open_provider(new, by=actor.system(THE_PLATFORM), by_mail=False)
    return actor.system(opened.provider)


def _file(form: Format, rows: int) -> bytes:
    writer = sheets.writer(form)
    writer.rows([HEADINGS])
    for first in range(0, rows, 1000):
        writer.rows([_row(number) for number in range(first, min(first + 1000, rows))])
    with writer.end() as file:
        return file.read()


def _row(number: int) -> list[str]:
    name = f"Élodie Martin-{number}"
    kind, company = ("company", f"Atelier {number} SARL") if number % 3 == 0 else ("individual", name)
    email, phone = f"client{number}@import.example", f"+336{number:08d}"
    return [
        f"old-{number}",
        f"login{number}",
        company,
        kind,
        name,
        email,
        phone,
        "FR",
        "fr",
        "From the old system",
    ]
