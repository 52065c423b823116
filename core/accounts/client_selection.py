"""Clients that somebody chose, wherever clients are chosen: by their codes, by a filter, or by a saved filter."""

import msgspec

from core import policies
from core.accounts import access
from core.accounts.client_filter import ClientFilter
from core.accounts.client_source import Source, source_of
from core.actor import Actor
from core.errors import Invalid
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission

MOST_CODES = 10_000


class ClientSelection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the three: codes of clients, a filter, or the id of a saved filter."""

    codes: tuple[int, ...] = ()
    filter: ClientFilter | None = None
    segment: int | None = None


async def source(selection: ClientSelection, *, by: Actor) -> Source:
    """The clients of the selection that `by` may see, as a FROM clause with `c`, and conditions.

    SELECT c.id FROM {source.tables} WHERE {source.conditions.sql}    with *source.conditions.arguments

    Each client comes once. It is read anew each time, so keep the selection with a job, and not its result. Raises
    `Invalid` unless exactly one of the three is given, for a filter that cannot be, and for a segment that is not
    there; a broken segment, and a code that is no client's, select nobody.
    """
    policies.require(by, Permission.CLIENT_READ)
    given = [name for name in ("codes", "filter", "segment") if getattr(selection, name) not in (None, ())]
    if len(given) != 1:
        raise Invalid({"": _("Choose clients by their codes, by a filter, or by a saved filter.")})
    if not selection.codes:
        return await source_of(selection.filter or ClientFilter(segment=selection.segment), by=by)
    if len(selection.codes) > MOST_CODES:
        raise Invalid({"codes": _("At most %(most)s, please.") % {"most": MOST_CODES}})
    conditions = Conditions()
    codes = conditions.bind([code for code in selection.codes if 0 < code < 2**63])
    conditions.add(f"c.code = ANY({codes}::bigint[])")
    access.limit_to_visible(conditions, by=by)
    return Source(conditions=conditions)
