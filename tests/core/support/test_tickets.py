"""Tickets: who sees which, who may do what, what a reply does, and that notes stay with the staff."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from asyncpg import Record
from hypothesis import given
from hypothesis import strategies as st

from core import clock, db
from core.accounts import client_merging, rights
from core.accounts.focus import Focus
from core.actor import Actor, ClientSeat
from core.billing import accounts
from core.billing.accounts import Terms, TooLittle
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition
from core.settings import Settings
from core.support import (
    department_hours,
    departments,
    own_tickets,
    ticket_categories,
    ticket_changes,
    ticket_list,
    ticket_merging,
    ticket_messages,
    ticket_opening,
    ticket_statuses,
    ticket_writing,
    tickets,
)
from core.support.departments import DepartmentValues
from core.support.own_tickets import OwnTicket
from core.support.ticket_categories import CategoryValues
from core.support.ticket_changes import TicketChanges
from core.support.ticket_list import TicketFilter
from core.support.ticket_messages import Reply
from core.support.ticket_opening import Opening
from core.support.ticket_statuses import StatusValues
from core.support.ticket_writing import Writing
from tests import cast

pytestmark = pytest.mark.anyio
WEEK = tuple((540, 1080) if day < 5 else None for day in range(7))
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by


async def client(login: str = "dupont") -> Record:
    found = await db.row("SELECT * FROM clients WHERE login = $1", login)
    assert found is not None
    return found


async def user(staff: Actor, login: str = "dupont", *, may: frozenset[str] = rights.ALL) -> Actor:
    """The owner of a client, in the portal."""
    row = await client(login)
    seat = ClientSeat(id=row["id"], code=row["code"], name=login, roles=frozenset({"owner"}), rights=may)
    return Actor(kind="user", tenant=staff.tenant, name=login.title(), client=seat)


async def colleague(role: str, name: str, alice: Actor, **more: Any) -> Actor:
    """Somebody of Nova's staff, inside its scope already."""
    staff_id = await db.value(
        "SELECT s.id FROM staff s JOIN people p ON p.id = s.person_id WHERE p.email_folded = $1", cast.email(name)
    )
    return Actor(kind="staff", tenant=alice.tenant, name=name.title(), role=role, staff_id=staff_id, **more)


async def asked(alice: Actor, login: str = "dupont", *, category_id: int | None = None) -> int:
    """A ticket that the client opened."""
    if category_id is None:
        category_id = await db.value("SELECT id FROM ticket_categories ORDER BY position LIMIT 1")
    new = OwnTicket(subject="It is slow", text="Since **Monday**.", category_id=category_id)
    return int((await own_tickets.open_ticket(new, by=await user(alice, login)))["id"])


async def texts(ticket_id: int, by: Actor) -> list[str]:
    return [row["text"] for row in await own_tickets.messages(ticket_id, by=by)]


async def test_a_ticket_goes_to_and_fro_and_waits_for_the_right_side(alice: Actor) -> None:
    jean, sam = await user(alice), await colleague("support", "sam", alice)
    ticket_id = await asked(alice)
    opened = await tickets.get(ticket_id, by=sam)
    assert (opened["state"], opened["number"], opened["department"]) == ("new", 1001, "Support")
    assert opened["waiting_since"] is not None
    await own_tickets.reply(ticket_id, "Please hurry.", by=jean)
    assert (await tickets.get(ticket_id, by=sam))["state"] == "new"
    with clock.moved(timedelta(minutes=5)):
        await ticket_messages.reply(ticket_id, Reply(text="We look."), by=sam)
    answered = await tickets.get(ticket_id, by=sam)
    assert (answered["state"], answered["waiting_since"]) == ("waiting_client", None)
    assert answered["first_answered_at"] - answered["created_at"] >= timedelta(minutes=5)
    await own_tickets.reply(ticket_id, "Thank you.", by=jean)
    assert (await tickets.get(ticket_id, by=sam))["state"] == "waiting_staff"
    await ticket_messages.reply(ticket_id, Reply(text="Done.", state="closed"), by=sam)
    assert (await own_tickets.get(ticket_id, by=jean))["closed_at"] is not None
    with pytest.raises(Conflict):
        await own_tickets.close(ticket_id, by=jean)
    await own_tickets.reply(ticket_id, "Not quite.", by=jean)
    again = await tickets.get(ticket_id, by=sam)
    assert (again["state"], again["closed_at"]) == ("waiting_staff", None)
    assert again["waiting_since"] is not None


async def test_what_is_sent_twice_is_said_once(alice: Actor) -> None:
    jean = await user(alice)
    new = OwnTicket(subject="A", text="B", category_id=await db.value("SELECT id FROM ticket_categories LIMIT 1"))
    first = await own_tickets.open_ticket(new, key="form-1", by=jean)
    assert (await own_tickets.open_ticket(new, key="form-1", by=jean))["id"] == first["id"]
    for _time in range(2):
        await own_tickets.reply(first["id"], "Once", key="form-2", by=jean)
        await ticket_messages.reply(first["id"], Reply(text="Once too"), key="form-3", by=alice)
    assert await texts(first["id"], jean) == ["B", "Once", "Once too"]


async def test_a_note_never_reaches_the_client(alice: Actor) -> None:
    jean = await user(alice)
    ticket_id = await asked(alice)
    before = await own_tickets.get(ticket_id, by=jean)
    await ticket_messages.note(ticket_id, "He owes us money", by=alice)
    assert await texts(ticket_id, jean) == ["Since **Monday**."]
    assert [row["is_note"] for row in await ticket_messages.of_ticket(ticket_id, by=alice)] == [False, True]
    assert dict(await own_tickets.get(ticket_id, by=jean)) == dict(before)
    told = await db.fetch("SELECT action, changes FROM audit_entries WHERE subject_id = $1", ticket_id)
    assert {row["action"] for row in told} == {"ticket:opened", "ticket_work:noted"}
    assert all("money" not in str(row["changes"]) for row in told)


async def test_only_the_right_users_see_and_write(alice: Actor) -> None:
    ticket_id = await asked(alice)
    with pytest.raises(NotFound):
        await own_tickets.get(ticket_id, by=await user(alice, "mueller"))
    reader = await user(alice, may=frozenset({"tickets:read"}))
    assert (await own_tickets.page(by=reader)).rows[0]["id"] == ticket_id
    for act in (own_tickets.close(ticket_id, by=reader), own_tickets.reply(ticket_id, "x", by=reader)):
        with pytest.raises(Forbidden):
            await act
    nobody = await user(alice, may=frozenset())
    with pytest.raises(Forbidden):
        await own_tickets.page(by=nobody)


async def test_staff_see_what_their_limits_and_departments_let_them(alice: Actor) -> None:
    sam, ada = await colleague("support", "sam", alice), await colleague("auditor", "ada", alice)
    closed = await departments.create(DepartmentValues(name="Abuse", is_closed=True), by=alice)
    new = CategoryValues(name_en="Abuse", name_fr="Abus", department_id=closed["id"])
    category = await ticket_categories.create(new, by=alice)
    ticket_id = await asked(alice, category_id=category["id"])
    for sees_not in (sam, ada):
        with pytest.raises(NotFound):
            await tickets.get(ticket_id, by=sees_not)
        assert (await ticket_list.page(TicketFilter(), by=sees_not)).rows == []
    values = DepartmentValues(name="Abuse", is_closed=True, members={sam.staff_id or 0: "read"})
    await departments.update(closed["id"], values, version=1, by=alice)
    assert [row["id"] for row in (await ticket_list.page(TicketFilter(), by=sam)).rows] == [ticket_id]
    with pytest.raises(Forbidden):
        await ticket_messages.reply(ticket_id, Reply(text="x"), by=sam)
    values = msgspec.structs.replace(values, members={sam.staff_id or 0: "answer"})
    await departments.update(closed["id"], values, version=2, by=alice)
    await ticket_messages.reply(ticket_id, Reply(text="x"), by=sam)
    await ticket_changes.assign(ticket_id, sam.staff_id, by=sam)
    with pytest.raises(Forbidden):
        await ticket_changes.assign(ticket_id, None, by=sam)
    with pytest.raises(Forbidden):
        await ticket_messages.note(ticket_id, "x", by=ada)
    elsewhere = await colleague("support", "lea", alice, projects=frozenset({1}))
    with pytest.raises(NotFound):
        await tickets.get(ticket_id, by=elsewhere)


async def test_a_mass_of_tickets_is_written_once_and_returns_to_its_author(alice: Actor) -> None:
    jean, sam = await user(alice), await colleague("support", "sam", alice)
    listed = await db.fetch("SELECT * FROM clients ORDER BY code")
    openings = [
        Opening(
            key=f"mass-{row['id']}",
            client_id=row["id"],
            project_id=row["project_id"],
            subject="News",
            text="For you",
            language=row["language"],
            returns_to_staff_id=sam.staff_id,
            origin="message",
        )
        for row in listed
    ]
    made = await ticket_opening.open_many(openings, by=alice)
    assert await ticket_opening.open_many(openings, by=alice) == made
    assert len(set(made)) == len(listed)
    numbers = await db.fetch("SELECT number FROM tickets ORDER BY number")
    assert len({row["number"] for row in numbers}) == len(listed)
    assert await db.value("SELECT count(*) FROM ticket_messages") == len(listed)
    mine = next(ticket for ticket, row in zip(made, listed, strict=True) if row["login"] == "dupont")
    await own_tickets.reply(mine, "And then?", by=jean)
    back = await tickets.get(mine, by=alice)
    assert (back["assignee_id"], back["state"]) == (sam.staff_id, "waiting_staff")


async def test_words_are_found_in_what_was_said_of_the_latest_tickets(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await asked(alice)
    with clock.moved(timedelta(minutes=1)):
        second = await asked(alice, "mueller")
        await ticket_messages.note(first, "The Switch in rack 7 is BROKEN, très cassé", by=alice)

    async def shown(words: str, **chosen: Any) -> list[int]:
        return [row["id"] for row in (await ticket_list.page(TicketFilter(words=words, **chosen), by=alice)).rows]

    assert await shown("broken switch") == await shown("casse") == [first]
    assert await shown("broken nobody") == await shown("x%_") == []
    assert await shown("it is") == [second, first]
    assert await shown("broken", queue="waiting") == [first]
    assert await shown("the switch in rack 7") == [first]
    with pytest.raises(Invalid) as refused:
        await shown("the switch in rack 7 nobody")
    assert set(refused.value.errors) == {"words"}
    monkeypatch.setattr(ticket_list, "LOOKED_THROUGH", 1)
    assert await shown("broken") == []
    assert await shown("broken", client=1001) == await shown("broken", queue="waiting") == [first]


async def test_the_queues_show_what_they_say(alice: Actor) -> None:
    sam = await colleague("support", "sam", alice)
    first = await asked(alice)
    with clock.moved(timedelta(minutes=1)):
        second = await asked(alice, "mueller")
    await ticket_changes.assign(second, sam.staff_id, by=sam)
    await ticket_changes.watch(first, by=sam)

    async def shown(by: Actor = sam, **chosen: Any) -> list[int]:
        return [row["id"] for row in (await ticket_list.page(TicketFilter(**chosen), by=by)).rows]

    assert await shown() == [second, first]
    assert await shown(queue="mine") == [second]
    assert await shown(queue="unassigned") == [first]
    assert await shown(queue="watched") == [first]
    assert await shown(queue="waiting") == [first, second]
    assert await shown(search="it is") == [second, first]
    assert await shown(search="#1002") == [second]
    assert await shown(search="x%_") == []
    page = await ticket_list.page(TicketFilter(queue="waiting"), by=sam, size=1)
    following = await ticket_list.page(TicketFilter(queue="waiting"), by=sam, size=1, after=page.next or "")
    assert [row["id"] for row in (*page.rows, *following.rows)] == [first, second]
    back = await ticket_list.page(TicketFilter(queue="waiting"), by=sam, size=1, before=following.previous or "")
    assert [row["id"] for row in back.rows] == [first]
    jean = await client()
    on_jean = Focus(number=jean["code"], client_id=jean["id"])
    assert [row["id"] for row in (await ticket_list.page(TicketFilter(), by=sam, within=on_jean)).rows] == [first]
    with pytest.raises(Invalid):
        await shown(client=-1)


async def test_a_change_by_two_people_is_seen_and_a_status_says_more_of_a_state(alice: Actor) -> None:
    ticket_id = await asked(alice)
    words = StatusValues(state="waiting_staff", name_en="Data centre", name_fr="Centre", shown_en="Being built")
    status = await ticket_statuses.create(words, by=alice)
    changed = await ticket_changes.update(ticket_id, TicketChanges(status_id=status["id"]), version=1, by=alice)
    assert (changed["state"], ticket_statuses.name(changed)) == ("waiting_staff", "Data centre")
    assert ticket_statuses.shown(changed) == "Being built"
    with pytest.raises(EditConflict):
        await ticket_changes.update(ticket_id, TicketChanges(priority="high"), version=1, by=alice)
    with pytest.raises(EditConflict):
        await ticket_messages.reply(ticket_id, Reply(text="Late"), version=1, by=alice)
    with pytest.raises(Invalid) as refused:
        await ticket_changes.update(ticket_id, TicketChanges(category_id=7, service_id=7, assignee_id=7), by=alice)
    assert set(refused.value.errors) == {"category_id", "service_id", "assignee_id"}
    await ticket_messages.reply(ticket_id, Reply(text="Built"), by=alice)
    assert (await tickets.get(ticket_id, by=alice))["status_id"] is None
    with pytest.raises(Conflict):
        await departments.delete((await departments.every(by=alice))[0]["id"], by=alice)
    with pytest.raises(Conflict):
        await ticket_categories.delete(changed["category_id"], by=alice)


async def test_categories_are_offered_to_whom_they_are_for(alice: Actor) -> None:
    jean = await user(alice)
    department = (await departments.every(by=alice))[0]["id"]
    type_id = await db.value("SELECT id FROM product_types ORDER BY position LIMIT 1")
    for number, more in enumerate(({"is_shown": False}, {"is_on": False}, {"types": (type_id,)}, {})):
        name = f"Category {number}"
        new = CategoryValues(name_en=name, name_fr=name, department_id=department, **more)  # type: ignore[arg-type]
        await ticket_categories.create(new, by=alice)
    offered = {row["name_en"] for row in await own_tickets.categories(by=jean)}
    assert offered == {"General questions", "Category 3"}
    with pytest.raises(Invalid) as refused:
        await own_tickets.open_ticket(OwnTicket(subject="", text="\x00"), by=jean)
    assert set(refused.value.errors) == {"subject", "text", "category_id"}
    standard = msgspec.structs.replace(alice, tenant=msgspec.structs.replace(alice.tenant, edition="standard"))
    project = await db.value("SELECT id FROM projects ORDER BY id LIMIT 1")
    bound = CategoryValues(name_en="P", name_fr="P", department_id=department, project_id=project)
    with pytest.raises(NotInEdition):
        await ticket_categories.create(bound, by=standard)
    with pytest.raises(NotInEdition):
        await departments.create(DepartmentValues(name="D", hours=("9-17",) * 7), by=standard)


async def test_tickets_follow_a_client_that_is_merged(alice: Actor) -> None:
    ticket_id = await asked(alice)
    gone, stays = await client(), await client("elodie")
    await client_merging.merge(gone["code"], stays["code"], owner_role="billing", by=alice)
    assert (await tickets.get(ticket_id, by=alice))["client_code"] == stays["code"]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_hours_that_are_waited_add_up(first: datetime, second: datetime, third: datetime) -> None:
    first, second, third = sorted((first, second, third))
    parts = [department_hours.waited(*span, WEEK, PARIS) for span in ((first, second), (second, third))]
    assert sum(parts, timedelta()) == department_hours.waited(first, third, WEEK, PARIS)
    assert parts[0] <= second - first
    assert department_hours.waited(first, third, (), PARIS) == third - first


def test_a_week_of_hours_is_read_as_people_write_it() -> None:
    week = department_hours.read(["9-18", "9:30 – 12:00", "", "0:00-24:00", "", "", ""])
    assert department_hours.kept(week)[:4] == ["09:00-18:00", "09:30-12:00", "", "00:00-24:00"]
    friday, monday = datetime(2026, 3, 27, 16, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert department_hours.waited(friday, monday, WEEK, PARIS) == timedelta(hours=2)
    for wrong in ("18-9", "9-25", "nine", "9:75-10", "1-2-3"):
        with pytest.raises(ValueError, match=" "):
            department_hours.parse(wrong)


async def told(kind: str) -> list[Record]:
    return await db.fetch("SELECT address, data, created_by FROM notifications WHERE kind = $1 ORDER BY id", kind)


async def test_each_side_is_told_once_of_what_the_other_one_says(alice: Actor) -> None:
    jean, sam = await user(alice), await colleague("support", "sam", alice)
    department = (await departments.every(by=alice))[0]
    members = {sam.staff_id or 0: "answer"}
    values = DepartmentValues(name=department["name"], members=members)  # type: ignore[arg-type]
    await departments.update(department["id"], values, version=1, by=alice)
    ticket_id = await asked(alice)
    assert [row["address"] for row in await told("ticket.opened")] == [cast.email("sam")]
    for _time in range(2):
        await ticket_messages.reply(ticket_id, Reply(text="We look."), key="form-9", by=sam)
    (answer,) = await told("ticket.answered")
    assert (answer["data"]["text_markdown"], answer["data"]["author"]) == ("We look.", "Nova")
    await ticket_messages.note(ticket_id, "He owes us money", by=sam)
    await ticket_changes.assign(ticket_id, sam.staff_id, by=sam)
    assert await told("ticket.assigned") == []
    max_ = await colleague("manager", "max", alice)
    await ticket_changes.assign(ticket_id, max_.staff_id, by=alice)
    assert [row["address"] for row in await told("ticket.assigned")] == [cast.email("max")]
    await ticket_changes.watch(ticket_id, by=sam)
    await own_tickets.reply(ticket_id, "And?", by=jean)
    addresses = sorted(row["address"] for row in await told("ticket.opened"))
    assert addresses == [cast.email("max"), cast.email("sam"), cast.email("sam")]
    assert await db.value("SELECT count(*) FROM notifications WHERE data::text LIKE '%owes%'") == 0


async def test_a_price_is_charged_once_as_it_was_shown_and_never_unseen(alice: Actor) -> None:
    jean = await user(alice)
    department = (await departments.every(by=alice))[0]["id"]
    new = CategoryValues(name_en="Expert", name_fr="Expert", department_id=department, priced_per="message",
                         prices={"EUR": 1000})  # fmt: skip
    category = await ticket_categories.create(new, by=alice)
    wanted = OwnTicket(subject="Help", text="Please", category_id=category["id"])
    price = (await own_tickets.prices(by=jean))[category["id"]]
    with pytest.raises(Invalid):
        await own_tickets.open_ticket(wanted, by=jean)
    async with db.savepoint():
        with pytest.raises(TooLittle):
            await own_tickets.open_ticket(wanted, agreed=price.gross_units, by=jean)
    await accounts.set_terms(price.account_id, Terms(is_postpaid=True), by=alice)
    for _time in range(2):
        ticket = await own_tickets.open_ticket(wanted, agreed=price.gross_units, key="form-1", by=jean)
    await own_tickets.reply(ticket["id"], "More", agreed=price.gross_units, by=jean)
    with pytest.raises(Invalid):
        await own_tickets.reply(ticket["id"], "Unseen", by=jean)
    await ticket_messages.reply(ticket["id"], Reply(text="An answer is for free"), by=alice)
    charged = await db.fetch("SELECT net_units, gross_units, kind FROM expenses ORDER BY created_at")
    assert [(row["net_units"], row["gross_units"], row["kind"]) for row in charged] == [
        (1000, price.gross_units, "ticket")
    ] * 2
    shown = await own_tickets.messages(ticket["id"], by=jean)
    assert [row["expense_id"] is not None for row in shown] == [True, True, False]


async def test_a_price_that_could_not_be_kept_with_its_tax_is_refused_beside_it_and_never_charged(
    alice: Actor,
) -> None:
    department, most = (await departments.every(by=alice))[0]["id"], 10**15
    new = CategoryValues(name_en="Expert", name_fr="Expert", department_id=department, priced_per="message",
                         prices={"EUR": most // 2 - 1})  # fmt: skip
    for units in (most // 2, most - 1, most):
        with pytest.raises(Invalid) as refusal:
            await ticket_categories.create(msgspec.structs.replace(new, prices={"EUR": units}), by=alice)
        assert set(refusal.value.errors) == {"prices"}
    category, jean = await ticket_categories.create(new, by=alice), await user(alice)
    price = (await own_tickets.prices(by=jean))[category["id"]]
    await accounts.set_terms(price.account_id, Terms(is_postpaid=True), by=alice)
    wanted = OwnTicket(subject="Help", text="Please", category_id=category["id"])
    await own_tickets.open_ticket(wanted, agreed=price.gross_units, by=jean)
    kept = f'{{"EUR": {most - 1}}}'
    await db.execute("UPDATE ticket_categories SET prices = $1::text::jsonb WHERE id = $2", kept, category["id"])
    price = (await own_tickets.prices(by=jean))[category["id"]]
    assert price.gross_units > most
    async with db.savepoint():
        with pytest.raises(Conflict, match="more than can be kept"):
            await own_tickets.open_ticket(wanted, agreed=price.gross_units, by=jean)


async def test_two_tickets_become_one_and_one_becomes_two(alice: Actor) -> None:
    jean, sam = await user(alice), await colleague("support", "sam", alice)
    first, second, other = await asked(alice), await asked(alice), await asked(alice, "mueller")
    await ticket_messages.note(first, "Secret", by=sam)
    await ticket_messages.reply(second, Reply(text="Answered"), by=sam)
    await ticket_changes.watch(first, by=sam)
    with pytest.raises(Invalid):
        await ticket_merging.merge(first, other, by=sam)
    stays = await ticket_merging.merge(first, second, by=sam)
    assert (stays["id"], stays["state"]) == (second, "waiting_staff")
    assert await texts(second, jean) == ["Since **Monday**.", "Since **Monday**.", "Answered"]
    assert [row["staff_id"] for row in await tickets.watchers(second)] == [sam.staff_id]
    with pytest.raises(Conflict):
        await own_tickets.reply(first, "Where am I?", by=jean)
    said = await ticket_messages.of_ticket(second, by=sam)
    notes = [row["id"] for row in said if row["is_note"]]
    for wrong in (notes, [row["id"] for row in said], [7]):
        with pytest.raises(Invalid):
            await ticket_merging.split(second, wrong, "Half", by=sam)
    made = await ticket_merging.split(second, [said[0]["id"], *notes], "Half", by=sam)
    assert await texts(made["id"], jean) == ["Since **Monday**."]
    assert (made["state"], made["opened_by"]) == ("waiting_staff", "Dupont")
    assert len(await texts(second, jean)) == 2


async def test_who_writes_is_seen_by_the_others_and_finds_his_words_again(alice: Actor) -> None:
    sam = await colleague("support", "sam", alice)
    ticket_id = await asked(alice)
    await ticket_writing.begin(ticket_id, "Dear\x00 Jean", by=sam)
    assert (await ticket_writing.now(ticket_id, by=alice)).writers == ("Sam",)
    assert (await ticket_writing.now(ticket_id, by=sam)).writers == ()
    with pytest.raises(Writing):
        await ticket_writing.require_alone(ticket_id, by=alice)
    with clock.moved(timedelta(minutes=1)):
        await ticket_writing.require_alone(ticket_id, by=alice)
    assert await ticket_writing.draft(ticket_id, by=sam) == "Dear Jean"
    await ticket_messages.reply(ticket_id, Reply(text="Dear Jean,"), by=sam)
    assert await ticket_writing.draft(ticket_id, by=sam) == ""
