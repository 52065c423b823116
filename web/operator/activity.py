"""What was done on the platform."""

from typing import Any

from litestar import Response, get

from core.accounts import activity
from core.accounts.activity import ActivityFilter
from core.actor import Actor
from core.permissions import Permission
from tenants import providers
from web.kit import histories
from web.kit.guards import requires
from web.kit.histories import Entries, Leads
from web.kit.pages import AnyRequest
from web.kit.visit import By

LATEST = 8


@get("/activity", **requires(Permission.PLATFORM_ACTIVITY))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """Every change, the newest first."""
    return await histories.show(request, "operator/activity.html", "/platform/activity", by=by, leads=leads(by=by))


async def latest(*, by: Actor) -> list[dict[str, Any]]:
    """A few lines for the start page."""
    listed = await activity.page(ActivityFilter(), by=by)
    return await histories.lines(listed.entries[:LATEST], leads(by=by))


def leads(*, by: Actor) -> Leads:
    """Where the subjects of the platform's entries are shown."""

    async def lead(entries: Entries) -> dict[int, str]:
        opened = [entry["subject_id"] for entry in entries if entry["subject_kind"] == "provider"]
        codes = await providers.codes(opened, by=by)
        found = {}
        for entry in entries:
            subject = entry["subject_id"]
            if entry["subject_kind"] == "provider" and subject in codes:
                found[entry["id"]] = f"/platform/providers/{codes[subject]}"
            elif entry["subject_kind"] == "reseller":
                found[entry["id"]] = f"/platform/resellers/{subject}"
        return found

    return lead


ROUTES = [show]
