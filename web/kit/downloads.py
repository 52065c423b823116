"""Lists as files that are downloaded."""

from litestar.response import Stream

from core import clock, db, i18n
from core.accounts import exports
from core.accounts.exports import Export
from core.sheets import TYPES


async def download(export: Export, tenant_id: int) -> Stream:
    """The file as an answer. What the request wrote is committed first: the file is read in a scope of its own."""
    await db.scope().close(commit=True)
    file = await exports.written(export, tenant_id)
    name = f"{export.noun}-{clock.now():%Y-%m-%d}.{export.format}"
    return Stream(
        exports.chunks(file),
        media_type=TYPES[export.format],
        status_code=200,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Language": i18n.current()},
    )
