"""Response templates over JSON: one's own and those for all, and their texts filled in for a client."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import access
from core.permissions import Permission
from core.support import response_filling, response_templates
from core.support.response_templates import TemplateValues
from core.support.response_variables import About
from web.api import answers
from web.api.reading import asks, part
from web.kit.visit import By


class ResponseTemplate(msgspec.Struct, kw_only=True):
    """A response template; texts are by language. `audience` is `own`, `all`, or a department's id."""

    id: int
    name: str
    audience: str
    department: str
    subjects: dict[str, str]
    bodies: dict[str, str]
    may_change: bool
    created_by: str
    version: int


class ResponseTemplateList(msgspec.Struct, kw_only=True):
    """Your own templates, then those for all, by name."""

    items: list[ResponseTemplate]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`q` is a part of a name."""

    q: str = ""


class ResponseTemplateEdit(TemplateValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the template as it is to be, and the version that was read."""

    version: int


class ResponseFilling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to fill it in for, and for which ticket of his; without a language in that of the client, where the
    template has it. A service or an invoice that is named goes before that of the ticket."""

    client: int
    language: str = ""
    ticket: int | None = None
    service: int | None = None
    invoice: int | None = None


class FilledResponse(msgspec.Struct, kw_only=True):
    """The text in Markdown; `missing` are the names that had nothing to say."""

    language: str
    subject: str
    text: str
    missing: tuple[str, ...]


@get("/v1/response-templates", **asks(Permission.RESPONSE_TEMPLATE_READ, query=Asked))
async def index(by: By, asked: NamedDependency[Asked]) -> ResponseTemplateList:
    """List the response templates that you may use."""
    found = await response_templates.every(q=asked.q, by=by)
    return ResponseTemplateList(items=[_shown(template) for template in found])


@post("/v1/response-templates", **asks(Permission.RESPONSE_TEMPLATE_READ, body=TemplateValues))
async def create(by: By, sent: NamedDependency[TemplateValues]) -> Response[ResponseTemplate]:
    """Add a response template, for yourself or for all; for all needs `response_template:manage`."""
    made = await response_templates.create(sent, by=by)
    return answers.created(_shown(made), f"/response-templates/{made.id}")


@get("/v1/response-templates/{response_template_id:int}", **asks(Permission.RESPONSE_TEMPLATE_READ))
async def show(by: By, response_template_id: FromPath[int]) -> ResponseTemplate:
    """Get one response template."""
    return _shown(await response_templates.get(response_template_id, by=by))


@patch(
    "/v1/response-templates/{response_template_id:int}",
    **asks(Permission.RESPONSE_TEMPLATE_READ, body=ResponseTemplateEdit),
)
async def update(
    by: By, response_template_id: FromPath[int], sent: NamedDependency[ResponseTemplateEdit]
) -> ResponseTemplate:
    """Change a response template; 409 when somebody else did since `version` was read."""
    values = part(TemplateValues, sent)
    return _shown(await response_templates.update(response_template_id, values, version=sent.version, by=by))


@delete("/v1/response-templates/{response_template_id:int}", **asks(Permission.RESPONSE_TEMPLATE_READ))
async def remove(by: By, response_template_id: FromPath[int]) -> None:
    """Delete a response template; one for all needs `response_template:manage`."""
    await response_templates.delete(response_template_id, by=by)


@post(
    "/v1/response-templates/{response_template_id:int}/fill",
    status_code=200,
    **asks(Permission.RESPONSE_TEMPLATE_READ, body=ResponseFilling),
)
async def fill(
    by: By, response_template_id: FromPath[int], sent: NamedDependency[ResponseFilling]
) -> FilledResponse:
    """Fill a response template in for a client. Nothing is sent or kept."""
    client = await access.client_by_code(sent.client, by=by)
    about = About(client_id=client["id"], ticket_id=sent.ticket, service_id=sent.service, invoice_id=sent.invoice)
    filled = await response_filling.filled(
        response_template_id, language=sent.language or client["language"], about=about, by=by
    )
    return answers.of(FilledResponse, filled)


def _shown(template: response_templates.Template) -> ResponseTemplate:
    return answers.of(ResponseTemplate, template)


ROUTES = [index, create, show, update, remove, fill]
