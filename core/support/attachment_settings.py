"""Which files a provider takes with messages: how many, how large, and of which kinds."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, Integer, Text

from core import db, file_names, policies
from core.accounts import decided_once
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission

MOST_FILES, MOST_MEGABYTES = 10, 10
MOST_BYTES = 20 * 1024**2
"""Of all files of one message together, whatever is decided."""


class AttachmentSettings(db.Owned, tablename="attachment_settings"):
    """One row a provider, once it has decided anything."""

    most_files = Integer()
    most_megabytes = Integer()
    endings = Array(base_column=Text())
    version = Integer()


class AttachmentChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. No files at all: 0; no endings: all that are known."""

    most_files: int | UnsetType = UNSET
    most_megabytes: int | UnsetType = UNSET
    endings: tuple[str, ...] | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {"most_files": 5, "most_megabytes": 5, "endings": [], "version": 1}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider: most_files, most_megabytes, endings, version. Everybody may know it."""
    return await decided_once.in_force("attachment_settings", DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: AttachmentChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    checks = Checks()
    for field, least, most in (("most_files", 0, MOST_FILES), ("most_megabytes", 1, MOST_MEGABYTES)):
        number = getattr(changes, field)
        if not isinstance(number, UnsetType) and not least <= number <= most:
            checks.error(field, _("From %(least)s to %(most)s, please.") % {"least": least, "most": most})
    if not isinstance(changes.endings, UnsetType) and set(changes.endings) - set(file_names.KINDS):
        checks.error("endings", _("This is not one of the choices."))
    checks.done()
    await decided_once.update("attachment_settings", changes, version=version, action="attachments:updated", by=by)
    return await in_force()
