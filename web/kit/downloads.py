"""Files that are downloaded: lists that are written, documents, and what people uploaded."""

import unicodedata
from collections.abc import AsyncIterator
from typing import IO
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from core import clock, db, i18n
from core.accounts import exports, personal_exports
from core.accounts.contract_papers import Paper
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


def packed(file: IO[bytes], name: str) -> Stream:
    """A ZIP in a file of ours, which is closed at the end; nobody on the way keeps it."""
    size = file.seek(0, 2)
    file.seek(0)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(size),
        "Cache-Control": "private, no-store",
    }
    return Stream(exports.chunks(file), media_type="application/zip", status_code=200, headers=headers)


def attachment(name: str, content: bytes) -> Stream:
    """An uploaded file as an answer that is saved and never shown: browsers neither open nor guess what it is."""

    async def whole() -> AsyncIterator[bytes]:
        yield content

    headers = {
        "Content-Disposition": disposition(name),
        "Content-Length": str(len(content)),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Stream(whole(), media_type="application/octet-stream", status_code=200, headers=headers)


def disposition(name: str) -> str:
    """The header for a name of `file_names.cleaned` (RFC 6266): in ASCII for old readers, then as it is."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    ascii_name = bare.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def file(paper: Paper) -> Response[bytes]:
    """A document as an answer. It is saved and never shown as a page of ours."""
    headers = {
        "Content-Disposition": f'attachment; filename="{paper.name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(paper.content, media_type=paper.media, status_code=200, headers=headers)


def zipped(file: personal_exports.File) -> Response[bytes]:
    """A ZIP as an answer that nobody on the way keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
    return Response(file.content, media_type="application/zip", status_code=200, headers=headers)
