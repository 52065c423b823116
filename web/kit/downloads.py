"""Lists as files that are downloaded."""

from typing import IO

from litestar.response import Stream

from core import clock, db, i18n
from core.accounts import exports
from core.accounts.exports import Export
from core.sheets import TYPES, Format


async def download(export: Export, tenant_id: int) -> Stream:
    """The file as an answer. What the request wrote is committed first: the file is read in a scope of its own."""
    await db.scope().close(commit=True)
    file = await exports.written(export, tenant_id)
    return attached(file, f"{export.noun}-{clock.now():%Y-%m-%d}", export.format)


def attached(file: IO[bytes], name: str, form: Format) -> Stream:
    """A file that is downloaded under this name; it is closed at the end."""
    return Stream(
        exports.chunks(file),
        media_type=TYPES[form],
        status_code=200,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            "Content-Language": i18n.current(),
        },
    )
