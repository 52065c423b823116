"""Who signs up proves the telephone number before the first order: the code comes by SMS, sealed until it went."""

import re
import time

from playwright.sync_api import expect

from core import db
from core.accounts import phone_settings
from core.accounts.phone_settings import PhoneChanges
from core.actor import Actor
from core.support import deliveries_writing
from tests import cast
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.e2e.test_offers import press, quoted
from tests.e2e.test_portal import FITS, choose_password, link_mailed, opened
from tests.e2e.test_portal import NEW as PASSWORD

CODE = "phoned"


async def sends_sms(by: Actor) -> None:
    """A gateway that nobody answers at: what goes there waits, sealed, to be sent again."""
    await db.execute(
        """INSERT INTO plugin_settings (plugin, enabled, settings, updated_at)
           VALUES ('sms-gateway', true, '{"url": "https://sms.example/send"}', now())"""
    )


async def asks_everybody(by: Actor) -> None:
    await phone_settings.update(PhoneChanges(registration="all", paying=True, wait_seconds=10), version=1, by=by)


def code_sent(served: Served, number: str, but: str = "") -> str:
    """The code in the last SMS to this number that is not `but`."""
    tenant_id = served.do(cast.tenant, CODE).id

    async def read() -> list[str]:
        rows = await db.fetch(
            "SELECT * FROM deliveries WHERE address = $1 AND medium = 'sms' ORDER BY created_at DESC", number
        )
        return [deliveries_writing.texts_of(row, tenant_id)["short"] for row in rows]

    for _try in range(200):
        found = [re.findall(r"\b\d{6}\b", text)[0] for text in served.within(CODE, read, by=None)]
        if found and found[0] != but:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no SMS to {number}")


def test_who_signs_up_orders_once_the_number_is_verified(open_as: Open, served: Served) -> None:
    owner = opened(served, CODE, locale="en")
    served.within(CODE, sends_sms)
    served.within(CODE, asks_everybody)
    page = open_as(None, "/sign-up", host=CODE)
    pages.field(page, "Your name").fill("Nina New")
    pages.field(page, "E-mail").fill("nina@new.example")
    page.get_by_label("Country").select_option("FR")
    page.get_by_label("I have read the terms of service").check()
    with served.working():
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("main")).to_contain_text("nina@new.example")
        page.goto(link_mailed(served, CODE, "nina@new.example"))
        choose_password(page, ("Password", "Repeat the password", "Open the account"))
        pages.sign_in(page, "nina@new.example", PASSWORD)
        expect(page.get_by_role("main")).to_contain_text("Please verify your telephone number")
        served.within(CODE, quoted)
        page.goto("/offers")
        page.get_by_role("main").locator("tbody a").first.click()
        press(page, "Accept and order")
        expect(page.get_by_role("heading", name="Verify your telephone number")).to_be_visible()
        pages.field(page, "Mobile number").fill("06 12 34 56 78")
        press(page, "Send a code")
        again = page.locator("#again-form button")
        expect(again).to_be_disabled()
        code = code_sent(served, "+33612345678")
        pages.field(page, "Code").fill("000000" if code != "000000" else "111111")
        press(page, "Verify")
        expect(page.locator("#error-code")).to_contain_text("Tries left: 4")
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate(FITS)
        expect(again).to_be_enabled(timeout=20_000)
        press(page, "Send another code")
        code = code_sent(served, "+33612345678", but=code)
    pages.field(page, "Code").fill(code)
    press(page, "Verify")
    pages.expect_toast(page, "Thank you. Your telephone number is verified.")
    press(page, "Accept and order")
    pages.expect_toast(page, "Thank you. Your services have begun.")

    client = served.within(CODE, db.value, "SELECT code FROM clients", by=None)
    staff = open_as(f"{CODE}/{owner}", f"/staff/clients/{client}/phone")
    expect(staff.get_by_role("main")).to_contain_text("+33612345678")
    expect(staff.get_by_role("main")).to_contain_text("one wrong try")
