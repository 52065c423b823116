"""Showing again who one is before something that hurts: a form's field `code`, when the last proof is old."""

import msgspec

from core import clock
from core.accounts import signin
from core.accounts.sessions import SignedIn
from core.errors import Invalid, NotSignedIn
from core.i18n import _
from web.kit import session
from web.kit.pages import AnyRequest
from web.kit.visit import visit_of

FIELD = "code"


def is_needed(request: AnyRequest) -> bool:
    """Whether the form has to ask for it."""
    signed_in = visit_of(request).signed_in
    return signed_in is not None and signin.needs_proof(signed_in)


async def proved(request: AnyRequest, secret: str) -> SignedIn:
    """Who is signed in, after he has shown again who he is where that is asked for.

    Raises `Invalid` under FIELD, and `NotSignedIn` when the session has ended with the last of too many tries.
    """
    signed_in = visit_of(request).signed_in
    if signed_in is None:
        raise NotSignedIn()
    if not signin.needs_proof(signed_in):
        return signed_in
    if not secret:
        raise Invalid({FIELD: _("Please fill this in.")})
    token = await signin.prove_again(secret, by=signed_in.actor, token=session.token_of(request))
    session.carry_on(request, token)
    return msgspec.structs.replace(signed_in, signed_in_at=clock.now())
