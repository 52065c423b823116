"""The pages of tickets, for staff and for users of the client, without JavaScript; and the same over JSON."""

import re

import pytest

from core import db
from tests import cast
from tests.core.billing import bills
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
BAD = "<img src=x onerror=alert(1)>"


async def category_id() -> str:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return str(await db.value("SELECT id FROM ticket_categories ORDER BY position LIMIT 1"))


def once(page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


async def asked(jean: Visitor, subject: str = "It is slow", text: str = "Since **Monday**.") -> str:
    """The number of a ticket that the user opened, as it stands in addresses."""
    form = await jean.get("/tickets/new")
    sent = {"subject": subject, "text": text, "category_id": await category_id(), "once": once(form.text)}
    answer = await jean.post("/tickets", sent)
    assert answer.status_code == 303, jean.text(answer)
    assert (await jean.post("/tickets", sent)).headers["location"] == answer.headers["location"]
    return answer.headers["location"].rpartition("/")[2]


async def test_what_cannot_be_paid_is_not_written_and_is_once_it_can(visitor: Visitor) -> None:
    place = await cast.tenant("nova")
    async with db.as_tenant(place.id):
        await db.execute("""UPDATE ticket_categories SET priced_per = 'message', prices = '{"EUR": 1000}'""")
    jean = await visitor.sign_in(cast.email("dupont"))
    form = (await jean.get("/tickets/new")).text
    (agreed,) = re.findall(r'name="agreed" value="([^"]+)"', form)
    sent = {"subject": "For free", "text": "Work", "category_id": await category_id(), "once": once(form)}
    assert (await jean.post("/tickets", sent | {"agreed": agreed})).status_code == 409
    async with db.as_tenant(place.id):
        for table in ("tickets", "ticket_messages", "notifications", "expenses"):
            assert await db.value(f"SELECT count(*) FROM {table}") == 0, table
        assert await db.value("SELECT sum(count) FROM attempts WHERE subject LIKE 'ticket %'") == 1
        await db.execute("UPDATE client_projects SET is_postpaid = true")
    answer = await jean.post("/tickets", sent | {"agreed": agreed})
    assert answer.status_code == 303
    here = answer.headers["location"]
    async with db.as_tenant(place.id):
        await db.execute("UPDATE client_projects SET is_postpaid = false")
    page = (await jean.get(here)).text
    (agreed,) = re.findall(r'name="agreed" value="([^"]+)"', page)
    more = {"text": "And more", "once": once(page), "agreed": agreed}
    assert (await jean.post(f"{here}/messages", more)).status_code == 409
    async with db.as_tenant(place.id):
        assert await db.value("SELECT count(*) FROM ticket_messages") == 1
        assert await db.value("SELECT count(*) FROM expenses") == 1


async def test_a_client_asks_and_the_team_answers_with_a_note_among_themselves(visitor: Visitor) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    page = await jean.post("/tickets", {"subject": "", "text": "x"})
    assert page.status_code == 422
    assert 'id="error-subject"' in page.text
    assert 'id="error-category_id"' in page.text
    number = await asked(jean, subject=f"Slow {BAD}", text=f"Since **Monday** {BAD}")
    sam = await jean.another().sign_in(cast.email("sam"))
    here = f"/staff/tickets/{number}"
    many = await sam.get("/staff/tickets?words=a+b+c+d+e+f")
    assert 'id="error-words"' in many.text
    for address in ("/staff/tickets", "/staff/clients/1001/tickets", here):
        page = await sam.get(address)
        assert "Slow &lt;img src=x" in page.text
        assert BAD not in page.text
    assert "<strong>Monday</strong>" in page.text
    await sam.post(f"{here}/messages", {"text": "He owes us money", "act": "note", "once": once(page.text)})
    page = await sam.get(here)
    sent = {"text": "We look.", "act": "reply", "state": "waiting_client", "once": once(page.text), "version": "1"}
    assert (await sam.post(f"{here}/messages", sent)).status_code == 303
    late = await sam.post(f"{here}/messages", sent | {"once": "", "text": "Me too"})
    assert late.status_code == 409
    assert "Me too" in late.text
    page = await jean.get(f"/tickets/{number}")
    assert "We look." in jean.text(page)
    assert "Vous attend" in jean.text(page)
    assert "money" not in page.text
    assert "Sam" not in page.text
    assert "money" not in (await jean.get("/log")).text
    assert (await jean.post(f"/tickets/{number}/close")).status_code == 303
    assert (await jean.post(f"/tickets/{number}/close")).status_code == 409
    await jean.post(f"/tickets/{number}/messages", {"text": "Not yet"})
    assert "Not yet" in sam.text(await sam.get(here))


async def test_a_wrong_search_is_marked_and_a_wrong_page_is_told(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    for search in ("x" * 5_000, "%00"):
        wrong = await sam.get(f"/staff/tickets?search={search}")
        assert wrong.status_code == 422
        assert 'aria-describedby="error-search"' in wrong.text and 'id="error-search"' in wrong.text
    gone = await sam.get("/staff/tickets?after=zzz")
    assert (gone.status_code, "begin again from the first one" in gone.text) == (422, True)
    assert "wants your attention" not in gone.text


async def test_the_keys_of_tickets_are_told_and_times_are_to_the_minute(visitor: Visitor) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    here = f"/staff/tickets/{await asked(jean)}"
    sam = await jean.another().sign_in(cast.email("sam"))
    page = (await sam.get(here)).text
    told = set(re.findall(r"<dt><kbd>([a-z])</kbd></dt>", page))
    assert (
        told
        == set(re.findall(r'data-key="([a-z])"', page))
        == set(re.findall(r'aria-keyshortcuts="([a-z])"', page))
    )
    assert {"t", "u"} <= told
    assert "data-keys" in (await sam.get("/staff/tickets")).text
    assert re.search(r"<time[^>]*>[^<]*\d:\d\d\b", page)
    assert not re.search(r"<time[^>]*>[^<]*:\d\d:\d\d", page)


async def test_staff_decide_and_set_up_what_tickets_are_sorted_by(visitor: Visitor) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    number = await asked(jean)
    alice = await jean.another().sign_in(cast.email("alice"))
    here = f"/staff/tickets/{number}"
    sent = {"name": "Abuse", "is_closed": "1", "day_0": "9-18", "day_1": "late"}
    page = await alice.post("/staff/departments", sent)
    assert page.status_code == 422
    page = await alice.follow(await alice.post("/staff/departments", sent | {"day_1": ""}))
    assert "Abuse" in alice.text(page)
    found = re.search(r'/staff/departments/(\d+)/edit">Abuse', page.text)
    assert found is not None
    category = {"name_en": "Abuse", "name_fr": "Abus", "department_id": found[1], "is_on": "1"}
    for prices in ("", "40 XXX", "40 EUR, 50 EUR"):
        page = await alice.post("/staff/ticket-categories", category | {"priced_per": "ticket", "prices": prices})
        assert page.status_code == 422
        assert 'id="error-prices"' in page.text
    page = await alice.follow(
        await alice.post("/staff/ticket-categories", category | {"priced_per": "ticket", "prices": "40 EUR"})
    )
    assert "40.00 EUR" in alice.text(page)
    status = {"state": "open", "name_en": "Police", "name_fr": "Police", "shown_fr": "On regarde"}
    page = await alice.follow(await alice.post("/staff/ticket-statuses", status))
    own = re.search(r"/staff/ticket-statuses/(\d+)/edit", page.text)
    assert own is not None
    decided = {"standing": f"open:{own[1]}", "priority": "urgent", "department_id": found[1], "version": "1"}
    assert (await alice.post(here, decided | {"standing": "lost"})).status_code == 422
    page = await alice.follow(await alice.post(here, decided))
    assert "Police" in alice.text(page)
    assert (await alice.post(here, decided | {"priority": "low"})).status_code == 409
    assert "On regarde" in jean.text(await jean.get(f"/tickets/{number}"))
    sam = await jean.another().sign_in(cast.email("sam"))
    assert (await sam.get(here)).status_code == 404
    assert "No ticket" in sam.text(await sam.get("/staff/tickets"))
    assert (await alice.post(f"{here}/take")).status_code == 303
    assert (await alice.get("/staff/tickets?queue=mine&search=it%20is")).text.count(here) == 1


async def test_a_link_that_one_may_not_see_is_kept_by_the_form_and_not_told(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    place = await cast.who("alice")
    number = await asked(await alice.another().sign_in(cast.email("dupont")))
    async with db.as_tenant(place.tenant.id):
        invoice = await bills.issued(1000, by=place)
        await db.execute("UPDATE tickets SET invoice_id = $1 WHERE id = $2", invoice["id"], int(number))
        permissions = ["ticket:read", "ticket:update", "client:read"]
        role = await db.value(
            "INSERT INTO roles (name, permissions, created_at) VALUES ('Sorter', $1, now()) RETURNING id",
            permissions,
        )
        await db.execute(
            """UPDATE staff SET role = '', role_id = $1
                WHERE person_id = (SELECT id FROM people WHERE email_folded = $2)""",
            role,
            cast.email("sam"),
        )
    sam = await alice.another().sign_in(cast.email("sam"))
    here = f"/staff/tickets/{number}"
    assert invoice["number"] in (await alice.get(here)).text
    page = await sam.get(here)
    assert invoice["number"] not in page.text
    assert f'<option value="{invoice["id"]}" selected>' in page.text
    decided = {"standing": "open", "priority": "urgent", "invoice_id": str(invoice["id"]), "version": "1"}
    assert (await sam.post(here, decided)).status_code == 303
    async with db.as_tenant(place.tenant.id):
        kept = await db.row("SELECT invoice_id, priority FROM tickets WHERE id = $1", int(number))
    assert kept is not None
    assert tuple(kept.values()) == (invoice["id"], "urgent")


async def test_a_price_is_shown_before_it_is_charged(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE client_projects SET is_postpaid = true")
        await db.execute("""UPDATE ticket_categories SET priced_per = 'message', prices = '{"EUR": 1000}'""")
    jean = await alice.another().sign_in(cast.email("dupont"))
    form = await jean.get("/tickets/new")
    agreed = re.search(r'name="agreed" value="(\d+):(\d+)"', form.text)
    assert agreed is not None
    assert "par message" in jean.text(form)
    sent = {"subject": "Help", "text": "Please", "category_id": agreed[1]}
    assert (await jean.post("/tickets", sent)).status_code == 422
    page = await jean.follow(await jean.post("/tickets", sent | {"agreed": agreed[0].split('"')[3]}))
    assert "Chaque message coûte" in jean.text(page)
    here = str(page.url.path)
    assert (await jean.post(f"{here}/messages", {"text": "More", "agreed": "1"})).status_code == 422
    assert (await jean.post(f"{here}/messages", {"text": "More", "agreed": agreed[2]})).status_code == 303
    page = await alice.get(f"/staff{here}")
    assert page.text.count('href="/staff/expenses/') == 2


async def test_tickets_are_merged_and_split_and_words_in_writing_are_kept(visitor: Visitor) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    first, second = await asked(jean, subject="One"), await asked(jean, subject="Two", text="Another thing")
    sam = await jean.another().sign_in(cast.email("sam"))
    alice = await jean.another().sign_in(cast.email("alice"))
    assert (await sam.post(f"/staff/tickets/{second}/writing", {"text": "Dear Jean"})).status_code == 204
    assert "Dear Jean" in sam.text(await sam.get(f"/staff/tickets/{second}"))
    page = await alice.get(f"/staff/tickets/{second}")
    assert "Sam is writing an answer." in alice.text(page)
    assert "Dear Jean" not in page.text
    answer = {"text": "Me first", "version": "1"}
    page = await alice.post(f"/staff/tickets/{second}/messages", answer)
    assert page.status_code == 409
    assert 'name="anyway"' in page.text
    assert (await alice.post(f"/staff/tickets/{second}/messages", answer | {"anyway": "1"})).status_code == 303
    assert "Two" in alice.text(await alice.get(f"/staff/tickets/{first}/merge"))
    page = await alice.follow(await alice.post(f"/staff/tickets/{first}/merge", {"into": second}))
    assert "Another thing" in alice.text(page)
    assert (await jean.get(f"/tickets/{first}")).headers["location"] == f"/tickets/{second}"
    page = await alice.get(f"/staff/tickets/{second}/split")
    number = re.findall(r'name="messages" value="(\d+)"', page.text)[0]
    assert (await alice.post(f"/staff/tickets/{second}/split", {"subject": "Half"})).status_code == 422
    page = await alice.follow(
        await alice.post(f"/staff/tickets/{second}/split", {"subject": "Half", "messages": number})
    )
    assert "Half" in alice.text(page)
