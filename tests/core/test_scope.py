"""A scope is one transaction of one tenant, whatever happens around it."""

import asyncio
import random

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts.clients import Client
from core.scope import TRIES, NoScope, NotCommitted, Scope
from tests import cast

pytestmark = pytest.mark.anyio


async def test_outside_of_a_scope_a_query_raises(database):
    with pytest.raises(NoScope):
        await db.fetch("SELECT 1")
    with pytest.raises(NoScope):
        await Client.select()


async def test_a_scope_that_asks_nothing_takes_no_connection(database):
    async with db.as_tenant(1) as scope:
        assert scope.queries == 0
    assert scope._connection is None


async def test_begin_and_the_tenant_travel_in_one_round_trip(database):
    async with db.as_tenant(7) as scope:
        assert await db.value("SELECT current_setting('app.tenant_id')") == "7"
        assert scope.queries == 1


async def test_a_scope_that_rests_holds_no_connection_and_begins_anew(database):
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id) as scope:
        await db.execute("UPDATE clients SET note = 'undone'")
        await scope.rest()
        assert (scope.queries, scope._connection) == (0, None)
        await scope.rest()
        assert await db.value("SELECT current_setting('app.tenant_id')") == str(nova.id)
        assert await db.value("SELECT count(*) FROM clients WHERE note = 'undone'") == 0


async def test_what_was_kept_outlives_a_refusal_and_what_came_behind_it_does_not(database):
    nova = await cast.tenant("nova")
    scope = db.open_scope(nova.id)
    for note in ("first", "second"):
        await scope.execute("UPDATE clients SET note = $1", note)
        await scope.keep()
    await scope.execute("UPDATE clients SET note = 'behind it'")
    with pytest.raises(asyncpg.PostgresError):
        await scope.execute("SELECT 1/0")
    await scope.go_back()
    await scope.close(commit=True)
    async with db.as_tenant(nova.id):
        assert {row["note"] for row in await db.fetch("SELECT note FROM clients")} == {"second"}


async def test_what_is_kept_in_a_savepoint_is_kept_when_that_has_ended_well(database):
    nova = await cast.tenant("nova")
    scope = db.open_scope(nova.id)
    with pytest.raises(ZeroDivisionError):
        async with scope.savepoint():
            await scope.keep()
            raise ZeroDivisionError
    assert not scope.is_kept
    async with scope.savepoint(), scope.savepoint():
        await scope.execute("UPDATE clients SET note = 'inside'")
        await scope.keep()
    await scope.execute("UPDATE clients SET note = 'behind it'")
    assert scope.is_kept
    await scope.go_back()
    await scope.close(commit=True)
    async with db.as_tenant(nova.id):
        assert {row["note"] for row in await db.fetch("SELECT note FROM clients")} == {"inside"}


async def test_scopes_are_never_nested(database):
    async with db.as_tenant(1):
        with pytest.raises(db.NestedScope):
            async with db.as_tenant(2):
                pass
        with pytest.raises(db.NestedScope):
            db.DB.transaction()
        with pytest.raises(NoScope):
            await db.DB.batch(Client.select())


@given(forged=st.one_of(st.text(), st.integers(max_value=-1), st.floats(), st.booleans(), st.none(), st.binary()))
def test_a_forged_tenant_id_is_refused(forged):
    with pytest.raises(ValueError, match="not a tenant"):
        db.open_scope(forged)


async def test_what_is_done_in_a_block_that_raises_is_undone(database):
    nova = await cast.tenant("nova")
    with pytest.raises(ZeroDivisionError):
        async with db.as_tenant(nova.id):
            await db.execute("UPDATE clients SET note = 'changed'")
            raise ZeroDivisionError
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM clients WHERE note = 'changed'") == 0


async def test_a_swallowed_error_is_not_taken_for_a_commit(database):
    nova = await cast.tenant("nova")
    with pytest.raises(NotCommitted):
        async with db.as_tenant(nova.id):
            await db.execute("UPDATE clients SET note = 'changed'")
            with pytest.raises(asyncpg.UndefinedTableError):
                await db.execute("SELECT * FROM nowhere")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM clients WHERE note = 'changed'") == 0


async def test_a_savepoint_undoes_only_what_happened_inside(database):
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE clients SET note = 'outer' WHERE code = 1001")
        with pytest.raises(asyncpg.PostgresError):
            async with db.savepoint():
                await db.execute("UPDATE clients SET note = 'inner' WHERE code = 1002")
                async with db.savepoint():
                    await db.execute("SELECT 1/0")
    async with db.as_tenant(nova.id):
        notes = await db.fetch("SELECT note FROM clients WHERE code IN (1001, 1002) ORDER BY code")
    assert [row["note"] for row in notes] == ["outer", ""]


async def test_an_error_swallowed_inside_a_savepoint_comes_up_at_its_end_and_leaves_the_rest(database):
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE clients SET note = 'outer' WHERE code = 1001")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            async with db.savepoint():
                with pytest.raises(asyncpg.UndefinedTableError):
                    await db.execute("SELECT * FROM nowhere")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT note FROM clients WHERE code = 1001") == "outer"


async def test_queries_of_one_scope_may_be_gathered(database):
    async with db.as_tenant(1):
        answers = await asyncio.gather(*(db.value("SELECT $1::int", n) for n in range(20)))
    assert answers == list(range(20))


async def test_a_commit_that_fails_says_so_and_gives_the_connection_back(database):
    nova = await cast.tenant("nova")
    for _ in range(12):
        with pytest.raises(asyncpg.PostgresError):
            async with db.as_tenant(nova.id):
                await db.execute(
                    """DO $$ BEGIN
                         CREATE TEMP TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP;
                         INSERT INTO late VALUES (1), (1);
                       END $$"""
                )
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM clients") == len(cast.CLIENTS["nova"])


class Cut:
    """A connection that was cut off, and that its pool has taken back."""

    async def execute(self, sql):
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    def terminate(self):
        raise asyncpg.InterfaceError("connection has been released back to the pool")


class Pool:
    """Gives so many connections that were cut off, and then what `execute` answers."""

    def __init__(self, cut):
        self.left = [Cut() for _one in range(cut)]

    async def acquire(self):
        return self.left.pop() if self.left else self

    async def release(self, connection):
        assert connection is not None

    async def execute(self, sql, **_more):
        return sql.split(";")[0]

    async def fetch(self, sql):
        return [sql]

    def is_closed(self):
        return False


async def test_a_connection_that_was_cut_off_in_the_pool_is_given_up_for_another():
    scope = Scope(Pool(TRIES - 1), 7)
    assert await scope.fetch("SELECT 1") == ["SELECT 1"]
    await scope.close(commit=True)


async def test_it_is_said_when_the_database_is_away():
    scope = Scope(Pool(TRIES), 7)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await scope.fetch("SELECT 1")
    await scope.close(commit=True)


async def test_after_commit_is_called_once_and_only_then(database):
    called = []
    async with db.as_tenant(1) as scope:
        await db.value("SELECT 1")
        scope.after_commit(lambda: called.append("committed"))
        assert called == []
    assert called == ["committed"]
    with pytest.raises(KeyError):
        async with db.as_tenant(1) as scope:
            scope.after_commit(lambda: called.append("rolled back"))
            raise KeyError
    assert called == ["committed"]


async def test_a_task_that_outlives_its_scope_asks_nothing(database):
    async def late() -> None:
        await asyncio.sleep(0.05)
        await db.value("SELECT 1")

    async with db.as_tenant(1):
        task = asyncio.create_task(late())
    with pytest.raises(NoScope):
        await task


async def test_the_platform_hands_its_transaction_over_one_way(database):
    nova = await cast.tenant("nova")
    async with db.as_platform() as scope:
        assert await db.value("SELECT count(*) FROM clients") == 0
        await db.hand_over_to(nova.id)
        assert await db.value("SELECT count(*) FROM clients") == len(cast.CLIENTS["nova"])
        with pytest.raises(NoScope):
            await db.hand_over_to(scope.tenant_id + 1)
    async with db.as_tenant(nova.id):
        with pytest.raises(NoScope):
            await db.hand_over_to(2)
    async with db.as_platform():
        with pytest.raises(ValueError, match="not a provider"):
            await db.hand_over_to(0)


async def test_1500_interleaved_scopes_over_4_connections_leak_nothing(settings):
    """Errors, cancellations, savepoints and late queries of three providers and the platform, all at once."""
    await db.start(settings_with(settings, 4))
    try:
        tenants = [await cast.tenant(code) for code in ("nova", "acme", "petit")]
        expected = {place.id: len(cast.CLIENTS[place.code]) for place in tenants} | {0: 0}
        leaks: list[str] = []
        chance = random.Random(7)
        visits = [
            asyncio.create_task(_visit(chance.random(), chance.choice([*expected]), expected, leaks))
            for _ in range(1500)
        ]
        for task in visits:
            if chance.random() < 0.15:
                asyncio.get_running_loop().call_later(chance.random() * 1.5, task.cancel)
        answers = await asyncio.gather(*visits, return_exceptions=True)
        assert leaks == []
        unexpected = [a for a in answers if isinstance(a, BaseException) and not isinstance(a, EXPECTED)]
        assert unexpected == []
        assert sum(answer is None for answer in answers) > 700
        for tenant_id, count in expected.items():
            async with db.as_tenant(tenant_id):
                assert await db.value("SELECT count(*) FROM clients") == count
    finally:
        await db.stop()


EXPECTED = (asyncio.CancelledError, ZeroDivisionError, NotCommitted, asyncpg.PostgresError)


async def _visit(dice: float, tenant_id: int, expected: dict[int, int], leaks: list[str]) -> None:
    async with db.as_tenant(tenant_id):
        for _ in range(2):
            seen = await db.fetch("SELECT tenant_id FROM clients")
            if len(seen) != expected[tenant_id] or {row["tenant_id"] for row in seen} - {tenant_id}:
                leaks.append(f"{tenant_id} saw {seen}")
            await asyncio.sleep(dice / 100)
        if dice < 0.1:
            raise ZeroDivisionError
        if dice < 0.2:
            try:
                await db.execute("SELECT 1/0")
            except asyncpg.PostgresError:
                return
        if dice < 0.3:
            await asyncio.wait_for(db.execute("SELECT pg_sleep(0.2)"), 0.3)
        if await db.value("SELECT current_setting('app.tenant_id')") != str(tenant_id):
            leaks.append(f"{tenant_id} lost its tenant")


def settings_with(settings, pool_size: int, **more):
    return msgspec.structs.replace(settings, database_pool_size=pool_size, **more)
