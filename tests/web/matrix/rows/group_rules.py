"""Rules of account groups, and the clients they leave out."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import groups, rule_changes
from core.accounts.group_rules import Block, Condition, Rule
from core.actor import Actor
from tests.web.matrix.row import CODES, GROUPS, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def ruled_group_(world: "World", by: Actor) -> int:
    """A group with a rule that nobody fits."""
    rule = Rule(blocks=[Block(conditions=[Condition(on="country", operator="is", values=("AQ",))])])
    async with db.as_tenant(by.tenant.id):
        group_id = int((await groups.create(groups.NewGroup(name=world.fresh("group")), by=by))["id"])
        await rule_changes.save(group_id, rule, version=0, by=by)
    return group_id


MAKERS = {"ruled_group": ruled_group_}
RULED_GROUP = GROUPS | {"kinds": {"group_id": "ruled_group"}}

FRENCH = {"blocks": [{"conditions": [{"on": "country", "operator": "is", "values": ["FR"]}]}]}
PACKED = (
    '{"match":"all","blocks":[{"match":"all","conditions":[{"on":"country","operator":"is","values":["FR"]}]}]}'
)
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/groups/{group_id}/rule", "group:update", GROUPS),
        ("POST /staff/groups/{group_id}/rule", "group:update", GROUPS | {"send": {"act": "block"}, "gives": 200}),
        (
            "POST /staff/groups/{group_id}/rule/save",
            "group:update",
            GROUPS | {"send": {"rule": PACKED, "version": "0"}},
        ),
        ("POST /staff/groups/{group_id}/rule/run", "group:update", RULED_GROUP | {"send": {}}),
        ("POST /staff/groups/{group_id}/exclusions", "group:update", GROUPS | {"send": {"code": "$client"}}),
        ("POST /staff/groups/{group_id}/exclusions/{code}/lift", "group:update", GROUPS | {"send": {}}),
        ("GET /staff/clients/{code}/groups/{group_id}/why", "group:read", RULED_GROUP),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/groups/conditions", "group:read", GROUPS),
        ("GET /api/v1/groups/{group_id}/rule", "group:read", GROUPS),
        ("PUT /api/v1/groups/{group_id}/rule", "group:update", GROUPS | {"send": FRENCH | {"version": 0}}),
        ("POST /api/v1/groups/{group_id}/rule/preview", "group:update", GROUPS | {"send": FRENCH}),
        ("GET /api/v1/groups/{group_id}/exclusions", "group:read", GROUPS),
        ("POST /api/v1/groups/{group_id}/exclusions", "group:update", GROUPS | {"send": CODES}),
        ("POST /api/v1/groups/{group_id}/exclusions/delete", "group:update", GROUPS | {"send": CODES}),
        ("GET /api/v1/clients/{code}/groups/{group_id}/why", "group:read", RULED_GROUP),
    ),
]
CHANGES_NOTHING = {
    "/staff/groups/{group_id}/rule",
    "/staff/groups/{group_id}/exclusions/{code}/lift",
    "/api/v1/groups/{group_id}/rule/preview",
    "/api/v1/groups/{group_id}/exclusions/delete",
}
"""Nothing is saved before it was looked at; and there is no exception to be lifted."""
FILLERS = {
    "group_rules": "(group_id, rule, changed_at, changed_by) SELECT id, '{{}}', now(), 'x' FROM account_groups"
    " WHERE tenant_id = {tenant} LIMIT 1 ON CONFLICT DO NOTHING",
    "group_exclusions": "(group_id, client_id, excluded_at, excluded_by) SELECT g.id, c.id, now(), 'x'"
    " FROM account_groups g, clients c WHERE g.tenant_id = {tenant} AND c.tenant_id = {tenant} LIMIT 1",
    "rule_candidates": "(client_id) SELECT id FROM clients WHERE tenant_id = {tenant} LIMIT 1",
}
