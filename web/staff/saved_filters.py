"""Saved filters around the list of clients: how they read, and which one it opens with."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response

from core.accounts import client_filter, people, segments
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import Segment
from core.actor import Actor
from web.kit import forms
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import visit_of
from web.staff import client_words

DEFAULT = "client_segment"
"""The preference that keeps which saved filter the list opens with."""
ALL = "all"
"""The parameter of a list that shows everything, also to who has such a filter."""


def default_of(request: AnyRequest) -> int | None:
    """The saved filter that this person's list opens with."""
    signed_in = visit_of(request).signed_in
    kept = signed_in.preferences.get(DEFAULT) if signed_in else None
    return kept if isinstance(kept, int) else None


async def opening(request: AnyRequest, *, by: Actor) -> Response[None] | None:
    """Where the bare address of the list leads to whoever has chosen a filter that it opens with."""
    default = default_of(request)
    if default is None or forms.query(request) or default not in dict(await segments.names(by=by)):
        return None
    return redirect(request, f"/staff/clients?segment={default}")


def kept_in(request: AnyRequest) -> dict[str, str]:
    """What the links of the list carry, so that without a filter they show everything."""
    return {ALL: "1"} if default_of(request) is not None else {}


async def trouble_of(wanted: ClientFilter, *, by: Actor) -> str:
    """Why the saved filter that a list is narrowed to lets nobody through; "" when it works, or there is none."""
    return (await segments.get(wanted.segment, by=by)).trouble if wanted.segment is not None else ""


async def choose_default(segment_id: int | None, *, by: Actor) -> None:
    """Open one's list with this filter from now on; None for the whole list."""
    if segment_id is not None:
        await segments.get(segment_id, by=by)
    await people.set_preference(DEFAULT, segment_id, by=by)


def address_of(wanted: ClientFilter) -> str:
    """The list with this filter, each of its parameters in the address."""
    return f"/staff/clients?{urlencode(parameters_of(wanted))}"


def parameters_of(wanted: ClientFilter) -> dict[str, str]:
    """The filter as the parameters of an address."""
    values: dict[str, Any] = msgspec.to_builtins(wanted)
    own = {f"custom.{parameter}": value for parameter, value in values.pop("custom", {}).items()}
    return {name: str(value) for name, value in (values | own).items() if value not in ("", None)}


def words_of(wanted: ClientFilter, offered: client_words.Choices, fields: Sequence[Field]) -> list[dict[str, str]]:
    """What a filter asks, as labels and values that people read."""
    asked = {
        name: value
        for name, value in parameters_of(wanted).items()
        if name in client_filter.FIELDS or name in client_words.parameters(fields)
    }
    labels = client_words.labelled(asked, fields)
    return [
        {"label": entry["label"], "value": client_words.shown(entry["key"], asked[entry["key"]], offered)}
        for entry in labels
    ]


def listed(
    segment: Segment, offered: client_words.Choices, fields: Sequence[Field], *, default: int | None
) -> Mapping[str, Any]:
    """A saved filter as the page of all of them shows it."""
    return {
        "id": segment.id,
        "name": segment.name,
        "is_shared": segment.is_shared,
        "created_by": segment.created_by,
        "may_change": segment.may_change,
        "trouble": segment.trouble,
        "words": words_of(segment.filter, offered, fields),
        "href": f"/staff/clients?segment={segment.id}",
        "filter_href": address_of(segment.filter),
        "is_default": segment.id == default,
    }
