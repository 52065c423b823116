"""Which kinds of notifications a provider sends: all, but for those that he switched off. And which with a file.

What holds a secret, such as the link to choose a password, cannot be switched off: nobody could get in without it.
"""

from piccolo.columns import Boolean, Text

from core import audit, db, notification_files, policies
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _
from core.notification_kinds import Kind, find
from core.permissions import Permission


class NotificationSwitch(db.Owned, tablename="notification_switches"):
    """A kind that was switched off, or on again; and whether it goes with its file. `is_new`: an update brought
    the kind and left it off, and nobody has decided yet."""

    kind = Text()
    is_on = Boolean()
    has_file = Boolean()
    is_new = Boolean()


async def off() -> frozenset[str]:
    """The keys of the kinds that are not sent. Inside the provider's scope; asks for no right."""
    return frozenset(
        row["kind"] for row in await db.fetch("SELECT kind FROM notification_switches WHERE NOT is_on")
    )


async def new() -> frozenset[str]:
    """The keys of the kinds that an update brought, and nobody has decided about. Asks for no right."""
    return frozenset(row["kind"] for row in await db.fetch("SELECT kind FROM notification_switches WHERE is_new"))


async def is_on(kind: Kind) -> bool:
    """Whether this kind is sent."""
    return not (can_be_off(kind) and kind.key in await off())


async def without_file() -> frozenset[str]:
    """The keys of the kinds that go without the file there would be. Asks for no right."""
    return frozenset(
        row["kind"] for row in await db.fetch("SELECT kind FROM notification_switches WHERE NOT has_file")
    )


async def has_file(key: str) -> bool:
    """Whether the kind of this key goes with its file, where there is one."""
    return key not in await without_file()


def can_be_off(kind: Kind) -> bool:
    """Whether a provider may do without it."""
    return not kind.is_secret


async def put(kind: Kind, is_on: bool, *, by: Actor) -> None:
    """Send this kind, or do not send it any more; what waits already is not sent either."""
    policies.require(by, Permission.NOTIFICATION_TEMPLATE_MANAGE)
    if not is_on and not can_be_off(kind):
        raise Conflict(_("This is always sent: nobody could get in without it."))
    await db.execute("UPDATE notification_switches SET is_new = false WHERE kind = $1", kind.key)
    before = kind.key not in await off()
    if before == is_on:
        return
    await db.execute(
        """INSERT INTO notification_switches (kind, is_on) VALUES ($1, $2)
           ON CONFLICT (tenant_id, kind) DO UPDATE SET is_on = excluded.is_on""",
        kind.key,
        is_on,
    )
    action = "notification_kind:switched_on" if is_on else "notification_kind:switched_off"
    await audit.record(action, "notification_template", None, by=by, name=kind.key)


async def decide(is_on: bool, *, by: Actor) -> None:
    """Send all kinds that an update brought and left off, or leave them all off: then they are new no more."""
    policies.require(by, Permission.NOTIFICATION_TEMPLATE_MANAGE)
    for key in sorted(await new()):
        if (kind := find(key)) is not None:
            await put(kind, is_on, by=by)
    await db.execute("UPDATE notification_switches SET is_new = false WHERE is_new")


async def put_file(kind: Kind, has_file: bool, *, by: Actor) -> None:
    """Let mail of this kind go with its file, or without; `Conflict` for a kind that has none."""
    policies.require(by, Permission.NOTIFICATION_TEMPLATE_MANAGE)
    if notification_files.maker_of(kind.key) is None:
        raise Conflict(_("There is no file that this could go with."))
    if has_file == (kind.key not in await without_file()):
        return
    await db.execute(
        """INSERT INTO notification_switches (kind, is_on, has_file) VALUES ($1, true, $2)
           ON CONFLICT (tenant_id, kind) DO UPDATE SET has_file = excluded.has_file""",
        kind.key,
        has_file,
    )
    action = "notification_kind:with_file" if has_file else "notification_kind:without_file"
    await audit.record(action, "notification_template", None, by=by, name=kind.key)
