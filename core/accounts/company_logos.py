"""The logos of own companies: they stand on documents, and are shown to staff."""

from asyncpg import Record

from core import audit, db, images
from core.accounts import companies
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound


async def put(company_id: int, content: bytes, *, by: Actor) -> None:
    """Give a company this logo in place of the one it had; `Invalid` for what is no picture."""
    row = await companies.locked(company_id, by=by)
    checks = Checks()
    images.check(checks, "logo", content)
    checks.done()
    await _change(row, await images.keep(content), by=by)


async def remove(company_id: int, *, by: Actor) -> None:
    """Take the logo away; documents show the name alone."""
    row = await companies.locked(company_id, by=by)
    if row["logo_id"] is not None:
        await _change(row, None, by=by)


async def get(company_id: int, *, by: Actor) -> Record:
    """Kind and content of the logo; `NotFound` when there is none."""
    company = await companies.get(company_id, by=by)
    found = await images.get(company["logo_id"]) if company["logo_id"] else None
    if found is None:
        raise NotFound()
    return found


async def _change(row: Record, image_id: int | None, *, by: Actor) -> None:
    await db.execute("UPDATE companies SET logo_id = $2, version = version + 1 WHERE id = $1", row["id"], image_id)
    await images.drop(row["logo_id"])
    old, new = {"logo": row["logo_id"] is not None}, {"logo": image_id is not None}
    action = "company:logo_removed" if image_id is None else "company:logo_put"
    await audit.record(action, "company", row["id"], by=by, name=row["name"], old=old, new=new)
