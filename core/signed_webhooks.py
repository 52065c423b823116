"""Signatures of what we send to somebody's server, as the Standard Webhooks specification says.

Three headers: `webhook-id` (the same at every attempt, so that the other side can take it once),
`webhook-timestamp` of this attempt, and `webhook-signature` over both and the body.
https://www.standardwebhooks.com
"""

import base64
import binascii
import secrets
from datetime import datetime

from standardwebhooks import Webhook

from core.i18n import _

PREFIX = "whsec_"
SECRET_BYTES = 32
FEWEST_BYTES, MOST_BYTES = 24, 64


def new_secret() -> str:
    """A fresh secret, as both sides keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(text: str) -> None:
    """Raise a ValueError in words unless this is a secret that one can sign with."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(_("A secret is whsec_ and base64.")) from error
    if not FEWEST_BYTES <= len(raw) <= MOST_BYTES:
        raise ValueError(_("A secret has 24 to 64 bytes in base64."))


def headers(secret: str, key: str, at: datetime, body: bytes, *, also: tuple[str, ...] = ()) -> dict[str, str]:
    """The headers of one attempt. `key` is the message's, `body` is what is sent, in UTF-8.

    `also` are older secrets that are still believed: there is a signature for each.
    """
    text = body.decode()
    signatures = [Webhook(one).sign(key, at, text) for one in (secret, *also)]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
