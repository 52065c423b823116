"""Who agreed for a client to which terms: a tab of the client's page."""

from litestar import Response, get
from litestar.params import FromPath

from core.accounts import clients, terms
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.staff import client_tabs


@get("/clients/{code:int}/consents", **requires(Permission.CLIENT_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The consents, the newest first."""
    client = await clients.get(code, by=by)
    found = await terms.consents_of(client["id"], by=by)
    return await client_tabs.show(request, client, "consents", by=by, consents=found)


ROUTES = [show]
