"""What tickets are sorted by, over JSON: departments, categories and statuses."""

from collections.abc import Mapping

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from core.permissions import Permission
from core.support import departments, ticket_categories, ticket_statuses
from core.support.departments import DepartmentValues, Level
from core.support.ticket_categories import CategoryValues, Priced
from core.support.ticket_statuses import State, StatusValues
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, over
from web.kit.visit import By

READ, MANAGE = Permission.TICKET_READ, Permission.TICKET_MANAGE


class Member(msgspec.Struct, kw_only=True):
    """Somebody in a department, and what he may do there at most."""

    staff_id: int
    name: str
    level: Level


class Department(msgspec.Struct, kw_only=True):
    """A department. `hours` are seven days from Monday, or none for round the clock."""

    id: int
    name: str
    is_closed: bool
    hours: list[str]
    categories: int
    open_tickets: int
    members: list[Member]
    created_at: Moment
    version: int


class DepartmentList(msgspec.Struct, kw_only=True):
    """The departments, in your order."""

    items: list[Department]


class DepartmentEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read. `members` and `hours` replace all that are kept."""

    name: str | UnsetType = UNSET
    is_closed: bool | UnsetType = UNSET
    hours: tuple[str, ...] | UnsetType = UNSET
    members: Mapping[int, Level] | UnsetType = UNSET
    version: int


class TicketCategory(msgspec.Struct, kw_only=True):
    """A category. `prices` are minor units before tax by currency; `types` ids of product types."""

    id: int
    name_en: str
    name_fr: str
    department_id: int
    project_id: int | None
    is_on: bool
    is_shown: bool
    priced_per: Priced
    prices: Mapping[str, int]
    types: list[int]
    created_at: Moment
    version: int


class TicketCategoryList(msgspec.Struct, kw_only=True):
    """The categories, in your order."""

    items: list[TicketCategory]


class TicketCategoryEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read. `prices` and `types` replace all that are kept."""

    name_en: str | UnsetType = UNSET
    name_fr: str | UnsetType = UNSET
    department_id: int | UnsetType = UNSET
    project_id: int | UnsetType | None = UNSET
    is_on: bool | UnsetType = UNSET
    is_shown: bool | UnsetType = UNSET
    priced_per: Priced | UnsetType = UNSET
    prices: Mapping[str, int] | UnsetType = UNSET
    types: tuple[int, ...] | UnsetType = UNSET
    version: int


class TicketStatus(msgspec.Struct, kw_only=True):
    """A further name for a state; `shown_...` is what clients read."""

    id: int
    state: State
    name_en: str
    name_fr: str
    shown_en: str
    shown_fr: str
    created_at: Moment
    version: int


class TicketStatusList(msgspec.Struct, kw_only=True):
    """The statuses, in your order."""

    items: list[TicketStatus]


class TicketStatusEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    state: State | UnsetType = UNSET
    name_en: str | UnsetType = UNSET
    name_fr: str | UnsetType = UNSET
    shown_en: str | UnsetType = UNSET
    shown_fr: str | UnsetType = UNSET
    version: int


@get("/v1/departments", **asks(READ))
async def list_departments(by: By) -> DepartmentList:
    """List the departments."""
    return DepartmentList(items=[await _department(row) for row in await departments.every(by=by)])


@post("/v1/departments", **asks(MANAGE, body=DepartmentValues))
async def add_department(by: By, sent: NamedDependency[DepartmentValues]) -> Response[Department]:
    """Add a department."""
    made = await departments.create(sent, by=by)
    return answers.created(await _department(made), f"/departments/{made['id']}")


@get("/v1/departments/{department_id:int}", **asks(READ))
async def show_department(by: By, department_id: FromPath[int]) -> Department:
    """Get one department with its members."""
    return await _department(await departments.get(department_id, by=by))


@patch("/v1/departments/{department_id:int}", **asks(MANAGE, body=DepartmentEdit))
async def edit_department(
    by: By, department_id: FromPath[int], sent: NamedDependency[DepartmentEdit]
) -> Department:
    """Change a department; 409 when somebody else did since `version` was read."""
    kept = {**await departments.get(department_id, by=by), "members": await departments.levels(department_id)}
    values = over(DepartmentValues, kept, sent)
    return await _department(await departments.update(department_id, values, version=sent.version, by=by))


@delete("/v1/departments/{department_id:int}", **asks(MANAGE))
async def remove_department(by: By, department_id: FromPath[int]) -> None:
    """Delete a department; 409 while it has categories or tickets."""
    await departments.delete(department_id, by=by)


@get("/v1/ticket-categories", **asks(READ))
async def list_categories(by: By) -> TicketCategoryList:
    """List the categories of tickets."""
    found = [answers.of(TicketCategory, row) for row in await ticket_categories.every(by=by)]
    return TicketCategoryList(items=found)


@post("/v1/ticket-categories", **asks(MANAGE, body=CategoryValues))
async def add_category(by: By, sent: NamedDependency[CategoryValues]) -> Response[TicketCategory]:
    """Add a category of tickets."""
    made = await ticket_categories.create(sent, by=by)
    whole = await ticket_categories.get(made["id"], by=by)
    return answers.created(answers.of(TicketCategory, whole), f"/ticket-categories/{made['id']}")


@get("/v1/ticket-categories/{category_id:int}", **asks(READ))
async def show_category(by: By, category_id: FromPath[int]) -> TicketCategory:
    """Get one category of tickets."""
    return answers.of(TicketCategory, await ticket_categories.get(category_id, by=by))


@patch("/v1/ticket-categories/{category_id:int}", **asks(MANAGE, body=TicketCategoryEdit))
async def edit_category(
    by: By, category_id: FromPath[int], sent: NamedDependency[TicketCategoryEdit]
) -> TicketCategory:
    """Change a category; 409 when somebody else did since `version` was read. Tickets stay where they are."""
    values = over(CategoryValues, await ticket_categories.get(category_id, by=by), sent)
    changed = await ticket_categories.update(category_id, values, version=sent.version, by=by)
    return answers.of(TicketCategory, changed)


@delete("/v1/ticket-categories/{category_id:int}", **asks(MANAGE))
async def remove_category(by: By, category_id: FromPath[int]) -> None:
    """Delete a category; 409 for one with tickets: switch it off."""
    await ticket_categories.delete(category_id, by=by)


@get("/v1/ticket-statuses", **asks(READ))
async def list_statuses(by: By) -> TicketStatusList:
    """List the statuses of your own."""
    return TicketStatusList(items=[answers.of(TicketStatus, row) for row in await ticket_statuses.every(by=by)])


@post("/v1/ticket-statuses", **asks(MANAGE, body=StatusValues))
async def add_status(by: By, sent: NamedDependency[StatusValues]) -> Response[TicketStatus]:
    """Add a status."""
    made = await ticket_statuses.create(sent, by=by)
    return answers.created(answers.of(TicketStatus, made), f"/ticket-statuses/{made['id']}")


@get("/v1/ticket-statuses/{status_id:int}", **asks(READ))
async def show_status(by: By, status_id: FromPath[int]) -> TicketStatus:
    """Get one status."""
    return answers.of(TicketStatus, await ticket_statuses.get(status_id, by=by))


@patch("/v1/ticket-statuses/{status_id:int}", **asks(MANAGE, body=TicketStatusEdit))
async def edit_status(by: By, status_id: FromPath[int], sent: NamedDependency[TicketStatusEdit]) -> TicketStatus:
    """Change a status; 409 when somebody else did since `version` was read."""
    values = over(StatusValues, await ticket_statuses.get(status_id, by=by), sent)
    changed = await ticket_statuses.update(status_id, values, version=sent.version, by=by)
    return answers.of(TicketStatus, changed)


@delete("/v1/ticket-statuses/{status_id:int}", **asks(MANAGE))
async def remove_status(by: By, status_id: FromPath[int]) -> None:
    """Delete a status; its tickets are called after their state again."""
    await ticket_statuses.delete(status_id, by=by)


async def _department(row: Record) -> Department:
    members = (await departments.members([row["id"]]))[row["id"]]
    return answers.of(Department, row, members=[answers.of(Member, one) for one in members])


ROUTES = [
    list_departments,
    add_department,
    show_department,
    edit_department,
    remove_department,
    list_categories,
    add_category,
    show_category,
    edit_category,
    remove_category,
    list_statuses,
    add_status,
    show_status,
    edit_status,
    remove_status,
]
