"""The welcome mail: whom it is written to, in which language, and with what."""

from types import MappingProxyType
from typing import Any

import pytest

from core import db, hook_jobs, hooks, jobs, plugin_settings
from core.actor import Actor, Tenant
from core.settings import Settings
from plugins.notifications import welcome_mail
from plugins.notifications.welcome_mail import WelcomeMail, written
from plugins.testing import CLIENT, check_plugin

pytestmark = pytest.mark.anyio
ZOE: Any = MappingProxyType(dict(CLIENT))


def mail_for(client: Any = ZOE, *, fallback: str = "en", **settings: str) -> tuple[str, str]:
    return written(client, provider="Nova", fallback=fallback, settings=WelcomeMail(**settings))


def test_it_keeps_the_contract() -> None:
    assert check_plugin(welcome_mail).info.kind == "notification"


def test_it_speaks_the_clients_language() -> None:
    subject, text = mail_for()
    assert subject == "Bienvenue chez Nova"
    assert text.startswith("Bonjour Zoé Dupont,")
    assert "dupont" in text
    assert text.endswith("\n\nNova\n")
    assert mail_for({**ZOE, "language": "en"})[0] == "Welcome to Nova"


def test_a_language_without_a_text_becomes_the_providers_and_else_english() -> None:
    assert mail_for({**ZOE, "language": "de"}, fallback="fr")[0] == "Bienvenue chez Nova"
    assert mail_for({**ZOE, "language": "de"}, fallback="ja")[0] == "Welcome to Nova"


def test_the_link_stands_in_it_only_when_there_is_one() -> None:
    assert ZOE["password_link"] in mail_for()[1]
    assert "http" not in mail_for({**ZOE, "password_link": None})[1]


def test_the_provider_sets_prefix_and_signature() -> None:
    subject, text = mail_for(subject_prefix="[Nova]", signature="The team\n12 rue de Nevers")
    assert subject == "[Nova] Bienvenue chez Nova"
    assert text.endswith("\n\nThe team\n12 rue de Nevers\n")


def test_names_are_text_and_nothing_else() -> None:
    subject, text = written(
        {**ZOE, "contact_person": "$link ${login} {0} %s"},
        provider="No\r\nBcc: all@example.com",
        fallback="en",
        settings=WelcomeMail(),
    )
    assert "\n" not in subject
    assert "\r" not in subject
    assert "$link ${login} {0} %s" in text


async def mails_for(settings: Settings, monkeypatch: pytest.MonkeyPatch, client: Any) -> list[dict[str, Any]]:
    """Runs the hook's job as the worker would, and collects the mails that it asks for."""
    asked: list[tuple[str, dict[str, Any]]] = []

    async def keep(kind: str, payload: dict[str, Any], **_: Any) -> None:
        asked.append((kind, payload))

    nova = Tenant(id=7, code="nova", name="Nova", edition="standard", plugins=frozenset({"welcome-mail"}))
    alice = Actor(kind="staff", tenant=nova, name="Alice", role="owner")
    assert not hooks.load(settings)
    monkeypatch.setattr(jobs, "later", keep)
    async with db.as_tenant(7):
        await plugin_settings.enable("welcome-mail", by=alice)
        await hooks.after("after_client_created", by=alice, client=client)
    async with db.as_tenant(7):
        for kind, payload in list(asked):
            assert kind == "hook"
            await hook_jobs.run(payload, _job())
    return [payload for kind, payload in asked if kind == "mail.send"]


def _job() -> Any:
    return type("Job", (), {"tenant_id": 7})()


async def test_it_is_sent_to_a_new_client_who_shall_be_welcomed(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [letter] = await mails_for(database, monkeypatch, dict(ZOE))
    assert letter["to"] == ZOE["email"]
    assert (letter["kind"], letter["sender_name"]) == ("welcome", "Nova")
    assert ZOE["password_link"] in letter["text"]


async def test_nothing_is_sent_when_nobody_asked_for_it(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await mails_for(database, monkeypatch, {**ZOE, "welcome": False}) == []
