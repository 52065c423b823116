"""The logo of a project and the hosts it is reached under, over JSON."""

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import project_logos
from core.errors import Invalid
from core.permissions import Permission
from tenants import project_hosts
from web.api import answers, pictures
from web.api.answers import Moment
from web.api.pictures import Logo
from web.api.reading import asks
from web.kit.visit import By


class NewHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host name that you own."""

    name: str


class Host(msgspec.Struct, kw_only=True):
    """A host of a project. It leads to you once it is `proven`: a TXT record at `record` says `token`.

    `reason` says why a look failed: `missing` (no record), `other` (it says something else), `silent` (no server
    answered), `taken` (another provider holds it), `lost` (another one proved it), `withdrawn` (by the platform).
    """

    id: int
    name: str
    record: str
    token: str
    state: str
    reason: str
    checked_at: Moment | None
    created_at: Moment


class HostList(msgspec.Struct, kw_only=True):
    """The hosts of one project, by name."""

    items: list[Host]


@post("/v1/projects/{project_id:int}/logo", status_code=204, **asks(Permission.PROJECT_UPDATE, body=Logo))
async def put_logo(by: By, project_id: FromPath[int], sent: NamedDependency[Logo]) -> None:
    """Give a project a logo in place of the one it had."""
    content = pictures.read(sent.content)
    try:
        await project_logos.put(project_id, content, by=by)
    except Invalid as refusal:
        raise Invalid({"content": refusal.errors["logo"]}) from refusal


@delete("/v1/projects/{project_id:int}/logo", **asks(Permission.PROJECT_UPDATE))
async def remove_logo(by: By, project_id: FromPath[int]) -> None:
    """Take the logo of a project away."""
    await project_logos.remove(project_id, by=by)


@get("/v1/projects/{project_id:int}/hosts", **asks(Permission.PROJECT_READ))
async def hosts(by: By, project_id: FromPath[int]) -> HostList:
    """List the hosts of a project, and what proves them."""
    return HostList(items=[answers.of(Host, row) for row in await project_hosts.of(project_id, by=by)])


@post("/v1/projects/{project_id:int}/hosts", **asks(Permission.PROJECT_UPDATE, body=NewHost))
async def add_host(by: By, project_id: FromPath[int], sent: NamedDependency[NewHost]) -> Response[Host]:
    """Add a host; it leads to you once the record is found. We look at once, and again after growing delays."""
    host = await project_hosts.add(project_id, sent.name, by=by)
    return answers.created(answers.of(Host, host), f"/projects/{project_id}/hosts")


@post("/v1/project-hosts/{host_id:int}/check", status_code=204, **asks(Permission.PROJECT_UPDATE))
async def check_host(by: By, host_id: FromPath[int]) -> None:
    """Have us look for the record now; 409 when the host is proven already."""
    await project_hosts.check_again(host_id, by=by)


@delete("/v1/project-hosts/{host_id:int}", **asks(Permission.PROJECT_UPDATE))
async def remove_host(by: By, host_id: FromPath[int]) -> None:
    """Take a host away; 409 for the one that links in mail lead to."""
    await project_hosts.remove(host_id, by=by)


ROUTES = [put_logo, remove_logo, hosts, add_host, check_host, remove_host]
