"""The client of a row of users or payers: by its external id or code, or the one it was merged into."""

from collections.abc import Sequence

from asyncpg import Record

from core.accounts.imports.finding import code_of, external_of, found_by, note_merged
from core.accounts.imports.rows import Row
from core.actor import Actor
from core.i18n import _


async def of(rows: Sequence[Row], *, by: Actor, lock: bool) -> dict[int, Record]:
    """The clients by the number of their row; rows whose client is not there for `by` get an error."""
    externals = {row.number: external_of(row, "client_external_id") for row in rows}
    codes = {row.number: code_of(row, "client") for row in rows}
    wanted = [code for code in codes.values() if code is not None]
    found = await found_by([text for text in externals.values() if text], wanted, by=by, lock=lock)
    seen = [one for one in found if one.client["is_seen"]]
    by_external = {one.named["external_id"]: one for one in seen if one.named["external_id"]}
    by_code = {one.named["code"]: one for one in seen}
    chosen: dict[int, Record] = {}
    for row in rows:
        external, code = externals[row.number], codes[row.number]
        one = by_external.get(external) if external else by_code.get(code or 0)
        if one is not None:
            chosen[row.number] = one.client
            note_merged(row, one)
        elif external:
            row.error("client_external_id", _("There is no client with this external id."))
        else:
            row.error("client", _("There is no client with this code.") if code else _("Please fill this in."))
    return chosen
