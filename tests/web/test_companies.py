"""The pages of own companies, without JavaScript, and the same over JSON."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor
from tests.web.matrix.rows.project_brands import PIXEL

pytestmark = pytest.mark.anyio
SENT = {
    "country": "FR",
    "name": "Nova SAS",
    "registration_number": "732 829 320 00074",
    "vat_number": "FR 44 732 829 320",
    "street": "1 rue de la Paix",
    "postcode": "75002",
    "city": "Paris",
    "email": "contact@nova.example",
    "series": "NS",
    "invoice_pattern": "{series}-{year}-{number:4}",
    "credit_note_pattern": "AV{year}-{number}",
    "contract_pattern": "C{number:3}",
}


async def default_id(code: str = "nova") -> int:
    async with db.as_tenant((await cast.tenant(code)).id):
        return int(await db.value("SELECT id FROM companies WHERE is_default"))


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def test_a_company_is_completed_and_its_errors_stand_beside_their_fields(alice: Visitor) -> None:
    here = f"/staff/companies/{await default_id()}"
    assert "This company is incomplete" in alice.text(await alice.get(here))
    wrong = SENT | {"vat_number": "FR00", "contract_pattern": "C", "series": "", "version": "1"}
    page = await alice.post(here, wrong)
    assert page.status_code == 422
    for field in ("vat_number", "contract_pattern", "series"):
        assert f'id="error-{field}"' in page.text
    page = await alice.follow(await alice.post(here, SENT | {"version": "1"}))
    for shown in ("FR44732829320", "NS-20", "-0001", "The company was saved."):
        assert shown in alice.text(page)
    assert "incomplete" not in alice.text(page)
    page = await alice.post(here, SENT | {"city": "Nice", "version": "1"})
    assert page.status_code == 409
    assert "Somebody saved this meanwhile" in alice.text(page)


async def test_the_next_numbers_and_the_fields_of_a_country_show_without_saving(alice: Visitor) -> None:
    here = f"/staff/companies/{await default_id()}"
    page = await alice.post(
        here, SENT | {"country": "US", "version": "1", "refresh": "1", "contract_pattern": "K{number:2}"}
    )
    assert page.status_code == 200
    assert "K01, K02, K03" in alice.text(page)
    assert "EIN" in page.text
    assert 'name="vat_number"' not in page.text
    for strange in ({}, {"contract_pattern": "{", "country": "ZZ"}):
        assert (await alice.post(here, strange | {"refresh": "1"})).status_code == 200
    assert "incomplete" in alice.text(await alice.get(here))


async def test_more_companies_are_added_archived_made_default_and_deleted(alice: Visitor) -> None:
    page = await alice.follow(await alice.post("/staff/companies", SENT))
    here = page.url.path
    assert "The company was added." in alice.text(page)
    assert "Nova SAS" in alice.text(await alice.get("/staff/companies"))
    page = await alice.follow(await alice.post(f"{here}/archive"))
    assert "Archived on" in alice.text(page)
    assert (await alice.post(f"{here}/default")).status_code == 409
    await alice.post(f"{here}/take-back")
    page = await alice.follow(await alice.post(f"{here}/default"))
    assert "This is the default company now." in alice.text(page)
    page = await alice.post(f"{here}/archive")
    assert page.status_code == 409
    assert "Make another one the default first." in alice.text(page)
    assert (await alice.post(f"{here}/delete")).status_code == 409


async def test_bank_accounts_and_the_logo_have_their_place_on_the_page(alice: Visitor) -> None:
    here = f"/staff/companies/{await default_id()}"
    page = await alice.post(f"{here}/accounts", {"iban": "FR76 3000 6000 0112 3456 7890 188", "bic": "X"})
    assert page.status_code == 422
    assert 'id="error-iban"' in page.text
    assert 'id="error-bic"' in page.text
    page = await alice.follow(await alice.post(f"{here}/accounts", {"iban": "FR76 3000 6000 0112 3456 7890 189"}))
    assert "FR7630006000011234567890189" in alice.text(page)
    await alice.post(f"{here}/accounts", {"iban": "BE68 5390 0754 7034", "holder": "Nova"})
    account = (await alice.get(here)).text.split('action="/staff/bank-accounts/')[1].split("/")[0]
    page = await alice.follow(await alice.post(f"/staff/bank-accounts/{account}/default"))
    assert "This is the default account now." in alice.text(page)
    assert "Remove the bank account BE68" in alice.text(await alice.get(f"/staff/bank-accounts/{account}/remove"))
    page = await alice.follow(await alice.post(f"/staff/bank-accounts/{account}/remove"))
    assert "BE68" not in alice.text(page)
    assert (
        await alice.post(f"{here}/logo", files={"logo": ("x.svg", b"<svg/>", "image/svg+xml")})
    ).status_code == 422
    page = await alice.follow(await alice.post(f"{here}/logo", files={"logo": ("x.png", PIXEL, "image/png")}))
    answer = await alice.get(page.text.split('class="logo" src="')[1].split('"')[0])
    assert (answer.content, answer.headers["content-type"]) == (PIXEL, "image/png")
    await alice.post(f"{here}/logo/remove")
    assert (await alice.get(f"{here}/logo")).status_code == 404


async def test_a_project_chooses_its_companies(alice: Visitor) -> None:
    second = (await alice.post("/staff/companies", SENT)).headers["location"].rpartition("/")[2]
    async with db.as_tenant((await cast.tenant("nova")).id):
        project = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
    here = f"/staff/projects/{project}/companies"
    assert "Nova SAS" in alice.text(await alice.get(here))
    page = await alice.post(here, {"asked": "companies", "companies": second, "default": str(await default_id())})
    assert page.status_code == 422
    assert 'id="error-default"' in page.text
    assert (await alice.post(here, {"asked": "companies", "companies": second})).status_code == 303
    assert "Nova Pro" in alice.text(await alice.get(f"/staff/companies/{second}"))
    assert (await alice.get(here)).text.count(" checked") == 1
    assert (await alice.post(here, {"asked": "companies"})).status_code == 303
    assert "Nova Pro" not in alice.text(await alice.get(f"/staff/companies/{second}"))


async def test_standard_has_one_company_in_its_settings(visitor: Visitor) -> None:
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    assert "/staff/companies" in (await zoe.get("/staff/settings")).text
    page = await zoe.follow(await zoe.get("/staff/companies"))
    assert "Petit" in zoe.text(page)
    for gated in ("Archive", "Make it the default", "Delete"):
        assert gated not in zoe.text(page)
    answer = await zoe.get("/staff/companies/new")
    assert answer.status_code == 403
    assert "Advanced" in zoe.text(answer)
    here = page.url.path
    assert (await zoe.post(here, SENT | {"version": "1"})).status_code == 303
    assert (await zoe.post(f"{here}/default")).status_code == 403
