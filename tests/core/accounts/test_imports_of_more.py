"""Importing payers and users: of clients by their external id, each by its own rules, and twice adds nothing."""

import pytest

from core import db, sheets
from core.accounts import export_lists, exports
from core.accounts.payer_list import PayerFilter
from core.errors import NotInEdition, PermissionMissing
from core.settings import Settings
from tests import cast
from tests.core.accounts.house import entries, hire, open_provider, worker
from tests.core.accounts.test_imports import ACME, JEAN, counts, imported, one, table
from tests.core.at_queue import waiting

pytestmark = pytest.mark.anyio

PAYER = [
    "external_id",
    "client_external_id",
    "kind",
    "country",
    "name",
    "vat_number",
    "street",
    "postcode",
    "city",
]
FILLED = ["P-1", "A-1", "", "", "Jean Petit", "", "1 rue de la Paix", "75002", "Paris"]
ANOTHER = ["P-2", "A-2", "company", "DE", "Zweite GmbH", "DE136695976", "Hauptstraße 1", "10115", "Berlin"]
USER = ["client_external_id", "email", "name", "role"]


async def test_payers_fill_in_the_first_one_and_add_others(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    wrong = ["P-3", "A-2", "company", "DE", "Dritte", "DE1", "x", "75", ""]
    lost = ["P-4", "A-99", "", "", "x", "", "", "", ""]
    rows = table(FILLED, ANOTHER, wrong, lost, headings=PAYER)
    task, errors = await imported(database, rows, alice, noun="payers")
    assert counts(task) == (1, 1, 0, 2)
    assert [(row, field) for row, field, _message in errors] == [
        (4, "city"),
        (4, "postcode"),
        (4, "vat_number"),
        (5, "client_external_id"),
    ]
    jean = await one("SELECT p.* FROM payers p WHERE external_id = 'P-1'")
    assert (jean["city"], jean["is_default"], jean["email"], jean["version"]) == ("Paris", True, JEAN[5], 2)
    assert (await one("SELECT count(*) FROM payers p JOIN clients c ON c.id = p.client_id"
                      " WHERE c.external_id = 'A-2'"))[0] == 2  # fmt: skip
    async with db.as_tenant(alice.tenant.id):
        assert len(await entries("payer:created")) == 1
        (entry,) = await entries("payer:updated")
        assert entry["changes"]["city"] == ["", "Paris"]
    task, errors = await imported(database, table(FILLED, ANOTHER, headings=PAYER), alice, noun="payers")
    assert (counts(task), errors) == ((0, 0, 2, 0), [])


async def test_payers_and_users_come_back_as_they_were_exported(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    await imported(database, table(FILLED, ANOTHER, headings=PAYER), alice, noun="payers")
    for noun, count in (("payers", 8), ("users", 7)):
        for form in sheets.FORMATS:
            async with db.as_tenant(alice.tenant.id):
                export = await export_lists.of(export_lists.LISTINGS[noun], form, by=alice)
            content = (await exports.written(export, alice.tenant.id)).read()
            task, errors = await imported(database, content, alice, noun=noun)
            assert (counts(task), errors) == ((0, 0, count, 0), [])


async def test_users_join_without_a_mail_and_the_owner_stays(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    rows = [
        ["A-2", "bill@acme.example", "Bill", "billing|technical"],
        ["A-2", "ANN@acme.example", "Ann", "billing"],
        ["A-1", "bill@acme.example", "Bill again", "Facturation"],
        ["A-1", "bill@acme.example", "Twice", "billing"],
        ["A-1", "eve@acme.example", "Eve", "owner"],
        ["A-1", "nobody", "", "billing"],
    ]
    task, errors = await imported(database, table(*rows, headings=USER), alice, noun="users")
    assert counts(task) == (2, 0, 0, 4)
    assert [(row, field) for row, field, _message in errors] == [
        (3, "role"),
        (5, "email"),
        (6, "role"),
        (7, "email"),
    ]
    assert await waiting(database, "entrypoint") == []
    bill = await one("SELECT p.id, p.password_hash FROM people p WHERE email = 'bill@acme.example'")
    assert bill["password_hash"] is None
    async with db.as_tenant(alice.tenant.id):
        seats = await db.fetch("SELECT roles FROM memberships WHERE person_id = $1 ORDER BY roles", bill["id"])
        assert [seat["roles"] for seat in seats] == [["billing"], ["billing", "technical"]]
        assert len(await entries("membership:added")) == 2
    changed = table(["A-1", "bill@acme.example", "", "read-only"], rows[0], headings=USER)
    assert counts((await imported(database, changed, alice, noun="users"))[0]) == (0, 1, 1, 0)


async def test_lists_as_files_with_their_filter_and_inside_the_limits(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        limited = worker(alice.tenant, "manager", projects=frozenset({pro}))
        expected = await db.value("SELECT count(*) FROM clients WHERE project_id = $1", pro)
        for by, chosen, count in (
            (alice, None, 5),
            (alice, PayerFilter(country="JP"), 1),
            (limited, None, expected),
        ):
            export = await export_lists.of(export_lists.LISTINGS["payers"], "csv", by=by, chosen=chosen)
            assert len(await db.fetch(export.sql, *export.arguments)) == count
        export = await export_lists.of(export_lists.LISTINGS["users"], "csv", by=limited)
        assert len(await db.fetch(export.sql, *export.arguments)) == expected
        told = (await entries("payer:exported"))[1]["changes"]
        assert told["filter"] == [None, {"country": "JP"}]
        with pytest.raises(PermissionMissing):
            await export_lists.of(export_lists.LISTINGS["staff"], "csv", by=worker(alice.tenant, "support"))
    petit = await open_provider(edition="standard")
    async with db.as_tenant(petit.id):
        with pytest.raises(NotInEdition):
            await export_lists.of(export_lists.LISTINGS["payers"], "csv", by=await hire(petit, "Zed"))
