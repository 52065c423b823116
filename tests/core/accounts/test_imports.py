"""Importing clients: checked as a form is, matched by external id or code; the same file twice adds nothing."""

import csv
import io
from typing import Any

import msgspec
import pytest

from core import db, tasks
from core.accounts import exports
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.imports import carrying, fields, files
from core.accounts.imports.mapping import Mapping
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound, NotInEdition, PermissionMissing
from core.settings import Settings
from core.tasks import Task
from tests import cast
from tests.core.accounts.house import entries, hire, open_provider, worker
from tests.core.at_queue import until, waiting, workers

pytestmark = pytest.mark.anyio

HEADINGS = ["external_id", "login", "name", "kind", "contact", "email", "phone", "country", "language", "note"]
JEAN = ["A-1", "jean", "Jean Petit", "individual", "", "jean@petit.example", "01 23 45 67 89", "FR", "fr", ""]
ACME = ["A-2", "acme", "Acme SA", "Société", "Ann Acme", "ann@acme.example", "", "Belgique", "French", "=1+1"]


def table(*rows: list[str], headings: list[str] | None = None) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headings or HEADINGS, *rows])
    return text.getvalue().encode()


async def ended(settings: Settings, task_id: int, by: Actor) -> Task:
    async def has_ended() -> bool:
        async with db.as_tenant(by.tenant.id):
            return not (await tasks.read(task_id)).is_open

    async with workers(settings):
        await until(has_ended)
    async with db.as_tenant(by.tenant.id):
        return await tasks.read(task_id)


async def imported(
    settings: Settings, content: bytes, by: Actor, *, noun: str = "clients", only_check: bool = False, **more: Any
) -> tuple[Task, list[tuple[int, str, str]]]:
    """The task that ended last, and the errors: row, field, message."""
    async with db.as_tenant(by.tenant.id):
        found = await files.upload(noun, "list.csv", content, by=by)
        wanted = Mapping(columns=list(found["columns"]), defaults=more.get("defaults", {}))
        task_id = await carrying.check(found["id"], wanted, version=1, by=by)
    task = await ended(settings, task_id, by)
    if not only_check and task.state == "done":
        async with db.as_tenant(by.tenant.id):
            task_id = await carrying.run(found["id"], version=2, by=by)
        task = await ended(settings, task_id, by)
    async with db.as_tenant(by.tenant.id):
        told = await carrying.errors(await files.get(found["id"], by=by))
        errors = await db.fetch("SELECT row, field, message FROM import_errors WHERE task_id = $1", task_id)
        assert len(told) == len(errors)
        return task, sorted((one["row"], one["field"], one["message"]) for one in errors)


def counts(task: Task) -> tuple[int, int, int, int]:
    assert task.state == "done", task.reason
    return tuple(task.outcome.get(what, 0) for what in carrying.OUTCOMES)  # type: ignore[return-value]


async def one(sql: str, *arguments: Any) -> Any:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.row(sql, *arguments)


async def test_a_check_writes_nothing_and_an_import_what_the_forms_would(database: Settings) -> None:
    alice = await cast.who("alice")
    task, errors = await imported(database, table(JEAN, ACME), alice, only_check=True)
    assert (counts(task), errors) == ((2, 0, 0, 0), [])
    assert await one("SELECT 1 FROM clients WHERE login = 'jean'") is None
    task, errors = await imported(database, table(JEAN, ACME), alice)
    assert (counts(task), errors) == ((2, 0, 0, 0), [])
    jean = await one("SELECT * FROM clients WHERE external_id = 'A-1'")
    assert (jean["name"], jean["contact_person"], jean["phone"]) == ("Jean Petit", "Jean Petit", "+33123456789")
    acme = await one("SELECT * FROM clients WHERE external_id = 'A-2'")
    assert (acme["kind"], acme["country"], acme["language"], acme["note"]) == ("company", "BE", "fr", "=1+1")
    assert acme["code"] == jean["code"] + 1
    owner = await one(
        "SELECT p.name, p.password_hash, m.is_owner FROM memberships m JOIN people p ON p.id = m.person_id"
        " WHERE m.client_id = $1",
        acme["id"],
    )
    assert tuple(owner) == ("Ann Acme", None, True)
    assert await one("SELECT 1 FROM payers WHERE client_id = $1 AND is_default", acme["id"])
    async with db.as_tenant(alice.tenant.id):
        told = [entry for entry in await entries("client:created") if entry["client_id"] == acme["id"]]
        assert [entry["actor_name"] for entry in told] == ["Alice"]
        assert told[0]["changes"]["name"] == [None, "Acme SA"]


async def test_nothing_leaves_the_house(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN), alice)
    assert await waiting(database, "entrypoint") == []
    assert (
        await one("SELECT 1 FROM links l JOIN people p ON p.id = l.person_id WHERE p.email = $1", JEAN[5]) is None
    )


async def test_the_same_file_twice_adds_nothing(database: Settings) -> None:
    alice = await cast.who("alice")
    await imported(database, table(JEAN, ACME), alice)
    task, errors = await imported(database, table(JEAN, ACME), alice)
    assert (counts(task), errors) == ((0, 0, 2, 0), [])
    changed = [*JEAN[:6], "", "FR", "de", "Left"]
    task, _errors = await imported(database, table(changed, ACME), alice)
    assert counts(task) == (0, 1, 1, 0)
    jean = await one("SELECT * FROM clients WHERE external_id = 'A-1'")
    assert (jean["language"], jean["note"], jean["phone"], jean["version"]) == ("de", "Left", "+33123456789", 2)
    async with db.as_tenant(alice.tenant.id):
        (entry,) = await entries("client:updated")
        assert entry["changes"] == {"language": ["fr", "de"], "note": ["", "Left"]}


async def test_every_mistake_is_told_with_its_row_and_column(database: Settings) -> None:
    alice = await cast.who("alice")
    rows = [
        ["B-1", "b1", "B One", "individual", "", "nobody", "", "XX", "", ""],
        [],
        ["B-2", "dupont", "B Two", "alien", "", "b2@b.example", "12", "FR", "", ""],
        ["B-3", "b3", "B\0", "", "", "b3@b.example", "", "FR", "", "", "more"],
        ["B-4", "b4", "", "company", "", "b4@b.example", "", "FR", "", ""],
        ["B-4", "B4", "Same", "", "", "b5@b.example", "", "FR", "", "x" * 100_000],
        ["B-6", "b6", "Good", "", "", "b6@b.example", "", "FR", "", ""],
        ["B-6", "B6", "Again", "", "", "b7@b.example", "", "FR", "", ""],
    ]
    for only_check in (True, False):
        task, errors = await imported(database, table(*rows), alice, only_check=only_check)
        assert counts(task) == (1, 0, 0, 6)
        assert [(row, field) for row, field, _message in errors] == [
            (2, "country"),
            (2, "email"),
            (4, "kind"),
            (4, "phone"),
            (5, ""),
            (6, "name"),
            (7, ""),
            (9, "external_id"),
            (9, "login"),
        ]
        assert (9, "login", "The same stands in row 8 already.") in errors
        assert (2, "email", "This does not look like an e-mail address.") in errors
    task, errors = await imported(
        database, table(["C-1", "dupont", "x", "", "", "c@c.example", "", "FR", "", ""]), alice
    )
    assert errors == [(2, "login", "Another client has this login name.")]
    async with db.as_tenant(alice.tenant.id):
        page = await tasks.results(task, by=alice)
        assert page.rows[0]["reason"] == "Login name: Another client has this login name."


async def test_an_exported_file_comes_back_unchanged(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            "UPDATE clients SET note = '=HYPERLINK(1)', name = '+x' || name, external_id = '''=' || code"
        )
    for form in ("csv", "xlsx"):
        async with db.as_tenant(alice.tenant.id):
            columns = await exports.client_columns(by=alice)
            everybody = Choice(filter=ClientFilter())
            export = await exports.of_clients(everybody, columns, form, by=alice)  # type: ignore[arg-type]
        content = (await exports.written(export, alice.tenant.id)).read()
        task, errors = await imported(database, content, alice)
        assert (counts(task), errors) == ((0, 0, 5, 0), [])


async def test_a_code_that_nobody_has_is_kept_and_matched_later(database: Settings) -> None:
    alice = await cast.who("alice")
    headings = ["code", "email", "name", "country", "registered"]
    row = ["5000", "five@thousand.example", "Five", "FR", "2020-02-29"]
    assert counts((await imported(database, table(row, headings=headings), alice))[0]) == (1, 0, 0, 0)
    kept = await one("SELECT * FROM clients WHERE code = 5000")
    assert (kept["login"], kept["registered_at"].isoformat()) == (
        "five@thousand.example",
        "2020-02-29T00:00:00+00:00",
    )
    assert (await one("SELECT next FROM counters WHERE name = 'client'"))["next"] == 5001
    assert counts((await imported(database, table(row, headings=headings), alice))[0]) == (0, 0, 1, 0)
    wrong = [["x", *row[1:]], ["0", *row[1:]], ["99999999999", *row[1:]]]
    _task, errors = await imported(database, table(*wrong, headings=headings), alice)
    assert [field for _row, field, _message in errors] == ["code"] * 3


async def test_fields_groups_projects_and_attitudes_by_their_names(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            "INSERT INTO client_fields (key, kind, label) VALUES ('size', 'number', 'Size'), ('vip', 'yes_no', 'V')"  # noqa: E501
        )
        attitude = await db.value("SELECT name FROM attitudes WHERE NOT is_default LIMIT 1")
    headings = ["External id", "E-mail", "Nom", "Pays", "Size", "field:vip", "Groups", "Projet", "Attitude"]
    good = [
        "F-1",
        "f@f.example",
        "Eff",
        "Allemagne",
        "1.5",
        "yes",
        "vip circle | Empty group",
        "nova pro",
        attitude,
    ]
    bad = ["F-2", "g@f.example", "Gee", "FR", "many", "maybe", "No such", "None", "None"]
    task, errors = await imported(database, table(good, bad, headings=headings), alice)
    assert counts(task) == (1, 0, 0, 1)
    assert [field for _row, field, _message in errors] == [
        "attitude",
        "field:size",
        "field:vip",
        "groups",
        "project",
    ]
    kept = await one(
        """SELECT c.*, p.name AS project,
                  (SELECT count(*) FROM group_members m WHERE m.client_id = c.id) AS groups,
                  (SELECT sum(number) FROM client_field_values v WHERE v.client_id = c.id) AS size
           FROM clients c JOIN projects p ON p.id = c.project_id WHERE external_id = 'F-1'"""
    )
    assert (kept["project"], kept["groups"], str(kept["size"]), kept["country"]) == (
        "Nova Pro",
        2,
        "1.500000",
        "DE",
    )
    task, errors = await imported(database, table(good, headings=headings), alice)
    assert (counts(task), errors) == ((0, 0, 1, 0), [])
    good[4] = "2"
    assert counts((await imported(database, table(good, headings=headings), alice))[0]) == (0, 1, 0, 0)
    async with db.as_tenant(alice.tenant.id):
        (entry,) = await entries("client:updated")
        assert entry["changes"] == {"internal": [{"Size": "1.5"}, {"Size": "2"}]}


async def test_limits_to_projects_and_groups_hold(database: Settings) -> None:
    alice, nova = await cast.who("alice"), (await cast.who("alice")).tenant
    await imported(database, table(JEAN), alice)
    async with db.as_tenant(nova.id):
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        circle = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        limited = await hire(nova, "Paul", role="manager")
        await db.execute(
            "INSERT INTO staff_projects (staff_id, project_id) VALUES ($1, $2)", limited.staff_id, pro
        )
        grouped = await hire(nova, "Gil", role="manager")
        sql = "INSERT INTO staff_groups (staff_id, group_id) VALUES ($1, $2)"
        await db.execute(sql, grouped.staff_id, circle)

    limited = msgspec.structs.replace(limited, projects=frozenset({pro}))
    changed = [*JEAN[:9], "mine"]
    new = ["L-1", "l1", "El", "", "", "l@l.example", "", "FR", "", ""]
    _task, errors = await imported(database, table(changed, new), limited)
    assert errors == [
        (2, "external_id", "Another client has this external id."),
        (3, "project", "Please choose one."),
    ]
    grouped = msgspec.structs.replace(grouped, groups=frozenset({circle}))
    _task, errors = await imported(database, table(new), grouped)
    assert errors == [(2, "", "You are limited to account groups, and a new client is in none of them.")]


async def test_what_the_edition_lacks_is_refused_by_its_name(database: Settings) -> None:
    petit = await open_provider(edition="standard")
    async with db.as_tenant(petit.id):
        by = await hire(petit, "Zed")
        found = await files.upload("clients", "x.csv", table(["a", "b"], headings=["login", "project"]), by=by)
        assert found["columns"] == ["login", ""]
        with pytest.raises(NotInEdition, match="Corporate"):
            await carrying.check(found["id"], Mapping(columns=["login", "project"]), version=1, by=by)
        with pytest.raises(NotInEdition, match="Advanced"):
            await files.upload("groups", "x.csv", table(["a"], headings=["name"]), by=by)


async def test_mappings_are_checked_remembered_and_defaults_filled_in(database: Settings) -> None:
    alice = await cast.who("alice")
    content = table(["M-1", "m@m.example", "Em", "x"], headings=["Ref.", "Mail", "Who", "?"])
    async with db.as_tenant(alice.tenant.id):
        found = await files.upload("clients", "C:\\lists\\m.csv", content, by=alice)
        assert (found["name"], found["columns"]) == ("m.csv", ["", "email", "", ""])
        for columns, place in ((["x", "", "", ""], "columns.0"), (["name", "email", "name", ""], "columns.2")):
            with pytest.raises(Invalid) as refused:
                await carrying.check(found["id"], Mapping(columns=columns), version=1, by=alice)
            assert list(refused.value.errors) == [place]
        for wrong in (Mapping(columns=["name"]), Mapping(columns=["", "", "", ""])):
            with pytest.raises(Invalid):
                await carrying.check(found["id"], wrong, version=1, by=alice)
        wanted = Mapping(columns=["external_id", "email", "name", ""], defaults={"country": "LU", "kind": ""})
        with pytest.raises(Invalid):
            await carrying.check(
                found["id"], Mapping(columns=wanted.columns, defaults={"login": "x"}), version=1, by=alice
            )
        with pytest.raises(EditConflict):
            await carrying.check(found["id"], wanted, version=7, by=alice)
        with pytest.raises(Conflict):
            await carrying.run(found["id"], version=1, by=alice)
        task_id = await carrying.check(found["id"], wanted, version=1, by=alice)
        with pytest.raises(Conflict):
            await files.delete(found["id"], by=alice)
    assert counts(await ended(database, task_id, alice)) == (1, 0, 0, 0)
    async with db.as_tenant(alice.tenant.id):
        task_id = await carrying.run(found["id"], version=2, by=alice)
    await ended(database, task_id, alice)
    assert (await one("SELECT country FROM clients WHERE external_id = 'M-1'"))["country"] == "LU"
    async with db.as_tenant(alice.tenant.id):
        again = await files.upload("clients", "m.csv", content, by=alice)
        assert (again["columns"], again["defaults"]) == (wanted.columns, {"country": "LU"})
        await files.delete(found["id"], by=alice)
        with pytest.raises(NotFound):
            await files.get(found["id"], by=alice)


async def test_only_who_uploaded_it_or_keeps_tasks_sees_a_file(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        found = await files.upload("clients", "x.csv", table(JEAN), by=alice)
        with pytest.raises(PermissionMissing):
            await files.upload("clients", "x.csv", table(JEAN), by=worker(alice.tenant, "support"))
        pat = await hire(alice.tenant, "Pat", role="manager", projects=frozenset({1}))
        with pytest.raises(NotFound):
            await files.get(found["id"], by=pat)
        assert await files.latest(by=pat) == []
        assert [row["name"] for row in await files.latest(by=alice)] == ["x.csv"]
        assert [noun.key for noun in fields.nouns(by=alice)][:1] == ["clients"]


async def test_a_cancelled_import_goes_no_further_and_old_files_go(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        found = await files.upload("clients", "x.csv", table(JEAN), by=alice)
        wanted = Mapping(columns=list(found["columns"]))
        task_id = await carrying.check(found["id"], wanted, version=1, by=alice)
        await tasks.cancel(task_id, by=alice)
    assert (await ended(database, task_id, alice)).state == "cancelled"
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Conflict):
            await carrying.run(found["id"], version=2, by=alice)
        await files.purge(found["created_at"] + files.KEPT / 2)
        await files.get(found["id"], by=alice)
        await files.purge(found["created_at"] + files.KEPT * 2)
        with pytest.raises(NotFound):
            await files.get(found["id"], by=alice)


async def test_groups_by_their_names(database: Settings) -> None:
    alice = await cast.who("alice")
    content = table(
        ["VIP Circle", "The best"], ["New ones", ""], ["new ONES", "x"], headings=["name", "description"]
    )
    task, errors = await imported(database, content, alice, noun="groups", only_check=True)
    assert counts(task) == (1, 1, 0, 1)
    assert await one("SELECT 1 FROM account_groups WHERE name = 'New ones'") is None
    task, errors = await imported(database, content, alice, noun="groups")
    assert (counts(task), errors[0][:2]) == ((1, 1, 0, 1), (4, "name"))
    async with db.as_tenant(alice.tenant.id):
        export = await exports.of_groups("csv", by=alice)
    content = (await exports.written(export, alice.tenant.id)).read()
    assert counts((await imported(database, content, alice, noun="groups"))[0]) == (0, 0, 3, 0)
