"""Which files come with messages in tickets, over JSON."""

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency

from core.permissions import Permission
from core.support import attachment_settings
from core.support.attachment_settings import AttachmentChanges
from web.api import answers
from web.api.reading import asks, part
from web.kit.visit import By


class AttachmentSettings(msgspec.Struct, kw_only=True):
    """How many files come with a message, how large each may be, and of which kinds (none named: all known)."""

    most_files: int
    most_megabytes: int
    endings: list[str]
    version: int


class AttachmentEdit(AttachmentChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/attachment-settings", **asks(Permission.SETTINGS_MANAGE))
async def show(by: By) -> AttachmentSettings:
    """Get which files are taken."""
    return answers.of(AttachmentSettings, await attachment_settings.get(by=by))


@patch("/v1/attachment-settings", **asks(Permission.SETTINGS_MANAGE, body=AttachmentEdit))
async def update(by: By, sent: NamedDependency[AttachmentEdit]) -> AttachmentSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    changed = await attachment_settings.update(part(AttachmentChanges, sent), version=sent.version, by=by)
    return answers.of(AttachmentSettings, changed)


ROUTES = [show, update]
