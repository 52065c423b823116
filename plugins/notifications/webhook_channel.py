"""Notifications as signed JSON to an address of the provider's: for a chat, a telephone system, a program."""

from typing import Annotated, Any

import msgspec

from plugins import api
from plugins.api import N_, Channel, Context, Delivery, Later, Plugin, Receipt, Refused, hookimpl, setting

SECONDS = 12.0
BUSY = frozenset({408, 425, 429, 503})
GONE = 410


class NotTaken(Exception):
    """The other side answered that it did not take it."""


class WebhookChannel(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    url: Annotated[
        str,
        setting(
            N_("Address"),
            hint=N_("It begins with https:// and is open to the internet."),
            min_length=1,
            max_length=2000,
            pattern=r"^https?://\S+$",
        ),
    ]
    secret: Annotated[
        str,
        setting(
            N_("Secret that signs"),
            hint=N_("whsec_ and base64, as both sides keep it (Standard Webhooks)."),
            secret=True,
            max_length=200,
            pattern=r"^(whsec_)?[A-Za-z0-9+/=]{32,}$",
        ),
    ]


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="webhook-channel",
        kind="notification",
        title=N_("Notifications by webhook"),
        description=N_("Sends what people are told to a program of yours as well, as signed JSON."),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return WebhookChannel


@hookimpl
def provide_channels(ctx: Context) -> list[Channel]:
    return [Channel(key="webhook", title=N_("Webhook"), medium="webhook", kinds=["*"], seconds=SECONDS)]


@hookimpl
async def send_notification(ctx: Context, delivery: Delivery) -> Receipt:
    settings: WebhookChannel = ctx.settings
    body = written(delivery)
    signed = api.webhook_headers(settings.secret, delivery.id, ctx.now, body)
    if ctx.dry_run:
        return Receipt(said="dry run")
    answer = await api.ask(
        "POST", settings.url, content=body, headers=signed | {"Content-Type": "application/json"}
    )
    said = f"{answer.status} {answer.text}"[:1000]
    if answer.is_success:
        return Receipt(said=said)
    if answer.status == GONE:
        raise Refused(said)
    raise (Later if answer.status in BUSY else NotTaken)(said)


def written(delivery: Delivery) -> bytes:
    """The body: as in the provider's webhooks a type, a moment and data. It is the same at all attempts."""
    data: dict[str, Any] = {
        "kind": delivery.kind,
        "to": {
            "name": delivery.name,
            "email": delivery.address,
            "phone": delivery.phone,
            "locale": delivery.locale,
        },
        "subject": delivery.subject,
        "text": delivery.text,
        "short": delivery.short,
        "client_id": delivery.client,
        "project_id": delivery.project,
        "about": delivery.about,
        "values": delivery.data,
    }
    message = {"type": f"notification.{delivery.kind}", "timestamp": delivery.written_at, "data": data}
    return msgspec.json.encode(message, enc_hook=str)
