"""Editing a client: saved, cancelled, and two people at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])


def ok(page: Page) -> None:
    page.get_by_role("button", name="OK").click()


def facts(page: Page) -> dict[str, str]:
    """What the client's page says, label by label."""
    terms = [text.strip() for text in page.locator("dl.facts > dt").all_text_contents()]
    return dict(
        zip(terms, [text.strip() for text in page.locator("dl.facts > dd").all_text_contents()], strict=True)
    )


@BOTH
def test_ok_saves_and_cancel_leaves_everything(open_as: Open, served: Served, java_script_enabled: bool) -> None:
    code = served.register("nova", f"edit-{java_script_enabled}".lower(), "Edda Edit", phone="+33 1 42 68 53 00")
    page = open_as("alice", f"/staff/clients/{code}", java_script_enabled=java_script_enabled)
    page.get_by_role("link", name="Edit").click()
    for label in ("Code", "Registered", "Registered from address", "Verified phone"):
        expect(page.locator("dt", has_text=re.compile(f"^{label}$"))).to_be_visible()
    pages.field(page, "Name").fill("Edda Edited")
    pages.field(page, "Note").fill("Called twice")
    pages.field(page, "Attitude").select_option(label="VIP")
    ok(page)
    expect(page).to_have_url(pages.path(f"/staff/clients/{code}"))
    pages.expect_toast(page, "The client was saved.")
    expect(page.get_by_role("heading", name="Edda Edited", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Called twice")
    assert facts(page)["Attitude"] == "VIP"
    assert facts(page)["Phone"] == "+33142685300"
    page.get_by_role("link", name="Edit").click()
    pages.field(page, "Name").fill("Somebody else")
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(pages.path(f"/staff/clients/{code}"))
    expect(page.get_by_role("heading", name="Edda Edited", level=1)).to_be_visible()


@BOTH
def test_two_edits_of_the_same_client_lose_nothing(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = served.register("nova", f"both-{java_script_enabled}".lower(), "Bo Both", note="at first")
    first = open_as("alice", f"/staff/clients/{code}/edit", java_script_enabled=java_script_enabled)
    second = open_as("max", f"/staff/clients/{code}/edit", java_script_enabled=java_script_enabled)
    pages.field(first, "Name").fill("Bo of Alice")
    pages.field(first, "Note").fill("noted by Alice")
    ok(first)
    pages.expect_toast(first, "The client was saved.")
    pages.field(second, "Name").fill("Bo of Max")
    pages.field(second, "Phone").fill("+33 1 42 68 53 00")
    ok(second)
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("Somebody saved this meanwhile")
    if java_script_enabled:
        expect(alert).to_be_focused()
    name, note, phone = (
        second.get_by_role("group", name=label, exact=True) for label in ("Name", "Note", "Phone")
    )
    expect(name).to_contain_text("Bo of Max")
    expect(name).to_contain_text("Bo of Alice")
    expect(note).to_contain_text("noted by Alice")
    expect(pages.field(second, "Name")).to_have_value("Bo of Max")
    note.get_by_role("radio", name="Saved meanwhile").check()
    phone.get_by_role("radio", name="Yours").check()
    ok(second)
    expect(second).to_have_url(pages.path(f"/staff/clients/{code}"))
    expect(second.get_by_role("heading", name="Bo of Max", level=1)).to_be_visible()
    expect(second.get_by_role("main")).to_contain_text("noted by Alice")
    assert facts(second)["Phone"] == "+33142685300"


def test_a_conflict_can_be_refused_and_goes_on(open_as: Open, served: Served) -> None:
    """Wrong input beside a conflict: first the one is told, then the other, and nothing typed is lost."""
    code = served.register("nova", "thrice", "Three Times")
    page = open_as("alice", f"/staff/clients/{code}/edit")
    other = open_as("max", f"/staff/clients/{code}/edit")
    pages.field(other, "Note").fill("from Max")
    ok(other)
    pages.expect_toast(other, "The client was saved.")
    pages.field(page, "Name").fill("")
    pages.field(page, "Note").fill("from Alice")
    ok(page)
    expect(page.get_by_role("heading", name="Somebody saved this meanwhile")).to_be_visible()
    ok(page)
    expect(pages.field(page, "Name")).to_have_attribute("aria-invalid", "true")
    expect(pages.field(page, "Note")).to_have_value("from Alice")
    pages.field(page, "Name").fill("Three Times Lady")
    ok(page)
    expect(page.get_by_role("heading", name="Three Times Lady", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("from Alice")


def test_a_closed_page_of_somebody_who_may_only_read(open_as: Open, served: Served) -> None:
    code = served.register("nova", "readonly", "Rita Readonly")
    page = open_as("ada", f"/staff/clients/{code}")
    expect(page.get_by_role("heading", name="Rita Readonly", level=1)).to_be_visible()
    for name in ("Edit", "Delete", "New client"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    page.goto(f"/staff/clients/{code}/edit")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is not yours to do")
