"""Who is calling: the provider, the person behind the key, and what the key may do."""

import msgspec
from litestar import get

from core import policies
from core.permissions import FEATURES
from web.kit.guards import signed_in
from web.kit.visit import By


class Provider(msgspec.Struct, kw_only=True):
    """The provider whose address was called. `features` are those that its edition, or a grant, gives it."""

    id: int
    code: str
    name: str
    edition: str
    features: list[str]
    locale: str
    timezone: str
    country: str


class Me(msgspec.Struct, kw_only=True):
    """Who is calling.

    `scopes` are what the key was made for, `permissions` what of it holds now. `project_ids` and `group_ids` are
    limits; null is no limit.
    """

    name: str
    role: str
    staff_id: int | None
    api_key_id: int | None
    provider: Provider
    scopes: list[str]
    permissions: list[str]
    project_ids: list[int] | None
    group_ids: list[int] | None


@get("/v1/me", **signed_in())
async def show(by: By) -> Me:
    """Tell who is calling, and what he may do."""
    tenant = by.tenant
    provider = Provider(
        id=tenant.id,
        code=tenant.code,
        name=tenant.name,
        edition=policies.edition_of(tenant),
        features=sorted(feature for feature in FEATURES if policies.has_feature(tenant, feature)),
        locale=tenant.locale,
        timezone=tenant.timezone,
        country=tenant.country,
    )
    return Me(
        name=by.name,
        role=by.role,
        staff_id=by.staff_id,
        api_key_id=by.api_key_id,
        provider=provider,
        scopes=sorted(by.scopes or ()),
        permissions=sorted(policies.permissions_of(by)),
        project_ids=None if by.projects is None else sorted(by.projects),
        group_ids=None if by.groups is None else sorted(by.groups),
    )


ROUTES = [show]
