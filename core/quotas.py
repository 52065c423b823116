"""How many of a thing a provider may have under its edition, kept when two add the last one at the same moment."""

from core import db, policies
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _


async def require_room(name: str, count_sql: str, *, by: Actor, adding: int = 1) -> None:
    """Nothing when `adding` more fit under the edition's limit `name`; else `Conflict`.

    `count_sql` counts what there is. Until this transaction ends nobody else adds one for the same provider.
    """
    limit = policies.limit(by.tenant, name)
    if limit is None:
        return
    await take_turn(name, by=by)
    if await db.value(count_sql) + adding > limit:
        edition = policies.edition_of(by.tenant).capitalize()
        raise Conflict(
            _("The %(edition)s edition has room for %(count)s of these, and there are that many.")
            % {"edition": edition, "count": limit}
        )


async def take_turn(name: str, *, by: Actor) -> None:
    """Wait until nobody else changes what `name` stands for at this provider; others wait for us from now on."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{name}:{by.tenant.id}")
