"""The brand whose frame is around a notification: the project's, where the provider has several, else his own."""

from core import db, policies
from core.actor import Tenant
from core.support.notification_layout import Brand, color

READ = "SELECT name, brand_name, accent, logo_id FROM projects WHERE id = $1"


async def of_project(project_id: int | None, *, provider: Tenant) -> Brand:
    """The brand that a client of this project knows, inside the provider's scope."""
    panel = provider.base_url.rstrip("/")
    row = None
    if project_id is not None and policies.has_feature(provider, "projects"):
        row = await db.row(READ, project_id)
    if row is None:
        return Brand(name=provider.name, panel=panel, color=color("", provider.color))
    return Brand(
        name=row["brand_name"] or row["name"],
        panel=panel,
        color=color(row["accent"], provider.color),
        logo=f"{panel}/brand/logo/{row['logo_id']}" if row["logo_id"] else "",
    )
