"""A policy is made, says what comes for a client who owes, is paused and lifted, and the run reminds him."""

from datetime import timedelta

from playwright.sync_api import expect

from core import clock, db
from core.actor import Actor
from core.billing import expenses
from core.billing.expenses import NewExpense
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


async def owing(by: Actor) -> None:
    """The one client was charged a month ago, and has not paid."""
    account_id = await db.value("SELECT id FROM client_projects")
    await db.execute("UPDATE client_projects SET is_postpaid = true")
    day = clock.today(by.tenant.timezone) - timedelta(days=32)
    await expenses.create(account_id, NewExpense(text="Hosting", units=1000, tax_rate=0, day=day), by=by)


def test_from_the_policy_to_the_reminder(open_as: Open, served: Served) -> None:
    owner = served.open_provider("dun")
    code = served.register("dun", "marie", "Marie Curie")
    served.within("dun", owing)
    page = open_as(f"dun/{owner}", "/staff/dunning")
    main = page.get_by_role("main")
    main.get_by_role("link", name="New policy").click()
    pages.field(page, "Name").fill("Usual")
    page.get_by_label("Only on working days").uncheck()
    main.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The policy was added.")

    page.goto(f"/staff/clients/{code}/dunning")
    expect(main).to_contain_text("Suspend the services")
    until = (clock.today("UTC") + timedelta(days=9)).isoformat()
    form = page.locator("#pause-form")
    form.get_by_label("Until").fill(until)
    form.get_by_label("Reason").fill("On the phone")
    form.get_by_role("button", name="Pause dunning").click()
    pages.expect_toast(page, "Dunning is paused.")
    main.get_by_role("button", name="Lift the pause").click()
    pages.expect_toast(page, "Dunning goes on.")

    page.goto("/staff/dunning/run")
    expect(main).to_contain_text("Marie Curie")
    main.get_by_role("button", name="Start the run").click()
    page.locator("dialog[open] [data-ask-yes]").click()
    expect(main).to_contain_text("Dunning of")
    with served.working():
        for _again in range(60):
            page.goto(f"/staff/clients/{code}/dunning")
            if main.get_by_text("What was done").count():
                break
    expect(main).to_contain_text("What was done")
    expect(main).to_contain_text("Left out")
