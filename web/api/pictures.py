"""Files inside JSON: as Base64."""

import base64
import binascii

import msgspec

from core.errors import Invalid
from core.i18n import _


class Logo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PNG, JPEG or WebP picture of at most 512 KB, as Base64."""

    content: str


def read(text: str, *, field: str = "content") -> bytes:
    """The bytes of a field; `Invalid` under its name for what is no Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid({field: _("This is not Base64.")}) from error


def written(content: bytes) -> str:
    """The bytes as a field holds them."""
    return base64.b64encode(content).decode()
