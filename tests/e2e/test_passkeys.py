"""Passkeys with Chromium's virtual authenticator: added, used instead of a password, renamed, removed."""

import pytest
from playwright.sync_api import Page, expect

from tests import cast
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.visitor import PASSWORD

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A virtual authenticator of a page's browser."""

    def __init__(self, page: Page, **options: object) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        added = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})
        self.id = {"authenticatorId": added["authenticatorId"]}

    def credentials(self) -> list[dict]:
        return self.cdp.send("WebAuthn.getCredentials", self.id)["credentials"]

    def know_the_person(self, known: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", self.id | {"isUserVerified": known})


def add(page: Page, name: str) -> None:
    pages.field(page, "Name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    pages.expect_toast(page, "The passkey was added.")
    expect(page.locator("#passkeys")).to_contain_text(name)


def sign_out(page: Page, name: str) -> None:
    pages.open_menu(page, f"Your account: {name}")
    page.get_by_role("button", name="Sign out").click()
    pages.expect_toast(page, "You are signed out.")


def test_staff_add_a_passkey_and_sign_in_with_it_and_no_password(open_as: Open, served: Served) -> None:
    email = served.open_provider("keys", edition="standard")
    page = open_as(f"keys/{email}", "/account/passkeys")
    device = Device(page)
    expect(page.get_by_role("main")).to_contain_text("No passkey yet")
    add(page, "Work laptop")
    assert [known["rpId"] for known in device.credentials()] == ["keys.localhost"]
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text("has a passkey for your account already")
    sign_out(page, "Olivia Owner")
    page.goto("/staff/groups/new")
    expect(page).to_have_url(pages.path("/sign-in?next=/staff/groups/new"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("main")).to_contain_text("Advanced")
    page.goto("/staff")
    page.goto("/account/passkeys")
    expect(page.locator("#passkeys")).to_contain_text("last used")
    page.get_by_role("link", name="Rename or remove Work laptop").click()
    pages.field(page, "Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#passkeys")).to_contain_text("Old laptop")
    page.get_by_role("link", name="Rename or remove Old laptop").click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.locator("dialog[open] [data-ask-yes]").click()
    pages.expect_toast(page, "The passkey was removed.")
    sign_out(page, "Olivia Owner")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("This passkey did not work here.")
    pages.sign_in(page, email, PASSWORD)
    expect(page).to_have_url(pages.path("/staff"))


def test_a_device_that_does_not_know_the_person_signs_nobody_in(open_as: Open, served: Served) -> None:
    email = served.open_provider("strict-keys", edition="standard")
    page = open_as(f"strict-keys/{email}", "/account/passkeys")
    device = Device(page)
    add(page, "Phone")
    sign_out(page, "Olivia Owner")
    device.know_the_person(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text("it was cancelled, or took too long")
    expect(page).to_have_url(pages.path("/sign-in"))
    device.know_the_person(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(pages.path("/staff"))


def test_users_of_a_client_have_them_in_the_portal_in_french(open_as: Open, served: Served) -> None:
    page = open_as("tanaka", "/account/passkeys", locale="fr-FR", viewport={"width": 360, "height": 740})
    pages_french = page.locator("html").get_attribute("lang") == "fr"
    if not pages_french:
        pages.open_menu(page, "Language")
        page.get_by_role("button", name="Français").click()
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        page.goto("/account/passkeys")
    Device(page)
    pages.field(page, "Nom").fill("Téléphone")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    pages.expect_toast(page, "La clé d’accès a été ajoutée.")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(wide), "nothing sticks out at 360 px"
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page).to_have_url(pages.path("/"))
    page.goto("/log")
    expect(page.get_by_role("main")).to_contain_text("la clé d’accès Téléphone")


@pytest.mark.parametrize("who", ["olga", "rita"])
def test_operators_and_resellers_have_them_on_the_platforms_host(open_as: Open, who: str) -> None:
    page = open_as(who, "/account/passkeys")
    device = Device(page)
    add(page, "Key ring")
    assert [known["rpId"] for known in device.credentials()] == ["localhost"]
    sign_out(page, cast.email(who).partition("@")[0].capitalize())
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(pages.path("/platform"))


def test_without_javascript_the_other_ways_are_there(open_as: Open) -> None:
    page = open_as(None, "/sign-in", java_script_enabled=False)
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(pages.field(page, "Password")).to_be_visible()
    page = open_as("max", "/account/passkeys", java_script_enabled=False)
    expect(page.get_by_role("main")).to_contain_text("Adding a passkey needs JavaScript")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
