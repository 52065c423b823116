"""The business in figures on the start page, and over the API."""

import pytest

from core import db
from core.settings import Settings
from tests import cast
from tests.core.billing.test_services import account, begin, sell
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


async def test_figures_lead_to_their_lists_and_are_for_those_who_may_see_them(
    database: Settings, visitor: Visitor
) -> None:
    by = await cast.who("alice")
    await visitor.sign_in(cast.email("alice"))
    assert "Your figures will stand here" in (await visitor.get("/staff")).text
    async with db.as_tenant(by.tenant.id):
        (monthly,) = await sell(by, {"units": 1000})
        await begin(await account(by), monthly, by)
    shown = (await visitor.get("/staff")).text
    assert "€10.00" in shown and "€120.00 per year" in shown and "/staff/expenses?age=not_due" in shown
    listed = (await visitor.get("/staff/expenses?age=not_due")).text
    assert "€12.00" in listed and "Not due" in listed
    assert "No expense fits" in (await visitor.get("/staff/expenses?age=late_30")).text
    assert (await visitor.get("/staff/expenses?age=old")).status_code == 422
    await visitor.sign_in(cast.email("sam"))
    assert "Recurring revenue" not in (await visitor.get("/staff")).text
