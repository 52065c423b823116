"""What users of clients may do with their services, over JSON."""

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency

from core.accounts import portal_settings
from core.accounts.portal_settings import PortalChanges
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks, part
from web.kit.visit import By


class PortalSettings(msgspec.Struct, kw_only=True):
    """Whether users of clients may renew services early, change them, and cancel them."""

    may_renew: bool
    may_change: bool
    may_cancel: bool
    version: int


class PortalEdit(PortalChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/portal-settings", **asks(Permission.SETTINGS_MANAGE))
async def show(by: By) -> PortalSettings:
    """Get what users of clients may do with their services."""
    return answers.of(PortalSettings, await portal_settings.get(by=by))


@patch("/v1/portal-settings", **asks(Permission.SETTINGS_MANAGE, body=PortalEdit))
async def update(by: By, sent: NamedDependency[PortalEdit]) -> PortalSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    changed = await portal_settings.update(part(PortalChanges, sent), version=sent.version, by=by)
    return answers.of(PortalSettings, changed)


ROUTES = [show, update]
