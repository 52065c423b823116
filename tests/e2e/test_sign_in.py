"""Signing in and out in a browser."""

import pytest
from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.visitor import PASSWORD


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_wrong_password_is_refused_and_the_right_one_leads_to_the_page_that_was_asked_for(
    open_as: Open, java_script_enabled: bool
) -> None:
    page = open_as(None, "/staff/clients", java_script_enabled=java_script_enabled)
    expect(page).to_have_url(pages.path("/sign-in?next=/staff/clients"))
    pages.sign_in(page, "alice@nova.example", "not the right one")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(pages.field(page, "E-mail")).to_have_value("alice@nova.example")
    expect(pages.field(page, "Password")).to_have_value("")
    pages.sign_in(page, "alice@nova.example", PASSWORD)
    expect(page).to_have_url(pages.path("/staff/clients"))
    expect(page.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    pages.open_menu(page, "Your account: Alice")
    page.get_by_role("button", name="Sign out").click()
    pages.expect_toast(page, "You are signed out.")
    page.goto("/staff/clients")
    expect(page).to_have_url(pages.path("/sign-in?next=/staff/clients"))
