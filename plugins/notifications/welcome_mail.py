"""A welcome to a new client, by mail and in his language, when the one who registered him asked for it."""

from collections.abc import Mapping
from string import Template
from typing import Annotated, Any

import msgspec

from plugins import api
from plugins.api import N_, Context, Plugin, hookimpl, setting

SUBJECTS = {
    "en": Template("Welcome to $provider"),
    "fr": Template("Bienvenue chez $provider"),
}
GREETINGS = {
    "en": Template("Hello $name,\n\nyour account with $provider is ready. Your login name is: $login"),
    "fr": Template("Bonjour $name,\n\nVotre compte chez $provider est prêt. Votre identifiant\u00a0: $login"),
}


class WelcomeMail(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    sender_name: Annotated[str, setting(N_("Sender's name"), hint=N_("Empty: your own name."), max_length=100)] = (
        ""
    )
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
async def after_client_created(ctx: Context, client: Mapping[str, Any]) -> None:
    if not client.get("welcome") or ctx.dry_run:
        return
    settings: WelcomeMail = ctx.settings
    subject, text = written(client, provider=ctx.provider.name, fallback=ctx.provider.locale, settings=settings)
    await api.mail(
        to=client["email"],
        subject=subject,
        text=text,
        kind="welcome",
        sender_name=settings.sender_name or ctx.provider.name,
    )


def written(client: Mapping[str, Any], *, provider: str, fallback: str, settings: WelcomeMail) -> tuple[str, str]:
    """Subject and text. A language without a text becomes the provider's, and else English."""
    language = next((one for one in (client.get("language"), fallback) if one in SUBJECTS), "en")
    words = {
        "name": client.get("contact_person") or client["name"],
        "provider": provider,
        "login": client["login"],
    }
    subject = f"{settings.subject_prefix} {SUBJECTS[language].substitute(words)}"
    parts = [GREETINGS[language].substitute(words), settings.signature or provider]
    return " ".join(subject.split()), "\n\n".join(parts) + "\n"
