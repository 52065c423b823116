"""What people do on the pages, in small functions named after it."""

import re

from playwright.sync_api import Locator, Page, expect


def path(wanted: str) -> re.Pattern[str]:
    """An address that ends so, on whatever host."""
    return re.compile(rf"^http://[^/]+{re.escape(wanted)}$")


def field(page: Page | Locator, label: str) -> Locator:
    """The field of the page's content with exactly this label, whether it is optional or not."""
    inside = page.locator("main") if isinstance(page, Page) else page
    return inside.get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s*\((optional|facultatif)\))?\s*$"))


def sign_in(page: Page, email: str, password: str) -> None:
    field(page, "E-mail").fill(email)
    field(page, "Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def open_menu(page: Page, name: str) -> None:
    """Open one of the menus at the top right."""
    page.locator(f"summary[aria-label='{name}']").click()


def open_more(part: Page | Locator) -> None:
    """Open what stands under More: of a page's actions, or of its tabs."""
    part.locator("summary", has_text="More").click()


def panel(page: Page, name: str) -> Locator:
    """What opens a panel of the list's tools."""
    return page.locator(".list-tools summary", has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))


def open_panel(page: Page, name: str) -> None:
    """Open a panel of the list's tools."""
    panel(page, name).click()


def expect_toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def rows(page: Page) -> Locator:
    return page.locator("#list tbody tr")


def cells(page: Page, label: str) -> list[str]:
    """What stands in a column of the list, by what its head says; waits for the column and all its rows."""
    expect(page.locator("#list thead th", has_text=label).first).to_be_attached()
    page.wait_for_load_state()
    heads = page.locator("#list thead th").all_text_contents()
    place = [" ".join(head.split()) for head in heads].index(label)
    return page.locator(f"#list tbody tr > :nth-child({place + 1})").all_text_contents()
