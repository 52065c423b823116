"""What the check of a file made of its new clients serves the run while all it stands on is the same."""

from typing import Any

import pytest

from core import db
from core.accounts.imports import carrying, client_rows, files
from core.accounts.imports.mapping import Mapping
from core.actor import Actor
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_imports import ACME, HEADINGS, JEAN, counts, ended, one, table

pytestmark = pytest.mark.anyio


async def checked(settings: Settings, content: bytes, by: Actor) -> int:
    """The id of a file that was checked, and found right."""
    async with db.as_tenant(by.tenant.id):
        found = await files.upload("clients", "list.csv", content, by=by)
        task_id = await carrying.check(found["id"], Mapping(columns=list(found["columns"])), version=1, by=by)
    task = await ended(settings, task_id, by)
    assert task.state == "done"
    return int(found["id"])


async def run(settings: Settings, import_id: int, by: Actor) -> Any:
    async with db.as_tenant(by.tenant.id):
        task_id = await carrying.run(import_id, version=2, by=by)
    return counts(await ended(settings, task_id, by))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that were checked as new clients, from now on."""
    rows: list[int] = []
    check_new = client_rows.check_new

    def counted(plan: Any, *arguments: Any, **named: Any) -> None:
        rows.append(plan.row.number)
        check_new(plan, *arguments, **named)

    monkeypatch.setattr(client_rows, "check_new", counted)
    return rows


async def test_what_was_right_is_not_checked_again(database: Settings, checks: list[int]) -> None:
    alice = await cast.who("alice")
    wrong = ["A-3", "wrong", "Wrong", "", "", "nobody", "", "FR", "", ""]
    import_id = await checked(database, table(JEAN, wrong, ACME), alice)
    assert checks == [2, 3, 4]
    assert await run(database, import_id, alice) == (2, 0, 0, 1)
    assert checks == [2, 3, 4, 3]
    jean = await one("SELECT * FROM clients WHERE external_id = 'A-1'")
    assert (jean["name"], jean["phone"], jean["kind"]) == ("Jean Petit", "+33123456789", "individual")


async def test_a_name_that_went_meanwhile_is_missed(database: Settings, checks: list[int]) -> None:
    alice = await cast.who("alice")
    headings = [*HEADINGS, "project"]
    import_id = await checked(database, table([*JEAN, "Nova Pro"], [*ACME, "Nova"], headings=headings), alice)
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE projects SET name = 'Nova Plus' WHERE name = 'Nova Pro'")
    assert await run(database, import_id, alice) == (1, 0, 0, 1)
    assert checks == [2, 3, 2, 3]


async def test_who_came_meanwhile_is_found(database: Settings, checks: list[int]) -> None:
    alice = await cast.who("alice")
    import_id = await checked(database, table(JEAN, ACME), alice)
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE clients SET external_id = 'A-1' WHERE login = 'dupont'")
        await db.execute("UPDATE clients SET login = 'acme' WHERE login <> 'dupont' AND code = 1002")
    task = await run(database, import_id, alice)
    assert task == (0, 0, 0, 2), "the login name of a client does not change, and the other one is taken"
    assert checks == [2, 3]


async def test_a_file_that_is_checked_anew_forgets_what_it_said(database: Settings, checks: list[int]) -> None:
    alice = await cast.who("alice")
    import_id = await checked(database, table(JEAN), alice)
    async with db.as_tenant(alice.tenant.id):
        columns = [key if key != "language" else "" for key in HEADINGS]
        wanted = Mapping(columns=columns, defaults={"language": "de"})
        task_id = await carrying.check(import_id, wanted, version=2, by=alice)
    await ended(database, task_id, alice)
    async with db.as_tenant(alice.tenant.id):
        task_id = await carrying.run(import_id, version=3, by=alice)
    assert counts(await ended(database, task_id, alice)) == (1, 0, 0, 0)
    assert checks == [2, 2]
    assert (await one("SELECT language FROM clients WHERE external_id = 'A-1'"))["language"] == "de"
