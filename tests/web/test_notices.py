"""The bell, what one chooses to be told, and the link in a mail that opts out with one click."""

import pytest

from core import db, mail, notifications
from core.actor import system
from core.notifications import Recipient
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_client_merging import add_user
from tests.core.support import posting
from tests.core.support.posting import NEWS, SECRET, TOLD
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    posting.declared(monkeypatch)


async def tell(kind, word: str, *, login: str = "dupont", **more) -> int:
    """Tell the owner of a client something, and let it be handed out."""
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE login = $1", login)
        to = Recipient(address=cast.email(login), name="Jean", locale="en")
        data = {"name": "Jean", "word": word}
        await notifications.notify(kind, to=to, data=data, client_id=client_id, by=system(tenant), **more)
    await posting.hand_out(tenant.id)
    return tenant.id


async def states_of_mail(tenant_id: int) -> list[str]:
    return [row["state"] for row in await posting.all_of(tenant_id) if row["medium"] == "mail"]


async def test_the_bell_counts_what_is_new_until_it_was_read(visitor: Visitor) -> None:
    await tell(TOLD, "<b>one</b>", about=("invoice", 1))
    await tell(SECRET, "hush-123")
    jean = await visitor.sign_in(cast.email("dupont"))
    assert '<span class="bell-count" aria-hidden="true">1</span>' in (await jean.get("/")).text
    page = await jean.get("/account/notices")
    assert "&lt;b&gt;one" in page.text
    assert "hush" not in page.text
    number = page.text.split("notice-")[1].split('"')[0]
    led = await jean.post(f"/account/notices/{number}/open")
    assert led.headers["location"] == "/invoices"
    assert "bell-count" not in (await jean.get("/")).text
    await tell(TOLD, "two")
    await jean.follow(await jean.post("/account/notices/read"))
    assert "bell-count" not in (await jean.get("/")).text
    sam = await visitor.another().sign_in(cast.email("sam"))
    assert "bell-count" not in (await sam.get("/staff")).text
    assert (await sam.post(f"/account/notices/{number}/open")).status_code == 404


async def test_what_a_client_is_told_of_a_ticket_stands_in_the_panel_of_each_user_who_reads_tickets(
    visitor: Visitor,
) -> None:
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
        colleague_id = await add_user(client_id, "colleague", "technical")
        stranger_id = await add_user(client_id, "stranger")
        to = Recipient(address="office@client.example", name="Dupont", locale="en")
        told, known = {"name": "Dupont", "word": "news"}, {"client_id": client_id, "by": system(tenant)}
        await notifications.notify(TOLD, to=to, data=told, about=("ticket", 1), **known)
        await notifications.notify(TOLD, to=to, data=told, about=("invoice", 1), **known)
    await posting.hand_out(tenant.id)
    rows = [row for row in await posting.all_of(tenant.id) if row["medium"] == "panel"]
    assert {row["state"] for row in rows} == {"sent"} and len(rows) == 2, "nobody is told of the invoice"
    assert colleague_id in {row["person_id"] for row in rows}
    assert stranger_id not in {row["person_id"] for row in rows}
    jean = await visitor.sign_in(cast.email("dupont"))
    assert '<span class="bell-count" aria-hidden="true">1</span>' in (await jean.get("/")).text


async def test_what_is_about_a_client_goes_with_the_membership(visitor: Visitor) -> None:
    await tell(TOLD, "one")
    tenant = await cast.tenant("nova")
    jean = await visitor.sign_in(cast.email("dupont"))
    async with db.as_tenant(tenant.id):
        await db.execute(
            """UPDATE deliveries SET client_id = (SELECT id FROM clients WHERE login = 'elodie')
                WHERE medium = 'panel'"""
        )
    assert "About one" not in (await jean.get("/account/notices")).text


async def test_news_is_a_choice_and_service_is_not(visitor: Visitor) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    page = await jean.get("/account/notifications")
    assert 'value="test.news|mail" checked' in page.text
    assert "test.told|mail" not in page.text
    page = await jean.follow(await jean.post("/account/notifications", {"wanted": "test.news|panel"}))
    assert 'value="test.news|panel" checked' in page.text
    assert 'value="test.news|mail" checked' not in page.text
    tenant_id = await tell(NEWS, "fresh")
    rows = {row["medium"]: (row["state"], row["reason"]) for row in await posting.all_of(tenant_id)}
    assert rows == {"mail": ("skipped", "opted_out"), "panel": ("sent", "")}


async def test_one_click_in_the_mail_opts_out_without_a_session_and_back_again(visitor: Visitor) -> None:
    tenant_id = await tell(NEWS, "fresh")
    async with posting.post_office(posting.Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        await posting.send(tenant_id)
    (letter,) = post.taken
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    place = letter["List-Unsubscribe"].strip("<>")
    assert place in letter.get_body(("plain",)).get_content().replace("=\r\n", "")
    path = "/unsubscribe/" + place.rpartition("/")[2]
    assert "Send me no more of it" in (await visitor.get(path)).text
    told = await visitor.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert told.status_code == 200
    await tell(NEWS, "more")
    assert [row["state"] for row in await posting.all_of(tenant_id) if row["medium"] == "mail"] == [
        "sent",
        "skipped",
    ]
    await visitor.client.post(path, data={"again": "1"})
    await tell(NEWS, "most")
    assert await states_of_mail(tenant_id) == ["sent", "skipped", "waiting"]
    alice = await visitor.another().sign_in(cast.email("alice"))
    page = alice.text(await alice.get("/staff/activity?client=1001"))
    assert f"Mail of one kind goes to {cast.email('dupont')} no more, by the link in it" in page
    assert "Notification" in page and " Told " in page
    acme = visitor.another("acme")
    assert (await acme.get(path)).status_code == 404
    assert (await visitor.get(path[:-2])).status_code == 404


async def test_a_stream_of_who_is_signed_out_ends_without_a_page(visitor: Visitor) -> None:
    answer = await visitor.get("/account/notices/events", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.text) == (204, "")
