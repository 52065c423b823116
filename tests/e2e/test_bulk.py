"""Changing all clients that match: counted, confirmed, and followed while it goes on."""

import re

import pytest
from playwright.sync_api import expect

from core.accounts import bulk
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_all_that_match_are_closed_while_one_looks_on(
    open_as: Open, served: Served, monkeypatch: pytest.MonkeyPatch, java_script_enabled: bool
) -> None:
    monkeypatch.setattr(bulk, "SLOW", 4)
    code = "field" if java_script_enabled else "heath"
    owner = served.open_provider(code, invented=90)
    page = open_as(f"{code}/{owner}", "/staff/clients?status=active", java_script_enabled=java_script_enabled)
    page.get_by_role("link", name=re.compile("Change all .* match")).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"\d"))
    count = int(re.findall(r"\d+", heading.inner_text())[0])
    page.get_by_role("radio", name="Close", exact=True).check()
    pages.field(page, "Reason").fill("The season is over")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("main")).to_contain_text(f"{count} clients will be changed.")
    page.get_by_role("button", name="Start the task").click()
    bar = page.get_by_role("status").filter(has_text=f"of {count}")
    expect(bar).to_have_text(f"0 of {count}")
    with served.working():
        if java_script_enabled:
            expect(bar).to_have_text(re.compile(rf"^[1-9]\d* of {count}$"))
        expect(bar).to_have_text(f"{count} of {count}")
        expect(page.locator("#progress .state-dot")).to_have_text("Done")
    expect(page.get_by_role("table")).to_contain_text("Done")
    page.goto("/staff/clients?status=active")
    expect(page.get_by_role("main")).to_contain_text("No client fits this filter")
