"""Files in the forms of messages: read from what was sent, and shown beside what was said."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import file_names
from core.actor import Actor
from core.support import attachment_settings, attachments
from core.support.attachments import Attached, Taken
from web.kit import forms
from web.kit.pages import AnyRequest

FIELD = "files"
"""Where files stand in a form. A browser sends an empty text for it when none was chosen."""
ROOM_FOR_FORM = 256 * 1024
MOST_BYTES = attachment_settings.MOST_BYTES + ROOM_FOR_FORM
"""Of a request with a message and its files."""


async def taken(request: AnyRequest, *, by: Actor) -> list[Taken]:
    """The files of the form, as they are kept; `Invalid` under "files"."""
    sent = await forms.read_named_files(request, FIELD)
    return await attachments.checked([Attached(name=name, content=content) for name, content in sent], by=by)


async def offered() -> dict[str, Any]:
    """What the field says: how many files of which size, and the endings for the browser's chooser."""
    settings = await attachment_settings.in_force()
    endings = settings["endings"] or list(file_names.KINDS)
    return {
        "most_files": settings["most_files"],
        "most_megabytes": settings["most_megabytes"],
        "accepted": ",".join(f".{ending}" for ending in endings),
    }


async def with_files(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages, each with its `files`."""
    listed = [dict(message) for message in messages]
    found = await attachments.of_messages([message["id"] for message in listed])
    return [message | {"files": found.get(message["id"], [])} for message in listed]
