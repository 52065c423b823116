"""The files of many documents in one ZIP: all that a filter of the list fits, as they were issued."""

import asyncio
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import msgspec
from asyncpg import Record

from core import audit, db, policies
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import invoice_files, invoice_list, invoices
from core.billing.invoice_list import InvoiceFilter
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

MOST = 2000
"""Documents in one file, of some 50 kB each."""
AT_ONCE = 20


async def asked(chosen: InvoiceFilter, *, by: Actor, within: Focus | None = None) -> list[int]:
    """The ids of the issued documents that the filter fits, the newest first; notes in the audit who took them.

    `Conflict` when there are none, or more than MOST.
    """
    policies.require(by, Permission.CLIENT_EXPORT)
    bound = invoice_list.conditions(chosen, by=by, within=within)
    found = await db.fetch(
        f"""SELECT k.id FROM {invoice_list.TABLES} WHERE {bound.sql} AND k.state <> 'draft'
            ORDER BY k.created_at DESC, k.id DESC LIMIT {MOST + 1:d}""",
        *bound.arguments,
    )
    if not found:
        raise Conflict(_("None of these was issued, so there is no file."))
    if len(found) > MOST:
        raise Conflict(_("A file has room for %(count)s documents. Narrow the filter.") % {"count": MOST})
    told = {"format": "zip", "filter": msgspec.to_builtins(chosen)}
    await audit.record("invoice:exported", "export", None, by=by, name=_("Invoices"), new=told)
    return [row["id"] for row in found]


async def written(ids: Sequence[int], tenant_id: int) -> IO[bytes]:
    """The file, at its beginning. Opens scopes of its own, some documents each, so call it outside of any."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 (whoever sends it closes it)
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for first in range(0, len(ids), AT_ONCE):
            async with db.as_tenant(tenant_id):
                packed = [await _entry(invoice_id) for invoice_id in ids[first : first + AT_ONCE]]
            await asyncio.to_thread(_put, archive, packed)
    file.seek(0)
    return file


async def _entry(invoice_id: int) -> tuple[Record, bytes]:
    invoice = await invoices.find(invoice_id)
    return invoice, (await invoice_files.kept(invoice)).content


def _put(archive: ZipFile, packed: Sequence[tuple[Record, bytes]]) -> None:
    """Add files by their numbers; two companies may have given the same one."""
    for invoice, content in packed:
        name = invoice_files.name_of(invoice)
        if name in archive.namelist():
            name = f"{invoice['id']}-{name}"
        day = invoice["issued_on"]
        archive.writestr(ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0)), content)
