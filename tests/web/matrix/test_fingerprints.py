"""A fingerprint sees every kind of change, and none where all is as it was."""

import pytest

from tests.web.matrix.world import changed

pytestmark = pytest.mark.anyio

OF_NOVA = "WHERE tenant_id = (SELECT id FROM providers WHERE code = 'nova')"
CHANGES = (
    (
        "INSERT INTO attitudes (tenant_id, name) SELECT id, 'Seen' FROM providers WHERE code = 'nova'",
        {"attitudes"},
    ),
    (f"UPDATE people SET name = name || '!' {OF_NOVA}", {"people"}),
    (f"DELETE FROM account_groups {OF_NOVA} AND name = 'VIP circle'", {"account_groups", "group_members"}),
    ("UPDATE people SET name = name", set()),
    ("UPDATE sessions SET seen_at = seen_at + interval '1 hour'", set()),
    ("BEGIN; DELETE FROM sessions; ROLLBACK", set()),
)


@pytest.fixture
def template(noting):
    return noting


async def test_it_sees_what_changes_in_all_tables_and_in_those_of_the_owner(world):
    await world.person("alice")
    nova, acme = (world.actors[name].tenant.id for name in ("alice", "bob"))
    for statement, tables in CHANGES:
        before = {whose: await world.fingerprint(whose) for whose in (None, nova, acme)}
        await world.admin.execute(statement)
        after = {whose: await world.fingerprint(whose) for whose in (None, nova, acme)}
        seen = {whose: set(changed(before[whose], after[whose])) for whose in before}
        assert seen == {None: tables, nova: tables, acme: set()}, statement


async def test_it_sees_that_a_table_was_emptied(world):
    before = await world.fingerprint()
    await world.admin.execute("TRUNCATE counters")
    assert changed(before, await world.fingerprint()) == ["counters"]
