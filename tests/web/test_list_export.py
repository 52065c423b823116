"""Files of payers, users, contracts, companies and staff: with the filter of the list and the chosen columns."""

import csv
import io

import pytest

from core import db
from core.accounts import api_keys
from core.billing import services
from core.billing.services import NewService
from tests import cast
from tests.core.accounts.house import entries
from tests.core.billing.test_services import account, sell
from tests.web.test_companies import SENT as COMPANY
from tests.web.test_companies import default_id
from tests.web.test_contracts import draft
from tests.web.test_discounts import FORM as DISCOUNT

pytestmark = pytest.mark.anyio
LISTS = {
    "payers": (
        "/staff/payers",
        "country=FR",
        ["name", "country"],
        [["Élodie Lefèvre", "FR"], ["Jean Dupont", "FR"]],
    ),
    "users": ("/staff/users", "client=1001", ["client", "email"], [["1001", "dupont@client.example"]]),
    "contracts": ("/staff/contracts", "state=draft", ["state", "payer_name"], [["draft", "Jean Dupont"]]),
    "companies": ("/staff/companies", "", ["name", "is_default"], [["Nova", "1"]]),
    "services": ("/staff/services", "state=pending", ["client", "full_units"], [["1001", "900"]]),
    "discounts": ("/staff/discounts", "recipient=all", ["name", "percent"], [["Summer", "12500"]]),
    "staff": ("/staff/people", "", ["email"], [[f"{name}@nova.example"] for name in ("ada", "alice", "carl")]),
}


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def ordered():
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        (price_id,) = await sell(by, {"units": 900})
        await services.create(await account(by), NewService(price_id=price_id), by=by)


def table(response):
    assert response.status_code == 200, response.text[:500]
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", LISTS)
async def test_columns_are_chosen_on_a_page_and_the_file_keeps_the_filter(alice, name):
    path, asked, columns, wanted = LISTS[name]
    query = f"?{asked}" if asked else ""
    if name == "contracts":
        await alice.post(f"/staff/companies/{await default_id()}", COMPANY | {"version": "1"})
        await draft(alice)
    elif name == "services":
        await ordered()
    elif name == "discounts":
        await alice.post(path, DISCOUNT)
    assert f'href="{path}/export{query}"' in (await alice.get(f"{path}{query}")).text
    page = await alice.get(f"{path}/export{query}")
    assert f'action="{path}/export{query}"' in page.text
    rows = table(await alice.post(f"{path}/export{query}", {"columns": columns, "format": "csv"}))
    assert rows[0] == columns
    assert rows[1 : len(wanted) + 1] == wanted
    if asked:
        assert len(rows) == len(wanted) + 1
    async with db.as_tenant((await cast.tenant("nova")).id):
        noun = {"staff": "staff", "companies": "company"}.get(name, name.rstrip("s"))
        (entry,) = await entries(f"{noun}:exported")
        assert entry["changes"]["columns"] == [None, columns]


async def test_without_a_choice_all_columns_and_a_wrong_one_is_told_beside_them(alice):
    whole = table(await alice.post("/staff/payers/export", {"format": "csv"}))
    assert {"id", "name", "iban", "client", "created_at"} <= set(whole[0])
    refused = await alice.post("/staff/payers/export", {"columns": ["password_hash"], "format": "csv"})
    assert refused.status_code == 422
    assert "There is no such column: password_hash" in alice.text(refused)
    wrong = await alice.post("/staff/payers/export?country=XX", {"columns": ["name"], "format": "csv"})
    assert wrong.status_code == 422


async def test_a_program_gives_the_filter_and_the_columns(visitor):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:export", "payer:read"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    asked = {"filter": {"country": "DE"}, "columns": ["name", "client"]}
    rows = table(await visitor.client.post("/api/v1/payers/export", json=asked, headers=headers))
    assert rows == [["name", "client"], ["Müller & Söhne GmbH", "1002"]]
    refused = await visitor.client.post("/api/v1/payers/export", json={"filter": {"x": 1}}, headers=headers)
    assert refused.status_code == 422
