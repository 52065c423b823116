"""A client did not get the mail: two clicks say why, and it is sent again; and the bell rings for its user."""

import pytest
from playwright.sync_api import expect

from core import clock, db, notifications
from core.actor import Actor, system
from core.notifications import Recipient
from core.support import deliveries
from tests.core.support import posting
from tests.core.support.posting import TOLD
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


async def told(by: Actor) -> None:
    """Something is told to the one client: it stands in the panel, and its mail was refused."""
    client = await db.row("SELECT id, email FROM clients")
    assert client is not None
    to = Recipient(address=client["email"], name="Marie", locale="en")
    data = {"name": "Marie", "word": "radium"}
    told_id = await notifications.notify(TOLD, to=to, data=data, client_id=client["id"], by=system(by.tenant))
    await db.execute("UPDATE notifications SET state = 'handed_out' WHERE id = $1", told_id)
    person_id = await db.value("SELECT person_id FROM memberships WHERE client_id = $1", client["id"])
    shared = {
        "notification_id": told_id, "kind": TOLD.key, "client_id": client["id"], "person_id": person_id,
        "subject": "About radium", "text": "Hello Marie", "created_at": clock.now(), "ended_at": clock.now(),
    }  # fmt: skip
    await deliveries.add(shared | {"channel": "panel", "medium": "panel", "state": "sent"})
    mail = {"channel": "mail", "medium": "mail", "address": client["email"], "lane": client["email"]}
    made_id = await deliveries.add(shared | mail | {"state": "dead", "reason": "refused"})
    await db.execute(
        """INSERT INTO delivery_attempts (delivery_id, number, at, result, said)
           VALUES ($1, 1, $2, 'refused', '550 No such user')""",
        made_id,
        clock.now(),
    )


def test_two_clicks_say_why_and_the_bell_rings_for_the_user(
    open_as: Open, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting.declared(monkeypatch)
    owner = served.open_provider("told")
    code = served.register("told", "marie", "Marie Curie")
    user = open_as("told/marie@client.example", "/")
    expect(user.get_by_role("link", name="Notifications", exact=True).first).to_be_visible()
    served.within("told", told)
    user.get_by_role("link", name="Notifications, 1 unread").click()
    user.get_by_role("button", name="Mark as read About radium").click()
    expect(user.get_by_role("link", name="Notifications, 1 unread")).to_have_count(0)

    staff = open_as(f"told/{owner}", f"/staff/clients/{code}/notifications")
    main = staff.get_by_role("main")
    main.locator("tbody tr", has_text="It was refused for good.").get_by_role("link").first.click()
    expect(main).to_contain_text("550 No such user")
    main.get_by_role("button", name="Send again").click()
    pages.expect_toast(staff, "It is being sent.")
