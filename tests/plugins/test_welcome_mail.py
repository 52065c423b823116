"""The welcome mail: whom it is written to, in which language, and with what."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from core import db, hooks, mail, plugin_settings
from core.actor import Actor, Tenant
from core.settings import Settings
from plugins.notifications import welcome_mail
from plugins.notifications.welcome_mail import WelcomeMail, written
from plugins.testing import CLIENT, check_plugin
from tests.plugins.at_work import until, workers

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


class Mailbox:
    """What the mail server took."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@pytest.fixture
async def mailbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mailbox]:
    box = Mailbox()
    post = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    port = post.sockets[0].getsockname()[1]
    settings = Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="no-reply@panel.example")
    monkeypatch.setattr(mail, "_settings", settings)
    yield box
    post.close()


async def welcome(settings: Settings, *clients: Any) -> None:
    assert not hooks.load(settings)
    nova = Tenant(id=7, code="nova", name="Nova", edition="standard", plugins=frozenset({"welcome-mail"}))
    alice = Actor(kind="staff", tenant=nova, name="Alice", role="owner")
    async with db.as_tenant(7):
        await plugin_settings.enable("welcome-mail", by=alice)
        for client in clients:
            await hooks.after("after_client_created", by=alice, client=client)


async def test_only_those_who_shall_be_welcomed_get_it(database: Settings, mailbox: Mailbox) -> None:
    await welcome(database, {**ZOE, "welcome": False, "email": "nobody@dupont.example"}, dict(ZOE))
    async with workers(database):
        await until(lambda: bool(mailbox.letters))
        await asyncio.sleep(0.2)
    [letter] = mailbox.letters
    assert letter["To"] == ZOE["email"]
    assert letter["From"] == "Nova <no-reply@panel.example>"
    assert letter["Subject"] == "Bienvenue chez Nova"
    assert "dupont" in letter.get_content()
