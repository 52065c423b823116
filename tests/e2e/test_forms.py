"""Refused forms: the error stands beside its field, and the focus is on the first."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open


def expect_errors(page: Page) -> None:
    """Login name, e-mail and contact person are missing, and each says so."""
    expect(page.get_by_role("alert")).to_contain_text("fields want your attention")
    for label in ("Login name", "E-mail", "Contact person"):
        field = pages.field(page, label)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        name = field.get_attribute("name")
        assert f"error-{name}" in described, described
        assert page.locator(f"#error-{name}").inner_text().strip()
    expect(pages.field(page, "Note")).to_have_value("stays")


def test_a_refused_form_replaces_only_itself_and_focuses_the_first_error(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients/new")
    page.evaluate("window.stays = true")
    pages.field(page, "Note").fill("stays")
    page.get_by_role("button", name="Create").click()
    expect_errors(page)
    expect(pages.field(page, "Login name")).to_be_focused()
    expect(page).to_have_url(pages.path("/staff/clients/new"))
    assert page.evaluate("window.stays"), "the page itself was not loaded again"
    pages.field(page, "Login name").fill("mended")
    page.get_by_role("button", name="Create").click()
    expect(pages.field(page, "E-mail")).to_be_focused()
    expect(pages.field(page, "Login name")).not_to_have_attribute("aria-invalid", "true")


def test_a_refused_form_says_the_same_without_javascript(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients/new", java_script_enabled=False)
    pages.field(page, "Note").fill("stays")
    page.get_by_role("button", name="Create").click()
    expect_errors(page)


def test_a_full_page_focuses_the_first_error_too(open_as: Open) -> None:
    page = open_as("alice", "/account")
    pages.field(page, "Name").fill("")
    page.get_by_role("button", name="Save").click()
    expect(pages.field(page, "Name")).to_be_focused()
    expect(pages.field(page, "Name")).to_have_attribute("aria-invalid", "true")


def test_a_refusal_that_names_no_field_gets_the_focus_itself(open_as: Open) -> None:
    page = open_as(None, "/sign-in")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_login_that_is_taken_is_refused_with_what_was_typed(open_as: Open, java_script_enabled: bool) -> None:
    page = open_as("alice", "/staff/clients/new", java_script_enabled=java_script_enabled)
    pages.field(page, "Login name").fill("DUPONT")
    pages.field(page, "E-mail").fill("somebody@new.example")
    pages.field(page, "Contact person").fill("Somebody New")
    page.get_by_role("button", name="Create").click()
    login = pages.field(page, "Login name")
    expect(login).to_have_attribute("aria-invalid", "true")
    expect(login).to_have_value("DUPONT")
    expect(pages.field(page, "E-mail")).to_have_value("somebody@new.example")
