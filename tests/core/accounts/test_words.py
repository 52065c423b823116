"""The words that clients, payers and people are found by: what they are, and that they go with their row."""

import pytest

from core import clock, db
from core.accounts import clients, removal
from core.accounts.clients import NewClient
from tests import cast

pytestmark = pytest.mark.anyio

NEW = NewClient(
    login="words", email="words@client.example", country="FR", kind="individual", contact_person="Zoé O'Brien-Zoé"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Élodie Martin-17", ["17", "elodie", "martin"]),
        ("a A á  b", ["a", "b"]),
        ("-- !", []),
        ("", []),
        (None, []),
        ("x" * 70, ["x" * 60]),
    ],
)
async def test_words_are_folded_told_once_and_cut(database, text, words):
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert sorted(row[0] for row in await db.fetch("SELECT words_of($1)", text)) == words


async def test_nothing_folds_to_nothing(database):
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT fold(NULL)") is None
        assert await db.value("SELECT fold('ÉLO ℡')") == "elo tel"


async def test_words_go_with_their_row_and_leave_those_of_others(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        before = {table: await _count(table) for table in ("client_words", "payer_words", "person_words")}
        created = await clients.create(NEW, by=alice)
        assert [await _count(table) - count for table, count in before.items()] == [4, 3, 3]
        await removal.remove([created["code"]], by=alice)
        assert {table: await _count(table) for table in before} == before


async def test_a_payer_that_is_taken_away_takes_its_words_along(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        created = await clients.create(NEW, by=alice)
        await db.execute("DELETE FROM payers WHERE client_id = $1", created["id"])
        assert await db.value("SELECT count(*) FROM payer_words WHERE word = 'zoe'") == 0
        assert await db.value("SELECT count(*) FROM client_words WHERE word = 'zoe'") == 1


async def test_ids_never_repeat_and_tell_their_second(database):
    async with db.as_tenant((await cast.tenant("nova")).id):
        made = [row[0] for row in await db.fetch("SELECT new_id() FROM generate_series(1, 20000)")]
    assert len(set(made)) == len(made)
    seconds = {(number >> 22) + 1767225600 for number in made}
    assert all(abs(second - clock.now().timestamp()) < 60 for second in seconds)


async def _count(table: str) -> int:
    return int(await db.value(f"SELECT count(*) FROM {table}"))
