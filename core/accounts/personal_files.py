"""The files in a copy of a client's personal data: those that people uploaded, and the documents."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from core import db
from core.accounts import contract_papers

Rows = Sequence[Mapping[str, Any]]


async def of(table: str, rows: Rows) -> AsyncIterator[tuple[str, bytes]]:
    """The files that the rows of a source tell of, by what each is called in the copy. One is read at a time."""
    for name, file_id in NAMED[table](rows).items() if table in NAMED else ():
        content = await db.value(f"SELECT content FROM {table} WHERE id = $1", file_id)
        if content is not None:  # it was taken away since the rows were read
            yield name, content


def _uploaded(rows: Rows) -> dict[str, int]:
    return {f"files/{row['id']}-{row['name']}": row["id"] for row in rows}


def _of_tickets(rows: Rows) -> dict[str, int]:
    return {f"files/tickets/{row['id']}-{row['name']}": row["id"] for row in rows}


def _of_contracts(rows: Rows) -> dict[str, int]:
    """Called as when they are downloaded one by one; two companies may have given the same number."""
    named: dict[str, int] = {}
    for row in rows:
        name = contract_papers.name_of(row["number"], row["kind"], row["media"])
        is_taken = f"files/contracts/{name}" in named
        named[f"files/contracts/{row['id']}-{name}" if is_taken else f"files/contracts/{name}"] = row["id"]
    return named


def _of_invoices(rows: Rows) -> dict[str, int]:
    """Called by their number and, as two companies may have given the same one, the id of the file."""
    return {f"files/invoices/{_plain(row['number'])}{row['id']}.pdf": row["id"] for row in rows}


def _plain(number: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in f"{number} ") if number else ""


NAMED = {
    "client_files": _uploaded,
    "contract_files": _of_contracts,
    "invoice_files": _of_invoices,
    "ticket_attachments": _of_tickets,
}
"""The tables with files, and how theirs are called."""
