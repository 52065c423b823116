"""The fields that a provider defines: their page, and every page that asks for them or shows them."""

import re

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/fields"
LEVEL = {
    "kind": "choice",
    "label": "Level",
    "labels.fr": "Niveau",
    "help": "Decides who answers",
    "is_shown": "1",
    "option_key": ["", "", ""],
    "option_label": ["Gold", "Silver", ""],
    "option_fr": ["Or", "", ""],
}
NUMBER = {"kind": "text", "label": "Customer number", "is_required": "1"}
SEATS = {"kind": "number", "label": "Seats"}
EDIT = {
    "version": "1",
    "kind": "individual",
    "name": "Jean Dupont",
    "contact_person": "Jean Dupont",
    "email": "dupont@client.example",
    "country": "FR",
    "language": "fr",
    "phone": "",
    "note": "",
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def add(alice: Visitor, *fields: dict[str, object]) -> list[int]:
    for field in fields:
        page = await alice.follow(await alice.post(HERE, field))
        assert "The field was added." in alice.text(page)
    async with db.as_tenant((await cast.tenant("nova")).id):
        return [row["id"] for row in await db.fetch("SELECT id FROM client_fields ORDER BY position")]


async def test_a_field_is_added_edited_moved_archived_restored_and_deleted(alice: Visitor) -> None:
    assert "No fields yet" in alice.text(await alice.get(HERE))
    level, seats = await add(alice, LEVEL, SEATS)
    text = alice.text(await alice.get(HERE))
    assert "Choice · Gold, Silver" in text
    form = await alice.get(f"{HERE}/{level}/edit")
    assert 'value="Niveau"' in form.text
    assert 'value="Or"' in form.text
    changed = {
        "label": "Grade",
        "version": "1",
        "option_key": ["silver", "gold", ""],
        "option_label": ["Silver", "Gold", "Bronze"],
        "option_fr": ["Argent", "Or", ""],
    }
    page = await alice.follow(await alice.post(f"{HERE}/{level}", changed))
    assert "Choice · Silver, Gold, Bronze" in alice.text(page)
    page = await alice.follow(await alice.post(f"{HERE}/{seats}/move", {"steps": "-1"}))
    assert page.text.index("Seats") < page.text.index("Grade")
    page = await alice.follow(await alice.post(f"{HERE}/{level}/archive"))
    assert "Ask for it again" in alice.text(page)
    assert "Grade" not in alice.text(await alice.get("/staff/clients/new"))
    await alice.follow(await alice.post(f"{HERE}/{level}/restore"))
    assert "Grade" in alice.text(await alice.get("/staff/clients/new"))
    assert "No client has anything in it." in alice.text(await alice.get(f"{HERE}/{level}/delete"))
    page = await alice.follow(await alice.post(f"{HERE}/{level}/delete"))
    assert "Grade" not in alice.text(page)


async def test_errors_stand_beside_what_is_wrong_and_more_rows_lose_nothing(alice: Visitor) -> None:
    page = await alice.post(HERE, {"kind": "choice", "label": "", "labels.fr": "x" * 61, "key": "Ä"})
    assert page.status_code == 422
    for name in ("label", "labels.fr", "key", "options"):
        assert f'id="error-{name}"' in page.text, name
    page = await alice.post(HERE, LEVEL | {"refresh": "1"})
    assert page.status_code == 200
    assert 'value="Gold"' in page.text
    assert page.text.count('name="option_label"') == 5
    for strange in ({"kind": "x", "label": "a"}, {"kind": "text", "label": "a", "tenant_id": "1"}):
        assert (await alice.post(HERE, strange)).status_code == 422


async def test_two_who_edit_a_field_choose(alice: Visitor) -> None:
    (level,) = await add(alice, LEVEL)
    mine = {"label": "Grade", "version": "1", "option_key": "gold", "option_label": "Gold", "option_fr": ""}
    await alice.follow(await alice.post(f"{HERE}/{level}", mine))
    page = await alice.post(f"{HERE}/{level}", LEVEL | {"label": "Rank", "version": "1"})
    assert page.status_code == 409
    assert {"keep_label", "keep_options"} <= set(re.findall(r'name="(keep_[\w.]+)"', page.text))
    chosen = LEVEL | {"label": "Rank", "version": "2", "keep_label": "saved", "keep_options": "saved"}
    page = await alice.follow(
        await alice.post(f"{HERE}/{level}", {k: v for k, v in chosen.items() if k != "kind"})
    )
    text = alice.text(page)
    assert "Grade" in text
    assert "Silver" not in text


async def test_a_field_that_clients_have_is_archived_first(alice: Visitor) -> None:
    (seats,) = await add(alice, SEATS)
    await alice.follow(await alice.post("/staff/clients/1001", EDIT | {"fields.seats": "12.5"}))
    assert "Archive it first" in alice.text(await alice.get(f"{HERE}/{seats}/delete"))
    assert (await alice.post(f"{HERE}/{seats}/delete")).status_code == 409
    await alice.post(f"{HERE}/{seats}/archive")
    assert "What one client has in it" in alice.text(await alice.get(f"{HERE}/{seats}/delete"))
    assert (await alice.post(f"{HERE}/{seats}/delete")).status_code == 303


async def test_a_client_is_registered_with_fields_and_each_error_stands_beside_its_own(alice: Visitor) -> None:
    await add(alice, LEVEL, NUMBER, SEATS)
    new = {k: v for k, v in EDIT.items() if k not in ("version", "name")} | {"login": "newcomer"}
    page = await alice.post("/staff/clients", new | {"fields.level": "lead", "fields.seats": "many"})
    assert page.status_code == 422
    for key in ("level", "customer_number", "seats"):
        assert f'id="error-fields.{key}"' in page.text, key
    assert (await alice.post("/staff/clients", new | {"fields.nothing": "1"})).status_code == 422
    assert (await alice.post("/staff/clients", new | {"fields": "1"})).status_code == 422
    sent = {"fields.level": "gold", "fields.customer_number": "K-17", "fields.seats": "3"}
    page = await alice.follow(await alice.post("/staff/clients", new | sent))
    text = alice.text(page)
    assert "Customer number K-17" in text
    assert "Level Gold" in text
    page = await alice.get("/staff/clients/1006/timeline")
    assert "K-17" in page.text


async def test_two_who_edit_see_each_others_fields(alice: Visitor) -> None:
    await add(alice, LEVEL, SEATS)
    await alice.follow(
        await alice.post("/staff/clients/1001", EDIT | {"fields.level": "gold", "fields.seats": "3"})
    )
    page = await alice.post("/staff/clients/1001", EDIT | {"fields.level": "silver", "fields.seats": "3"})
    assert page.status_code == 409
    assert 'name="keep_fields.level"' in page.text
    assert 'name="keep_fields.seats"' not in page.text
    sent = {"fields.level": "silver", "fields.seats": "3", "keep_fields.level": "saved", "version": "2"}
    page = await alice.follow(await alice.post("/staff/clients/1001", EDIT | sent))
    assert "Level Gold" in alice.text(page)


async def test_the_list_shows_and_filters_by_fields_and_a_chip_says_so(alice: Visitor) -> None:
    await add(alice, LEVEL, SEATS)
    for code, level in (("1001", "gold"), ("1002", "silver")):
        async with db.as_tenant((await cast.tenant("nova")).id):
            version = await db.value("SELECT version FROM clients WHERE code = $1", int(code))
        answer = await alice.post(
            f"/staff/clients/{code}", {"version": version, "fields.level": level, "fields.seats": code}
        )
        assert answer.status_code == 303
    columns = {"columns": ["name", "field:level", "field:seats", "field:nothing"]}
    page = await alice.follow(await alice.post("/staff/clients/columns", columns))
    assert re.search(r"<td>Gold</td>\s*<td>1,001</td>", page.text)
    page = await alice.get("/staff/clients?custom.level=gold&custom.seats.from=1000")
    assert "dupont" in page.text
    assert "mueller" not in page.text.partition("<tbody>")[2]
    chips = alice.text(page).partition("Filter:")[2][:200]
    assert "Level: Gold" in chips
    assert "Seats from: 1000" in chips
    page = await alice.get("/staff/clients?custom.seats.from=x")
    assert page.status_code == 422
    assert 'id="error-custom.seats.from"' in page.text
    for strange in ("custom=x", "custom.=x", "custom.level.bogus=x", "custom.nothing=x"):
        assert (await alice.get(f"/staff/clients?{strange}")).status_code == 422, strange
    page = await alice.get("/staff/clients/export?all=1&custom.level=gold")
    assert "Export one client" in alice.text(page)


async def test_a_french_reader_reads_french_names(alice: Visitor) -> None:
    await add(alice, LEVEL)
    await alice.post("/account/language", {"locale": "fr"})
    text = alice.text(await alice.get("/staff/clients/new"))
    assert "Niveau" in text
    assert "Or Silver" in text


async def test_support_does_not_define_fields(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 403
    assert (await sam.post(HERE, NUMBER)).status_code == 403
