"""Users of a client in a browser: invited from the portal, in by the mailed link, other roles, out at once."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from playwright.sync_api import Page, expect

from core import caught_mail, mail, mail_catcher
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.visitor import PASSWORD

LINK = re.compile(r"https?://[^\s/]+(/invitation/\S+)")
BOTH = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])


@contextmanager
def mailbox(served: Served) -> Iterator[None]:
    """Mail is sent and caught, until the block ends."""

    async def catch() -> asyncio.Server:
        server, address = await mail_catcher.catch(served.settings.home)
        mail.configure(msgspec.structs.replace(served.settings, smtp_url=address))
        return server

    async def close(server: asyncio.Server) -> None:
        server.close()
        mail.configure(served.settings)

    catcher = served.do(catch)
    try:
        with served.working():
            yield
    finally:
        served.do(close, catcher)


def link_to(served: Served, page: Page, address: str) -> str:
    """The path in the last letter to this address, once it has come."""
    for _try in range(100):
        for letter in reversed(caught_mail.caught(served.settings.home)):
            if letter.to == address:
                found = LINK.search(caught_mail.read(served.settings.home, letter.name).text)
                assert found
                return found[1]
        page.wait_for_timeout(200)
    raise AssertionError(f"no mail to {address}")


def invite(page: Page, address: str, role: str) -> None:
    page.get_by_role("link", name="Invite").click()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("#error-email")).to_be_visible()
    expect(page.locator("#error-roles")).to_be_visible()
    pages.field(page, "E-mail").fill(address)
    page.get_by_role("checkbox", name=role).check()
    page.get_by_role("button", name="Send the invitation").click()
    pages.expect_toast(page, f"An invitation is on its way to {address}.")


def accept(page: Page, name: str, address: str) -> None:
    pages.field(page, "Your name").fill(name)
    pages.field(page, "Password").fill(PASSWORD)
    pages.field(page, "Repeat the password").fill(PASSWORD)
    page.get_by_role("button", name="Accept the invitation").click()
    pages.expect_toast(page, "You are in.")
    pages.sign_in(page, address, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


@BOTH
def test_a_user_is_invited_comes_in_gets_another_role_and_is_out_at_once(
    open_as: Open, served: Served, java_script_enabled: bool
) -> None:
    code = f"crew-{java_script_enabled}".lower()
    served.open_provider(code, edition="advanced")
    client = served.register(code, "boat", "Bea Boat", password=PASSWORD, language="en")
    owner = open_as(f"{code}/boat@client.example", "/users", java_script_enabled=java_script_enabled)
    guest_address = f"guest@{code}.example"
    with mailbox(served):
        invite(owner, guest_address, "Technical")
        link = link_to(served, owner, guest_address)
    expect(owner.locator("main")).to_contain_text(guest_address)

    guest = open_as(None, link, host=code, java_script_enabled=java_script_enabled)
    accept(guest, "Gus Guest", guest_address)
    expect(guest.locator("main")).to_contain_text("Technical")
    again = open_as(None, link, host=code)
    expect(again.get_by_role("heading", name="This invitation has gone")).to_be_visible()
    guest.goto("/users")
    expect(guest.locator("main")).not_to_contain_text("boat@client.example")

    owner.goto("/users")
    owner.get_by_role("link", name="Gus Guest").click()
    owner.get_by_role("checkbox", name="Technical").uncheck()
    owner.get_by_role("checkbox", name="Read only").check()
    owner.get_by_role("button", name="Save").click()
    pages.expect_toast(owner, "The roles were saved.")
    guest.reload()
    expect(guest.locator("main")).to_contain_text("boat@client.example")
    guest.goto("/users/invite")
    expect(guest.locator("main")).to_contain_text("Your role does not allow this.")

    staff = open_as(f"{code}/owner@{code}.example", f"/staff/clients/{client}/users")
    expect(staff.locator("main")).to_contain_text("Gus Guest")
    staff.goto("/staff/users?search=gus")
    staff.get_by_role("link", name="Gus Guest").click()
    expect(staff.locator("main")).to_contain_text("Read only")

    guest.goto("/profile")
    owner.goto("/users")
    owner.get_by_role("link", name="Gus Guest").click()
    owner.get_by_role("link", name="Take out").click()
    owner.get_by_role("button", name="Take out").click()
    pages.expect_toast(owner, "Gus Guest is not a user of this client any more.")
    guest.get_by_role("link", name="Log").or_(guest.get_by_role("link", name="Start")).first.click()
    expect(guest).to_have_url(re.compile(r"/(sign-in.*)?$"))
    guest.goto("/profile")
    expect(guest).to_have_url(re.compile(r"/sign-in"))
    owner.goto("/log")
    expect(owner.locator("main")).to_contain_text("Bea Boat took the user Gus Guest out")


def test_the_owner_hands_over_and_leaves(open_as: Open, served: Served) -> None:
    served.open_provider("relay", edition="corporate")
    served.register("relay", "first", "Fay First", password=PASSWORD, language="en")
    served.register("relay", "second", "Sue Second", password=PASSWORD, language="en")
    owner = open_as("relay/first@client.example", "/users")
    with mailbox(served):
        invite(owner, "second@client.example", "Billing")
        link = link_to(served, owner, "second@client.example")
    other = open_as("relay/second@client.example", link)
    other.get_by_role("button", name="Join as Sue Second").click()
    pages.expect_toast(other, "Welcome to Fay First.")
    expect(other.locator(".client-name").first).to_contain_text("Fay First")

    owner.goto("/users")
    owner.get_by_role("link", name="Sue Second").click()
    owner.get_by_role("link", name="Make the owner").click()
    owner.get_by_role("button", name="Make the owner").click()
    pages.expect_toast(owner, "Sue Second is the owner now.")
    owner.get_by_role("link", name="Leave").click()
    owner.get_by_role("button", name="Leave").click()
    pages.expect_toast(owner, "You left Fay First.")
    other.goto("/users")
    expect(other.locator("main")).not_to_contain_text("first@client.example")
    other.goto("/roles")
    other.get_by_role("link", name="New role").click()
    pages.field(other, "Name").fill("Front desk")
    other.get_by_role("checkbox", name="Read tickets").check()
    other.get_by_role("button", name="Create").click()
    pages.expect_toast(other, "The role was added.")
    expect(other.locator("main")).to_contain_text("Front desk")
