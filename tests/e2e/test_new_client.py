"""Registering a client, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import db
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

MADE = "Quiet-Harbour-4711"


def fill_company(page: Page, login: str, name: str) -> None:
    pages.field(page, "Login name").fill(login)
    pages.field(page, "E-mail").fill(f"{login}@client.example")
    page.get_by_role("radio", name="Company").check()
    pages.field(page, "Company name").fill(name)
    pages.field(page, "Contact person").fill("Ada Lovelace")
    pages.field(page, "Country").select_option(label="Germany")
    pages.field(page, "Language").select_option(label="German")
    pages.field(page, "Phone").fill("+49 30 901820")
    pages.field(page, "Note").fill("First line\nSecond line")


def expect_registered(page: Page, name: str, login: str) -> None:
    """On the page of the new client, with a note that says so once."""
    expect(page).to_have_url(re.compile(r"/staff/clients/\d+$"))
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    pages.expect_toast(page, "The client was registered.")
    facts = page.get_by_role("main")
    for text in (login, f"{login}@client.example", "Ada Lovelace", "Germany", "German", "+4930901820"):
        expect(facts).to_contain_text(text)
    expect(facts).to_contain_text("First line\nSecond line", use_inner_text=True)
    page.reload()
    expect(page.locator("#toasts")).not_to_contain_text("The client was registered.")


def kept_of(served: Served, login: str) -> dict[str, object]:
    """The client's row, whether his owner has a password, and the jobs that wait for him."""

    async def read() -> dict[str, object]:
        row = await db.row("SELECT * FROM clients WHERE login = $1", login)
        has_password = await db.value(
            """SELECT p.password_hash IS NOT NULL FROM memberships m JOIN people p ON p.id = m.person_id
                WHERE m.client_id = $1""",
            row["id"] if row else None,
        )
        links = await db.value(
            "SELECT count(*) FROM links l JOIN people p ON p.id = l.person_id WHERE p.email = $1",
            f"{login}@client.example",
        )
        return {"row": row, "has_password": has_password, "links": links}

    return served.within("nova", read, by=None)


def test_a_company_with_a_generated_password(open_as: Open, served: Served) -> None:
    page = open_as("alice", "/staff/clients")
    page.get_by_role("link", name="New client").click()
    company = pages.field(page, "Company name")
    expect(company).to_be_hidden()
    page.get_by_role("radio", name="Company").check()
    expect(company).to_be_visible()
    page.get_by_role("radio", name="Individual").check()
    expect(company).to_be_hidden()
    fill_company(page, "analytical", "Analytical Engines GmbH")
    page.get_by_role("button", name="Generate").click()
    first, again = pages.field(page, "Password"), pages.field(page, "Repeat the password")
    expect(first).not_to_have_value("")
    made = first.input_value()
    assert len(made) == 16 and made == again.input_value()
    assert first.get_attribute("type") == "text", "a generated password can be read"
    expect(page.locator("[data-generated]")).to_have_text("A password of 16 characters fills both fields.")
    page.get_by_role("button", name="Create").click()
    expect_registered(page, "Analytical Engines GmbH", "analytical")
    kept = kept_of(served, "analytical")
    assert kept["has_password"], "the generated password is the client's"


def test_the_copy_button_copies_the_generated_password(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients/new")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Generate").click()
    button = page.locator("[data-copy='#field-password']")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == pages.field(page, "Password").input_value()


def test_without_javascript_everything_is_visible_and_the_password_is_typed_twice(
    open_as: Open, served: Served
) -> None:
    page = open_as("alice", "/staff/clients", java_script_enabled=False)
    page.get_by_role("link", name="New client").click()
    for label in ("Project", "Login name", "Company name", "Contact person", "Phone", "Attitude", "Note"):
        expect(pages.field(page, label)).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_hidden()
    fill_company(page, "difference", "Difference Engines GmbH")
    pages.field(page, "Password").fill(MADE)
    pages.field(page, "Repeat the password").fill(MADE + "x")
    page.get_by_role("button", name="Create").click()
    again = pages.field(page, "Repeat the password")
    expect(again).to_have_attribute("aria-invalid", "true")
    expect(again).to_have_accessible_description("The two passwords are not the same.")
    expect(pages.field(page, "Login name")).to_have_value("difference")
    expect(page.get_by_role("radio", name="Company")).to_be_checked()
    pages.field(page, "Password").fill(MADE)
    again.fill(MADE)
    page.get_by_role("button", name="Create").click()
    expect_registered(page, "Difference Engines GmbH", "difference")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_without_a_password_the_client_gets_a_link(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    login = f"linked-{java_script_enabled}".lower()
    page = open_as("alice", "/staff/clients/new", java_script_enabled=java_script_enabled)
    fill_company(page, login, "Linked Ltd")
    expect(page.get_by_label("Send a welcome message")).to_be_checked()
    page.get_by_role("button", name="Create").click()
    expect_registered(page, "Linked Ltd", login)
    kept = kept_of(served, login)
    assert kept["links"] == 1 and not kept["has_password"]
    assert served.waiting(f"{login}@client.example") == ["hook"], "the welcome"
    told = "SELECT kind FROM notifications WHERE address = $1"
    link = served.within("nova", db.value, told, f"{login}@client.example", by=None)
    assert link == "account.welcome"


def test_a_double_click_registers_one_client(open_as: Open, served: Served) -> None:
    page = open_as("alice", "/staff/clients/new")
    fill_company(page, "twice", "Twice & Twice SARL")
    page.get_by_role("button", name="Create").dblclick()
    expect_registered(page, "Twice & Twice SARL", "twice")
    count = served.within("nova", db.value, "SELECT count(*) FROM clients WHERE login LIKE 'twice%'", by=None)
    assert count == 1
