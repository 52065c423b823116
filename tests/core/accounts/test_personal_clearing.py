"""Clearing personal data: every column is declared, and afterwards nothing in the database names the person."""

import json
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from core import audit, caught_mail, clock, db, jobs, mail, provision
from core.accounts import (
    client_merging,
    clients,
    closing,
    files,
    groups,
    memberships,
    notes,
    payer_documents,
    personal_clearing,
    personal_tables,
    sessions,
    users,
)
from core.accounts.clients import ClientChanges
from core.actor import Actor
from core.errors import Conflict, Forbidden, Invalid, PermissionMissing, ReadOnly
from tests import cast
from tests.core.accounts.house import entries
from tests.core.accounts.test_client_merging import add_role, add_user, code_of, id_of
from tests.core.accounts.traces import FULL, WORD, columns, plant, traces

pytestmark = pytest.mark.anyio

PLANTED = {
    "audit_entries.changes",
    "client_field_values.text",
    "consents.address",
    "impersonations.reason",
    "payers.street",
    "people.name",
    "sign_ups.phone",
    "task_results.name",
    "tasks.address",
}
HOLDS = ("client_id", "person_id", "payer_id")


@pytest.fixture
async def admin(database, server):
    """A superuser, who sees every row of the database."""
    name = urlsplit(database.database_url).path.strip("/")
    connection = await asyncpg.connect(provision.address(server.admin_url, database=name))
    yield connection
    await connection.close()


async def test_every_text_of_a_client_or_a_person_is_declared(admin):
    found = await admin.fetch(
        """SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = ANY ($1)""",
        HOLDS,
    )
    held = {row["relname"] for row in found} | {"clients", "people"}
    assert sorted(held - personal_tables.BY_NAME.keys()) == [], "declare these in core/accounts/personal_tables.py"
    missing = []
    for row in await columns(admin):
        table = personal_tables.BY_NAME.get(row["table"])
        if table is None or table.goes or table.elsewhere or row["is_generated"]:
            continue
        if row["column"] not in {*table.cleared, *table.kept, *table.plain}:
            missing.append(f"{row['table']}.{row['column']}")
    assert missing == []


async def furnish(alice: Any) -> tuple[int, int]:
    """A client to which everything happened that can be said in words."""
    made = await clients.create(
        clients.NewClient(
            login=f"{WORD}-login",
            email=f"{WORD}@vogel.example",
            country="FR",
            contact_person=FULL,
            phone="+33 1 42 27 72 99",
            note=f"Ask for {FULL}",
            send_welcome=True,
        ),
        by=alice,
    )
    await clients.update(made["code"], ClientChanges(version=1, name=f"{FULL} Neu"), by=alice)
    await jobs.later("mail.send", {"to": f"{WORD}@vogel.example", "subject": "Hello", "text": f"Dear {FULL}"})
    await jobs.later("password.reset", {"email": f"{WORD.upper()}@vogel.example", "x": FULL})
    person_id = await add_user(made["id"], f"{WORD}-user", "billing")
    await add_role(made["id"], f"{WORD} role", person_id)
    user = Actor(kind="user", tenant=alice.tenant, name=FULL, person_id=person_id, address="192.0.2.7")
    await audit.record("payer:updated", "payer", 1, by=user, name=FULL, client_id=made["id"], new={"city": FULL})
    await audit.record(
        "person:updated", "person", person_id, by=user, name=FULL, new={"email": WORD, "theme": "dark"}
    )
    await audit.record("group:updated", "group", 1, by=alice, name="VIP", new={"description": f"With {FULL}"})
    await sessions.open_session(person_id, by=alice, agent=f"{WORD} browser", client_id=made["id"])
    await db.execute(
        "INSERT INTO client_fields (key, kind, label) VALUES ('x', 'text', 'X')",
    )
    await db.execute(
        "INSERT INTO terms (number, text_en, published_at, published_by) VALUES (1, 'x', $1, 'Alice')", clock.now()
    )
    return made["id"], person_id


async def test_nothing_in_the_whole_database_names_the_person_afterwards(admin, monkeypatch):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        client_id, person_id = await furnish(alice)
        code = await db.value("SELECT code FROM clients WHERE id = $1", client_id)
    async with db.as_tenant(alice.tenant.id):
        await closing.close([code], f"{FULL} asked for it", by=alice)
        await db.execute(
            """INSERT INTO segments (name, filter, created_at, created_by)
               VALUES ('Mail', jsonb_build_object('email', $1::text), $2, 'Alice')""",
            f"{WORD}@vogel.example",
            clock.now(),
        )
        await db.execute(
            """INSERT INTO job_failures (job_key, kind, payload, attempt, error, first_failed_at, last_failed_at,
                   state)
               SELECT gen_random_uuid(), 'mail.send', jsonb_build_object('to', $1::text), 1, $2, $3, $3, 'dead'""",
            f"{WORD}@vogel.example",
            f"{FULL} has no mailbox",
            clock.now(),
        )
    key_id = await admin.fetchval(
        """INSERT INTO api_keys (tenant_id, staff_id, name, key_hash, hint, scopes, created_at)
           SELECT $1, id, 'k', '\\x05', 'h', '{}', now() FROM staff WHERE tenant_id = $1 LIMIT 1 RETURNING id""",
        alice.tenant.id,
    )
    await admin.execute(
        """INSERT INTO idempotent_answers (tenant_id, api_key_id, key, request_hash, status, body, created_at)
           VALUES ($1, $2, 'k', '\\x01', 201, convert_to($3, 'UTF8'), now())""",
        alice.tenant.id,
        key_id,
        json.dumps({"id": client_id, "login": f"{WORD}-login"}),
    )
    planted = await plant(admin, alice.tenant.id, client_id, person_id)
    assert planted >= PLANTED
    await admin.execute("UPDATE clients SET name = $2, phone = '+33142277299' WHERE id = $1", client_id, FULL)
    letter = caught_mail.keep(mail.home(), f"To: {WORD}@vogel.example\r\nSubject: Hi\r\n\r\nDear\r\n".encode())
    other = caught_mail.keep(mail.home(), b"To: somebody@else.example\r\nSubject: Hi\r\n\r\nDear\r\n")
    before = await traces(admin, WORD)
    assert any("pgqueuer.payload" in place for place in before)
    assert any("idempotent_answers.body" in place for place in before)
    async with db.as_tenant(alice.tenant.id):
        await personal_clearing.clear(code, str(code), "Asked by letter", by=alice)
    left = await traces(admin, WORD, "Vogelsang", "+33142277299", "192.0.2.7")
    assert {place for place in left if place.split(":")[0] not in kept_columns()} == set()
    names = [letter.name for letter in caught_mail.caught(mail.home())]
    assert letter not in names and other in names
    async with db.as_tenant(alice.tenant.id):
        row = await clients.get(code, by=alice)
        assert row["name"] == f"Cleared client {code}" and row["cleared_at"] is not None
        assert {user["is_disabled"] for user in await memberships.of_client(client_id, by=alice)} == {True}
        (entry,) = await entries("client:cleared")
        assert (entry["actor_name"], entry["changes"]) == ("Alice", {"reason": [None, "Asked by letter"]})
        created = next(it for it in await entries("client:created") if it["client_id"] == client_id)
        assert created["actor_name"] == "Alice"
        (own,) = await entries("person:updated")
        assert own["changes"] == {"email": [None, "•••"], "theme": [None, "dark"]}
        (group,) = await entries("group:updated")
        assert group["changes"] == {"description": [None, "With •••"]}


def kept_columns() -> set[str]:
    return {f"{table.name}.{column}" for table in personal_tables.TABLES for column in table.kept}


async def test_a_payer_that_a_document_names_keeps_what_the_document_says(database, monkeypatch):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, client_id = await code_of("dupont"), await id_of("dupont")
        await db.execute(
            "UPDATE payers SET street = '1 rue X', iban = 'FR76', contact_person = 'Y' WHERE client_id = $1",
            client_id,
        )
        await db.execute(
            """INSERT INTO payers (client_id, kind, country, name, email, street, created_at)
               VALUES ($1, 'individual', 'FR', 'Other Payer', 'o@p.example', '2 rue Z', $2)""",
            client_id,
            clock.now(),
        )
        named = await db.value("SELECT id FROM payers WHERE client_id = $1 AND is_default", client_id)

        async def count(ids):
            return {payer_id: 1 for payer_id in ids if payer_id == named}

        monkeypatch.setitem(payer_documents.SOURCES, "test", count)
        await closing.close([code], "Left", by=alice)
        told = await personal_clearing.preview(code, by=alice)
        assert any("L123-22" in it.why and it.count == 1 for it in told.kept)
        await personal_clearing.clear(code, str(code), "Asked", by=alice)
        rows = {row["id"]: row for row in await db.fetch("SELECT * FROM payers WHERE client_id = $1", client_id)}
        kept = rows.pop(named)
        assert (kept["name"], kept["street"], kept["iban"]) == ("Jean Dupont", "1 rue X", "")
        assert "@cleared.invalid" in kept["email"]
        (other,) = rows.values()
        assert (other["name"], other["street"]) == (f"Cleared client {code}", "")


async def test_a_person_who_is_in_another_client_stays_there_as_he_is(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code = await code_of("dupont")
        both = await add_user(await id_of("dupont"), "both", "billing")
        await add_user(await id_of("elodie"), "both", "technical")
        await closing.close([code], "Left", by=alice)
        told = await personal_clearing.preview(code, by=alice)
        assert {user.name: user.is_elsewhere for user in told.users} == {"Both": True, "Jean Dupont": False}
        await personal_clearing.clear(code, str(code), "Asked", by=alice)
        person = await db.row("SELECT name, is_disabled FROM people WHERE id = $1", both)
        assert (person["name"], person["is_disabled"]) == ("Both", False)
        assert [user["name"] for user in await memberships.of_client(await client_id_of(code), by=alice)] == [
            "Cleared user"
        ]
        others = await memberships.of_client(await id_of("elodie"), by=alice)
        assert "Both" in [user["name"] for user in others]


async def client_id_of(code: int) -> int:
    return int(await db.value("SELECT id FROM clients WHERE code = $1", code))


async def test_what_was_merged_into_it_is_cleared_as_well(admin):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, into = await code_of("dupont"), await code_of("elodie")
        await client_merging.merge(code, into, owner_role="billing", by=alice)
        await closing.close([into], "Left", by=alice)
        await personal_clearing.clear(into, str(into), "Asked", by=alice)
    assert await traces(admin, "Dupont", "Lefèvre", "lefevre", "elodie@") == []


async def test_it_is_refused_with_a_reason(database):
    alice, sam = await cast.who("alice"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        code = await code_of("dupont")
        with pytest.raises(PermissionMissing):
            await personal_clearing.preview(code, by=sam)
        with pytest.raises(Conflict, match="Close the client first"):
            await personal_clearing.clear(code, str(code), "Asked", by=alice)
        await closing.close([code], "Left", by=alice)
        with pytest.raises(Invalid) as refused:
            await personal_clearing.clear(code, "1", " ", by=alice)
        assert set(refused.value.errors) == {"typed", "reason"}
        await personal_clearing.clear(code, f" {code} ", "Asked", by=alice)
        with pytest.raises(Conflict, match="cleared already"):
            await personal_clearing.clear(code, str(code), "Asked", by=alice)
        (only,) = (await closing.reopen([code], by=alice)).refused
        assert "stays closed" in only.reason
        version = (await clients.get(code, by=alice))["version"]
        with pytest.raises(ReadOnly):
            await clients.update(code, ClientChanges(version=version, note="It was Jean"), by=alice)


async def test_nothing_new_comes_to_a_cleared_client(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, other = await code_of("dupont"), await code_of("elodie")
        await closing.close([code, other], "Left", by=alice)
        await personal_clearing.clear(code, str(code), "Asked", by=alice)
        client = await clients.get(code, by=alice)
        with pytest.raises(ReadOnly):
            await notes.create(client["id"], notes.NewNote(text="It was Jean"), by=alice)
        with pytest.raises(ReadOnly):
            await files.create(client["id"], files.NewFile(name="jean.txt", content=b"Jean"), by=alice)
        for gone, into in ((code, other), (other, code)):
            with pytest.raises(Invalid) as refused:
                await client_merging.merge(gone, into, owner_role="billing", by=alice)
            assert "cannot be merged" in refused.value.errors["into"]
        person = await db.value("SELECT person_id FROM memberships WHERE client_id = $1", client["id"])
        assert "was cleared" in users.why_not(await users.get(person, by=alice))
        with pytest.raises(Forbidden):
            await users.let_in(person, by=alice)
        group = await groups.create(groups.NewGroup(name="Good clients"), by=alice)
        assert await groups.add(group["id"], [client["id"]], by=alice) == 0


async def test_only_what_is_cleared_is_taken_out_of_the_history(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        client_id = await id_of("dupont")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.savepoint():
                await db.execute(
                    "SELECT history.clear_client($1, '{}', 'x', 'y', '{}', '{}', '')",
                    [client_id],
                )
