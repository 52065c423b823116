"""Who sells and what is agreed: a company with its account and numbers, and a contract until it is signed."""

import re

from playwright.sync_api import Page, expect

from core import clock, db
from tests import cast
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.pdf_text import text_of

CODE = "ledger"
EVIL = '#read("/etc/passwd") *bold*'


def test_a_company_is_completed_and_a_contract_goes_from_draft_to_signature(open_as: Open, served: Served) -> None:
    owner = served.open_provider(CODE)
    code = served.register(CODE, "marie", "Marie Curie", language="en")
    page = open_as(f"{CODE}/{owner}", "/staff/companies")
    complete_the_company(page)
    add_its_account(page)
    write_a_template(page)
    complete_the_payer(served)
    number = draft_and_send(page, code)

    user = open_as(f"{CODE}/marie@client.example", "/")
    user.get_by_role("navigation").get_by_role("link", name="Contracts").first.click()
    row = user.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Sent")
    with user.expect_download() as begun:
        row.get_by_role("link", name="PDF").click()
    told = text_of(begun.value.path().read_bytes())
    assert begun.value.suggested_filename == f"{number}.pdf"
    assert f"Marie Curie et Ledger SAS : {number}." in told
    assert EVIL in told
    assert "root:" not in told

    sign(page)
    user.reload()
    expect(row).to_contain_text("Signed")
    expect(row.get_by_role("link", name="Signed document")).to_be_visible()


def complete_the_company(page: Page) -> None:
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("main")).to_contain_text("This company is incomplete")
    page.get_by_role("link", name="Edit", exact=True).click()
    sent = {"Company name": "Ledger SAS", "SIREN or SIRET": "73282932000074", "VAT number": "FR45732829320",
            "Street and number": "1 rue de la Paix", "Postcode": "75002", "City": "Paris",
            "E-mail": "contact@ledger.example"}  # fmt: skip
    for label, value in sent.items():
        pages.field(page, label).fill(value)
    pages.field(page, "Series").fill("LG")
    pages.field(page, "Numbers of contracts").press("End")
    page.keyboard.type("-{series}")
    expect(page.locator("#numbers-preview")).to_contain_text("-0001-LG")
    page.get_by_role("button", name="OK").click()
    expect(page.locator("#error-vat_number")).to_contain_text("not valid in France")
    expect(pages.field(page, "City")).to_have_value("Paris")
    pages.field(page, "VAT number").fill("FR44732829320")
    page.get_by_role("button", name="OK").click()
    pages.expect_toast(page, "The company was saved.")
    expect(page.get_by_role("main")).not_to_contain_text("incomplete")


def add_its_account(page: Page) -> None:
    page.get_by_role("link", name="New bank account").click()
    pages.field(page, "IBAN").fill("FR76 3000 6000 0112 3456 7890 188")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-iban")).to_contain_text("not a valid IBAN")
    pages.field(page, "IBAN").fill("FR76 3000 6000 0112 3456 7890 189")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The bank account was added.")
    expect(page.locator("#accounts")).to_contain_text("FR7630006000011234567890189")


def write_a_template(page: Page) -> None:
    page.goto("/staff/contracts")
    page.get_by_role("link", name="Templates", exact=True).click()
    page.get_by_role("link", name="New template").click()
    pages.field(page, "Name").fill("Hosting")
    pages.field(page, "Title").fill("Contrat")
    page.locator("#field-language").select_option("fr")
    pages.field(page, "Text").fill("{payer.nom}")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-body")).to_contain_text("{payer.nom}")
    pages.field(page, "Text").fill(f"# Objet\n\n{{payer.name}} et {{company.name}} : {{contract.number}}.\n{EVIL}")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The template was added.")


def complete_the_payer(served: Served) -> None:
    async def completed() -> None:
        async with db.as_tenant((await cast.tenant(CODE)).id):
            await db.execute("UPDATE payers SET street = '36 quai de Béthune', postcode = '75004', city = 'Paris'")

    served.do(completed)


def draft_and_send(page: Page, code: int) -> str:
    page.goto(f"/staff/clients/{code}/contracts")
    page.get_by_role("link", name="New contract").click()
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The draft was made.")
    expect(pages.field(page, "Text")).to_have_value(
        f"# Objet\n\n{{payer.name}} et {{company.name}} : {{contract.number}}.\n{EVIL}"
    )
    page.get_by_role("button", name="OK").click()
    page.get_by_role("button", name="Send the contract").click()
    pages.expect_toast(page, "The contract is number")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"-0001-LG$"))
    return heading.inner_text().rpartition(" ")[2]


def sign(page: Page) -> None:
    page.get_by_role("button", name="Record the signature").click()
    expect(page.locator("#error-signed_on")).to_be_visible()
    page.locator("#field-signed_on").fill(clock.today("Europe/Paris").isoformat())
    page.locator("#field-file").set_input_files(
        {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 scan"}
    )
    page.get_by_role("button", name="Record the signature").click()
    pages.expect_toast(page, "The signature was recorded.")
    expect(page.get_by_role("link", name="Signed document")).to_be_visible()
