"""Why did this client not get the mail: two clicks from the client's page, and sent again from there."""

import pytest

from core import db, mail
from core.settings import Settings
from tests import cast
from tests.core.support import posting
from tests.visitor import Visitor
from tests.web.api.conftest import key_of

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    posting.declared(monkeypatch)


async def a_delivery(place: str = "nova", login: str = "dupont", **columns) -> int:
    tenant = await cast.tenant(place)
    values = {
        "kind": "test.told", "channel": "mail", "medium": "mail", "address": "old@example.org", "subject": "Hello",
        "text": "Hello <script>alert(1)</script>", "state": "dead", "reason": "refused",
        "said": "550 no such mailbox",
    } | columns  # fmt: skip
    async with db.as_tenant(tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE login = $1", login)
        names = ", ".join(values)
        places = ", ".join(f"${number}" for number in range(2, len(values) + 2))
        made_id = await db.value(
            f"""WITH n AS (INSERT INTO notifications (kind, client_id, state, created_at)
                    VALUES ('test.told', $1, 'handed_out', now()) RETURNING id)
                INSERT INTO deliveries (notification_id, client_id, created_at, ended_at, attempts, {names})
                SELECT id, $1, now(), now(), 1, {places} FROM n RETURNING id""",
            client_id,
            *values.values(),
        )
        await db.execute(
            """INSERT INTO delivery_attempts (delivery_id, number, at, result, said)
               VALUES ($1, 1, now(), 'refused', '550 no such mailbox')""",
            made_id,
        )
    return int(made_id)


async def test_two_clicks_lead_to_the_reason_and_it_goes_to_the_corrected_address(
    visitor: Visitor,
) -> None:
    number = await a_delivery()
    sam = await visitor.sign_in(cast.email("sam"))
    tab = await sam.get("/staff/clients/1001/notifications")
    assert "It was refused for good." in sam.text(tab)
    assert f"/staff/notifications/{number}" in tab.text
    page = await sam.get(f"/staff/notifications/{number}")
    assert "550 no such mailbox" in sam.text(page)
    assert "&lt;script&gt;alert(1)" in page.text
    refused = await sam.post(f"/staff/notifications/{number}/again", {"address": "eve@example.org"})
    assert refused.status_code == 422
    sent = await sam.post(f"/staff/notifications/{number}/again", {"address": "dupont@client.example"})
    page = await sam.follow(sent)
    assert "It is being sent." in sam.text(page)
    tenant = await cast.tenant("nova")
    async with posting.post_office(posting.Post()) as post:
        mail.configure(Settings(smtp_url=post.url, mail_from="no-reply@panel.example"))
        await posting.send(tenant.id)
    assert post.told() == [("dupont@client.example", "Hello")]


async def test_a_secret_is_neither_shown_nor_sent_again_and_an_opt_out_stays(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    secret = await a_delivery(kind="test.secret", subject="", text="", is_secret=True)
    opted = await a_delivery(kind="test.news", state="skipped", reason="opted_out")
    page = await alice.get(f"/staff/notifications/{secret}")
    assert "It held a secret" in alice.text(page)
    for number in (secret, opted):
        assert "Send again" not in alice.text(await alice.get(f"/staff/notifications/{number}"))
        assert (await alice.post(f"/staff/notifications/{number}/again")).status_code == 409


async def test_no_reader_of_the_log_can_opt_others_out_by_the_link_in_their_mail(visitor: Visitor) -> None:
    place = f"http://nova.example/unsubscribe/{'aB3_-' * 20}=="
    text = f"Hello\n\n-- \nUnsubscribe {place}\n"
    number = await a_delivery(
        text=text, html=f'<a href="{place}">x</a>', head={"unsubscribe": place}, state="sent"
    )
    headers = {"authorization": f"Bearer {await key_of('alice')}"}
    told = (await visitor.get(f"/api/v1/notifications/{number}", headers=headers)).json()
    assert told["text"] == "Hello\n\n-- \nUnsubscribe http://nova.example/unsubscribe/•••\n"
    sam = await visitor.sign_in(cast.email("sam"))
    page = await sam.get(f"/staff/notifications/{number}")
    assert "/unsubscribe/•••" in page.text
    assert "aB3_-" not in page.text


async def test_the_log_says_in_words_what_became_of_it_and_which_text_it_was(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    panel = await a_delivery(channel="panel", medium="panel", state="sent", locale="fr", template="default/fr")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("DELETE FROM delivery_attempts WHERE delivery_id = $1", panel)
    page = sam.text(await sam.get(f"/staff/notifications/{panel}"))
    assert "nothing had to be tried" in page and "Nothing was tried" not in page
    assert "The usual text (French)" in page and "default/fr" not in page
    mail = await a_delivery(state="sent", template="provider/en/3", locale="en")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE delivery_attempts SET result = 'taken' WHERE delivery_id = $1", mail)
    page = sam.text(await sam.get(f"/staff/notifications/{mail}"))
    assert "Your own text (English), version 3" in page and "Accepted by the server" in page


async def test_a_mail_says_which_files_were_too_large_for_it(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    whole = await a_delivery(state="sent", attached="INV-1.pdf")
    halved = await a_delivery(state="sent", attached="INV-1.pdf", left_out="<b>INV-2</b>.pdf")
    assert "Something was left out" not in sam.text(await sam.get(f"/staff/notifications/{whole}"))
    page = await sam.get(f"/staff/notifications/{halved}")
    assert "Too large to be attached: &lt;b&gt;INV-2&lt;/b&gt;.pdf. The mail went without." in page.text
    headers = {"authorization": f"Bearer {await key_of('alice')}"}
    told = (await visitor.get(f"/api/v1/notifications/{halved}", headers=headers)).json()
    assert (told["attached"], told["left_out"]) == ("INV-1.pdf", "<b>INV-2</b>.pdf")


async def test_the_list_is_filtered_and_who_is_limited_sees_his_clients(visitor: Visitor) -> None:
    here, there = await a_delivery(login="mueller"), await a_delivery(login="dupont", state="sent", reason="")
    lea = await visitor.sign_in(cast.email("lea"))
    listed = (await lea.get("/staff/notifications")).text
    assert f"delivery-{here}" in listed
    assert f"delivery-{there}" not in listed
    assert (await lea.get(f"/staff/notifications/{there}")).status_code == 404
    alice = await visitor.another().sign_in(cast.email("alice"))
    for query, found in (
        ("state=sent", there),
        ("client=1001", there),
        ("address=OLD@", here),
        ("kind=test.told", here),
    ):
        assert f"delivery-{found}" in (await alice.get(f"/staff/notifications?{query}")).text
    assert f"delivery-{here}" not in (await alice.get("/staff/notifications?state=sent")).text
    assert (await alice.get("/staff/notifications?after=x")).status_code == 422
