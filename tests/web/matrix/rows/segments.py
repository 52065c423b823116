"""Saved filters, in the API and on pages."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import segments
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def segment_(world: "World", by: Actor) -> int:
    """A filter for all, so that everybody of the provider sees it."""
    new = segments.NewSegment(name=world.fresh("segment"), filter=ClientFilter(country="FR"), is_shared=True)
    async with db.as_tenant(by.tenant.id):
        return (await segments.create(new, by=by)).id


MAKERS = {"segment": segment_}
PLACEHOLDERS = {"segment_id": "segment"}
FILTER = {"country": "DE", "attitude": "$attitude"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/segments", "client:read", {}),
        ("GET /staff/segments/new?country=DE", "client:read", {}),
        ("POST /staff/segments?country=DE", "client:read", {"send": {"name": "!name"}}),
        ("GET /staff/segments/{segment_id}/edit", "client:read", {}),
        (
            "POST /staff/segments/{segment_id}",
            "client:read",
            {"send": {"version": 1, "name": "!name", "is_shared": 1}},
        ),
        ("POST /staff/segments/{segment_id}/default", "client:read", {"send": {}}),
        ("POST /staff/segments/default/none", "client:read", {"send": {}}),
        ("GET /staff/segments/{segment_id}/delete", "client:read", {}),
        ("POST /staff/segments/{segment_id}/delete", "client:read", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/segments", "client:read", {}),
        ("POST /api/v1/segments", "client:read", NEW | {"send": {"name": "!name", "filter": {"country": "DE"}}}),
        ("GET /api/v1/segments/{segment_id}", "client:read", {}),
        ("PATCH /api/v1/segments/{segment_id}", "client:read", {"send": {"version": 1, "name": "!name"}}),
        ("DELETE /api/v1/segments/{segment_id}", "client:read", GONE),
    ),
]
CHANGES_NOTHING = {"/staff/segments/default/none"}
PARAMETERS = {"/staff/segments/new": "country code name segment", "/staff/segments": "country"}
FILLERS = {
    "segments": "(tenant_id, name, filter, created_at, created_by) VALUES ({tenant}, 'x', '{{}}', now(), 'x')"
}
