"""The pages of response templates, without JavaScript: previewing, filling a text in, what stays inert."""

import html

import pytest

from core import db
from core.support import response_templates, ticket_opening
from core.support.response_templates import TemplateValues
from core.support.ticket_opening import NewTicket
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/response-templates"
ATTACK = "<img src=x onerror=alert(1)> [x](javascript:alert(1))"


@pytest.fixture
async def sam(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("sam"))


async def made(audience: str = "all", **bodies: str) -> int:
    by = await cast.who("alice" if audience == "all" else "sam")
    async with db.as_tenant(by.tenant.id):
        new = TemplateValues(name="How to pay", audience=audience, bodies=bodies)
        return (await response_templates.create(new, by=by)).id


async def code_of(login: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT code FROM clients WHERE login = $1", login))


async def test_a_template_is_added_in_a_second_language_previewed_and_saved(sam: Visitor) -> None:
    form = {"name": "Hi", "audience": "own", "bodies.fr": "Bonjour **{{ client.name }}** " + ATTACK}
    page = await sam.post(f"{HERE}/preview", form | {"add_language": "de", "preview_client": ""})
    assert page.status_code == 200
    assert 'name="bodies.de"' in page.text
    shown = page.text.partition('id="preview"')[2]
    assert "<strong>" in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
    wrong = await sam.post(HERE, form | {"bodies.fr": "{{ client.nmae }}"})
    assert (wrong.status_code, "client.nmae" in wrong.text) == (422, True)
    assert (await sam.post(f"{HERE}/preview", form | {"preview_client": "x"})).status_code == 422
    index = await sam.follow(await sam.post(HERE, form))
    assert ">Hi</a>" in index.text
    assert ">Hi</a>" not in (await sam.get(f"{HERE}?q=nothing")).text
    assert (await sam.get(f"{HERE}?q=%00")).status_code == 422


async def test_a_text_is_filled_in_below_what_was_written_and_the_rest_of_the_form_is_carried(
    sam: Visitor,
) -> None:
    template_id = await made(fr="Bonjour {{ client.name }}, {{ invoice.number }}")
    form = {"autofill_into": "text", "autofill_client": await code_of("dupont"), "text": "Alors :", "is_note": "1",
            "autofill_action": "https://evil.example/", "autofill_q": "PAY"}  # fmt: skip
    choice = await sam.post("/staff/autofill", form)
    assert f'value="{template_id}"' in choice.text
    assert 'name="is_note" value="1"' in choice.text
    filled = await sam.post("/staff/autofill", form | {"autofill_template": template_id})
    text = html.unescape(filled.text)
    assert "Alors :\n\nBonjour Jean Dupont, " in text
    assert 'name="is_note" value="1"' in text
    assert 'action="/staff"' in text
    assert "invoice.number" in text
    several = await sam.post("/staff/autofill", form | {"autofill_template": template_id, "autofill_client": ""})
    assert "{{ client.name }}" in html.unescape(several.text)
    assert (await sam.post("/staff/autofill", {"autofill_into": "x y"})).status_code == 404


async def test_an_answer_is_filled_in_with_what_its_ticket_is_about(sam: Visitor) -> None:
    template_id = await made(en="About {{ ticket.number }}, {{ ticket.link }}: {{ client.name }}")
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        client = await db.row("SELECT id, code FROM clients WHERE login = 'dupont'")
        assert client is not None
        await db.execute("UPDATE clients SET name = '[x](http://evil.example)' WHERE id = $1", client["id"])
        ticket = await ticket_opening.open_ticket(client["id"], NewTicket(subject="Slow", text="x"), by=alice)
    shown = await sam.get(f"/staff/tickets/{ticket['id']}")
    assert f'name="autofill_ticket" value="{ticket["id"]}"' in shown.text
    form = {"autofill_into": "text", "autofill_client": client["code"], "autofill_template": template_id}
    filled = await sam.post("/staff/autofill", form | {"autofill_ticket": ticket["id"]})
    text = html.unescape(filled.text)
    assert (
        f"About {ticket['number']}, " in text and f"/tickets/{ticket['id']}: \\[x\\](http://evil.example)" in text
    )
    for wrong in (2**62, "x"):
        assert (await sam.post("/staff/autofill", form | {"autofill_ticket": wrong})).status_code == 404


async def test_what_was_just_written_opens_as_a_new_template(sam: Visitor) -> None:
    page = await sam.post(f"{HERE}/new", {"autofill_into": "text", "text": "As I said", "autofill_language": "fr"})
    assert (page.status_code, "As I said</textarea>" in page.text) == (200, True)


async def test_one_for_all_is_shown_to_a_role_that_may_not_change_it_without_a_button(sam: Visitor) -> None:
    template_id = await made(en="Hello")
    page = await sam.get(f"{HERE}/{template_id}/edit")
    assert "Hello" in page.text
    assert 'type="submit">OK' not in page.text
    assert (await sam.post(f"{HERE}/{template_id}", {"name": "x", "version": "1"})).status_code == 403
