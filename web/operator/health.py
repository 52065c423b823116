"""The platform's start page, and how it is."""

import time
from typing import Any

import msgspec
from litestar import Response, get

from core import breaker, policies
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission
from core.settings import Settings
from tenants import checkup, provider_list, providers
from tenants.checkup import Finding, Queue
from tenants.provider_list import Query
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By, visit_of
from web.operator import activity

UNKNOWN = {"waiting": None, "failed": None, "oldest_seconds": None}


@get("/", **requires(Permission.PROVIDER_READ))
async def start(request: AnyRequest, by: By) -> Response[str]:
    """Figures, a few providers, and what happened lately."""
    may_see = policies.allows(by, Permission.PLATFORM_ACTIVITY)
    return page(
        request,
        "operator/dashboard.html",
        summary=await provider_list.summary(by=by),
        providers=(await provider_list.every(Query(size=10), by=by)).rows,
        findings=[],
        entries=await activity.latest(by=by) if may_see else [],
    )


@get("/health", **requires(Permission.PLATFORM_HEALTH))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What `comptoir doctor` says, the plugins of this process, and the queue."""
    settings = visit_of(request).settings
    return page(
        request,
        "operator/health.html",
        findings=[_named(finding) for finding in await checkup.examine(settings)],
        plugins=await _plugins(by=by),
        queue=await _queue(settings),
    )


def _named(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, subject=_(checkup.SUBJECTS[finding.subject]))


async def _plugins(*, by: Actor) -> list[dict[str, Any]]:
    """How the plugins did in this process, provider by provider."""
    found = breaker.health_of_all(time.monotonic())
    codes = await providers.codes([one.tenant_id for one in found], by=by)
    return [{"provider": codes.get(one.tenant_id, str(one.tenant_id)), "health": one} for one in found]


async def _queue(settings: Settings) -> Queue | dict[str, None]:
    try:
        return await checkup.queue(settings)
    except checkup.TROUBLE:
        return UNKNOWN


ROUTES = [start, show]
