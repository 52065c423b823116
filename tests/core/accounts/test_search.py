"""The search over everything: what is typed, what it finds, and never more than one may see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts import search, segments
from core.accounts.client_filter import ClientFilter
from core.errors import Invalid
from tests import cast

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dupont", (None, "dupont")),
        ("  dupont ", (None, "dupont")),
        ("c:dup", ("client", "dup")),
        ("C: dup", ("client", "dup")),
        ("u:", ("user", "")),
        ("> new client", ("action", "new client")),
        ("s:pass", ("setting", "pass")),
        ("cc:x", (None, "cc:x")),
    ],
)
def test_a_prefix_narrows_it_to_one_kind(text, expected):
    assert search.asked(text) == expected


@given(st.text())
def test_whatever_is_typed_is_a_kind_and_a_text(text):
    kind, rest = search.asked(text)
    assert kind is None or kind in search.PREFIXES.values()
    assert rest in text and rest == rest.strip()


async def logins(text: str, name: str = "alice", **more) -> list[str]:
    by = await cast.who(name)
    async with db.as_tenant(by.tenant.id):
        return [
            hit.detail.split(" · ")[1] for hit in await search.find(text, by=by, **({"kind": "client"} | more))
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1001", ["dupont"]),
        ("dup", ["dupont"]),
        ("JEAN dup", ["dupont"]),
        ("mull", ["mueller"]),
        ("söhne", ["mueller"]),
        ("tanaka@cli", ["tanaka"]),
        ("elodie@client.example", ["elodie"]),
        ("o-brien", ["o-brien"]),
        ("田中", ["tanaka"]),
        ("globex", []),
        ("9" * 30, []),
        ("0", []),
        ("", []),
        ("%", []),
        ("@", []),
    ],
)
async def test_clients_are_found_by_code_address_and_words(database, text, expected):
    assert await logins(text) == expected
    assert await logins(text, kind="client") == expected
    assert await logins(text, kind="action") == []


async def test_a_whole_code_comes_before_a_name_with_that_number(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE clients SET name = 'Studio 1001' WHERE code = 1003")
        assert [hit.code for hit in await search.find("1001", by=alice)] == [1001, 1003]
        assert [hit.code for hit in await search.find("1001", by=alice, most=1)] == [1001]


async def payers(text: str, name: str = "alice") -> list[str]:
    by = await cast.who(name)
    async with db.as_tenant(by.tenant.id):
        return [hit.name for hit in await search.find(text, by=by, kind="payer")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mull", ["Müller & Söhne GmbH"]),
        ("sohne mu", ["Müller & Söhne GmbH"]),
        ("sohne du", []),
        ("DE136695976", ["Müller & Söhne GmbH"]),
        ("de 136 695 976", ["Müller & Söhne GmbH"]),
        ("globex", []),
        ("%", []),
        ("", []),
    ],
)
async def test_payers_are_found_by_words_and_whole_numbers(database, text, expected):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE payers SET vat_number = 'DE136695976' WHERE name LIKE 'M%'")
    assert await payers(text) == expected


async def test_payers_of_hidden_clients_and_of_an_edition_without_them_are_not_found(database):
    assert await payers("dup") == ["Jean Dupont"]
    assert await payers("dup", "lea") == []
    assert await payers("mull", "lea") == ["Müller & Söhne GmbH"]
    assert await payers("durand", "zoe") == []


async def test_saved_filters_are_found_by_a_part_of_the_name(database):
    alice, max_ = await cast.who("alice"), await cast.who("max")
    async with db.as_tenant(alice.tenant.id):
        for name, is_shared in (("French clients", True), ("Only mine", False)):
            new = segments.NewSegment(name=name, filter=ClientFilter(country="FR"), is_shared=is_shared)
            await segments.create(new, by=alice)
        named = {
            text: [hit.name for hit in await search.find(text, by=max_, kind="segment")]
            for text in ("ench", "mine")
        }
        assert named == {"ench": ["French clients"], "mine": []}
        assert [hit.name for hit in await search.find("mine", by=alice, kind="segment")] == ["Only mine"]


async def test_nobody_finds_what_he_may_not_see(database):
    assert await logins("mull", "lea") == ["mueller"]
    assert await logins("dup", "lea") == []
    assert await logins("1001", "lea") == []
    assert await logins("dupont@client.example", "lea") == []
    assert await logins("dup", "bob") == []


@pytest.mark.parametrize("text", ["a" * 201, "a\0b"])
async def test_what_cannot_be_looked_for_is_refused(database, text):
    with pytest.raises(Invalid):
        await logins(text)
