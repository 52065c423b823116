"""Two-step sign-in and sessions."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import Page, expect

from core import db
from core.accounts import links
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.visitor import PASSWORD

BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])

WHOLE = """(svg) => {
    const frame = svg.getBoundingClientRect();
    const drawn = svg.querySelector("path:last-child").getBoundingClientRect();
    return drawn.width > 100 && drawn.right <= frame.right && drawn.bottom <= frame.bottom;
}"""


def enrol(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Set the second step up on its page; returns the app and the recovery codes."""
    page.get_by_role("button", name="Set it up").click()
    app = pyotp.TOTP(pages.field(page, "Key").input_value())
    assert page.locator(".qr svg").evaluate(WHOLE), "the whole QR code is seen"
    pages.field(page, "Code").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    expect(pages.field(page, "Code")).to_have_attribute("aria-invalid", "true")
    pages.field(page, "Code").fill(app.now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    page.wait_for_load_state()
    codes = [code.strip() for code in page.locator("#codes li").all_inner_texts()]
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Two-step sign-in is on")).to_be_visible()
    return app, codes


def next_code(app: pyotp.TOTP) -> str:
    """The code of the half minute to come, for each works once."""
    return app.at(int(time.time()) + 30)


def sign_out(page: Page) -> None:
    pages.open_menu(page, "Your account: Olivia Owner")
    page.get_by_role("button", name="Sign out").click()
    pages.expect_toast(page, "You are signed out.")


@BOTH
def test_enrolment_then_a_code_and_a_recovery_code(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = f"steps-{java_script_enabled}".lower()
    email = served.open_provider(code, edition="standard")
    page = open_as(f"{code}/{email}", "/account/two-factor", java_script_enabled=java_script_enabled)
    app, recovery = enrol(page)
    assert len(recovery) >= 8 and len(set(recovery)) == len(recovery)
    sign_out(page)
    pages.sign_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", name="Second step", level=1)).to_be_visible()
    page.goto("/staff/clients")
    expect(page).to_have_url(pages.path("/sign-in/code"))
    pages.field(page, "Code").fill("123456")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    pages.field(page, "Code").fill(next_code(app))
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(pages.path("/staff"))
    sign_out(page)
    pages.sign_in(page, email, PASSWORD)
    page.get_by_role("link", name="Use a recovery code").click()
    pages.field(page, "Recovery code").fill(recovery[0])
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(pages.path("/staff"))
    page.goto("/account/two-factor")
    expect(page.get_by_role("main")).to_contain_text(f"{len(recovery) - 1} recovery codes left")


def test_a_role_that_needs_it_sets_it_up_first(open_as: Open, served: Served) -> None:
    email = served.open_provider("strict", edition="standard")
    page = open_as(f"strict/{email}", "/staff/settings")
    page.get_by_role("checkbox", name="Owner").check()
    page.get_by_role("button", name="Save").click()
    pages.expect_toast(page, "The settings were saved.")
    fresh = open_as(None, "/staff/clients", host="strict")
    pages.sign_in(fresh, email, PASSWORD)
    expect(fresh).to_have_url(pages.path("/account/two-factor"))
    expect(fresh.get_by_role("heading", name="Your role needs a second step")).to_be_visible()
    fresh.goto("/staff/clients")
    expect(fresh).to_have_url(pages.path("/account/two-factor"))
    enrol(fresh)
    fresh.goto("/staff/clients")
    expect(fresh.get_by_role("heading", name="Clients", level=1)).to_be_visible()


def test_a_session_that_is_ended_elsewhere_is_out_at_its_next_click(open_as: Open, served: Served) -> None:
    email = served.open_provider("twofold", edition="standard")
    here, there = open_as(f"twofold/{email}", "/account/sessions"), open_as(f"twofold/{email}", "/staff/clients")
    third = open_as(f"twofold/{email}", "/staff/clients")
    here.reload()
    expect(here.locator("#sessions li")).to_have_count(3)
    expect(here.locator("#sessions")).to_contain_text("This one")
    here.get_by_role("button", name=re.compile("^End (?!all)")).first.click()
    pages.expect_toast(here, "The session was ended.")
    here.get_by_role("button", name="End all others").click()
    here.get_by_role("dialog").get_by_role("button", name="End all others").click()
    pages.expect_toast(here, "One session was ended.")
    there.get_by_role("link", name="New client").first.click()
    expect(there).to_have_url(re.compile(r"/sign-in"))
    third.get_by_label("Search by name, contact person or login").fill("anybody")
    expect(third).to_have_url(re.compile(r"/sign-in"))
    here.goto("/staff/clients")
    expect(here.get_by_role("heading", name="Clients", level=1)).to_be_visible()


def test_a_change_of_the_password_ends_the_others_and_keeps_this_one(open_as: Open, served: Served) -> None:
    email = served.open_provider("changed", edition="standard")
    here, there = open_as(f"changed/{email}", "/account"), open_as(f"changed/{email}", "/staff/clients")
    pages.field(here, "Current password").fill(PASSWORD)
    pages.field(here, "New password").fill("Another-Harbour-99")
    pages.field(here, "Repeat the password").fill("Another-Harbour-99")
    here.get_by_role("button", name="Change the password").click()
    pages.expect_toast(here, "Your password was changed.")
    there.reload()
    expect(there).to_have_url(re.compile(r"/sign-in"))
    pages.sign_in(there, email, "Another-Harbour-99")
    expect(there).to_have_url(pages.path("/staff/clients"))


def test_a_forgotten_password_is_chosen_by_a_link_that_works_once(open_as: Open, served: Served) -> None:
    email = served.open_provider("forgot", edition="standard")
    page = open_as(None, "/sign-in", host="forgot")
    page.get_by_role("link", name="Forgot your password?").click()
    pages.field(page, "E-mail").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    person_id = served.within("forgot", db.value, "SELECT person_id FROM staff", by=None)
    token = served.within("forgot", links.create, "password", person_id)
    page.goto(f"/password/{token}")
    expect(page.get_by_role("main")).to_contain_text(email)
    page.get_by_role("button", name="Generate").click()
    expect(pages.field(page, "New password")).not_to_have_value("")
    made = pages.field(page, "New password").input_value()
    page.get_by_role("button", name="Keep this password").click()
    pages.expect_toast(page, "Your password is set.")
    pages.sign_in(page, email, made)
    expect(page).to_have_url(pages.path("/staff"))
    page.goto(f"/password/{token}")
    expect(page.get_by_role("heading", name="This link has gone")).to_be_visible()
