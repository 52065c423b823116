"""Which companies a project sells through, and which of them unless another is chosen. Both sides have several.

A project of which nobody said anything sells through all companies, by the provider's default one.
"""

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean

from core import audit, db, policies
from core.accounts import companies, projects, rows
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission


class ProjectCompany(db.Owned, tablename="project_companies"):
    """A company that a project sells through."""

    project_id = BigInt()
    company_id = BigInt()
    is_default = Boolean()


class Chosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The companies of a project by their ids, and the default one among them. None at all: every company."""

    companies: tuple[int, ...] = ()
    default: int | None = None


async def of_project(project_id: int, *, by: Actor) -> list[Record]:
    """The companies that were chosen for a project, its default one first; none where it sells through all."""
    await projects.get(project_id, by=by)
    return await db.fetch(
        """SELECT c.id, c.name, p.is_default FROM project_companies p JOIN companies c ON c.id = p.company_id
           WHERE p.project_id = $1 ORDER BY p.is_default DESC, c.name_folded, c.id""",
        project_id,
    )


async def of_company(company_id: int, *, by: Actor) -> list[Record]:
    """The projects for which a company was chosen, as far as `by` may see them: id, name, is_default."""
    await companies.get(company_id, by=by)
    found = await db.fetch(
        """SELECT p.id, p.name, pc.is_default FROM project_companies pc JOIN projects p ON p.id = pc.project_id
           WHERE pc.company_id = $1 ORDER BY p.name_folded, p.id""",
        company_id,
    )
    return [row for row in found if by.projects is None or row["id"] in by.projects]


async def selling(project_id: int) -> list[Record]:
    """The companies that sell to clients of this project, the default one first. Needs no permission."""
    return await db.fetch(
        """SELECT c.* FROM companies c
           LEFT JOIN project_companies p ON p.company_id = c.id AND p.project_id = $1
           WHERE c.archived_at IS NULL
             AND (p.project_id IS NOT NULL OR NOT EXISTS (SELECT FROM project_companies WHERE project_id = $1))
           ORDER BY coalesce(p.is_default, false) DESC, c.is_default DESC, c.name_folded, c.id""",
        project_id,
    )


async def sellers() -> dict[int, Record]:
    """The first company that sells to clients of each project, by the project's id. Needs no permission."""
    found = await db.fetch(
        """SELECT DISTINCT ON (j.id) j.id AS project_id, c.* FROM projects j CROSS JOIN companies c
           LEFT JOIN project_companies p ON p.company_id = c.id AND p.project_id = j.id
           WHERE c.archived_at IS NULL
             AND (p.project_id IS NOT NULL
                  OR NOT EXISTS (SELECT FROM project_companies x WHERE x.project_id = j.id))
           ORDER BY j.id, coalesce(p.is_default, false) DESC, c.is_default DESC, c.name_folded, c.id"""
    )
    return {row["project_id"]: row for row in found}


async def choose(project_id: int, chosen: Chosen, *, by: Actor) -> None:
    """Let a project sell through these companies and no others; through all of them when none is named."""
    policies.require(by, Permission.PROJECT_UPDATE)
    policies.require_feature(by, companies.FEATURE)
    project = await projects.locked(project_id, by=by)
    before = await of_project(project_id, by=by)
    wanted = await _checked(chosen, by=by)
    await db.execute("DELETE FROM project_companies WHERE project_id = $1", project_id)
    await db.execute(
        """INSERT INTO project_companies (project_id, company_id, is_default)
           SELECT $1, id, id = $3 FROM unnest($2::bigint[]) AS id""",
        project_id,
        list(wanted),
        chosen.default if chosen.default is not None else next(iter(wanted), None),
    )
    old, new = (_told(rows) for rows in (before, await of_project(project_id, by=by)))
    if old != new:
        await audit.record("project:companies_chosen", "project", project_id, by=by, name=project["name"],
                           old={"companies": old}, new={"companies": new})  # fmt: skip


async def _checked(chosen: Chosen, *, by: Actor) -> list[int]:
    """The ids, each once; `Invalid` for a company that cannot be chosen or a default that is not among them."""
    offered = {row["id"] for row in await companies.every(by=by) if row["archived_at"] is None}
    wanted = list(dict.fromkeys(chosen.companies))
    if not all(rows.is_id(number) for number in wanted) or not set(wanted) <= offered:
        raise Invalid({"companies": _("This is not one of the choices.")})
    if chosen.default is not None and chosen.default not in wanted:
        raise Invalid({"default": _("Please choose one of the companies of this project.")})
    return wanted


def _told(found: list[Record]) -> list[str]:
    """The names for the audit, the default one first."""
    return [row["name"] for row in found]
