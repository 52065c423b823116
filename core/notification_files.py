"""Files that notifications by mail go with, such as the PDF of an invoice: made when it is sent, never kept twice.

    @notification_files.made_for(INVOICE_ISSUED)
    async def of_document(invoice_id: int, data: Mapping[str, Any]) -> list[AttachedFile]: ...

A kind has at most one maker. It is called in the provider's scope with the id of what the notification is about,
and with the values that its text was made of.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core.channel_contract import AttachedFile
from core.notification_kinds import Kind

Maker = Callable[[int, Mapping[str, Any]], Awaitable[list[AttachedFile]]]

_makers: dict[str, Maker] = {}


def made_for(*kinds: Kind) -> Callable[[Maker], Maker]:
    """Let this make the files of these kinds. It gives the same bytes whenever it is called, and none of what is
    no more."""

    def keep(maker: Maker) -> Maker:
        _makers.update({kind.key: maker for kind in kinds})
        return maker

    return keep


def maker_of(key: str) -> Maker | None:
    """What makes the files of a kind, None for one that goes without."""
    return _makers.get(key)
