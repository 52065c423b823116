"""Saved filters of lists besides that of clients, in the API and on pages."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import list_filters
from core.actor import Actor
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def list_filter(world: "World", by: Actor) -> int:
    """A filter of the list of users for all, so that everybody of the provider sees it."""
    new = list_filters.NewListFilter(
        list="users", name=world.fresh("filter"), filter={"status": "active"}, is_shared=True
    )
    async with db.as_tenant(by.tenant.id):
        return (await list_filters.create(new, by=by)).id


MAKERS = {"list_filter": list_filter}
PLACEHOLDERS = {"filter_id": "list_filter"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/filters?list=users", "client:read", {}),
        ("GET /staff/filters/new?list=users&status=closed", "client:read", {}),
        ("POST /staff/filters?list=users&status=closed", "client:read", {"send": {"name": "!name"}}),
        ("GET /staff/filters/{filter_id}/edit", "client:read", {}),
        (
            "POST /staff/filters/{filter_id}",
            "client:read",
            {"send": {"version": 1, "name": "!name", "is_shared": 1}},
        ),
        ("POST /staff/filters/{filter_id}/default", "client:read", {"send": {}}),
        ("POST /staff/filters/none", "client:read", {"send": {"list": "users"}}),
        ("GET /staff/filters/{filter_id}/delete", "client:read", {}),
        ("POST /staff/filters/{filter_id}/delete", "client:read", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/list-filters", "client:read", {}),
        (
            "POST /api/v1/list-filters",
            "client:read",
            NEW | {"send": {"list": "users", "name": "!name", "filter": {"status": "closed"}}},
        ),
        ("GET /api/v1/list-filters/{filter_id}", "client:read", {}),
        ("PATCH /api/v1/list-filters/{filter_id}", "client:read", {"send": {"version": 1, "name": "!name"}}),
        ("DELETE /api/v1/list-filters/{filter_id}", "client:read", GONE),
    ),
]
CHANGES_NOTHING = {"/staff/filters/none"}
PARAMETERS = {
    "/staff/filters": "list",
    "/staff/filters/new": "list search role status client kind country number state age paid method waits balance",
}
RULED = frozenset({"list_filters.list"})
FILLERS = {
    "list_filters": "(tenant_id, list, name, filter, created_at, created_by) "
    "VALUES ({tenant}, 'users', 'x', '{{}}', now(), 'x')"
}
