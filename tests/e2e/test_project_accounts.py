"""A client with accounts in two projects, seen by a limited colleague; projects that are closed and merged."""

from playwright.sync_api import expect

from core.accounts import projects
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def _project(served: Served, name: str) -> int:
    return int(served.within("nova", projects.create, projects.NewProject(name=name))["id"])


def test_a_second_account_shows_the_client_to_a_limited_colleague(open_as: Open, served: Served) -> None:
    code = served.register("nova", "two-shops", "Two Shops")
    lea = open_as("lea", "/staff/clients?name=two-shops")
    expect(lea.get_by_role("link", name="two-shops")).to_have_count(0)

    alice = open_as("alice", f"/staff/clients/{code}")
    pages.open_more(alice.get_by_role("navigation", name="Parts of this client"))
    alice.get_by_role("link", name="Projects").last.click()
    pages.field(alice, "Project").select_option(label="Nova Pro")
    pages.field(alice, "Credit limit").last.fill("much")
    alice.get_by_role("button", name="Open an account").click()
    expect(alice.locator("#error-credit_limit")).to_be_visible()
    pages.field(alice, "Credit limit").last.fill("250.50")
    alice.get_by_role("button", name="Open an account").click()
    pages.expect_toast(alice, "The account was opened.")
    expect(alice.get_by_role("main")).to_contain_text("opened by Alice")

    lea.reload()
    lea.get_by_role("link", name="two-shops").click()
    pages.open_more(lea.get_by_role("navigation", name="Parts of this client"))
    lea.get_by_role("link", name="Projects").last.click()
    expect(lea.locator("li[id^=account-]")).to_have_count(1)
    expect(lea.get_by_role("main")).to_contain_text("Nova Pro")

    alice.get_by_role("button", name="Make it the home project Nova Pro").click()
    pages.expect_toast(alice, "The client belongs to this project now.")
    alice.get_by_role("link", name="Close the account Nova").click()
    alice.get_by_role("button", name="Close the account").click()
    pages.expect_toast(alice, "The account was closed.")
    expect(alice.locator("li[id^=account-]")).to_have_count(1)


def test_a_project_is_closed_opened_and_merged(open_as: Open, served: Served) -> None:
    number = _project(served, "Nova Games")
    code = served.register("nova", "player", "Player One", project_id=number)
    page = open_as("alice", f"/staff/projects/{number}")
    page.get_by_role("link", name="Close").click()
    page.get_by_role("button", name="Close the project").click()
    pages.expect_toast(page, "The project was closed.")
    expect(page.get_by_role("main")).to_contain_text("This project is closed")
    page.goto("/staff/clients/new")
    assert "Nova Games" not in pages.field(page, "Project").inner_text()
    page.goto(f"/staff/projects/{number}")
    page.get_by_role("button", name="Open again").click()
    pages.expect_toast(page, "The project is open again.")

    page.get_by_role("link", name="Merge").click()
    pages.field(page, "The project that stays").select_option(label="Nova Pro")
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_role("row", name="Accounts of clients 1")).to_be_visible()
    page.get_by_role("button", name="Merge the projects").click()
    pages.expect_toast(page, "The projects were merged.")
    lea = open_as("lea", f"/staff/clients/{code}")
    expect(lea.get_by_role("heading", name="Player One")).to_be_visible()


def test_the_pages_hold_on_a_phone_in_french_and_in_the_dark(open_as: Open, served: Served) -> None:
    number = _project(served, "Nova Mobile")
    code = served.register("nova", "phone", "Phone Shop", project_id=number)
    options = {"viewport": {"width": 360, "height": 740}, "locale": "fr-FR", "color_scheme": "dark"}
    for path in (
        f"/staff/clients/{code}/projects",
        f"/staff/projects/{number}/merge",
        f"/staff/projects/{number}",
    ):
        page = open_as("alice", path, **options)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
