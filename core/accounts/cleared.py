"""What a client whose personal data was cleared refuses: nothing is added to it any more."""

from collections.abc import Mapping
from typing import Any

from core.errors import ReadOnly
from core.i18n import N_, _

CLEARED = N_("The personal data of this client was cleared; nothing in it changes any more.")


def require_kept(client: Mapping[str, Any]) -> None:
    """Nothing, unless the personal data of the client was cleared: then `ReadOnly`."""
    if client["cleared_at"] is not None:
        raise ReadOnly(_(CLEARED))
