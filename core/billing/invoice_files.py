"""The PDF files of documents. What was issued is printed when it is issued and kept: the same bytes for ever.

Where thousands are issued at once their files may be kept afterwards (`keep`); until then a file is printed when
it is asked for, from what is frozen, which gives the same bytes under the same version of typst.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from asyncpg import Record

from core import clock, db, notification_files
from core.accounts.contract_papers import Paper
from core.actor import Actor
from core.billing import invoice_content, invoice_making, invoice_papers, invoices
from core.billing.billing_kinds import CREDIT_NOTE_ISSUED, INVOICE_ISSUED
from core.channel_contract import AttachedFile


async def of(invoice_id: int, *, by: Actor) -> Paper:
    """The file: of an issued document as it is kept, of a draft as it would be today, marked as one."""
    invoice = await invoices.get(invoice_id, by=by)
    if invoice["state"] != "draft":
        return await kept(invoice)
    content = await invoice_making.content(invoice, number="", on=clock.today(by.tenant.timezone))
    return Paper(name=f"draft-{invoice_id}.pdf", media="application/pdf", content=await _printed(invoice, content))


async def kept(invoice: Mapping[str, Any], *, keep: bool = False) -> Paper:
    """The file of an issued document that the caller may see; `keep` keeps it when that was not done before."""
    content: bytes | None = await db.value(
        "SELECT content FROM invoice_files WHERE invoice_id = $1", invoice["id"]
    )
    if content is None:
        content = await _printed(invoice, invoice_content.read(invoice["frozen"]))
        if keep:
            await _keep(invoice["id"], content)
    return Paper(name=name_of(invoice), media="application/pdf", content=content)


async def keep(invoice: Mapping[str, Any]) -> None:
    """Print an issued document and keep its file, unless that was done before. Asks for no right."""
    await _keep(invoice["id"], await _printed(invoice, invoice_content.read(invoice["frozen"])))


@notification_files.made_for(INVOICE_ISSUED, CREDIT_NOTE_ISSUED)
async def attached(invoice_id: int, _data: Mapping[str, Any]) -> list[AttachedFile]:
    """What the mail about an issued document goes with."""
    return await attached_of([invoice_id])


async def attached_of(invoice_ids: Collection[int]) -> list[AttachedFile]:
    """The files of these documents for a mail, in the order of the ids; a draft has none. They are kept before
    they leave, so that the page has the same bytes for ever. Asks for no right."""
    found = await db.fetch(
        """SELECT i.* FROM invoices i JOIN unnest($1::bigint[]) WITH ORDINALITY o (id, place) ON o.id = i.id
            WHERE i.state <> 'draft' ORDER BY o.place""",
        list(invoice_ids),
    )
    papers = [await kept(invoice, keep=True) for invoice in found]
    return [AttachedFile(name=paper.name, media=paper.media, content=paper.content) for paper in papers]


def name_of(invoice: Mapping[str, Any] | Record) -> str:
    """What the file is called when it is saved."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in invoice["number"])
    return f"{plain or 'proforma-' + str(invoice['id'])}.pdf"


async def _keep(invoice_id: int, content: bytes) -> None:
    await db.execute(
        """INSERT INTO invoice_files (invoice_id, content, created_at) VALUES ($1, $2, $3)
           ON CONFLICT (tenant_id, invoice_id) DO NOTHING""",
        invoice_id,
        content,
        clock.now(),
    )


async def _printed(invoice: Mapping[str, Any], content: invoice_content.Content) -> bytes:
    company = await db.row("SELECT logo_id FROM companies WHERE id = $1", invoice["company_id"])
    logo = await invoice_making.logo_of(company) if company else b""
    is_same = bool(logo) and invoice_making.digest(logo) == content.logo_digest
    return await asyncio.to_thread(invoice_papers.printed, content, logo=logo if is_same else b"")
