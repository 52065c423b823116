"""Importing rows of clients that were merged: they find the one that stays, and never make a second one."""

import pytest

from core import db
from core.accounts import client_merging
from core.actor import Actor
from core.settings import Settings
from core.tasks import Task
from tests import cast
from tests.core.accounts.test_imports import ACME, HEADINGS, JEAN, counts, imported, one, table
from tests.core.accounts.test_imports_of_more import FILLED, PAYER, USER

pytestmark = pytest.mark.anyio
OTHER = ["A-3", "other", "Other SA", "company", "", "o@other.example", "", "FR", "fr", ""]


async def merged(external: str, into: str, by: Actor) -> tuple[int, int]:
    """Merge a client into another one, both by their external ids; the codes of both."""
    async with db.as_tenant(by.tenant.id):
        sql = "SELECT code FROM clients WHERE external_id = $1"
        gone, stays = await db.value(sql, external), await db.value(sql, into)
        await client_merging.merge(gone, stays, owner_role="billing", by=by)
    return gone, stays


async def said(task: Task, by: Actor) -> list[str]:
    async with db.as_tenant(by.tenant.id):
        sql = "SELECT reason FROM task_results WHERE task_id = $1 ORDER BY number"
        return [row["reason"] for row in await db.fetch(sql, task.id)]


async def clients_there() -> int:
    return int((await one("SELECT count(*) FROM clients"))[0])


async def test_import_merge_and_import_again_adds_and_changes_nothing(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    gone, stays = await merged("A-1", "A-2", alice)
    before = await clients_there()
    for rows, number in (((JEAN, ACME), 3), ((ACME, JEAN), 2)):
        task, errors = await imported(database, table(*rows), alice)
        assert (counts(task), errors) == ((0, 0, 2, 0), [])
        note = f"Client {gone} was merged into client {stays}. Row {number} tells of that one."
        assert sorted(await said(task, alice)) == sorted([note, "It is so already."])
    assert await clients_there() == before
    kept = await one("SELECT name, external_id FROM clients WHERE code = $1", stays)
    assert tuple(kept) == ("Acme SA", "A-2")


async def test_a_row_of_a_merged_client_changes_the_one_that_stays_and_says_so(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    gone, stays = await merged("A-1", "A-2", alice)
    row = ["A-1", "jean", "", "", "", "", "", "", "", "Came back"]
    before = await clients_there()
    for only_check, wanted in ((True, "It would be changed."), (False, "Changed.")):
        task, errors = await imported(database, table(row), alice, only_check=only_check)
        assert (counts(task), errors) == ((0, 1, 0, 0), [])
        assert await said(task, alice) == [f"Client {gone} was merged into client {stays}. {wanted}"]
    kept = await one("SELECT note, external_id, status FROM clients WHERE code = $1", stays)
    assert tuple(kept) == ("Came back", "A-2", "active")
    left = await one("SELECT note, external_id FROM clients WHERE code = $1", gone)
    assert tuple(left) == ("", "A-1")
    task, _errors = await imported(database, table(row), alice)
    assert (counts(task), await clients_there()) == ((0, 0, 1, 0), before)


async def test_an_external_id_that_was_taken_over_and_the_old_code_find_the_same_client(
    database: Settings,
) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    async with db.as_tenant(alice.tenant.id):
        sql = "SELECT code FROM clients WHERE external_id = $1"
        gone, stays = int(await db.value(sql, "A-1")), int(await db.value(sql, "A-2"))
        await db.execute("UPDATE clients SET external_id = '' WHERE code = $1", stays)
        await client_merging.merge(gone, stays, owner_role="billing", by=alice)
    row = ["A-1", str(gone), "Seen"]
    task, errors = await imported(database, table(row, headings=["external_id", "code", "note"]), alice)
    assert (counts(task), errors) == ((0, 1, 0, 0), [])
    kept = await one("SELECT note, external_id FROM clients WHERE code = $1", stays)
    assert tuple(kept) == ("Seen", "A-1")


async def test_of_two_merged_clients_in_a_file_the_second_row_is_a_mistake(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME, OTHER), alice)
    _gone, stays = await merged("A-1", "A-2", alice)
    await merged("A-3", "A-2", alice)
    first, second = [[key, *[""] * 8, f"From {key}"] for key in ("A-3", "A-1")]
    task, errors = await imported(database, table(first, second, headings=HEADINGS), alice)
    assert counts(task) == (0, 1, 0, 1)
    assert [(row, message) for row, _field, message in errors] == [(3, "The same stands in row 2 already.")]
    assert (await one("SELECT note FROM clients WHERE code = $1", stays))[0] == "From A-3"


async def test_users_and_payers_of_a_merged_client_come_to_the_one_that_stays(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    gone, stays = await merged("A-1", "A-2", alice)
    user = ["A-1", "new@petit.example", "New Petit", "billing"]
    for noun, rows in (("payers", table(FILLED, headings=PAYER)), ("users", table(user, headings=USER))):
        task, errors = await imported(database, rows, alice, noun=noun)
        assert errors == []
        (told,) = await said(task, alice)
        assert told.startswith(f"Client {gone} was merged into client {stays}. ")
    stays_id = (await one("SELECT id FROM clients WHERE code = $1", stays))[0]
    assert (await one("SELECT client_id FROM payers WHERE external_id = 'P-1'"))[0] == stays_id
    sql = "SELECT m.client_id FROM memberships m JOIN people p ON p.id = m.person_id WHERE p.email = $1"
    assert (await one(sql, user[1]))[0] == stays_id
