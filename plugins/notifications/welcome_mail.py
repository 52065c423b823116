"""A welcome to a new client, by mail and in his language, when the one who registered him asked for it.

Its texts are changed like those of all notifications; the settings are what stands around them.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from plugins import api
from plugins.api import N_, Context, Kind, Plugin, Recipient, hookimpl, setting

WELCOME = Kind(
    key="welcome-mail.welcome",
    title=N_("Welcome to a new client"),
    description=N_("When whoever registers the client asks for it, and after a sign-up."),
    group="account",
    variables={
        "name": N_("Name of who reads it"),
        "login": N_("Login name of the client"),
        "prefix": N_("What the settings begin the subject with"),
        "signature": N_("The signature of the settings"),
    },
    samples={"name": "Zoé Dupont", "login": "dupont", "prefix": "", "signature": "Nova"},
    subject=N_("{{ prefix }} Welcome to {{ provider }}"),
    text=N_(
        "Hello {{ name }},\n\nyour account with {{ provider }} is ready. Your login name is: {{ login }}\n\n"
        "{{ signature }}"
    ),
)


class WelcomeMail(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    subject_prefix: Annotated[str, setting(N_("Begin the subject with"), max_length=60)] = ""
    signature: Annotated[str, setting(N_("Signature"), multiline=True, max_length=2000)] = ""


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="welcome-mail",
        kind="notification",
        title=N_("Welcome mail"),
        description=N_("Writes to a new client in his language."),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return WelcomeMail


@hookimpl
def provide_notification_kinds() -> list[Kind]:
    return [WELCOME]


@hookimpl
async def after_client_created(ctx: Context, client: Mapping[str, Any]) -> None:
    if not client.get("welcome") or ctx.dry_run:
        return
    settings: WelcomeMail = ctx.settings
    name = client.get("contact_person") or client["name"]
    await api.notify(
        WELCOME,
        ctx=ctx,
        to=Recipient(address=client["email"], name=name, locale=client.get("language") or ""),
        data={
            "name": name,
            "login": client["login"],
            "prefix": settings.subject_prefix,
            "signature": settings.signature or ctx.provider.name,
        },
        client=client,
        key=ctx.key or None,
    )
