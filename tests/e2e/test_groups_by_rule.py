"""A group by rule from the first condition to the reason why a client is in it."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def condition(page: Page, place: str, on: str) -> None:
    """Choose what one condition asks."""
    page.locator(f"[id='field-blocks.{place}.on']").select_option(label=on)


def values(page: Page, place: str) -> str:
    return f"[id='field-blocks.{place}.values']"


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_rule_with_or_is_built_looked_at_saved_followed_and_explained(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = "meander" if java_script_enabled else "marsh"
    owner = served.open_provider(code)
    served.register(code, "muller", "Müller & Söhne", country="DE")
    served.register(code, "tanaka", "田中 太郎", language="ja")
    served.register(code, "byrne", "Aoife Byrne", country="IE")
    moving = served.register(code, "moreau", "Luc Moreau", country="FR")
    page = open_as(f"{code}/{owner}", "/staff/groups/new", java_script_enabled=java_script_enabled)
    pages.field(page, "Name").fill("Neighbours")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Make a rule").click()
    condition(page, "0.conditions.0", "Country")
    if not java_script_enabled:
        page.get_by_role("button", name="Add condition").click()
        expect(page.get_by_role("button", name="Remove this condition")).to_have_count(2)
    for country in ("Germany", "Ireland"):
        page.locator(values(page, "0.conditions.0")).get_by_label(country, exact=True).check()
    if java_script_enabled:
        page.get_by_role("button", name="Add condition").click()
    condition(page, "0.conditions.1", "Language")
    if not java_script_enabled:
        removing = page.get_by_role("button", name="Remove this condition")
        page.get_by_role("button", name="Add block").click()
        expect(removing).to_have_count(3)
        removing.last.click()
        expect(removing).to_have_count(2)
    page.locator(values(page, "0.conditions.1")).get_by_label("Japanese", exact=True).check()
    page.get_by_label("A client is in the group when").select_option(label="one of the conditions holds")
    page.get_by_role("button", name="Who would join and leave?").click()
    expect(page.get_by_role("heading", name="Fits: 3. Joins: 3. Leaves: 0.")).to_be_visible()
    joining = page.get_by_role("region", name="Would join")
    expect(joining).to_contain_text("Müller & Söhne")
    expect(joining).to_contain_text("田中 太郎")
    page.get_by_role("button", name="Save this rule").click()
    pages.expect_toast(page, "Joined by the rule: 3.")
    expect(page.get_by_role("main")).to_contain_text("Country is one of Germany, Ireland")

    if java_script_enabled:
        joins_when_it_changes(page, served, moving)


def joins_when_it_changes(page: Page, served: Served, code: int) -> None:
    """A client moves to Ireland, joins by itself, and its page says why; excepted, it stays out."""
    with served.working():
        moves(page, code, "IE")
        page.goto(f"/staff/clients/{code}/groups")
        row = page.locator("li").filter(has_text="Neighbours")
        for _again in range(60):
            if row.count():
                break
            page.wait_for_timeout(500)
            page.reload()
    row.get_by_role("link", name="Why is this client here?").click()
    expect(row).to_contain_text("Country is one of Germany, Ireland here: Ireland, holds")
    expect(row).to_contain_text("does not hold")
    row.get_by_role("button", name="Except this client").click()
    page.locator("dialog#ask").get_by_role("button", name="Except this client").click()
    pages.expect_toast(page, "The rule leaves one client out now.")
    expect(row).to_have_count(0)
    moves(page, code, "FR")


def moves(page: Page, code: int, country: str) -> None:
    """The client's country changes, by hand."""
    page.goto(f"/staff/clients/{code}/edit")
    pages.field(page, "Country").select_option(country)
    page.get_by_role("main").get_by_role("button", name="OK").click()
    pages.expect_toast(page, "saved")
