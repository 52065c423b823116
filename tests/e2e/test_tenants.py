"""Two providers in two browsers: nothing of one is ever in the other."""

from playwright.sync_api import BrowserContext, Page, expect

from core import db
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

WALKED = ("/staff", "/staff/clients", "/staff/clients/new", "/staff/groups", "/staff/people", "/staff/activity")


def brand_color(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.brand-mark')).backgroundColor"))


def session_of(context: BrowserContext) -> str:
    return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "comptoir-session")


def test_each_has_its_own_name_colour_and_clients(open_as: Open) -> None:
    nova, acme = open_as("alice"), open_as("bob", "/staff/settings")
    acme.get_by_role("radio", name="Orange").check(force=True)
    acme.get_by_role("button", name="Save").click()
    pages.expect_toast(acme, "saved")
    acme.goto("/staff/clients")
    expect(nova.locator(".brand")).to_contain_text("Nova")
    expect(acme.locator(".brand")).to_contain_text("Acme")
    assert nova.title() == "Clients · Nova" and acme.title() == "Clients · Acme"
    assert brand_color(nova) != brand_color(acme)
    expect(acme.locator("#list")).to_contain_text("Globex Ltd")
    expect(nova.locator("#list")).to_contain_text("Müller & Söhne GmbH")
    foreign = {
        "nova": ("Globex", "John Smith", "Partners", "acme.example"),
        "acme": ("Müller", "VIP circle", "nova.example"),
    }
    for page, code in ((nova, "nova"), (acme, "acme")):
        for path in WALKED:
            page.goto(path)
            document = page.content()
            assert [word for word in foreign[code] if word in document] == [], path


def test_the_session_of_one_is_worth_nothing_at_the_other(open_as: Open, served: Served) -> None:
    nova = open_as("alice")
    stolen = session_of(nova.context)
    visitor = open_as(None, "/sign-in", host="acme")
    visitor.context.add_cookies([{"name": "comptoir-session", "value": stolen, "url": served.url("acme")}])
    visitor.goto("/staff/clients")
    expect(visitor).to_have_url(pages.path("/sign-in?next=/staff/clients"))
    assert "Alice" not in visitor.content()
    nova.reload()
    expect(nova.get_by_role("heading", name="Clients", level=1)).to_be_visible()


def test_what_belongs_to_another_provider_is_not_found(open_as: Open, served: Served) -> None:
    foreign = served.within("nova", db.value, "SELECT min(id) FROM account_groups", by=None)
    acme = open_as("bob")
    for path in (f"/staff/groups/{foreign}", "/staff/groups/1", "/staff/clients/987654", "/platform/providers"):
        answer = acme.goto(path)
        assert answer is not None and answer.status == 404, path
        assert "VIP circle" not in acme.content()


def test_a_host_that_nobody_has_is_not_found(open_as: Open) -> None:
    page = open_as(None, "/", host="nobody-at-all")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert "Nova" not in page.content()


def test_signing_out_at_one_leaves_the_other_alone(open_as: Open) -> None:
    nova, acme = open_as("alice"), open_as("bob")
    pages.open_menu(nova, "Your account: Alice")
    nova.get_by_role("button", name="Sign out").click()
    pages.expect_toast(nova, "You are signed out.")
    acme.reload()
    expect(acme.get_by_role("heading", name="Clients", level=1)).to_be_visible()
