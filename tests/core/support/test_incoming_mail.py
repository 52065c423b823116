"""Mail that comes in: into its ticket from who speaks for the client, once; with a reason when it is not taken."""

from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest

from core import db, hooks, sealing
from core.actor import Actor, Tenant, system
from core.settings import Settings
from core.support import (
    attachments,
    incoming_addresses,
    incoming_mail,
    incoming_mail_settings,
    incoming_reading,
    ticket_messages,
    ticket_opening,
)
from core.support.incoming_mail_settings import IncomingMailChanges
from core.support.ticket_opening import NewTicket
from plugins.api import IncomingMail, IncomingMails
from tests.core.accounts.house import add_client, hire, open_provider
from tests.plugins import rogues

pytestmark = [pytest.mark.anyio]
BOX = "help@acme.example"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _key() -> None:
    sealing.configure("s" * 32)


def letter(to: str, sender: str = "dupont@example.org", text: str = "And now?", **headers: str) -> bytes:
    mail = EmailMessage()
    given = {"From": f"Jean <{sender}>", "To": to, "Subject": "Re: Slow", "Message-ID": f"<{hash(text)}@x>"}
    for name, value in (given | headers).items():
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


async def house(**facts: Any) -> tuple[Tenant, Actor, int, int]:
    """A provider that reads mail, with a ticket of a client; outside of any scope."""
    tenant = await open_provider(**facts)
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "owner")
        client_id = await add_client("dupont")
        ticket = await ticket_opening.open_ticket(client_id, NewTicket(subject="Slow", text="Look"), by=by)
        await incoming_mail_settings.update(IncomingMailChanges(address=BOX), version=1, by=by)
    return tenant, by, client_id, ticket["id"]


async def take(raw: bytes, tenant: Tenant) -> tuple[str, str] | None:
    row = await incoming_mail.take(raw, by=system(tenant))
    return None if row is None else (row["state"], row["reason"])


@pytest.mark.usefixtures("database")
async def test_an_answer_goes_into_its_ticket_once_without_history_and_with_its_files() -> None:
    tenant, by, _client_id, ticket_id = await house()
    to = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "DUPONT@example.org", to.upper(), "<1@x>"
    mail.set_content("It is **fast** now\n\nOn Mon, 2 Nov 2026, Max wrote:\n> Look\n")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="rack.png")
    mail.add_attachment(b"<svg/>", maintype="image", subtype="svg", filename="logo.svg")
    async with db.as_tenant(tenant.id):
        placed = await take(mail.as_bytes(), tenant)
        assert placed is not None
        assert (placed[0], "logo.svg" in placed[1]) == ("answered", True)
        assert await take(mail.as_bytes(), tenant) is None
        _first, said = await ticket_messages.of_ticket(ticket_id, by=by)
        assert (said["text"], said["side"], said["origin"]) == ("It is **fast** now", "client", "mail")
        kept = await attachments.of_messages([said["id"]])
        assert [row["name"] for row in kept[said["id"]]] == ["rack.png"]


@pytest.mark.usefixtures("database")
async def test_what_is_not_taken_is_listed_with_its_reason_and_says_nothing_in_the_ticket() -> None:
    tenant, by, _client_id, ticket_id = await house()
    to = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
    of_other = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id + 1)
    nobody = "nobody@example.org"
    tries = [
        (letter(to, nobody, "1"), ("refused", "stranger")),
        (letter(of_other, nobody, "2"), ("refused", "unknown")),
        (letter(to.replace("@", "2@"), nobody, "3"), ("refused", "unknown")),
        (letter(to, text="4", **{"Auto-Submitted": "auto-replied"}), ("ignored", "auto")),
        (letter(to, to, "5"), ("ignored", "own")),
        (letter(to, text="> only history"), ("refused", "empty")),
        (b"Subject: nobody\r\n\r\nx", ("refused", "no_sender")),
        (b"x" * 11_000_000, ("refused", "unreadable")),
    ]
    async with db.as_tenant(tenant.id):
        for raw, expected in tries:
            assert await take(raw, tenant) == expected
        assert len(await ticket_messages.of_ticket(ticket_id, by=by)) == 1
        assert await db.value("SELECT count(*) FROM tickets") == 1
        listed = await incoming_mail.page(state="refused", by=by)
        assert {row["reason"] for row in listed.rows} == {
            "stranger",
            "unknown",
            "empty",
            "no_sender",
            "unreadable",
        }


@pytest.mark.usefixtures("database")
async def test_mail_of_clients_opens_tickets_and_that_of_strangers_when_the_provider_says_so() -> None:
    tenant, by, client_id, _ticket_id = await house()
    async with db.as_tenant(tenant.id):
        assert await take(letter(BOX, text="A question"), tenant) == ("opened", "")
        prospects = await add_client("prospects", email="p@acme.example")
        code = await db.value("SELECT code FROM clients WHERE id = $1", prospects)
        kept = await incoming_mail_settings.update(IncomingMailChanges(unknown_client=code), version=2, by=by)
        assert await take(letter(BOX, "new@example.net", "Do you sell?"), tenant) == ("opened", "")
        opened = await db.fetch("SELECT client_id, opened_by FROM tickets ORDER BY number")
        assert [row["client_id"] for row in opened] == [client_id, client_id, prospects]
        assert opened[2]["opened_by"] == "Jean <new@example.net>"
        off = IncomingMailChanges(opens_tickets=False)
        await incoming_mail_settings.update(off, version=kept["version"], by=by)
        assert await take(letter(BOX, text="More"), tenant) == ("refused", "no_tickets")


@pytest.mark.usefixtures("database")
async def test_the_worker_reads_what_a_plugin_brings_and_keeps_its_place_or_its_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def bring(position: str) -> IncomingMails:
        asked.append(position)
        if len(asked) == 3:
            raise RuntimeError("no route")
        mails = [IncomingMail(content=letter(BOX, text="Brought"))] if len(asked) == 1 else []
        return IncomingMails(position="7:1", mails=mails)

    loaded = rogues.plugin("postman", provide_incoming_mail=bring)
    hooks.load(Settings(secret_key="s" * 32), extra={"postman": loaded})
    tenant, _by, _client_id, _ticket_id = await house(plugins=frozenset({"postman"}))

    async def provider() -> Tenant:
        return tenant

    monkeypatch.setattr(incoming_reading.task_runs, "provider", provider)
    job = SimpleNamespace(scope=lambda: db.as_tenant(tenant.id))
    await incoming_reading.read({}, job)  # type: ignore[arg-type]
    await incoming_reading.read({}, job)  # type: ignore[arg-type]
    assert asked == ["", "7:1", "7:1"]
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT state FROM incoming_mails") == "opened"
        (place,) = await incoming_reading.places()
        assert (place["position"], place["failed_at"] is not None) == ("7:1", True)
