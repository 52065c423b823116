"""The brand that a visitor of a host sees: the project's name, colour and logo, or the provider's own."""

import msgspec

from core import db, policies
from core.actor import Tenant
from core.freshness import MEMORY

BRAND = """
    SELECT p.id, p.name, p.brand_name, p.accent, p.logo_id, p.sender, p.sender_name, p.site,
           p.closed_at IS NOT NULL AS is_closed
      FROM projects p LEFT JOIN project_hosts h ON h.project_id = p.id AND h.name = $1 AND h.state = 'proven'
     WHERE h.id IS NOT NULL OR p.is_default ORDER BY h.id IS NULL LIMIT 1
"""


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """What pages and mail for clients show.

    `color` is one of the stylesheet's brand colours; `accent`, when it is not "", is a `#rrggbb` that goes over
    it, and `stylesheet` the address of the lines that do so. `logo` is the address of a picture, or "". Where the
    brand `is_closed` nobody registers any more.
    """

    project_id: int
    name: str
    color: str
    accent: str = ""
    stylesheet: str = ""
    logo: str = ""
    site: str = ""
    sender: str = ""
    sender_name: str = ""
    is_closed: bool = False


async def of_host(host: str, *, tenant: Tenant) -> Brand:
    """The brand of a host of this provider, with or without a port, remembered. Inside the provider's scope.

    A host that no project has is the default project's. Without the feature of projects a provider has one brand,
    which is its own name and colour.
    """
    name = host.strip().lower().partition(":")[0].rstrip(".")
    if len(name) > 253 or "\x00" in name:
        name = ""

    async def look_up() -> Brand:
        return await _read(name, tenant)

    found: Brand = await MEMORY.get(tenant.id, f"brand:{name}", look_up)
    return found


async def _read(name: str, tenant: Tenant) -> Brand:
    row = await db.row(BRAND, name)
    assert row is not None
    if not policies.has_feature(tenant, "projects"):
        return Brand(project_id=row["id"], name=tenant.name, color=tenant.color)

    return Brand(
        project_id=row["id"],
        name=row["brand_name"] or row["name"],
        color=tenant.color,
        accent=row["accent"],
        stylesheet=f"/brand/accent/{row['accent'][1:]}" if row["accent"] else "",
        logo=f"/brand/logo/{row['logo_id']}" if row["logo_id"] else "",
        site=row["site"],
        sender=row["sender"],
        sender_name=row["sender_name"],
        is_closed=row["is_closed"],
    )
