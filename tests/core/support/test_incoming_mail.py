"""Mail that comes in: into its ticket from who speaks for the client, once; with a reason when it is not taken."""

from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest

from core import db, hooks, sealing
from core.actor import Actor, Tenant, system
from core.billing import accounts
from core.errors import Conflict
from core.settings import Settings
from core.support import (
    attachments,
    deliveries_again,
    departments,
    incoming_addresses,
    incoming_mail,
    incoming_mail_settings,
    incoming_reading,
    incoming_staff,
    ticket_categories,
    ticket_changes,
    ticket_messages,
    ticket_opening,
)
from core.support.attachments import Taken
from core.support.departments import DepartmentValues
from core.support.incoming_mail_settings import IncomingMailChanges
from core.support.incoming_parsing import Parsed
from core.support.ticket_categories import CategoryValues
from core.support.ticket_opening import NewTicket
from plugins.api import IncomingMail, IncomingMails
from tests.core.accounts.house import add_client, hire, open_provider
from tests.core.support import posting
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
async def test_a_ticket_that_is_opened_by_mail_is_told_to_its_department_once() -> None:
    tenant, by, _client_id, _ticket_id = await house()
    async with db.as_tenant(tenant.id):
        staff = await departments.create(DepartmentValues(name="Help", members={by.staff_id: "lead"}), by=by)
        category = await ticket_categories.create(
            CategoryValues(name_en="Mail", name_fr="Courrier", department_id=staff["id"]), by=by
        )
        await incoming_mail_settings.update(IncomingMailChanges(category_id=category["id"]), version=2, by=by)
        mail = letter(BOX, text="It burns")
        assert await take(mail, tenant) == ("opened", "")
        assert await take(mail, tenant) is None
        told = await db.fetch("SELECT person_id, data FROM notifications WHERE kind = 'ticket.opened'")
        assert [(row["person_id"], row["data"]["text_markdown"]) for row in told] == [(by.person_id, "It burns")]


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
@pytest.mark.parametrize(("edition", "state"), [("advanced", "answered"), ("standard", "refused")])
async def test_a_further_user_speaks_by_mail_only_where_the_edition_has_further_users(
    edition: str, state: str
) -> None:
    tenant, by, client_id, ticket_id = await house(edition=edition)
    async with db.as_tenant(tenant.id):
        for address, roles in (("ex@client.example", ["technical"]), ("own@client.example", ["owner"])):
            asked = "INSERT INTO people (email, name, password_hash, created_at) VALUES ($1, 'Ex', 'x', now())"
            person_id = await db.value(f"{asked} RETURNING id", address)
            await db.execute(
                "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, now())",
                *(client_id, person_id, roles),
            )
        to = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
        further = await take(letter(to, "ex@client.example", "One"), tenant)
        assert further == (state, "" if state == "answered" else "stranger")
        opened = await take(letter(BOX, "ex@client.example", "Two"), tenant)
        assert opened == (("opened", "") if state == "answered" else ("refused", "unknown"))
        assert await take(letter(to, "own@client.example", "Three"), tenant) == ("answered", "")
        said = await ticket_messages.of_ticket(ticket_id, by=by)
        assert [row["text"] for row in said if row["side"] == "client"][-1] == "Three"


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
async def test_staff_answer_by_mail_with_their_own_proof_and_rights_and_where_the_provider_says_so() -> None:
    tenant, max_, _client_id, ticket_id = await house()
    async with db.as_tenant(tenant.id):
        sam, eve = await hire(tenant, "Sam", "support"), await hire(tenant, "Eve", "support")
        mine, hers = [
            incoming_addresses.staff_address(BOX, ticket_id, one.staff_id or 0, tenant_id=tenant.id)
            for one in (sam, eve)
        ]
        of_client = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
        from_sam = await address_of(sam)
        assert await take(letter(mine, from_sam, "Too early"), tenant) == ("refused", "staff_off")
        await incoming_mail_settings.update(IncomingMailChanges(staff_answers=True), version=2, by=max_)
        tries = [
            (letter(mine, from_sam, "It is **fast** now"), ("answered", "")),
            (letter(mine, from_sam, "#NOTE\nBetween us."), ("answered", "")),
            (letter(mine, from_sam, "A line, then\n#note"), ("answered", "")),
            (letter(mine, from_sam, "#note"), ("refused", "empty")),
            (letter(mine, from_sam, "*# Notes*:"), ("refused", "empty")),
            (letter(hers, from_sam, "1"), ("refused", "not_staff")),
            (letter(of_client, from_sam, "2"), ("refused", "stranger")),
            (letter(mine, "dupont@example.org", "3"), ("refused", "not_staff")),
            (letter(mine, from_sam, "4", **{"Authentication-Results": "mx; dmarc=fail"}), ("refused", "not_sure")),
            (letter(mine, from_sam, "5", **{"Auto-Submitted": "auto-replied"}), ("ignored", "auto")),
        ]
        for raw, expected in tries:
            assert await take(raw, tenant) == expected, raw
        said = await ticket_messages.of_ticket(ticket_id, by=max_)
        assert [(row["text"], row["is_note"], row["origin"], row["staff_id"]) for row in said[1:]] == [
            ("It is **fast** now", False, "mail", sam.staff_id),
            ("Between us.", True, "mail", sam.staff_id),
            ("A line, then\n#note", False, "mail", sam.staff_id),
        ]
        told = await db.fetch("SELECT data FROM notifications WHERE kind = 'ticket.answered'")
        assert not any("Between us" in str(row["data"]) for row in told)
        closed = await departments.create(DepartmentValues(name="Closed", is_closed=True), by=max_)
        await db.execute("UPDATE tickets SET department_id = $1", closed["id"])
        state, _reason = await take(letter(mine, from_sam, "May I still?"), tenant) or ("", "")
        assert state == "refused"
        await db.execute("UPDATE staff SET state = 'removed' WHERE id = $1", sam.staff_id)
        assert await take(letter(mine, from_sam, "And now?!"), tenant) == ("refused", "not_staff")
        assert len(await ticket_messages.of_ticket(ticket_id, by=max_)) == len(said)


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("#note\nHe is a crook", "He is a crook"),
        ("#note He is a crook", "He is a crook"),
        ("#Note: He is\na crook", "He is\na crook"),
        ("# note\nHe is a crook", "He is a crook"),
        ("#NOTES - He is a crook", "He is a crook"),
        (" *#note*\nHe is a crook", "He is a crook"),
        ("#note\N{NO-BREAK SPACE}: (he) is a crook", "(he) is a crook"),
        ("#note:", ""),
        ("#notebook is in stock", None),
        ("Note: it is fast now", None),
        ("A line, then\n#note", None),
    ],
)
def test_what_looks_like_a_note_is_kept_from_the_client(text: str, noted: str | None) -> None:
    assert incoming_staff.note_in(text) == noted


@pytest.mark.usefixtures("database")
async def test_files_of_staff_who_may_not_answer_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, max_, _client_id, ticket_id = await house()
    looked: list[str] = []

    async def look(mail: Parsed, *, by: Actor) -> tuple[list[Taken], str]:
        looked.append(by.name)
        return [], ""

    monkeypatch.setattr(incoming_mail, "_files", look)
    async with db.as_tenant(tenant.id):
        sam = await hire(tenant, "Sam", "support")
        mine = incoming_addresses.staff_address(BOX, ticket_id, sam.staff_id or 0, tenant_id=tenant.id)
        await incoming_mail_settings.update(IncomingMailChanges(staff_answers=True), version=2, by=max_)
        from_sam = await address_of(sam)
        assert await take(letter(mine, from_sam, "1"), tenant) == ("answered", "")
        closed = await departments.create(DepartmentValues(name="Closed", is_closed=True), by=max_)
        await db.execute("UPDATE tickets SET department_id = $1", closed["id"])
        assert (await take(letter(mine, from_sam, "2"), tenant) or ("", ""))[0] == "refused"
        await db.execute("UPDATE tickets SET department_id = NULL")
        monkeypatch.setattr(incoming_staff, "MOST_MAILS", 1)
        assert (await take(letter(mine, from_sam, "3"), tenant) or ("", ""))[0] == "refused"
        listed = (await incoming_mail.page(state="refused", by=max_)).rows
        assert [row["sender"] for row in listed] == [from_sam] * 2
    assert len(looked) == 1


@pytest.mark.usefixtures("database")
async def test_what_is_refused_of_staff_is_counted_and_an_empty_note_is_so_before_its_files_are_looked_into(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant, max_, _client_id, ticket_id = await house()

    async def look(mail: Parsed, *, by: Actor) -> tuple[list[Taken], str]:
        raise AssertionError("nothing is looked into")

    monkeypatch.setattr(incoming_mail, "_files", look)
    monkeypatch.setattr(incoming_staff, "MOST_MAILS", 2)
    async with db.as_tenant(tenant.id):
        sam = await hire(tenant, "Sam", "support")
        from_sam = await address_of(sam)
        mine = incoming_addresses.staff_address(BOX, ticket_id, sam.staff_id or 0, tenant_id=tenant.id)
        await incoming_mail_settings.update(IncomingMailChanges(staff_answers=True), version=2, by=max_)
        assert await take(letter(mine, from_sam, "#note"), tenant) == ("refused", "empty")
        closed = await departments.create(DepartmentValues(name="Closed", is_closed=True), by=max_)
        await db.execute("UPDATE tickets SET department_id = $1", closed["id"])
        for text in ("May I?", "May I now?"):
            state, reason = await take(letter(mine, from_sam, text), tenant) or ("", "")
            assert state == "refused" and reason
        counted = await db.value("SELECT count FROM attempts WHERE subject = $1", f"mail of staff {sam.staff_id}")
        assert counted == 2, "the third was refused for its number"
        assert reason.startswith("Too many attempts")
        listed = (await incoming_mail.page(state="refused", by=max_)).rows
        assert [row["subject"] for row in listed] == ["Re: Slow"] * 3


@pytest.mark.usefixtures("database")
async def test_what_is_refused_while_it_is_written_leaves_nothing_and_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant, max_, client_id, ticket_id = await house()

    async def refuse(_message_id: int, _taken: list[Taken]) -> None:
        raise Conflict("Not now.")

    monkeypatch.setattr(attachments, "keep", refuse)
    async with db.as_tenant(tenant.id):
        to = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
        assert await take(letter(to), tenant) == ("refused", "Not now.")
        assert len(await ticket_messages.of_ticket(ticket_id, by=max_)) == 1
        counted = await db.value("SELECT count FROM attempts WHERE subject = $1", f"mail of {client_id}")
        assert counted == 1


async def address_of(staff: Actor) -> str:
    return str(await db.value("SELECT email FROM people WHERE id = $1", staff.person_id))


@pytest.mark.usefixtures("database")
async def test_only_whom_the_provider_lets_gets_an_address_to_answer_to_among_the_staff() -> None:
    tenant, max_, _client_id, ticket_id = await house()
    async with db.as_tenant(tenant.id):
        sam = await hire(tenant, "Sam", "support")
        await ticket_changes.assign(ticket_id, sam.staff_id, by=max_)
    await posting.hand_out(tenant.id)
    async with db.as_tenant(tenant.id):
        await incoming_mail_settings.update(IncomingMailChanges(staff_answers=True), version=2, by=max_)
        await ticket_changes.assign(ticket_id, None, by=max_)
        await ticket_changes.assign(ticket_id, sam.staff_id, by=max_)
    await posting.hand_out(tenant.id)
    mails = [row for row in await posting.all_of(tenant.id) if row["medium"] == "mail"]
    heads = [(row["audience"], row["head"].get("reply_to") or None) for row in mails]
    of_client = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
    mine = incoming_addresses.staff_address(BOX, ticket_id, sam.staff_id or 0, tenant_id=tenant.id)
    assert heads == [("client", of_client), ("staff", None), ("staff", mine)] and mine != of_client
    async with db.as_tenant(tenant.id):
        row = await db.row("SELECT * FROM deliveries WHERE id = $1", mails[-1]["id"])
        assert row is not None and await deliveries_again.addresses(row) == [row["address"]]


@pytest.mark.usefixtures("database")
async def test_mail_into_what_costs_something_is_not_taken_and_the_client_is_told_the_price() -> None:
    tenant, by, client_id, ticket_id = await house()
    async with db.as_tenant(tenant.id):
        account_id = await db.value("SELECT id FROM client_projects WHERE client_id = $1", client_id)
        currency = (await accounts.find(account_id))["currency"]
        support = await departments.create(DepartmentValues(name="Help"), by=by)
        work = CategoryValues(name_en="Work", name_fr="Travaux", department_id=support["id"])
        category_id = (await ticket_categories.create(work, by=by))["id"]
        sql = "UPDATE ticket_categories SET priced_per = $2, prices = $3 WHERE id = $1"
        await db.execute(sql, category_id, "ticket", {currency: 4000})
        await incoming_mail_settings.update(IncomingMailChanges(category_id=category_id), version=2, by=by)
        for _twice in range(2):
            placed = await take(letter(BOX, text="Please move my site"), tenant)
            assert placed in (("refused", "priced"), None)
        (told,) = await db.fetch("SELECT * FROM notifications WHERE kind = 'ticket.mail_costs'")
        assert told["address"] == "dupont@example.org" and told["data"]["price"]["_units"] >= 4000
        assert told["data"]["link"].endswith("/tickets/new")
        assert await db.value("SELECT count(*) FROM tickets") == 1
        await db.execute("UPDATE tickets SET category_id = $1", category_id)
        to = incoming_addresses.reply_address(BOX, ticket_id, tenant_id=tenant.id)
        assert await take(letter(to, text="An answer to a ticket that was paid once"), tenant) == ("answered", "")
        await db.execute(sql, category_id, "message", {currency: 4000})
        assert await take(letter(to, text="Each costs"), tenant) == ("refused", "priced")
        assert await db.value("SELECT count(*) FROM expenses") == 0
        links = await db.fetch("SELECT data FROM notifications WHERE kind = 'ticket.mail_costs'")
        assert any(row["data"]["link"].endswith(f"/tickets/{ticket_id}") for row in links)
        tries = [await take(letter(BOX, text=f"Again {number}"), tenant) for number in range(3)]
        assert tries == [("refused", "priced"), ("refused", "priced_often"), ("refused", "priced_often")]
        assert await db.value("SELECT count(*) FROM notifications WHERE kind = 'ticket.mail_costs'") == 3
        counted = await db.value("SELECT count FROM attempts WHERE subject = $1", f"mail of {client_id}")
        assert counted == 6


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
