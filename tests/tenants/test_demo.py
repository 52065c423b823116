"""The demo: the same clients each time, who could have been registered by hand."""

from datetime import UTC, datetime

import msgspec
import pytest

from core import db, mail
from core.accounts import clients, passwords, phone_channel
from core.actor import system
from core.checks import Checks
from core.settings import Settings
from tenants import demo
from tenants.demo.cast import PROVIDERS, DemoProvider
from tenants.demo.clients import DemoClient, invent
from tests import cast

pytestmark = pytest.mark.anyio

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


def invented(provider: DemoProvider) -> list[DemoClient]:
    return list(
        invent(provider.clients, seed=provider.seed, home=provider.country, language=provider.locale, until=UNTIL)
    )


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.code)
def test_the_same_seed_gives_the_same_clients(provider: DemoProvider) -> None:
    assert invented(provider) == invented(provider)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.code)
def test_every_client_could_have_been_registered_by_hand(provider: DemoProvider) -> None:
    clients = invented(provider)
    assert len({client.login for client in clients}) == len({client.email for client in clients}) == len(clients)
    for client in clients:
        checks = Checks()
        assert checks.login("login", client.login) == client.login
        assert checks.text("name", client.name, longest=200) == client.name
        assert checks.email("email", client.email) == client.email
        assert checks.country("country", client.country) == client.country
        assert checks.language("language", client.language) == client.language
        assert checks.phone("phone", client.phone, country=client.country) == client.phone
        assert checks.errors == {}, client
        assert client.email.endswith(".example")
        assert client.registered_at <= UNTIL


def test_everybody_of_the_demo_may_have_its_password() -> None:
    for provider in PROVIDERS:
        for member in provider.members:
            about = (member.name, provider.email(member), provider.name)
            assert passwords.problem(demo.PASSWORD, about=about) is None, member


async def test_filling_beside_what_is_there_takes_nothing_away(database: Settings) -> None:
    steps: list[str] = []
    await demo.fill(steps.append)
    await demo.fill(steps.append)
    async with db.as_platform():
        codes = [row["code"] for row in await db.fetch("SELECT code FROM providers ORDER BY code")]
    assert codes == ["acme", "nova", "petit"]
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT count(*) FROM clients") == len(cast.CLIENTS["nova"])


async def test_an_empty_installation_gets_all_of_it(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_settings", msgspec.structs.replace(database, mail_catcher=True))
    async with db.as_platform():
        await db.execute("DELETE FROM hosts WHERE provider_id <> 0")
        await db.execute("UPDATE providers SET code = 'old-' || code WHERE id <> 0")
    steps: list[str] = []
    await demo.fill(steps.append)
    assert len(steps) == demo.STEPS
    for provider in PROVIDERS:
        async with db.as_tenant((await cast.tenant(provider.code)).id):
            assert await db.value("SELECT count(*) FROM clients") == provider.clients
            assert await db.value("SELECT count(*) FROM segments") == 2
            assert await db.value("SELECT count(*) FROM products WHERE tax_class = 'exempt'") == 1
            assert await db.value("SELECT count(*) FROM payment_methods") == 4
            assert await db.value("SELECT count(DISTINCT state) FROM payment_attempts") == 4
            assert await db.value("SELECT count(*) FROM payment_differences") == 1
            assert await db.value("SELECT count(DISTINCT state) FROM fraud_checks") == 3
            assert await db.value("SELECT enabled FROM plugin_settings WHERE plugin = 'usual-signs'")
            told = await db.fetch("SELECT text FROM deliveries WHERE state IN ('skipped', 'dead')")
            assert told and not [row for row in told if "Zoé Dupont" in row["text"] or "F-2026" in row["text"]]
            assert await db.value("SELECT count(*) FROM offers WHERE state = 'sent'") > 0
            assert await db.value("SELECT count(DISTINCT state) FROM tickets") > 3
            assert await db.value("SELECT count(DISTINCT reason) FROM incoming_mails") == 4
            assert await db.value("SELECT count(*) FROM ticket_attachments") > 0
            assert await db.value("SELECT count(*) FROM mass_messages WHERE state = 'started'") == 2
            standings = "SELECT count(*) FILTER (WHERE published_at IS NULL), count(*) FROM price_lists"
            drafts, lists = (await db.fetch(standings))[0]
            assert drafts == 1 and lists > 10
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        codes = {row["state"] for row in await db.fetch("SELECT DISTINCT state FROM phone_codes")}
        assert codes == {"sent", "spent", "verified"}
        assert await db.value("SELECT count(DISTINCT state) FROM webhook_deliveries") == 2
        assert await phone_channel.is_there(by=system(nova))
        assert await db.value("SELECT registration FROM phone_settings") == "new"
        states = {row["state"] for row in await db.fetch("SELECT DISTINCT state FROM invoices")}
        assert states == {"draft", "issued", "void"}
        lines = {row["state"] for row in await db.fetch("SELECT DISTINCT state FROM bank_lines")}
        assert lines == {"open", "outgoing", "recorded", "set_aside"}
        unkept = """SELECT count(*) FROM invoices k WHERE state <> 'draft'
            AND NOT EXISTS (SELECT FROM invoice_files f WHERE f.invoice_id = k.id)"""
        assert await db.value(unkept) == 0
        gone = await db.row("SELECT code, merged_into_id FROM clients WHERE merged_into_id IS NOT NULL")
        cleared = await db.row("SELECT code, name, email FROM clients WHERE cleared_at IS NOT NULL")
        assert gone is not None and cleared is not None
        there = await clients.get(gone["code"], by=system(nova))
        assert (there["id"], there["status"]) == (gone["merged_into_id"], "active")
        assert str(cleared["code"]) in cleared["name"]
        traces = "SELECT count(*) FROM audit_entries WHERE action IN ('client:merged', 'client:cleared')"
        assert await db.value(traces) == 2
