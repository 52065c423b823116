"""Clients are registered, changed and removed by whoever may, and nothing is half done."""

import asyncio

import asyncpg
import msgspec
import pytest

from core import db
from core.accounts import clients, owners, people, removal, sessions
from core.accounts.clients import ClientChanges, NewClient
from core.actor import visitor
from core.errors import EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests import cast

pytestmark = pytest.mark.anyio

NEW = NewClient(login="new", email="new@client.example", country="FR", contact_person="Nora New")


def new(**fields) -> NewClient:
    return msgspec.structs.replace(NEW, **fields)


async def test_a_client_gets_a_code_an_owner_a_project_and_an_entry_in_the_audit(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        created = await clients.create(new(), by=alice)
        assert created["code"] == 1001 + len(cast.CLIENTS["nova"])
        assert created["name"] == "Nora New"
        assert created["project_id"] == await db.value("SELECT id FROM projects WHERE is_default")
        owner = await db.row(
            "SELECT p.email, m.roles FROM memberships m JOIN people p ON p.id = m.person_id"
            " WHERE m.client_id = $1",
            created["id"],
        )
        assert (owner["email"], owner["roles"]) == ("new@client.example", ["owner"])
        entry = await db.row(
            "SELECT * FROM audit_entries WHERE action = 'client:created' AND subject_id = $1", created["id"]
        )
        assert entry["actor_name"] == "Alice"
        assert entry["changes"]["login"] == [None, "new"]


async def test_twenty_registered_at_once_get_twenty_codes(database):
    alice = await cast.who("alice")

    async def register(number: int) -> int:
        async with db.as_tenant(alice.tenant.id):
            client = await clients.create(new(login=f"n{number}", email=f"n{number}@client.example"), by=alice)
            return client["code"]

    codes = await asyncio.gather(*(register(number) for number in range(20)))
    first = 1001 + len(cast.CLIENTS["nova"])
    assert sorted(codes) == list(range(first, first + 20))


async def test_a_login_is_taken_once_per_provider_in_whatever_case(database):
    alice, bob = await cast.who("alice"), await cast.who("bob")
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Invalid) as refused:
            await clients.create(new(login="DuPont"), by=alice)
        assert set(refused.value.errors) == {"login"}
    async with db.as_tenant(bob.tenant.id):
        await clients.create(new(login="DuPont"), by=bob)


async def test_all_that_is_wrong_comes_back_at_once(database):
    alice = await cast.who("alice")
    wrong = new(
        login="a b", email="nowhere", country="ZZ", kind="company", phone="x", language="tlh", password="1"
    )
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Invalid) as refused:
            await clients.create(wrong, by=alice)
    assert set(refused.value.errors) == {
        "login",
        "email",
        "country",
        "company_name",
        "phone",
        "language",
        "password",
    }


async def test_nobody_sets_the_password_of_somebody_who_is_here_already(database):
    """Staff who register a client with a colleague's address must not get into his account by it."""
    sam = await cast.who("sam")
    async with db.as_tenant(sam.tenant.id):
        before = await people.find_by_email(cast.email("alice"))
        taken = new(email=cast.email("alice"), password="correct horse battery staple 43")
        with pytest.raises(Invalid) as refused:
            await clients.create(taken, by=sam)
        assert set(refused.value.errors) == {"password"}
        await clients.create(msgspec.structs.replace(taken, password=""), by=sam)
        assert (await people.find_by_email(cast.email("alice")))["password_hash"] == before["password_hash"]


async def test_without_a_password_the_owner_is_sent_a_link(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await clients.create(new(), by=alice)
        assert await db.value("SELECT purpose FROM links") == "welcome"
        await clients.create(
            new(login="other", email="o@client.example", password="violet anchor 99 meadow"), by=alice
        )
        assert await db.value("SELECT count(*) FROM links") == 1


async def test_an_edit_that_comes_second_is_shown_what_the_first_one_saved(database):
    alice, sam = await cast.who("alice"), await cast.who("sam")
    async with db.as_tenant(alice.tenant.id):
        await clients.update(1001, ClientChanges(version=1, name="First"), by=alice)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(EditConflict) as conflict:
            await clients.update(1001, ClientChanges(version=1, name="Second"), by=sam)
        assert conflict.value.current["name"] == "First"
        assert conflict.value.current["version"] == 2
        saved = await clients.update(1001, ClientChanges(version=2, note="kept"), by=sam)
        assert (saved["name"], saved["note"]) == ("First", "kept")


async def test_an_edit_that_changes_nothing_leaves_the_version_and_the_audit(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        entries = await db.value("SELECT count(*) FROM audit_entries")
        same = await clients.update(1001, ClientChanges(version=1, name="Jean Dupont"), by=alice)
        assert same["version"] == 1
        assert await db.value("SELECT count(*) FROM audit_entries") == entries


@pytest.mark.parametrize(
    ("name", "change", "refusal"),
    [
        ("ada", ClientChanges(version=1, note="x"), PermissionMissing),
        ("lea", ClientChanges(version=1, note="x"), NotFound),
        ("bob", ClientChanges(version=1, project_id=1), NotInEdition),
        ("alice", ClientChanges(version=1, project_id=1), Invalid),
        ("alice", ClientChanges(version=1, attitude_id=1), Invalid),
    ],
)
async def test_whoever_may_not_changes_nothing(database, name, change, refusal):
    somebody = await cast.who(name)
    async with db.as_tenant(somebody.tenant.id):
        with pytest.raises(refusal):
            await clients.update(1001, change, by=somebody)
        assert await db.value("SELECT version FROM clients WHERE code = 1001") == 1


async def test_whoever_is_limited_to_a_project_moves_no_client_out_of_it(database):
    lea = await cast.who("lea")
    async with db.as_tenant(lea.tenant.id):
        default = await db.value("SELECT id FROM projects WHERE is_default")
        with pytest.raises(Invalid):
            await clients.update(1002, ClientChanges(version=1, project_id=default), by=lea)


async def test_whoever_is_limited_to_a_project_edits_the_clients_in_it(database):
    lea = await cast.who("lea")
    async with db.as_tenant(lea.tenant.id):
        code = await db.value("SELECT code FROM clients WHERE project_id = ANY($1) LIMIT 1", list(lea.projects))
        project_id = await db.value("SELECT project_id FROM clients WHERE code = $1", code)
        edited = await clients.update(code, ClientChanges(version=1, note="seen", project_id=project_id), by=lea)
        edited = await clients.update(code, ClientChanges(version=2, name="Other"), by=lea)
        assert (edited["note"], edited["name"], edited["version"]) == ("seen", "Other", 3)


async def test_whoever_is_limited_to_groups_registers_nobody_he_could_not_see(database):
    lea = msgspec.structs.replace(await cast.who("lea"), projects=None, groups=frozenset({1}))
    async with db.as_tenant(lea.tenant.id):
        with pytest.raises(Forbidden):
            await clients.create(new(), by=lea)


async def test_a_removed_client_takes_its_people_and_their_sessions_along(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        created = await clients.create(new(), by=alice)
        person = await people.find_by_email("new@client.example")
        await sessions.open_session(person["id"], by=visitor(alice.tenant))
        outcome = await removal.remove([created["code"]], by=alice)
        assert [row["code"] for row in outcome.removed] == [created["code"]]
        assert await people.find_by_email("new@client.example") is None
        for table in ("memberships", "client_words"):
            assert await db.value(f"SELECT count(*) FROM {table} WHERE client_id = $1", created["id"]) == 0


async def test_a_person_with_something_else_here_stays(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        first = await clients.create(new(), by=alice)
        second = await clients.create(new(login="second"), by=alice)
        staff = await clients.create(new(login="third", email=cast.email("sam")), by=alice)
        await removal.remove([first["code"], staff["code"]], by=alice)
        assert await people.find_by_email("new@client.example") is not None
        assert await people.find_by_email(cast.email("sam")) is not None
        await removal.remove([second["code"]], by=alice)
        assert await people.find_by_email("new@client.example") is None


async def test_what_the_hooks_are_told_has_no_secret(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        created = await clients.create(new(), by=alice)
    assert not {"password", "password_hash", "token"} & set(clients.shown(created))


async def test_the_database_keeps_one_owner_per_client(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        created = await clients.create(new(), by=alice)
        other = await people.find_by_email(cast.email("sam"))
        with pytest.raises(asyncpg.UniqueViolationError):
            async with db.savepoint():
                await db.execute(
                    "INSERT INTO memberships (client_id, person_id, roles, created_at)"
                    " VALUES ($1, $2, '{owner}', now())",
                    created["id"],
                    other["id"],
                )
        await owners.release(created["id"])
