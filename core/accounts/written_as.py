"""In whose name a client is written to: that of the brand it is registered in, else the provider's.

A project's sender is where answers go. Mail comes from it as well once the project has proven that its domain is
the provider's own (`project_hosts`): nobody writes in the name of a domain that is another one's.
"""

from typing import Any

import msgspec

from core import db, policies
from core.actor import Actor

HOME = """SELECT c.id AS client_id, c.project_id FROM memberships m JOIN clients c ON c.id = m.client_id
    WHERE m.person_id = $1 AND NOT EXISTS (SELECT FROM staff s WHERE s.person_id = $1)
    ORDER BY m.is_owner DESC, m.created_at, c.id LIMIT 1"""
PROVEN = """SELECT EXISTS (SELECT FROM project_hosts h WHERE h.project_id = $1 AND h.state = 'proven'
    AND right('.' || lower($2), length(h.name) + 1) = '.' || h.name)"""


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter calls the one who writes it, the name it is sent under, the address it comes from ("" for the
    installation's) and where answers go ("" for where it comes from)."""

    name: str
    sender_name: str
    sender: str = ""
    reply_to: str = ""

    @property
    def head(self) -> dict[str, Any]:
        """What a mail takes of it."""
        return {"sender_name": self.sender_name, "sender": self.sender, "reply_to": self.reply_to}


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a person, and the project it is registered in."""

    client_id: int | None = None
    project_id: int | None = None


async def of_project(project_id: int | None, *, by: Actor) -> Writer:
    """The brand of a project, where the provider has several; the provider itself anywhere else."""
    found = None
    if project_id is not None and policies.has_feature(by.tenant, "projects"):
        found = await db.row(
            "SELECT name, brand_name, sender_name, sender FROM projects WHERE id = $1", project_id
        )
    if found is None:
        return Writer(name=by.tenant.name, sender_name=by.tenant.name)
    name, sender = found["brand_name"] or found["name"], found["sender"]
    is_proven = sender and await db.value(PROVEN, project_id, sender.rpartition("@")[2])
    return Writer(
        name=name,
        sender_name=found["sender_name"] or name,
        sender=sender if is_proven else "",
        reply_to="" if is_proven else sender,
    )


async def of_person(person_id: int, *, by: Actor) -> Writer:
    """The brand of the client whose user a person is, first of one that he owns; the provider writes to staff."""
    return await of_project((await home(person_id)).project_id, by=by)


async def home(person_id: int) -> Home:
    """The client through which a person belongs to a brand; nothing for staff."""
    found = await db.row(HOME, person_id)
    return Home(client_id=found["client_id"], project_id=found["project_id"]) if found else Home()
