"""The pages of payers, without JavaScript."""

import re

import pytest

from core import db, freshness
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
SIRET, VAT = "732 829 320 00074", "FR 44 732 829 320"
FRENCH = {
    "kind": "company",
    "country": "FR",
    "name": "Dupont SARL",
    "street": "1 rue de la Paix",
    "postcode": "75002",
    "city": "Paris",
    "email": "compta@dupont.example",
    "language": "fr",
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def first_payer(login: str, code: str = "nova") -> int:
    async with db.as_tenant((await cast.tenant(code)).id):
        found = (
            "SELECT p.id FROM payers p JOIN clients c ON c.id = p.client_id WHERE c.login = $1 AND p.is_default"
        )
        return int(await db.value(found, login))


async def add(alice: Visitor, code: int = 1001, **more: str) -> int:
    sent = FRENCH | {"registration_number": SIRET} | more
    answer = await alice.post(f"/staff/clients/{code}/payers", sent)
    assert answer.status_code == 303, alice.text(answer)
    return int(answer.headers["location"].rpartition("/")[2])


async def test_a_payer_is_added_edited_made_default_and_deleted(alice: Visitor) -> None:
    tab = await alice.get("/staff/clients/1001/payers")
    assert "Jean Dupont" in alice.text(tab)
    assert "Incomplete" in alice.text(tab)
    number = await add(alice, vat_number=VAT)
    page = await alice.get(f"/staff/payers/{number}")
    assert "FR44732829320" in alice.text(page)
    assert "The payer was added." in alice.text(page)
    form = await alice.get(f"/staff/payers/{number}/edit")
    assert 'value="73282932000074"' in form.text
    sent = FRENCH | {"registration_number": SIRET, "city": "Lyon", "version": "1"}
    page = await alice.follow(await alice.post(f"/staff/payers/{number}", sent))
    assert "Lyon" in alice.text(page)
    page = await alice.follow(await alice.post(f"/staff/payers/{number}/default"))
    assert "This is the default payer now." in alice.text(page)
    assert "Make another one the default first." in alice.text(await alice.get(f"/staff/payers/{number}/delete"))
    assert (await alice.post(f"/staff/payers/{number}/delete")).status_code == 409
    assert await first_payer("dupont") == number
    async with db.as_tenant((await cast.tenant("nova")).id):
        other = await db.value("SELECT id FROM payers WHERE name = 'Jean Dupont'")
    page = await alice.follow(await alice.post(f"/staff/payers/{other}/delete"))
    assert "The payer was deleted." in alice.text(page)


async def test_an_error_stands_beside_its_field_and_nothing_is_lost(alice: Visitor) -> None:
    sent = FRENCH | {"registration_number": "732 829 320 00075", "vat_number": "FR00", "postcode": "7500"}
    page = await alice.post("/staff/clients/1001/payers", sent)
    assert page.status_code == 422
    for field in ("registration_number", "vat_number", "postcode"):
        assert f'id="error-{field}"' in page.text
    assert 'value="Dupont SARL"' in page.text
    assert (await alice.post("/staff/clients/1001/payers", FRENCH | {"owner": "1"})).status_code == 422


async def test_another_kind_or_country_shows_its_fields_and_saves_nothing(alice: Visitor) -> None:
    page = await alice.get("/staff/clients/1001/payers/new")
    assert 'name="registration_number"' not in page.text
    sent = {"kind": "company", "country": "FR", "name": "Kept name", "refresh": "1"}
    page = await alice.post("/staff/clients/1001/payers", sent)
    assert page.status_code == 200
    assert "SIREN or SIRET" in page.text
    assert 'value="Kept name"' in page.text
    assert "form-error" not in page.text
    page = await alice.post("/staff/clients/1001/payers", sent | {"country": "US"})
    assert "EIN" in page.text
    assert 'name="region"' in page.text
    assert 'name="vat_number"' not in page.text
    for strange in ({"kind": "x", "country": "ZZ"}, {}):
        assert (await alice.post("/staff/clients/1001/payers", strange | {"refresh": "1"})).status_code == 200
    assert alice.text(await alice.get("/staff/clients/1001/payers")).count("Kept name") == 0


async def test_two_who_edit_see_what_the_other_saved(alice: Visitor) -> None:
    number = await add(alice)
    sent = FRENCH | {"registration_number": SIRET, "version": "1"}
    await alice.post(f"/staff/payers/{number}", sent | {"city": "Lyon"})
    page = await alice.post(f"/staff/payers/{number}", sent | {"city": "Nice"})
    assert page.status_code == 409
    assert "Somebody saved this meanwhile" in alice.text(page)
    again = sent | {"city": "Nice", "version": "2", "keep_city": "saved"}
    page = await alice.follow(await alice.post(f"/staff/payers/{number}", again))
    assert "Lyon" in alice.text(page)


async def test_two_payers_are_merged_after_a_preview_and_the_old_address_leads_on(alice: Visitor) -> None:
    stays, goes = await add(alice), await first_payer("dupont")
    path = f"/staff/payers/{goes}/merge"
    assert "Dupont SARL" in alice.text(await alice.get(path))
    page = alice.text(await alice.get(f"{path}?into={stays}"))
    assert "This cannot be undone" in page
    assert "becomes the default payer" in page
    assert "1 rue de la Paix" in page
    for wrong in ("", "x", str(goes), "99"):
        assert (await alice.post(path, {"into": wrong})).status_code == 422
    page = await alice.follow(await alice.post(path, {"into": str(stays)}))
    assert "The payers were merged." in alice.text(page)
    page = await alice.follow(await alice.get(f"/staff/payers/{goes}"))
    assert "was merged into this payer" in alice.text(page)


async def test_the_list_finds_and_filters(alice: Visitor) -> None:
    await add(alice, vat_number=VAT)
    page = await alice.get("/staff/payers?search=FR44732829320")
    assert re.findall(r'href="/staff/payers/\d+">([^<]+)<', page.text) == ["Dupont SARL"]
    page = await alice.get("/staff/payers?kind=individual&country=JP")
    assert "田中 太郎" in alice.text(page)
    assert len(re.findall(r'id="payer-\d+"', page.text)) == 1
    assert "No payer fits this filter" in alice.text(await alice.get("/staff/payers?search=nobody"))
    assert (await alice.get("/staff/payers?country=XX")).status_code == 422
    assert (await alice.get("/staff/payers?after=x")).status_code == 422


async def test_standard_edits_its_one_payer_on_the_clients_page(visitor: Visitor) -> None:
    zoe = visitor.another("petit")
    await zoe.sign_in(cast.email("zoe"))
    page = await zoe.get("/staff/clients/1001")
    assert 'href="/staff/clients/1001/payer"' in page.text
    assert "/payers" not in page.text
    sent = {**FRENCH, "kind": "individual", "name": "Marie Durand", "version": "1"}
    page = await zoe.post("/staff/clients/1001/payer", sent | {"postcode": "x"})
    assert page.status_code == 422
    assert 'id="error-postcode"' in page.text
    page = await zoe.follow(await zoe.post("/staff/clients/1001/payer", sent))
    assert "The payer was saved." in zoe.text(page)
    assert 'value="75002"' in page.text
    for path in ("/staff/payers", "/staff/clients/1001/payers"):
        refused = await zoe.get(path)
        assert refused.status_code == 403
        assert "Advanced" in zoe.text(refused)


async def test_payers_of_a_lower_edition_are_kept_and_come_back(alice: Visitor) -> None:
    await add(alice)
    async with db.as_platform():
        await db.execute("UPDATE providers SET edition = 'standard' WHERE code = 'nova'")

    freshness.MEMORY.forget(None)
    page = await alice.get("/staff/clients/1001/payer")
    assert "One more payer is kept" in alice.text(page)
