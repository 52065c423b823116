"""Two clients become one: everything moves, nothing is lost, and the old one leads on."""

import pytest

from core import clock, db
from core.accounts import (
    access,
    client_merging,
    client_parts,
    clients,
    closing,
    memberships,
    payers,
    search,
    sessions,
)
from core.accounts.client_filter import ClientFilter
from core.accounts.client_list import page
from core.accounts.rights import OWNER
from core.errors import Conflict, Invalid, NotFound, PermissionMissing
from tests import cast
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = pytest.mark.anyio


async def code_of(login: str) -> int:
    return int(await db.value("SELECT code FROM clients WHERE login = $1", login))


async def id_of(login: str) -> int:
    return int(await db.value("SELECT id FROM clients WHERE login = $1", login))


async def add_user(client_id: int, name: str, *roles: str) -> int:
    person_id = await db.value("SELECT id FROM people WHERE email_folded = $1", f"{name}@user.example")
    if person_id is None:
        person_id = await db.value(
            "INSERT INTO people (email, name, created_at) VALUES ($1, $2, $3) RETURNING id",
            f"{name}@user.example",
            name.title(),
            clock.now(),
        )
    await db.execute(
        "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, $4)",
        client_id,
        person_id,
        list(roles),
        clock.now(),
    )
    return int(person_id)


async def add_role(client_id: int, name: str, person_id: int) -> None:
    role_id = await db.value(
        """INSERT INTO client_roles (client_id, name, rights, created_at)
           VALUES ($1, $2, '{log:read}', $3) RETURNING id""",
        client_id,
        name,
        clock.now(),
    )
    await db.execute(
        "INSERT INTO membership_roles (client_id, person_id, role_id) VALUES ($1, $2, $3)",
        client_id,
        person_id,
        role_id,
    )


async def test_every_table_with_a_client_is_declared(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        found = await db.fetch(
            """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'client_id'
                 AND NOT a.attisdropped ORDER BY 1"""
        )
    assert [row["relname"] for row in found] == sorted(part.table for part in client_parts.PARTS)
    assert all(part.why for part in client_parts.PARTS if part.how in ("elsewhere", "stays"))


async def test_everything_moves_and_the_old_code_leads_on(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        gone, stays = await id_of("dupont"), await id_of("elodie")
        code, into = await code_of("dupont"), await code_of("elodie")
        await db.execute("UPDATE clients SET phone = '+33142277201', note = 'Old note' WHERE id = $1", gone)
        await db.execute("UPDATE clients SET note = 'New note' WHERE id = $1", stays)
        anna = await add_user(gone, "anna", "billing")
        await add_role(gone, "Reader", anna)
        bela = await add_user(gone, "bela", "technical")
        await add_user(stays, "bela", "billing")
        await add_role(stays, "Reader", bela)
        told = await client_merging.preview(code, into, by=alice)
        assert told.owner is not None and told.owner.name == "Jean Dupont"
        assert {it.table: it.rows for it in told.counts}["memberships"] == 3
        assert told.filled == {"phone": "+33142277201"}
        assert told.is_note_joined
        assert {it.field for it in told.differing} == {"name", "contact_person", "email"}
        merged = await client_merging.merge(code, into, owner_role="technical", by=alice)
        assert merged["id"] == stays
        assert (merged["phone"], merged["note"]) == ("+33142277201", "New note\n\nOld note")
        users = {it["email"]: it for it in await memberships.of_client(stays, by=alice)}
        assert users["elodie@client.example"]["roles"] == [OWNER]
        assert users["dupont@client.example"]["roles"] == ["technical"]
        assert users["bela@user.example"]["roles"] == ["billing", "technical"]
        assert users["anna@user.example"]["role_names"] == [f"Reader ({code})"]
        assert len(await payers.of_client(stays, by=alice)) == 2
        assert sum(row["is_default"] for row in await payers.of_client(stays, by=alice)) == 1
        assert [row["name"] for row in await db.fetch(
            "SELECT g.name FROM group_members m JOIN account_groups g ON g.id = m.group_id WHERE client_id = $1",
            stays,
        )] == ["VIP circle"]  # fmt: skip
        for part in client_parts.PARTS:
            if part.how != "stays":
                rows = await db.value(f"SELECT count(*) FROM {part.table} WHERE client_id = $1", gone)
                assert rows == 0, part.table
        assert (await access.client_by_code(code, by=alice))["id"] == stays
        assert (await clients.get(code, by=alice))["code"] == into
        (entry,) = await entries("client:merged")
        assert entry["client_id"] == stays and entry["changes"]["merged_into"] == [None, "Élodie Lefèvre"]
        (took,) = await entries("client:took_over")
        assert "Name: Jean Dupont" in took["changes"]["left_behind"][1]


async def test_the_list_leaves_it_out_and_the_search_finds_the_other(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, into = await code_of("dupont"), await code_of("elodie")
        await client_merging.merge(code, into, owner_role="billing", by=alice)
        listed = [row["code"] for row in (await page(ClientFilter(), by=alice)).rows]
        assert code not in listed and into in listed
        assert [row["code"] for row in (await page(ClientFilter(status="closed"), by=alice)).rows] == []
        merged = (await page(ClientFilter(status="merged"), by=alice, columns=("code", "status"))).rows
        assert [(row["code"], row["status"]) for row in merged] == [(code, "merged")]
        for text in ("dupont", str(code), "dupont@client"):
            assert [hit.code for hit in await search.find(text, by=alice, kind="client")] == [into], text
        (only,) = (await closing.reopen([code], by=alice)).refused
        assert only.reason == "This client was merged into another one."


async def test_a_chain_of_mergers_is_one_step_long(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        first, second, third = [await code_of(login) for login in ("dupont", "tanaka", "elodie")]
        await client_merging.merge(first, second, owner_role="billing", by=alice)
        with pytest.raises(Invalid):
            await client_merging.merge(third, first, owner_role="billing", by=alice)
        await client_merging.merge(second, third, owner_role="billing", by=alice)
        assert (await clients.get(first, by=alice))["code"] == third
        users = await memberships.of_client(await id_of("elodie"), by=alice)
        assert [user["is_owner"] for user in users] == [True, False, False]


async def test_what_cannot_be_merged_says_why(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, into = await code_of("dupont"), await code_of("elodie")
        wrong = ((code, "billing", "into"), (99999, "billing", "into"), (into, "", "owner_role"))
        for target, role, field in (*wrong, (into, "owner", "owner_role")):
            with pytest.raises(Invalid) as refused:
                await client_merging.merge(code, target, owner_role=role, by=alice)
            assert set(refused.value.errors) == {field}
        await closing.close([into], "Left", by=alice)
        with pytest.raises(Invalid, match="marked"):
            await client_merging.merge(code, into, owner_role="billing", by=alice)
        await closing.close([code], "Left", by=alice)
        assert (await client_merging.merge(code, into, owner_role="billing", by=alice))["status"] == "closed"


async def test_staff_must_see_both_and_support_may_not(database):
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await add_client("anna")
        other = await db.value(
            "INSERT INTO projects (name, created_at) VALUES ('Other', $1) RETURNING id", clock.now()
        )
        await add_client("bela", project_id=other)
        code, into = await code_of("anna"), await code_of("bela")
        with pytest.raises(PermissionMissing):
            await client_merging.preview(code, into, by=worker(tenant, "support"))
        limited = worker(tenant, "manager", projects=frozenset({other}))
        with pytest.raises(NotFound):
            await client_merging.merge(code, into, by=limited)
        with pytest.raises(Invalid):
            await client_merging.merge(into, code, by=limited)
        await client_merging.merge(code, into, by=worker(tenant))
        assert (await clients.get(code, by=limited))["code"] == into


async def test_sessions_of_the_merged_client_end(database):
    alice = await cast.who("alice")
    _user, token = await cast.session("dupont")
    async with db.as_tenant(alice.tenant.id):
        await client_merging.merge(
            await code_of("dupont"), await code_of("elodie"), owner_role="billing", by=alice
        )
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(token), alice.tenant) is None


async def test_nothing_but_the_merge_moves_the_history(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        client_id = await id_of("dupont")
        before = await db.value("SELECT count(*) FROM audit_entries WHERE client_id = $1", client_id)
        await db.execute("SELECT history.follow_merge($1)", client_id)
        assert await db.value("SELECT count(*) FROM audit_entries WHERE client_id = $1", client_id) == before


async def test_two_at_once_end_in_one_merger(database):
    """The second finds the client merged when it is its turn."""
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, into = await code_of("dupont"), await code_of("elodie")
        await client_merging.merge(code, into, owner_role="billing", by=alice)
        with pytest.raises((Invalid, Conflict)):
            await client_merging.merge(code, into, owner_role="billing", by=alice)
