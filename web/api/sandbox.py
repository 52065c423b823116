"""The time of a sandbox, for programs."""

from datetime import date

import msgspec
from litestar import get, put
from litestar.di import NamedDependency

from core import clock
from core.permissions import Permission
from tenants import sandboxes
from web.api.reading import asks
from web.kit.visit import By


class Sandbox(msgspec.Struct, kw_only=True):
    """Whether the provider is a sandbox, and which day it is there."""

    is_sandbox: bool
    day: date


class SandboxMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day that it is to be."""

    day: date


@get("/v1/sandbox", **asks(Permission.SETTINGS_MANAGE))
async def show(by: By) -> Sandbox:
    """Tell which day it is here, which in a sandbox may be one to come."""
    return Sandbox(is_sandbox=by.tenant.is_sandbox, day=clock.today(by.tenant.timezone))


@put("/v1/sandbox", status_code=200, **asks(Permission.SETTINGS_MANAGE, body=SandboxMove))
async def move(by: By, sent: NamedDependency[SandboxMove]) -> Sandbox:
    """Let it be another day, and do the work of the night; 409 for a provider that is no sandbox."""
    return Sandbox(is_sandbox=True, day=await sandboxes.move(sent.day, by=by))


ROUTES = [show, move]
