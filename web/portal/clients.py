"""Going on with another of the clients that one is a user of."""

from typing import Any

import msgspec
from litestar import Response, post

from core.accounts import memberships
from web.kit import forms, session
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The client's code."""

    client: int


@post("/choose", status_code=200, **in_client())
async def choose(request: AnyRequest, by: By) -> Response[None]:
    """Act for this client from now on, in this session; it begins at the start page."""
    chosen = (await forms.read(request)).into(Choice)
    session.carry_on(request, await memberships.choose(chosen.client, session.token_of(request), by=by))
    return redirect(request, "/")


ROUTES: list[Any] = [choose]
