"""Deleting several clients from the list, after a confirmation that names them."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def pick(page: Page, *codes: int) -> None:
    for code in codes:
        page.get_by_label(f"Select client {code}").check()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_several_are_named_and_then_deleted(open_as: Open, served: Served, java_script_enabled: bool) -> None:
    mark = "goer" if java_script_enabled else "leaver"
    codes = [served.register("nova", f"{mark}-{number}", f"{mark.capitalize()} No{number}") for number in range(4)]
    page = open_as("alice", f"/staff/clients?name={mark}", java_script_enabled=java_script_enabled)
    expect(pages.rows(page)).to_have_count(4)
    if java_script_enabled:
        expect(page.locator(".bulk-bar")).to_be_hidden()
    pick(page, *codes[:3])
    bar = page.locator(".bulk-bar")
    expect(bar).to_be_visible()
    if java_script_enabled:
        expect(bar.get_by_role("status")).to_have_text("3 selected")
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 3 clients?")
    named = page.get_by_role("main")
    for number in range(3):
        expect(named).to_contain_text(f"{mark}-{number}")
        expect(named).to_contain_text(f"{mark.capitalize()} No{number}")
    expect(named).not_to_contain_text(f"{mark}-3")
    page.get_by_role("link", name="Cancel").click()
    page.go_back()
    page.get_by_role("button", name="Delete 3 clients").click()
    pages.expect_toast(page, "3 clients were deleted.")
    expect(page).to_have_url(pages.path("/staff/clients"))
    page.goto(f"/staff/clients?name={mark}")
    assert pages.cells(page, "Code") == [str(codes[3])]
    answer = page.goto(f"/staff/clients/{codes[0]}")
    assert answer is not None and answer.status == 404


def test_the_head_picks_the_page_and_shift_picks_a_range(open_as: Open, meadow: str) -> None:
    page = open_as(meadow, "/staff/clients?sort=code")
    bar = page.locator(".bulk-bar")
    page.get_by_label("Select this page").check()
    expect(bar.get_by_role("status")).to_have_text("50 selected")
    page.get_by_role("button", name="Select none").click()
    expect(bar).to_be_hidden()
    pick(page, 1003)
    page.get_by_label("Select client 1007").click(modifiers=["Shift"])
    expect(bar.get_by_role("status")).to_have_text("5 selected")
    expect(page.get_by_label("Select client 1005")).to_be_checked()
    assert page.locator("[data-pick-all]").evaluate("box => box.indeterminate")


def test_with_none_selected_there_is_nothing_to_delete(open_as: Open) -> None:
    page = open_as("alice", "/staff/clients", java_script_enabled=False)
    page.locator(".bulk-bar").get_by_role("button", name="Delete").click()
    pages.expect_toast(page, "Select one or several clients first.")
    expect(page).to_have_url(pages.path("/staff/clients"))


def test_selected_clients_are_put_into_a_group(open_as: Open, served: Served) -> None:
    codes = [served.register("nova", f"grouped-{number}", f"Grouped No{number}") for number in range(2)]
    page = open_as("alice", "/staff/clients?name=grouped")
    pick(page, *codes)
    page.locator(".bulk-bar").get_by_role("button", name="Account groups").click()
    for number in range(2):
        expect(page.get_by_role("main")).to_contain_text(f"Grouped No{number}")
    pages.field(page, "Account group").select_option(label="VIP circle")
    page.get_by_role("main").locator("button.btn-primary").click()
    pages.expect_toast(page, "Changed for 2 clients.")
    page.goto(f"/staff/clients/{codes[0]}/groups")
    expect(page.get_by_role("main")).to_contain_text("VIP circle")
    page.get_by_role("button", name="Take out VIP circle").click()
    pages.expect_toast(page, "The client was taken out of the group.")
    expect(page.get_by_role("heading", name="In no group")).to_be_visible()


def test_the_last_client_leaves_an_empty_list_behind(open_as: Open, served: Served) -> None:
    owner = served.open_provider("lone", edition="standard")
    code = served.register("lone", "only-one", "Olga Only")
    page = open_as(f"lone/{owner}", f"/staff/clients/{code}")
    pages.open_more(page.locator(".page-actions"))
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete one client?")
    page.get_by_role("button", name="Delete this client").click()
    pages.expect_toast(page, "One client was deleted.")
    expect(page.get_by_role("heading", name="No clients yet")).to_be_visible()
