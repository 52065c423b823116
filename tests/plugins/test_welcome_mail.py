"""The welcome mail: whom it is written to, in which language, and with what."""

from types import MappingProxyType
from typing import Any

import pytest

from core import db, hooks, plugin_settings
from core.settings import Settings
from core.support import notification_texts
from core.support.notification_layout import Brand
from plugins.notifications import welcome_mail
from plugins.testing import CLIENT, check_plugin
from tests import cast
from tests.core.accounts.test_links import carry_out, queued
from tests.letters import waiting

pytestmark = pytest.mark.anyio
ZOE: Any = MappingProxyType(dict(CLIENT))


def test_it_keeps_the_contract() -> None:
    assert check_plugin(welcome_mail).info.kind == "notification"


def test_names_are_text_and_nothing_else() -> None:
    kind = welcome_mail.WELCOME
    data = {"name": "**link** {{ login }} %s", "login": "x", "prefix": "a\r\nBcc: b@c.d", "signature": "A\nB"}
    written = notification_texts.filled(
        notification_texts.default(kind, "en"), kind, data, Brand(name="Nova", panel="https://nova.example")
    )
    assert written.subject == "a Bcc: b@c.d Welcome to Nova"
    assert written.text.startswith("Hello **link** {{ login }} %s,\n") and written.text.endswith("\n\nA\nB\n")


async def test_only_those_who_shall_be_welcomed_get_it_in_their_language(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await plugin_settings.enable("welcome-mail", by=alice)
        client = await db.row("SELECT id, project_id FROM clients WHERE login = 'dupont'")
        zoe = {**ZOE, **dict(client or {}), "language": "fr"}
        for one in ({**zoe, "welcome": False, "email": "nobody@dupont.example"}, zoe):
            await hooks.after("after_client_created", by=alice, client=one)
    for job in await queued(database):
        if job["kind"] == "hook":
            await carry_out(database, job, alice.tenant.id)
    [letter] = await waiting(alice.tenant.id)
    assert (letter["to"], letter["subject"]) == (ZOE["email"], "Bienvenue chez Nova")
    assert "dupont" in letter["text"] and letter["kind"] == "welcome-mail.welcome"
