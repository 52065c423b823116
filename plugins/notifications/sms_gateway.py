"""SMS through any gateway that takes HTTP: its request is described field by field, and what success is."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec

from plugins import api
from plugins.api import N_, Channel, Context, Delivery, Later, Plugin, Receipt, Refused, hookimpl, setting

SECONDS = 12.0
LONGEST = 918
"""Six parts; a longer text is cut."""
PLACE = re.compile(r"\{(to|digits|text|id|from)\}")
LINE = re.compile(r"^([A-Za-z0-9_.\[\]-]{1,60})\s*[:=]\s*(.*)$")
BUSY = frozenset({408, 425, 429, 503})
WRONG = frozenset({400, 422})


class NotTaken(Exception):
    """The gateway answered that it did not take it, or the settings cannot be read."""


class SmsGateway(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    url: Annotated[
        str,
        setting(N_("Address of the gateway"), min_length=1, max_length=2000, pattern=r"^https?://\S+$"),
    ]
    fields: Annotated[
        str,
        setting(
            N_("Fields of the request"),
            hint=N_("One a line, such as to: {to}. There are {to}, {digits} (no +), {text}, {id}, {from}."),
            multiline=True,
            min_length=1,
            max_length=2000,
        ),
    ] = "to: {to}\ntext: {text}"
    method: Annotated[
        Literal["POST", "PUT", "GET"], setting(N_("Method"), hint=N_("With GET the fields go into the address."))
    ] = "POST"
    form: Annotated[Literal["json", "form"], setting(N_("Form of the fields"))] = "json"
    sender: Annotated[str, setting(N_("Sender’s name or number"), max_length=20)] = ""
    header: Annotated[str, setting(N_("Header with the key"), max_length=60, pattern=r"^[A-Za-z0-9-]*$")] = (
        "Authorization"
    )
    key: Annotated[
        str,
        setting(
            N_("Key"),
            hint=N_("As the header has it, such as Bearer abc."),
            secret=True,
            max_length=1000,
            pattern=r"^[\x20-\x7e]*$",
        ),
    ] = ""
    success: Annotated[
        str,
        setting(
            N_("What the answer contains when it was taken"),
            hint=N_("Empty: any answer with a status of 200 to 299."),
            max_length=200,
        ),
    ] = ""


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="sms-gateway",
        kind="notification",
        title=N_("SMS by a gateway"),
        description=N_("Sends short messages through any SMS gateway that takes HTTP requests."),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return SmsGateway


@hookimpl
def provide_channels(ctx: Context) -> list[Channel]:
    return [Channel(key="sms", title=N_("SMS"), medium="sms", seconds=SECONDS)]


@hookimpl
async def send_notification(ctx: Context, delivery: Delivery) -> Receipt:
    settings: SmsGateway = ctx.settings
    if not delivery.phone:
        raise Refused("no telephone number")
    url, body, headers = request_of(settings, delivery)
    if ctx.dry_run:
        return Receipt(said="dry run")
    answer = await api.ask(settings.method, url, content=body, headers=headers)
    said = str(answer.status) if delivery.is_secret else f"{answer.status} {answer.text}"[:1000]
    if answer.is_success and settings.success in answer.text:
        return Receipt(said=said)
    if answer.status in WRONG:
        raise Refused(said)
    raise (Later if answer.status in BUSY else NotTaken)(said)


def request_of(settings: SmsGateway, delivery: Delivery) -> tuple[str, bytes | None, dict[str, str]]:
    """Where to, with what, under which headers."""
    fields = fields_of(settings, delivery)
    headers = {settings.header: settings.key} if settings.header and settings.key else {}
    if settings.method == "GET":
        return f"{settings.url}{'&' if '?' in settings.url else '?'}{urlencode(fields)}", None, headers
    if settings.form == "form":
        return (
            settings.url,
            urlencode(fields).encode(),
            headers | {"Content-Type": "application/x-www-form-urlencoded"},
        )
    return settings.url, msgspec.json.encode(fields), headers | {"Content-Type": "application/json"}


def fields_of(settings: SmsGateway, delivery: Delivery) -> dict[str, str]:
    """The fields as they are sent. What stands for something is filled in once: a text is no template."""
    known = {
        "to": delivery.phone,
        "digits": delivery.phone.removeprefix("+"),
        "text": (delivery.short or delivery.subject)[:LONGEST],
        "id": delivery.id,
        "from": settings.sender or delivery.sender_name,
    }
    return dict(_line(line, known) for line in settings.fields.splitlines() if line.strip())


def _line(line: str, known: Mapping[str, str]) -> tuple[str, str]:
    found = LINE.match(line.strip())
    if found is None:
        raise NotTaken("a line of the fields has no name")
    return found[1], PLACE.sub(lambda place: known[place[1]], found[2])
