"""In whose name a client is written to: that of the brand it is registered in, else the provider's."""

import msgspec

from core import db, policies
from core.actor import Actor


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter calls the one who writes it, and the name it is sent under."""

    name: str
    sender_name: str


async def of_project(project_id: int | None, *, by: Actor) -> Writer:
    """The brand of a project, where the provider has several; the provider itself anywhere else."""
    found = None
    if project_id is not None and policies.has_feature(by.tenant, "projects"):
        found = await db.row("SELECT name, brand_name, sender_name FROM projects WHERE id = $1", project_id)
    if found is None:
        return Writer(name=by.tenant.name, sender_name=by.tenant.name)
    name = found["brand_name"] or found["name"]
    return Writer(name=name, sender_name=found["sender_name"] or name)
