"""Notes and files of clients: who wrote them, who may change them, and to whom they do not exist."""

import pytest

from core import db
from core.accounts import files, notes
from core.accounts.files import NewFile
from core.accounts.notes import NewNote, NoteChanges
from core.errors import EditConflict, Forbidden, Invalid, NotFound, PermissionMissing
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
PDF = b"%PDF-1.7 and so on"


async def test_a_note_has_an_author_and_is_changed_by_him_or_by_who_may_change_all() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        anna, olaf = await hire(tenant, "Anna", "support"), await hire(tenant, "Olaf", "support")
        mary = await hire(tenant, "Mary", "manager")
        client = await add_client("carl")
        made = await notes.create(client, NewNote(text=" Calls on\r\nMondays "), by=anna)
        assert (made["text"], made["author_name"], made["edited_at"]) == ("Calls on\nMondays", "Anna", None)
        for refused in (
            notes.update(made["id"], NoteChanges(text="x"), version=1, by=olaf),
            notes.delete(made["id"], by=olaf),
        ):
            with pytest.raises(Forbidden):
                await refused
        changed = await notes.update(made["id"], NoteChanges(text="Tuesdays"), version=1, by=mary)
        assert (changed["text"], changed["edited_by"], changed["version"]) == ("Tuesdays", "Mary", 2)
        with pytest.raises(EditConflict):
            await notes.update(made["id"], NoteChanges(text="x"), version=1, by=anna)
        await notes.delete(made["id"], by=anna)
        with pytest.raises(NotFound):
            await notes.get(made["id"], by=mary)
        for action in ("created", "updated", "deleted"):
            (entry,) = await entries(f"note:{action}")
            assert (entry["client_id"], entry["changes"]) == (client, {})


async def test_one_note_is_pinned_and_another_takes_its_place() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("carl")
        first = await notes.create(client, NewNote(text="one", is_pinned=True), by=by)
        second = await notes.create(client, NewNote(text="two"), by=by)
        await notes.pin(second["id"], by=by)
        pinned = await notes.pinned(client, by=by)
        assert pinned is not None
        assert pinned["id"] == second["id"]
        assert [note["id"] for note in (await notes.of_client(client, by=by)).notes] == [first["id"]]
        await notes.pin(second["id"], is_pinned=False, by=by)
        assert await notes.pinned(client, by=by) is None


async def test_notes_are_paged_by_key() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("carl")
        for number in range(notes.PAGE + 5):
            await notes.create(client, NewNote(text=str(number)), by=by)
        first = await notes.of_client(client, by=by)
        rest = await notes.of_client(client, older_than=first.older, by=by)
        assert [int(note["text"]) for note in (*first.notes, *rest.notes)] == list(range(notes.PAGE + 4, -1, -1))
        assert rest.older == ""
        assert len((await notes.of_client(client, older_than="nonsense", by=by)).notes) == notes.PAGE


async def test_a_file_is_kept_under_a_name_that_is_harmless_and_refused_when_it_is_not_taken() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client = await add_client("carl")
        made = await files.create(client, NewFile(name="../../Contract.pdf", content=PDF), by=by)
        assert (made["name"], made["kind"], made["size"]) == ("Contract.pdf", "application/pdf", len(PDF))
        assert (await files.content(made["id"], by=by))["content"] == PDF
        for name, content in (
            ("a.pdf", b""),
            ("a.exe", b"MZ"),
            ("a.pdf", b"MZ"),
            ("a.txt", b"x" * (files.MOST_BYTES + 1)),
        ):
            with pytest.raises(Invalid) as refusal:
                await files.create(client, NewFile(name=name, content=content), by=by)
            assert set(refusal.value.errors) == {"file"}
        await files.delete(made["id"], by=by)
        assert await files.of_client(client, by=by) == []


async def test_who_does_not_see_the_client_sees_neither_its_notes_nor_its_files() -> None:
    tenant = await open_provider()
    by, other = worker(tenant), worker(tenant, groups=frozenset({7}))
    async with db.as_tenant(tenant.id):
        client = await add_client("carl")
        note = await notes.create(client, NewNote(text="x", is_pinned=True), by=by)
        file = await files.create(client, NewFile(name="a.txt", content=b"x"), by=by)
        for hidden in (
            notes.of_client(client, by=other),
            notes.pinned(client, by=other),
            notes.get(note["id"], by=other),
            notes.create(client, NewNote(text="x"), by=other),
            notes.pin(note["id"], by=other),
            notes.delete(note["id"], by=other),
            files.of_client(client, by=other),
            files.content(file["id"], by=other),
            files.create(client, NewFile(name="a.txt", content=b"x"), by=other),
            files.delete(file["id"], by=other),
        ):
            with pytest.raises(NotFound):
                await hidden
        with pytest.raises(PermissionMissing):
            await notes.create(client, NewNote(text="x"), by=worker(tenant, "auditor"))
        with pytest.raises(PermissionMissing):
            await files.delete(file["id"], by=worker(tenant, "support"))
