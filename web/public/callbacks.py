"""Where gateways call back: no session, no form, a small body; its plugin knows the gateway by its signature."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from core.actor import system
from core.billing import attempt_calls
from core.errors import Forbidden
from core.payment_contract import Callback
from core.plugin_calls import PluginFailed
from web.kit.guards import called_back
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST_BYTES = 64 * 1024


@post("/callbacks/{plugin:str}", status_code=200, request_max_body_size=MOST_BYTES, **called_back())
async def hear(request: AnyRequest, by: By, plugin: FromPath[str]) -> Response[Any]:
    """What a gateway says: 401 when the call is not its own, 503 when its plugin fails, so that it comes again."""
    callback = Callback(
        body=await request.body(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
    )
    try:
        await attempt_calls.hear(plugin, callback, by=system(by.tenant, name=plugin))
    except Forbidden:
        return Response({"status": "not genuine"}, status_code=401)
    except PluginFailed:
        return Response({"status": "try again"}, status_code=503)
    return Response({"status": "heard"})


ROUTES: list[Any] = [hear]
