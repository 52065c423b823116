"""Activity: what was done at this provider, filtered and paged by the address alone."""

from typing import Any

from litestar import Response, get

from core import policies
from core.accounts import activity, groups, roles
from core.actor import Actor
from core.permissions import Permission
from web.kit import histories
from web.kit.guards import requires
from web.kit.histories import Entries, Leads
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.staff import list_saving


@get("/activity", **requires(Permission.ACTIVITY_READ))
async def show(request: AnyRequest, by: By) -> Response[Any]:
    """Every change, the newest first."""
    if (opening := await list_saving.opening(request, "activity", by=by)) is not None:
        return opening

    async def saved(given: dict[str, str], is_wrong: bool) -> dict[str, Any]:
        return await list_saving.menu(request, "activity", given, is_wrong=is_wrong, by=by)

    return await histories.show(
        request,
        "staff/activity/index.html",
        "/staff/activity",
        by=by,
        leads=leads(by=by),
        everything=list_saving.kept_in(request, "activity"),
        saved=saved,
    )


def leads(*, by: Actor) -> Leads:
    """Where the subjects of a provider's entries are shown, as far as they still exist and may be seen."""

    async def lead(entries: Entries) -> dict[int, str]:
        places = await _places(entries, by=by)
        return {
            entry["id"]: places[entry["subject_kind"], entry["subject_id"]]
            for entry in entries
            if (entry["subject_kind"], entry["subject_id"]) in places
        }

    return lead


async def _places(entries: Entries, *, by: Actor) -> dict[tuple[str, int], str]:
    """Kind and id of a subject to its address: one question for each kind that occurs."""
    kinds = {entry["subject_kind"] for entry in entries}
    places: dict[tuple[str, int], str] = {}
    if "client" in kinds:
        ids = [entry["subject_id"] for entry in entries if entry["subject_kind"] == "client"]
        codes = await activity.client_codes([number for number in ids if number], by=by)
        places |= {("client", number): f"/staff/clients/{code}" for number, code in codes.items()}
    if "group" in kinds and policies.allows(by, Permission.GROUP_READ):
        places |= {("group", number): f"/staff/groups/{number}" for number in await groups.names(by=by)}
    if "role" in kinds and policies.allows(by, Permission.ROLE_MANAGE):
        listed = [role["id"] for role in await roles.every(by=by) if not role["is_built_in"]]
        places |= {("role", number): f"/staff/roles/{number}" for number in listed}
    if "staff" in kinds and policies.allows(by, Permission.STAFF_READ):
        ids = [entry["subject_id"] for entry in entries if entry["subject_kind"] == "staff"]
        places |= {("staff", number): f"/staff/people/{number}" for number in ids if number}
    return places


ROUTES = [show]
