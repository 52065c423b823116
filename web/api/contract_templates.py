"""The texts that contracts begin with, over JSON."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import contract_templates
from core.accounts.contract_templates import FIELDS, TemplateValues
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Template(msgspec.Struct, kw_only=True):
    """A template. In `body` names in braces, such as {payer.name}, are put in; "# " begins a heading."""

    id: int
    name: str
    language: str
    title: str
    body: str
    created_at: Moment
    version: int


class TemplateList(msgspec.Struct, kw_only=True):
    """The templates, by name."""

    items: list[Template]


class TemplateEdit(TemplateValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the template as it is to be, and the version that was read."""

    version: int


@get("/v1/contract-templates", **asks(Permission.CONTRACT_READ))
async def index(by: By) -> TemplateList:
    """List the templates of contracts."""
    return TemplateList(items=[answers.of(Template, row) for row in await contract_templates.every(by=by)])


@post("/v1/contract-templates", **asks(Permission.CONTRACT_TEMPLATE_MANAGE, body=TemplateValues))
async def create(by: By, sent: NamedDependency[TemplateValues]) -> Response[Template]:
    """Add a template."""
    made = await contract_templates.create(sent, by=by)
    return answers.created(answers.of(Template, made), f"/contract-templates/{made['id']}")


@get("/v1/contract-templates/{template_id:int}", **asks(Permission.CONTRACT_READ))
async def show(by: By, template_id: FromPath[int]) -> Template:
    """Get one template."""
    return answers.of(Template, await contract_templates.get(template_id, by=by))


@patch("/v1/contract-templates/{template_id:int}", **asks(Permission.CONTRACT_TEMPLATE_MANAGE, body=TemplateEdit))
async def update(by: By, template_id: FromPath[int], sent: NamedDependency[TemplateEdit]) -> Template:
    """Change a template; 409 when somebody else did since `version` was read. Contracts keep their text."""
    values = TemplateValues(**{name: getattr(sent, name) for name in FIELDS})
    return answers.of(Template, await contract_templates.update(template_id, values, version=sent.version, by=by))


@delete("/v1/contract-templates/{template_id:int}", **asks(Permission.CONTRACT_TEMPLATE_MANAGE))
async def remove(by: By, template_id: FromPath[int]) -> None:
    """Delete a template; contracts keep their text."""
    await contract_templates.delete(template_id, by=by)


ROUTES = [index, create, show, update, remove]
