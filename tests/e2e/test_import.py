"""Importing a file with a mistake: what the columns mean, the check, the corrected file, the import, and back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

WRONG = "Ref;Login;E-mail;Nom;Pays\nA-1;anna;anna@a.example;Anna Anders;FR\nA-2;bob;nobody;Bob Burger;France\n"
RIGHT = WRONG.replace("nobody", "bob@b.example")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_a_file_is_checked_corrected_imported_and_comes_back_unchanged(
    open_as: Open, served: Served, tmp_path: Path, java_script_enabled: bool
) -> None:
    code = "heron" if java_script_enabled else "stork"
    owner = served.open_provider(code, invented=3)
    page = open_as(f"{code}/{owner}", "/staff/clients", java_script_enabled=java_script_enabled)
    page.get_by_role("main").get_by_role("link", name="Import", exact=True).click()
    upload(page, tmp_path, "wrong.csv", WRONG.encode())
    page.get_by_label("Ref", exact=True).select_option(label="External id")
    check(page, served)
    errors = page.locator("#errors")
    expect(errors).to_contain_text("This does not look like an e-mail address.")
    expect(errors.get_by_role("rowheader")).to_have_text("3")
    expect(page.locator("[data-counts]")).to_contain_text("Would be added")
    page.goto("/staff/imports")
    upload(page, tmp_path, "right.csv", RIGHT.encode())
    expect(page.get_by_role("main")).to_contain_text("Filled in as it was for the last file")
    check(page, served)
    page.get_by_role("button", name="Import 2 rows").click()
    finish(page, served, "2 of 2")
    expect(page.get_by_role("main")).to_contain_text("What became of it")
    assert counts(page) == ["2", "0", "0", "0"]
    page.get_by_role("button", name="Import once more").click()
    finish(page, served, "2 of 2")
    assert counts(page) == ["0", "0", "2", "0"]
    page.goto("/staff/clients/export?all=1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    page.goto("/staff/imports")
    upload(page, tmp_path, "back.csv", Path(download.value.path()).read_bytes())
    check(page, served)
    total = counts(page)
    assert total[0] == total[1] == total[3] == "0"
    assert int(total[2]) >= 5


def upload(page: Page, folder: Path, name: str, content: bytes) -> None:
    """Choose the file and send it."""
    path = folder / name
    path.write_bytes(content)
    pages.field(page, "File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def check(page: Page, served: Served) -> None:
    """Have the file checked, and go back to it."""
    page.get_by_role("button", name="Check the file").click()
    finish(page, served, None)


def finish(page: Page, served: Served, told: str | None) -> None:
    """Wait for the end of the task one looks at, and follow where it leads."""
    with served.working():
        link = page.get_by_role("link", name=re.compile("See what was found|See the file"))
        expect(link).to_be_visible(timeout=30_000)
    if told is not None:
        expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
    link.click()


def counts(page: Page) -> list[str]:
    """Added, changed, skipped, with errors, as soon as the page has them."""
    shown = page.locator("[data-counts] dd")
    expect(shown).to_have_count(4)
    return shown.all_inner_texts()
