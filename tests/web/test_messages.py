"""The pages of messages to clients: looking at a draft, who is passed over, when it goes out."""

import html

import pytest

from core import clock, db, i18n, places
from core.accounts import closing, segments
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment
from core.support import mass_message_sending, mass_messages
from core.support.mass_messages import MessageValues, Words
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/messages"
TEXTS = {"fr": Words(subject="Travaux", text="Bonjour {{ client.name }}")}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def draft(*codes: int, is_sent: bool = False) -> int:
    """A draft to these clients, or to all; on its way when it is sent."""
    by = await cast.who("alice")
    choice = Choice(codes=codes) if codes else Choice(filter=ClientFilter())
    async with db.as_tenant(by.tenant.id):
        category = await db.value("SELECT min(id) FROM ticket_categories")
        message_id = await mass_messages.create(MessageValues(category=category, texts=TEXTS), choice, by=by)
        if is_sent:
            await mass_message_sending.send(message_id, version=1, by=by)
            await db.execute(
                """INSERT INTO mass_message_recipients (message_id, client_id)
                   SELECT $1, id FROM clients WHERE code = ANY($2::bigint[])""",
                message_id,
                list(codes),
            )
    return message_id


async def close(code: int) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        await closing.close([code], "Left", by=by)


async def test_who_is_passed_over_is_listed_from_the_count(alice: Visitor) -> None:
    await close(1001)
    message_id = await draft(1001, 1002)
    looked = await alice.get(f"{HERE}/{message_id}")
    there = f"{HERE}/{message_id}/skipped?reason=closed"
    assert f'href="{there}"' in looked.text
    listed = await alice.get(there)
    assert (listed.status_code, "/staff/clients/1001" in listed.text) == (200, True)
    assert "/staff/clients/1002" not in listed.text
    assert "/staff/clients/1001" not in (await alice.get(f"{HERE}/{message_id}/skipped?reason=news")).text
    sent = await alice.get(f"{HERE}/{await draft(1002, is_sent=True)}/skipped")
    assert sent.headers["location"].endswith("?state=skipped")


async def test_an_unknown_client_is_told_beside_the_look_and_not_beside_the_sending(alice: Visitor) -> None:
    looked = await alice.get(f"{HERE}/{await draft()}?client=999999")
    assert looked.text.count("There is no such client.") == 1
    assert "wants your attention" not in looked.text


async def test_a_time_that_the_clock_never_shows_is_refused_beside_its_field(alice: Visitor) -> None:
    message_id = await draft(1002)
    spring = next(day for year in (clock.now().year, clock.now().year + 1) if (day := _springs(year)) > _today())
    for at, told in ((f"{spring}T02:30", "The clocks go forward"), ("0001-01-01T00:00", "not a date and a time")):
        refused = await alice.post(f"{HERE}/{message_id}/send", {"version": "1", "count": "1", "at": at})
        assert refused.status_code == 422
        assert told in html.unescape(refused.text).partition('id="error-at"')[2][:200]
    sent = await alice.post(f"{HERE}/{message_id}/send", {"version": "1", "count": "1", "at": f"{spring}T03:30"})
    assert sent.status_code in (200, 303)
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT state FROM mass_messages WHERE id = $1", message_id) == "started"


def _today() -> str:
    return clock.now().date().isoformat()


def _springs(year: int) -> str:
    """The last Sunday of March, when Europe puts its clocks forward."""
    return next(
        day.isoformat() for day in (clock.now().date().replace(year, 3, n) for n in range(31, 24, -1))
        if day.weekday() == 6
    )  # fmt: skip


async def test_stopping_for_good_is_called_what_the_dialog_does_not_call_keeping_on(alice: Visitor) -> None:
    message_id = await draft(1001, 1002, is_sent=True)
    form = (await alice.get(f"{HERE}/{message_id}")).text.partition(f"{message_id}/withdraw")[2]
    assert "Stop for good" in form.partition("</form>")[0]
    with i18n.speaking("fr"):
        assert i18n._("Cancel").lower() not in i18n._("Stop for good").lower()


async def test_what_became_of_each_is_searched_and_a_wrong_search_is_marked(alice: Visitor) -> None:
    here = f"{HERE}/{await draft(1001, 1002, is_sent=True)}"
    found = await alice.get(f"{here}?search=1002")
    assert "/staff/clients/1002" in found.text and "/staff/clients/1001" not in found.text
    assert "?state=sent&amp;search=1002" in found.text
    wrong = await alice.get(f"{here}?search=%00")
    assert (wrong.status_code, 'id="error-search"' in wrong.text) == (422, True)


async def test_what_a_message_says_in_one_language_is_kept_as_a_template(alice: Visitor) -> None:
    form = await alice.get(f"{HERE}/new?code=1001")
    assert 'name="autofill_into" value="text.fr" formaction="/staff/response-templates/new"' in form.text
    sent = {"autofill_into": "text.fr", "autofill_subject": "subject.*", "autofill_language": "*",
            "subject.fr": "Travaux", "text.fr": "Le réseau sera lent", "text.en": "Slow"}  # fmt: skip
    kept = await alice.post("/staff/response-templates/new", sent)
    fields = html.unescape(kept.text)
    assert "Le réseau sera lent</textarea>" in fields.partition('name="bodies.fr"')[2]
    assert 'value="Travaux"' in fields.partition('name="subjects.fr"')[2].partition(">")[0]
    assert "Slow" not in fields


async def test_the_panel_of_autofill_says_which_language_it_fills(alice: Visitor) -> None:
    sent = {"autofill_into": "text.fr", "autofill_language": "*"}
    assert "Fills in the text: French" in alice.text(await alice.post("/staff/autofill", sent))
    one = await alice.post("/staff/autofill", {"autofill_into": "text", "autofill_language": "fr"})
    assert "Fills in the text" not in one.text


async def test_the_languages_of_all_who_are_chosen_are_counted(alice: Visitor) -> None:
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET language = 'fr'")
        await db.execute("UPDATE clients SET language = 'en' WHERE code = 1002")
        await db.execute("UPDATE clients SET language = 'de' WHERE code = 1003")
        await db.execute("UPDATE clients SET language = 'nl' WHERE code = 1004")
    form = alice.text(await alice.get(f"{HERE}/new?all=1"))
    others, told = form.split("Also spoken by those chosen:")
    assert "Dutch (1)" in told.partition("What can stand")[0]
    assert others.index("Dutch (1)") < others.index(min(places.languages("en").values()))


async def test_codes_that_fit_nobody_lead_back_to_the_clients(alice: Visitor) -> None:
    answer = await alice.get(f"{HERE}/new?code=999999")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/clients")
    assert "nobody to write to" in alice.text(await alice.follow(answer))


async def test_a_focus_shows_the_messages_to_its_clients(alice: Visitor) -> None:
    drafted, sent, other = await draft(1001), await draft(1001, is_sent=True), await draft(1002, is_sent=True)
    page = await alice.get(f"{HERE}?focus=client:1001")
    for message_id, is_there in ((drafted, True), (sent, True), (other, False)):
        assert (f"{HERE}/{message_id}?" in page.text) == is_there
    for nobody in ("client:1003", "client:999999"):
        assert "No message to these clients" in (await alice.get(f"{HERE}?focus={nobody}")).text


async def test_a_saved_filter_has_a_button_to_write_to_its_clients(alice: Visitor) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        kept = await segments.create(NewSegment(name="French", filter=ClientFilter(language="fr")), by=by)
        fits = await db.value("SELECT count(*) FROM clients WHERE language = 'fr'")
    address = f"{HERE}/new?all=1&segment={kept.id}"
    assert html.escape(address) in (await alice.get("/staff/segments")).text
    assert f"Message to {fits} clients" in alice.text(await alice.get(address))
