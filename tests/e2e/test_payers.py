"""Payers: staff keep those of a client and merge two; its users keep their own until a document names one."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from playwright.sync_api import Page, expect

from core import db
from core.accounts import payer_documents
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def named() -> Iterator[set[int]]:
    """Stands in for a module of documents: the payers that one of them names."""
    found: set[int] = set()

    async def count(payer_ids: Sequence[int]) -> Mapping[int, int]:
        return {payer_id: 1 for payer_id in payer_ids if payer_id in found}

    payer_documents.register("stand-in", count)
    yield found
    del payer_documents.SOURCES["stand-in"]


def fill(page: Page, name: str, *, siret: str = "732 829 320 00074") -> None:
    """A French company, as its form asks for it once the kind is chosen."""
    page.get_by_label("Company").first.check()
    expect(page.locator("#field-registration_number")).to_be_visible()
    for field, text in {
        "name": name,
        "registration_number": siret,
        "street": "1 rue de la Paix",
        "postcode": "75002",
        "city": "Paris",
        "email": "compta@firm.example",
    }.items():
        page.locator(f"#field-{field}").fill(text)
    page.locator("#field-language").select_option("fr")


def number_of(page: Page) -> int:
    """The number in the address of a payer's page, as soon as it is there."""
    expect(page).to_have_url(re.compile(r"/\d+$"))
    return int(page.url.rpartition("/")[2])


def test_staff_add_a_payer_make_it_the_default_and_merge_the_other_into_it(open_as: Open, served: Served) -> None:
    code = served.register("nova", "payer-staff", "Paula Payer")
    page = open_as("alice", f"/staff/clients/{code}/payers/new")
    fill(page, "Payer SARL", siret="732 829 320 00075")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-registration_number")).to_be_visible()
    expect(page.locator("#field-name")).to_have_value("Payer SARL")
    page.locator("#field-registration_number").fill("732 829 320 00074")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The payer was added.")
    page.get_by_role("button", name="Make it the default").click()
    pages.expect_toast(page, "This is the default payer now.")
    page.goto(f"/staff/clients/{code}/payers")
    page.get_by_role("link", name="Paula Payer").last.click()
    page.get_by_role("link", name="Merge").click()
    page.get_by_label("The payer that stays").select_option(index=1)
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_role("button", name="Merge the payers")).to_be_visible()
    page.get_by_role("button", name="Merge the payers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payer SARL")
    page.goto("/staff/payers?search=payer+sarl")
    expect(page.get_by_role("main")).to_contain_text("Payer SARL")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_user_keeps_the_payers_in_the_portal(open_as: Open, served: Served, java_script_enabled: bool) -> None:
    login = f"payer-user-{java_script_enabled}".lower()
    served.register("nova", login, "Ulla User")
    page = open_as(f"nova/{login}@client.example", "/", java_script_enabled=java_script_enabled)
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Payers").click()
    expect(page.locator("tbody")).to_contain_text("Incomplete")
    page.get_by_role("link", name="New payer").click()
    if not java_script_enabled:
        page.get_by_label("Company").first.check()
        page.get_by_role("button", name="Show the fields of this kind and country").click()
        expect(page.locator("#field-registration_number")).to_be_visible()
    fill(page, "User SARL")
    page.locator("#field-postcode").fill("7")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-postcode")).to_be_visible()
    page.locator("#field-postcode").fill("75002")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The payer was added.")
    page.get_by_role("button", name="Make it the default").click()
    pages.expect_toast(page, "This is the default payer now.")
    page.goto("/payers")
    page.get_by_role("link", name="Ulla User").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the payer").click()
    pages.expect_toast(page, "The payer was deleted.")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto("/log")
    expect(page.get_by_role("main")).to_contain_text("deleted the payer Ulla User")


def test_what_a_document_names_says_so_and_has_no_form(open_as: Open, served: Served, named: set[int]) -> None:
    served.register("nova", "payer-named", "Nadia Named")
    page = open_as("nova/payer-named@client.example", "/payers/new", viewport={"width": 360, "height": 740})
    fill(page, "Named SARL")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The payer was added.")
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    named.add(number_of(page))
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Our team changes this payer for you")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    assert page.evaluate(FITS)
    page.goto(f"/payers/{next(iter(named))}/edit")
    expect(page.get_by_role("main")).to_contain_text("write to us")


def test_on_standard_there_is_one_edited_in_place_by_both_sides(open_as: Open, served: Served) -> None:
    owner = served.open_provider("one-payer", edition="standard")
    code = served.register("one-payer", "only", "Olaf Only")
    user = open_as("one-payer/only@client.example", "/")
    user.get_by_role("navigation", name="Main menu").get_by_role("link", name="Payer", exact=True).click()
    expect(user.get_by_role("main")).to_contain_text("This payer is incomplete")
    staff = open_as(f"one-payer/{owner}", f"/staff/clients/{code}/payer")
    fill(user, "Only SARL")
    user.get_by_role("button", name="OK").click()
    pages.expect_toast(user, "The payer was saved.")
    staff.locator("#field-city").fill("Lyon")
    staff.get_by_role("button", name="OK").click()
    expect(staff.get_by_role("main")).to_contain_text("Somebody saved this meanwhile")
    kept = served.within("one-payer", db.value, "SELECT name FROM payers", by=None)
    assert kept == "Only SARL"
