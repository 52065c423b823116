"""Files of lists: what is in them, who may have them, and that they are streamed."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from core import db
from core.accounts import api_keys, client_choice, exports
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.errors import Invalid, NotInEdition
from tests import cast
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


def table(response):
    assert response.status_code == 200, response.text[:500]
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


async def test_the_filtered_list_with_chosen_columns_as_csv(alice):
    listed = await alice.get("/staff/clients?country=FR")
    assert 'href="/staff/clients/export?all=1&amp;country=FR"' in listed.text
    asked = await alice.get("/staff/clients/export?all=1&country=FR")
    assert "Export 2 clients" in alice.text(asked)
    sent = {"columns": ["code", "name", "attitude", "project", "groups"], "format": "csv"}
    answer = await alice.post("/staff/clients/export?all=1&country=FR", sent)
    assert answer.headers["content-disposition"].startswith('attachment; filename="clients-')
    rows = table(answer)
    assert rows[0] == ["code", "name", "attitude", "project", "groups"]
    assert [row[:2] for row in rows[1:]] == [["1001", "Jean Dupont"], ["1005", "Élodie Lefèvre"]]
    assert rows[1][4] == "VIP circle"
    assert rows[1][3] == "Nova"
    async with db.as_tenant((await cast.tenant("nova")).id):
        (entry,) = await entries("client:exported")
        assert entry["actor_name"] == "Alice"
        assert entry["changes"]["filter"] == [None, {"country": "FR"}]


async def test_a_selection_as_xlsx_opens_in_a_spreadsheet_without_formulas(alice):
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET name = '=1+1', phone = '+33123456789' WHERE code = 1002")
    answer = await alice.post(
        "/staff/clients/export", {"code": ["1002"], "columns": ["code", "name", "phone"], "format": "xlsx"}
    )
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet == [["code", "name", "phone"], [1002.0, "=1+1", "+33123456789"]]
    text = await alice.post("/staff/clients/export", {"code": ["1002"], "columns": ["name", "phone"]})
    assert table(text)[1] == ["'=1+1", "'+33123456789"]


async def test_groups_and_activity(alice):
    assert [row[1] for row in table(await alice.post("/staff/groups/export"))] == [
        "name",
        "Empty group",
        "VIP circle",
    ]
    told = table(await alice.post("/staff/activity/export", {"format": "csv"}))
    assert told[0][:2] == ["at", "action"]
    assert "client:created" in {row[1] for row in told}
    assert (await alice.post("/staff/groups/export", {"format": "pdf"})).status_code == 422


async def test_who_is_limited_gets_only_what_he_sees_and_support_nothing(visitor):
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get("/staff/clients/export")).status_code == 403
    max_ = await cast.who("max")
    async with db.as_tenant(max_.tenant.id):
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        await db.execute("INSERT INTO staff_projects (staff_id, project_id) VALUES ($1, $2)", max_.staff_id, pro)
    other = await visitor.another().sign_in(cast.email("max"))
    rows = table(await other.post("/staff/clients/export", {"columns": ["code", "login"]}))
    assert [row[1] for row in rows[1:]] == ["mueller"]
    assert (await other.post("/staff/activity/export")).status_code == 403


async def test_a_program_gets_the_same_file(visitor):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:export"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    body = {"filter": {"country": "DE"}, "columns": ["login", "external_id"]}
    answer = await visitor.client.post("/api/v1/clients/export", json=body, headers=headers)
    assert table(answer) == [["login", "external_id"], ["mueller", ""]]
    wrong = await visitor.client.post("/api/v1/clients/export", json={"columns": ["salary"]}, headers=headers)
    assert "salary" in wrong.json()["errors"]["columns"]


async def test_columns_of_what_the_edition_lacks_are_refused(database):
    petit = await open_provider(edition="standard")
    everybody = Choice(filter=ClientFilter())
    async with db.as_tenant(petit.id):
        by = worker(petit)
        assert "project" not in await exports.client_columns(by=by)
        for column in ("project", "groups"):
            with pytest.raises(NotInEdition):
                await exports.of_clients(everybody, [column], "csv", by=by)
        with pytest.raises(Invalid):
            await exports.of_clients(everybody, ["password"], "csv", by=by)


async def test_the_rows_are_read_some_at_a_time(database, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    petit = await open_provider()
    by = worker(petit)
    async with db.as_tenant(petit.id):
        for number in range(7):
            await add_client(f"c{number}")
        export = await exports.of_clients(Choice(filter=ClientFilter()), ["login"], "csv", by=by)
        assert await client_choice.count(Choice(filter=ClientFilter()), by=by) == 7
    file = await exports.written(export, petit.id)
    assert b"".join([part async for part in exports.chunks(file, 10)]).decode("utf-8-sig").split() == [
        "login",
        *(f"c{number}" for number in range(7)),
    ]
    assert file.closed
