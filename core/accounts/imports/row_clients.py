"""The client that a row of users or payers is about: by its external id, or by its code."""

from collections.abc import Sequence

from asyncpg import Record

from core.accounts.imports.client_rows import code_of, external_of, found_by
from core.accounts.imports.rows import Row
from core.actor import Actor
from core.i18n import _


async def of(rows: Sequence[Row], *, by: Actor, lock: bool) -> dict[int, Record]:
    """The clients by the number of their row; rows whose client is not there for `by` get an error."""
    externals = {row.number: external_of(row, "client_external_id") for row in rows}
    codes = {row.number: code_of(row, "client") for row in rows}
    wanted = [code for code in codes.values() if code is not None]
    found = await found_by([text for text in externals.values() if text], wanted, by=by, lock=lock)
    seen = [client for client in found if client["is_seen"]]
    by_external = {client["external_id"]: client for client in seen if client["external_id"]}
    by_code = {client["code"]: client for client in seen}
    chosen: dict[int, Record] = {}
    for row in rows:
        external, code = externals[row.number], codes[row.number]
        client = by_external.get(external) if external else by_code.get(code or 0)
        if client is not None:
            chosen[row.number] = client
        elif external:
            row.error("client_external_id", _("There is no client with this external id."))
        else:
            row.error("client", _("There is no client with this code.") if code else _("Please fill this in."))
    return chosen
