"""What tickets say is for who may read them, wherever it stands: the log of notifications, previews, the bell,
the activity; and what they are about is for who sees the service or the document."""

from typing import Any

import msgspec
import pytest

from core import db
from core.accounts import activity, client_projects, exports, rights, timeline
from core.accounts.activity import ActivityFilter, Page
from core.accounts.rights import Right
from core.accounts.timeline import TimelineFilter
from core.actor import Actor, ClientSeat
from core.billing import services
from core.billing.services import NewService
from core.errors import Invalid, NotFound
from core.support import (
    deliveries_again,
    deliveries_log,
    departments,
    notices,
    notification_previews,
    own_tickets,
    ticket_categories,
    ticket_changes,
    ticket_links,
    ticket_merging,
    ticket_messages,
    ticket_opening,
    tickets,
)
from core.support.deliveries_log import DeliveryFilter
from core.support.departments import DepartmentValues
from core.support.notification_templates import Place, TemplateText
from core.support.own_tickets import OwnTicket
from core.support.ticket_categories import CategoryValues
from core.support.ticket_changes import TicketChanges
from core.support.ticket_messages import Reply
from core.support.ticket_opening import NewTicket
from tests import cast
from tests.core.billing import bills
from tests.core.billing.test_services import account, sell
from tests.core.support import posting

pytestmark = pytest.mark.anyio
SECRET = "Stolen cards"


async def owner() -> Actor:
    """The owner of Nova; Jean Dupont has an account in its second project too. Outside of any scope."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await client_projects.open_account(await dupont(), await project("Nova Pro"), by=by)
    return by


async def project(name: str) -> int:
    return int(await db.value("SELECT id FROM projects WHERE name = $1", name))


async def dupont() -> int:
    return int(await db.value("SELECT id FROM clients WHERE login = 'dupont'"))


async def staff(alice: Actor, name: str, role: str = "support", **more: Any) -> Actor:
    """Somebody of Nova's staff, signed in; Lea sees the project Nova Pro only."""
    asked = """SELECT s.id, s.person_id FROM staff s JOIN people p ON p.id = s.person_id
        WHERE p.email_folded = $1"""
    row = await db.row(asked, cast.email(name))
    assert row is not None
    if name == "lea":
        more["projects"] = frozenset({await project("Nova Pro")})
    return Actor(kind="staff", tenant=alice.tenant, name=name.title(), role=role, staff_id=row["id"],
                 person_id=row["person_id"], **more)  # fmt: skip


async def category(alice: Actor, *, is_closed: bool = False, project_id: int | None = None) -> int:
    """A category of a department of its own."""
    name = f"Abuse {is_closed} {project_id}"
    department = await departments.create(DepartmentValues(name=name, is_closed=is_closed), by=alice)
    values = CategoryValues(name_en=name, name_fr=name, department_id=department["id"], project_id=project_id)
    return int((await ticket_categories.create(values, by=alice))["id"])


async def answered(alice: Actor, category_id: int, subject: str = SECRET) -> int:
    """A ticket that the team opened, and where it wrote once more: both are told to the client."""
    new = NewTicket(subject=subject, text=f"{subject}: first", category_id=category_id)
    ticket_id = int((await ticket_opening.open_ticket(await dupont(), new, by=alice))["id"])
    await ticket_messages.reply(ticket_id, Reply(text=f"{subject}: more"), by=alice)
    return ticket_id


async def three(alice: Actor) -> dict[str, int]:
    """A ticket of a closed department, one of the first project, and one that Sam and Lea may read, with files of
    what was told of them handed out. Outside of any scope."""
    async with db.as_tenant(alice.tenant.id):
        pro = await project("Nova Pro")
        made = {
            "Closed": await answered(alice, await category(alice, is_closed=True, project_id=pro), "Closed"),
            "First": await answered(alice, await category(alice, project_id=await project("Nova")), "First"),
            "Open": await answered(alice, await category(alice, project_id=pro), "Open"),
        }
    await posting.hand_out(alice.tenant.id)
    return made


async def in_log(by: Actor) -> set[str]:
    """Of which tickets the log tells him, each way to read it."""
    ids = [row["id"] for row in (await deliveries_log.page(DeliveryFilter(), by=by)).rows]
    of_client = [row["id"] for row in await deliveries_log.of_client(await dupont(), by=by)]
    assert sorted(ids) == sorted(of_client)
    texts = [(await deliveries_log.get(number, by=by))["text"] for number in ids]
    return {name for name in ("Closed", "First", "Open") for text in texts if f"{name}: more" in text}


@pytest.mark.usefixtures("database")
async def test_the_log_of_notifications_gives_away_no_ticket_that_one_may_not_read() -> None:
    alice = await owner()
    made = await three(alice)
    async with db.as_tenant(alice.tenant.id):
        sam, lea, ada = await staff(alice, "sam"), await staff(alice, "lea"), await staff(alice, "ada", "auditor")
        assert await in_log(alice) == {"Closed", "First", "Open"}
        assert await in_log(sam) == await in_log(ada) == {"First", "Open"}
        assert await in_log(lea) == {"Open"}
        found = "SELECT id FROM deliveries WHERE medium = 'mail' AND text LIKE '%Closed: more%'"
        hidden = await db.value(found)
        for by in (sam, lea):
            for refused in (deliveries_log.get(hidden, by=by), deliveries_again.send(hidden, by=by)):
                with pytest.raises(NotFound):
                    await refused
        await ticket_changes.assign(made["Closed"], sam.staff_id, by=alice)
        assert await in_log(sam) == {"Closed", "First", "Open"}
        nobody = msgspec.structs.replace(sam, permissions=frozenset({"notification:read", "client:read"}))
        assert await in_log(nobody) == set()


@pytest.mark.usefixtures("database")
async def test_what_was_said_in_a_ticket_that_went_on_in_another_one_is_for_who_may_read_both() -> None:
    alice = await owner()
    made = await three(alice)
    async with db.as_tenant(alice.tenant.id):
        sam = await staff(alice, "sam")
        await ticket_merging.merge(made["First"], made["Closed"], by=alice)
        assert await in_log(sam) == {"Open"}


@pytest.mark.usefixtures("database")
async def test_what_was_told_in_a_project_is_for_who_sees_the_project() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        pro, first, client_id = await project("Nova Pro"), await project("Nova"), await dupont()
        await db.execute("DELETE FROM notifications")
        for number, place in enumerate((pro, first, None)):
            await db.execute(
                """INSERT INTO notifications (kind, key, client_id, project_id, address, created_at)
                   VALUES ('invoice.issued', $1, $2, $3, 'jean@example.org', now())""",
                str(number),
                client_id,
                place,
            )
        await db.execute(
            """INSERT INTO deliveries (notification_id, kind, channel, medium, client_id, subject, state,
                   created_at, ended_at)
               SELECT id, kind, 'mail', 'mail', client_id, key, 'sent', now(), now() FROM notifications"""
        )
        for by, expected in (
            (await staff(alice, "sam"), {"0", "1", "2"}),
            (await staff(alice, "lea"), {"0", "2"}),
        ):
            found = await deliveries_log.page(DeliveryFilter(), by=by)
            assert {row["subject"] for row in found.rows} == expected


@pytest.mark.usefixtures("database")
async def test_a_preview_is_filled_with_nothing_that_one_may_not_read() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        await answered(alice, await category(alice, is_closed=True))
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
        text, sam = TemplateText(subject="{{ subject }}", text="{{ text_markdown }}"), await staff(alice, "sam")
        permissions = frozenset({"notification_template:manage", "client:read", "ticket:read"})
        writer = msgspec.structs.replace(sam, permissions=permissions)
        for by, is_seen in ((alice, True), (writer, False)):
            shown = await notification_previews.shown(
                "ticket.answered", Place(language="en"), text, client=code, by=by
            )
            assert (SECRET in shown.subject, SECRET in shown.markdown) == (is_seen, is_seen)


def sentences(found: Page) -> str:
    """All that people read on a page of the activity."""
    return " | ".join(f"{entry['sentence']} {entry['changes']} {entry['values']}" for entry in found.entries)


@pytest.mark.usefixtures("database")
async def test_the_activity_tells_that_a_ticket_was_worked_on_and_not_what_it_is_about() -> None:
    alice = await owner()
    made = await three(alice)
    async with db.as_tenant(alice.tenant.id):
        number = await db.value("SELECT number FROM tickets WHERE id = $1", made["Closed"])
        await ticket_changes.update(made["Closed"], TicketChanges(subject="Closed for good"), by=alice)
        told = "SELECT id FROM deliveries WHERE medium = 'mail' AND text LIKE $1"
        await deliveries_again.send(await db.value(told, "%Closed: more%"), by=alice)
        await deliveries_again.send(await db.value(told, "%Open: more%"), by=alice)
        await ticket_merging.merge(made["Open"], made["Closed"], by=alice)
        sam, lea = await staff(alice, "sam", "auditor"), await staff(alice, "lea", "auditor")
        for by, names in ((alice, ("Closed", "First", "Open")), (sam, ("First", "Open")), (lea, ("Open",))):
            pages = [
                await activity.page(ActivityFilter(), by=by),
                await activity.of_client(await dupont(), by=by),
                await timeline.page(await dupont(), TimelineFilter(), by=by),
            ]
            assert len({len(found.entries) for found in pages[1:]}) == 1
            for found in pages:
                told_of = {name for name in ("Closed", "First", "Open") if name in sentences(found)}
                assert told_of == set(names)
            searched = await activity.page(ActivityFilter(search=f"#{number}"), by=by)
            assert bool(searched.entries) == (by is alice)


@pytest.mark.usefixtures("database")
async def test_a_file_of_the_activity_says_nothing_of_what_one_may_not_read() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        ticket_id = await answered(alice, await category(alice, is_closed=True))
        await ticket_changes.update(ticket_id, TicketChanges(subject=f"{SECRET} again"), by=alice)
        rights_ = frozenset({"activity:read", "client:export", "ticket:read", "client:read"})
        exporter = msgspec.structs.replace(await staff(alice, "sam"), permissions=rights_)
        for by, is_told in ((alice, True), (exporter, False)):
            export = await exports.of_activity("csv", by=by)
            found = await db.fetch(export.sql, *export.arguments)
            assert any(SECRET in str(tuple(row.values())) for row in found) is is_told
            assert sum(row["subject_kind"] == "ticket" for row in found) >= 3


async def member(alice: Actor, roles: list[str]) -> Actor:
    """A further user of Jean's client, with these roles."""
    person = await db.value(
        "INSERT INTO people (email, name, password_hash, created_at) VALUES ($1, 'Ex', 'x', now()) RETURNING id",
        "ex@client.example",
    )
    await db.execute(
        "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, now())",
        await dupont(),
        person,
        roles,
    )
    row = await db.row("SELECT id, code FROM clients WHERE login = 'dupont'")
    assert row is not None
    seat = ClientSeat(id=row["id"], code=row["code"], name="Jean", roles=frozenset(roles), rights=rights.of(roles))
    return Actor(kind="user", tenant=alice.tenant, name="Ex", client=seat, person_id=person)


async def told(ticket_id: int) -> list[str]:
    """To which addresses the answers of a ticket went, the latest first."""
    asked = "SELECT address FROM notifications WHERE kind = $1 AND about_id = $2 ORDER BY created_at DESC"
    return [row["address"] for row in await db.fetch(asked, "ticket.answered", ticket_id)]


@pytest.mark.usefixtures("database")
async def test_a_user_who_may_not_read_tickets_any_more_is_told_nothing_of_them() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        ex = await member(alice, ["technical"])
        new = OwnTicket(subject="Slow", text="x", category_id=await category(alice))
        ticket_id = (await own_tickets.open_ticket(new, by=ex))["id"]
        await ticket_messages.reply(ticket_id, Reply(text="One"), by=alice)
        assert await told(ticket_id) == ["ex@client.example"]
    await posting.hand_out(alice.tenant.id)
    async with db.as_tenant(alice.tenant.id):
        (notice,) = (await notices.page(by=ex)).rows
        await set_roles(ex, [])
        assert (await notices.page(by=ex)).rows == []
        assert await notices.unread(by=ex) == 0
        with pytest.raises(NotFound):
            await notices.open_one(notice["id"], by=ex)
        await ticket_messages.reply(ticket_id, Reply(text="Two"), by=alice)
        owners = await db.value("SELECT email FROM clients WHERE login = 'dupont'")
        assert await told(ticket_id) == [owners, "ex@client.example"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("brought", [Right.TICKETS_READ, Right.LOG_READ])
async def test_a_role_of_the_client_brings_the_right_to_be_told(brought: Right) -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        ex = await member(alice, ["technical"])
        new = OwnTicket(subject="Slow", text="x", category_id=await category(alice))
        ticket_id = (await own_tickets.open_ticket(new, by=ex))["id"]
        await set_roles(ex, [])
        role = await db.value(
            """INSERT INTO client_roles (client_id, name, rights, created_at) VALUES ($1, 'Own', $2, now())
               RETURNING id""",
            await dupont(),
            [brought.value],
        )
        await db.execute(
            "INSERT INTO membership_roles (client_id, person_id, role_id) VALUES ($1, $2, $3)",
            *(await dupont(), ex.person_id, role),
        )
        await ticket_messages.reply(ticket_id, Reply(text="Two"), by=alice)
        assert (await told(ticket_id) == ["ex@client.example"]) is (brought == Right.TICKETS_READ)


async def set_roles(user: Actor, roles: list[str]) -> None:
    await db.execute("UPDATE memberships SET roles = $2 WHERE person_id = $1", user.person_id, roles)


@pytest.mark.usefixtures("database")
async def test_the_bell_of_staff_forgets_tickets_that_are_theirs_no_more() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        sam, category_id = await staff(alice, "sam"), await category(alice)
        ticket_id = await answered(alice, category_id)
        await ticket_changes.assign(ticket_id, sam.staff_id, by=alice)
    await posting.hand_out(alice.tenant.id)
    async with db.as_tenant(alice.tenant.id):
        assert await notices.unread(by=sam) == 1
        await db.execute("UPDATE departments SET is_closed = true")
        assert await notices.unread(by=sam) == 1
        await ticket_changes.assign(ticket_id, None, by=alice)
        assert await notices.unread(by=sam) == 0


@pytest.mark.usefixtures("database")
async def test_staff_link_tickets_to_what_they_see_only() -> None:
    alice = await owner()
    async with db.as_tenant(alice.tenant.id):
        client_id, pro = await dupont(), await project("Nova Pro")
        invoice_id = (await bills.issued(10_000, by=alice))["id"]
        (price,) = await sell(alice, {"units": 1000})
        service_id = (await services.create(await account(alice), NewService(price_id=price), by=alice))["id"]
        category_id = await category(alice, project_id=pro)
        ticket_id = await answered(alice, category_id)
        lea, sam = await staff(alice, "lea"), await staff(alice, "sam")
        reader = msgspec.structs.replace(sam, permissions=frozenset({"ticket:read", "ticket:create", "client:read",
                                                                     "ticket:update"}))  # fmt: skip
        for by, is_seen in ((alice, True), (sam, True), (lea, False), (reader, False)):
            found = await ticket_links.offered(client_id, by=by)
            assert tuple(bool(some) for some in found) == (is_seen, is_seen)
        for by in (lea, reader):
            for field, number in (("service_id", service_id), ("invoice_id", invoice_id)):
                link: dict[str, Any] = {field: number}
                new = NewTicket(subject="A", text="B", category_id=category_id, **link)
                for refused in (
                    ticket_opening.open_ticket(client_id, new, by=by),
                    ticket_changes.update(ticket_id, TicketChanges(**link), by=by),
                ):
                    with pytest.raises(Invalid) as refusal:
                        await refused
                    assert set(refusal.value.errors) == {field}
        changes = TicketChanges(service_id=service_id, invoice_id=invoice_id)
        row = await ticket_changes.update(ticket_id, changes, by=sam)
        assert all((await ticket_links.of(row, by=sam)).values())
        for by in (lea, reader):
            assert await ticket_links.of(row, by=by) == {"service": "", "invoice": ""}
        await ticket_changes.update(ticket_id, msgspec.structs.replace(changes, priority="high"), by=lea)
        kept = await tickets.get(ticket_id, by=lea)
        assert (kept["service_id"], kept["invoice_id"]) == (service_id, invoice_id)
        jean = await member(alice, ["technical"])
        linked = await ticket_links.of(row, by=jean)
        assert (bool(linked["service"]), linked["invoice"]) == (True, "")
