"""Plans of products over JSON."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.catalog import plans
from core.catalog.plans import NewPlan, PlanChanges
from core.catalog.products import State
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.attitudes import Move
from web.api.reading import asks
from web.kit.visit import By


class Plan(msgspec.Struct, kw_only=True):
    """A plan of a product. What it costs is in its price lists."""

    id: int
    product_id: int
    name: str
    description: str
    state: State
    position: int
    created_at: Moment
    version: int


class PlanList(msgspec.Struct, kw_only=True):
    """The plans of one product, in its order."""

    items: list[Plan]


class PlanEdit(PlanChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/products/{product_id:int}/plans", **asks(Permission.PRODUCT_READ))
async def index(by: By, product_id: FromPath[int]) -> PlanList:
    """List the plans of a product."""
    return PlanList(items=[answers.of(Plan, row) for row in await plans.of_product(product_id, by=by)])


@post("/v1/products/{product_id:int}/plans", **asks(Permission.PRODUCT_CREATE, body=NewPlan))
async def create(by: By, product_id: FromPath[int], sent: NamedDependency[NewPlan]) -> Response[Plan]:
    """Add a plan, with an empty draft of its first price list."""
    made = await plans.create(product_id, sent, by=by)
    return answers.created(answers.of(Plan, made), f"/plans/{made['id']}")


@get("/v1/plans/{plan_id:int}", **asks(Permission.PRODUCT_READ))
async def show(by: By, plan_id: FromPath[int]) -> Plan:
    """Get one plan."""
    return answers.of(Plan, await plans.get(plan_id, by=by))


@patch("/v1/plans/{plan_id:int}", **asks(Permission.PRODUCT_UPDATE, body=PlanEdit))
async def update(by: By, plan_id: FromPath[int], sent: NamedDependency[PlanEdit]) -> Plan:
    """Change a plan; 409 when somebody else did since `version` was read."""
    changes = PlanChanges(name=sent.name, description=sent.description, state=sent.state)
    return answers.of(Plan, await plans.update(plan_id, changes, version=sent.version, by=by))


@post("/v1/plans/{plan_id:int}/move", status_code=204, **asks(Permission.PRODUCT_UPDATE, body=Move))
async def move(by: By, plan_id: FromPath[int], sent: NamedDependency[Move]) -> None:
    """Move a plan among those of its product."""
    await plans.move(plan_id, steps=sent.steps, by=by)


@delete("/v1/plans/{plan_id:int}", **asks(Permission.PRODUCT_DELETE))
async def remove(by: By, plan_id: FromPath[int]) -> None:
    """Delete a plan; 409 once a price list of it was published."""
    await plans.delete(plan_id, by=by)


ROUTES = [index, create, show, update, move, remove]
