"""The pages of taxes, without JavaScript: own rates, what is decided, and what VIES answered about a payer."""

import re
from datetime import date

import pytest

from core import db
from core.catalog import vat_numbers, vies
from core.catalog.vies import Answered
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/taxes"
RATE = {"country": "DE", "rate": "16,5", "from_day": "2020-07-01", "until_day": "", "payer_kind": "any"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def ours(sql: str, *arguments: object) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value(sql, *arguments))


def of_country(text: str, country: str) -> str:
    found = re.search(rf'<tr id="country-{country}">.*?</tr>', text, re.S)
    assert found
    return re.sub(r"<[^>]+>|\s+", " ", found[0])


async def test_the_rates_in_force_are_listed_with_where_they_come_from(alice: Visitor) -> None:
    page = await alice.get(HERE)
    assert "20% 20% 5.5% 2.1% with the product" in " ".join(of_country(page.text, "FR").split())
    page = await alice.follow(await alice.post(f"{HERE}/rates", RATE))
    assert "The rate was added." in alice.text(page)
    assert "16.5% 16.5% 7% – your own since" in " ".join(of_country(page.text, "DE").split())


async def test_a_rate_is_edited_and_removed(alice: Visitor) -> None:
    await alice.post(f"{HERE}/rates", RATE)
    path = f"{HERE}/rates/{await ours('SELECT max(id) FROM tax_rates')}"
    assert 'value="16.5"' in (await alice.get(f"{path}/edit")).text
    page = await alice.follow(await alice.post(path, RATE | {"rate": "7", "version": "1"}))
    assert "7% 7% 7% – your own" in " ".join(of_country(page.text, "DE").split())
    page = await alice.post(path, RATE | {"rate": "8", "version": "1"})
    assert page.status_code == 409
    assert 'name="keep_rate"' in page.text
    assert "Remove the rate “DE 7 %”?" in alice.text(await alice.get(f"{path}/delete"))
    page = await alice.follow(await alice.post(f"{path}/delete"))
    assert "19% 19% 7% – with the product" in " ".join(of_country(page.text, "DE").split())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rate": "150"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": ""}, "rate"),
        ({"country": "XX"}, "country"),
        ({"from_day": "31.12.2026"}, "from_day"),
        ({"until_day": "2020-06-30"}, "until_day"),
        ({"payer_kind": "nobody"}, "payer_kind"),
    ],
)
async def test_an_error_stands_beside_its_field(alice: Visitor, wrong: dict[str, str], field: str) -> None:
    page = await alice.post(f"{HERE}/rates", RATE | wrong)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text


async def test_what_is_decided_is_saved_and_two_who_decide_see_each_other(alice: Visitor) -> None:
    page = await alice.get(f"{HERE}/settings")
    assert "TVA non applicable, art. 293 B du CGI" in page.text
    sent = {"includes_tax": "1", "is_liable": "1", "consumers": "origin", "outside": "G", "version": "0"}
    page = await alice.follow(await alice.post(f"{HERE}/settings", sent))
    for said in ("with tax included", "pay the rate of your company", "export, not taxed (G)"):
        assert said in alice.text(page)
    page = await alice.post(f"{HERE}/settings", sent | {"consumers": "destination"})
    assert page.status_code == 409
    page = await alice.post(f"{HERE}/settings", sent | {"is_liable": "", "version": "1"})
    assert page.status_code == 422
    assert 'id="error-mention"' in page.text


async def test_a_company_where_no_rate_is_known_is_warned(alice: Visitor) -> None:
    assert await ours("UPDATE companies SET country = 'SN' WHERE is_default RETURNING 1")
    assert "No rate is known for Senegal" in alice.text(await alice.get(HERE))


async def test_support_sees_no_taxes_and_an_auditor_changes_none(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 403
    assert (await sam.post(f"{HERE}/rates", RATE)).status_code == 403


async def test_the_page_of_a_payer_shows_what_vies_answered_and_has_it_asked(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer_id = await ours(
        "SELECT id FROM payers WHERE client_id = (SELECT id FROM clients WHERE login = 'dupont')"
    )
    path = f"/staff/payers/{payer_id}"
    assert "VIES" not in (await alice.get(path)).text
    await ours("UPDATE payers SET vat_number = 'DE136695976' WHERE id = $1 RETURNING 1", payer_id)
    assert "VIES has not answered yet." in (await alice.get(path)).text
    monkeypatch.setattr(vies, "_address", "")
    page = await alice.follow(await alice.post(f"{path}/vat-proofs"))
    assert "This installation does not ask VIES." in alice.text(page)
    monkeypatch.setattr(vies, "_address", "https://vies.example")
    page = await alice.follow(await alice.post(f"{path}/vat-proofs"))
    assert "VIES is being asked." in alice.text(page)
    async with db.as_tenant((await cast.tenant("nova")).id):
        answered = Answered(answer="valid", consultation="WAPI42")
        await vat_numbers.keep("DE136695976", answered, requester="FR40303265045", day=date(2026, 11, 28))
    page = await alice.get(path)
    assert "WAPI42" in page.text
    assert "confirmed" in page.text
