"""Entering with a client's rights: from the filtered list, the banner on every page, the act, and the way back."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

FILTERED = "/staff/clients?name=Visited&country=FR"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def enter_from_list(page: Page, *, reason: str) -> None:
    """Select the one client of the list and enter, as a member of staff does."""
    page.locator("#list tbody .pick").first.check()
    page.get_by_role("button", name=re.compile("^Enter")).click()
    expect(page.get_by_role("heading", name="Enter with the client’s rights", level=1)).to_be_visible()
    pages.field(page, "Reason").fill(reason)
    page.get_by_role("main").get_by_role("button", name="Enter").click()
    expect(page).to_have_url(pages.path("/"))


def expect_banner(page: Page, name: str) -> None:
    """The banner is seen whole, above the page, with the way back at the right."""
    banner = page.get_by_role("region", name="Inside a client’s account")
    expect(banner).to_contain_text(name)
    back = banner.get_by_role("button", name="Back to staff pages")
    expect(back).to_be_in_viewport()
    assert page.evaluate(FITS), f"{page.url}: something sticks out"
    width = page.viewport_size["width"] if page.viewport_size else 0
    box = back.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] > width * 0.6, "the way back stands at the right"
    assert box["y"] < 200, "and at the top"


def test_from_the_filtered_list_into_the_account_and_back_to_it(open_as: Open, served: Served) -> None:
    code = served.register("nova", "visited", "Visited Client")
    page = open_as("max", FILTERED)
    enter_from_list(page, reason="Ticket 4711")
    expect_banner(page, "Visited Client")
    for path in ("/", "/profile", "/log", "/payers", "/terms/999", "/nowhere", "/account"):
        page.goto(path)
        expect_banner(page, "Visited Client")
    page.goto("/profile/edit")
    pages.field(page, "Phone").fill("+33123456789")
    page.get_by_role("button", name="Save").click()
    pages.expect_toast(page, "The profile was saved.")
    expect_banner(page, "Visited Client")
    page.get_by_role("button", name="Back to staff pages").click()
    expect(page).to_have_url(pages.path(FILTERED))
    expect(page.locator("#list")).to_contain_text("visited")
    page.goto(f"/staff/clients/{code}/timeline")
    acts = page.get_by_role("main")
    for told in ("Max entered the account of Visited Client", "Max left the account of Visited Client",
                 "Max changed the client Visited Client"):  # fmt: skip
        expect(acts).to_contain_text(told)
    expect(acts).to_contain_text("inside the client’s account")


def test_the_client_reads_in_his_log_that_support_was_there(open_as: Open, served: Served) -> None:
    code = served.register("nova", "watched", "Watched Client")
    page = open_as("max", f"/staff/clients/{code}/enter")
    pages.field(page, "Reason").fill("You asked about your invoice")
    page.get_by_role("main").get_by_role("button", name="Enter").click()
    page.get_by_role("button", name="Back to staff pages").click()
    expect(page).to_have_url(pages.path(f"/staff/clients/{code}"))
    theirs = open_as("nova/watched@client.example", "/log")
    log = theirs.get_by_role("main")
    expect(log).to_contain_text("Nova entered the account of Watched Client")
    expect(log).to_contain_text("You asked about your invoice")
    expect(log).to_contain_text("Nova left the account of Watched Client")
    expect(log).not_to_contain_text("Max")


def test_at_320_pixels_the_banner_and_the_way_back_are_there_on_pages_and_errors(
    open_as: Open, served: Served
) -> None:
    code = served.register("nova", "narrow", "A client with a very long name that has to go somewhere")
    for scheme in ("light", "dark"):
        page = open_as(
            "max",
            f"/staff/clients/{code}/enter",
            viewport={"width": 320, "height": 640},
            color_scheme=scheme,
        )
        pages.field(page, "Reason").fill("A look at 320 pixels")
        page.get_by_role("main").get_by_role("button", name="Enter").click()
        expect(page).to_have_url(pages.path("/"))
        for path in ("/", "/payers", "/nowhere", "/account/passkeys"):
            page.goto(path)
            expect_banner(page, "A client with a very long name")
        page.get_by_role("button", name="Back to staff pages").click()
        expect(page.get_by_role("region", name="Inside a client’s account")).to_have_count(0)


def test_what_is_closed_inside_says_so_and_another_client_is_not_entered(open_as: Open, served: Served) -> None:
    code = served.register("nova", "closed-door", "Closed Door")
    other = served.register("nova", "second-door", "Second Door")
    page = open_as("max", f"/staff/clients/{code}/enter")
    pages.field(page, "Reason").fill("Ticket 1")
    page.get_by_role("main").get_by_role("button", name="Enter").click()
    for path in ("/account", "/account/two-factor", "/account/passkeys", "/account/sessions"):
        page.goto(path)
        expect(page.get_by_role("main")).to_contain_text("not possible while you are inside")
    second = page.context.new_page()
    second.goto(f"/staff/clients/{other}/enter")
    expect(second.get_by_role("main")).to_contain_text("Another window is inside the account of Closed Door")
    expect(pages.field(second, "Reason")).to_have_count(0)
    second.get_by_role("button", name="Leave that account").click()
    expect(pages.field(second, "Reason")).to_be_visible()
    page.goto("/profile")
    expect(page.get_by_role("region", name="Inside a client’s account")).to_have_count(0)


def test_the_visit_ends_at_once_when_the_client_is_deleted(open_as: Open, served: Served) -> None:
    code = served.register("nova", "short-visit", "Short Visit")
    page = open_as("max", f"/staff/clients/{code}/enter")
    pages.field(page, "Reason").fill("Ticket 2")
    page.get_by_role("main").get_by_role("button", name="Enter").click()
    expect_banner(page, "Short Visit")
    alice = open_as("alice", f"/staff/clients/delete?code={code}")
    alice.get_by_role("main").get_by_role("button", name=re.compile("Delete")).click()
    alice.wait_for_url(re.compile(r"/staff/clients(\?|$)"))
    page.goto("/profile")
    pages.expect_toast(page, "This client is not here any more.")
    expect(page.get_by_role("region", name="Inside a client’s account")).to_have_count(0)


def test_in_french_the_banner_and_the_way_back(open_as: Open, served: Served) -> None:
    email = served.open_provider("bleue", locale="fr")
    code = served.register("bleue", "visite", "Cliente Visitée")
    page = open_as(f"bleue/{email}", f"/staff/clients/{code}/enter", locale="fr-FR")
    pages.field(page, "Motif").fill("Ticket 12")
    page.get_by_role("main").get_by_role("button", name="Entrer").click()
    banner = page.locator("#inside")
    expect(banner).to_contain_text("Cliente Visitée")
    expect(banner).to_contain_text("30 minutes")
    banner.get_by_role("button").click()
    expect(page).to_have_url(pages.path(f"/staff/clients/{code}"))
