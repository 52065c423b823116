"""The list of clients: every row once whatever happens meanwhile, every filter right, nothing of others."""

import random
from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db, filters
from core.accounts import client_filter, client_list, client_source, groups, segments
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment
from core.errors import Invalid, NotInEdition, PermissionMissing
from core.filters import Cursor, read_cursor
from tests import cast

pytestmark = pytest.mark.anyio

INSERT = """
    INSERT INTO clients (code, login, name, kind, email, country, language, project_id, registered_at)
    SELECT 5000 + n, 'm' || n, names[1 + n % array_length(names, 1)], (ARRAY['company', 'individual'])[1 + n % 2],
           'm' || n || '@x.example', (ARRAY['FR', 'DE', 'JP'])[1 + n % 3], 'en',
           (SELECT id FROM projects WHERE is_default), now() - (n % 7) * interval '1 day'
    FROM generate_series($1::int, $2::int) n, (SELECT $3::text[] AS names) given
"""
NAMES = ["Ana", "ana", "Änne", "Zoë", "東京 ホスト", "علي", "O'Neil", "Ünal", "Ana", "Ana"]


async def logins(chosen: ClientFilter, *, by) -> list[str]:
    """Those found, by code; in the usual order, which is read from elsewhere, they have to be the same."""
    page = await client_list.page(chosen, by=by, sort="code", size=1000)
    usual = await client_list.page(chosen, by=by, size=1000)
    assert {row["code"] for row in usual.rows} == {row["code"] for row in page.rows}
    assert [row["sort_key"] for row in usual.rows] == sorted((row["sort_key"] for row in usual.rows), reverse=True)
    return [row["login"] for row in page.rows]


@pytest.mark.parametrize("sort", [sign + key for key in client_list.SORTS for sign in ("", "-")])
async def test_paging_shows_every_row_once_whatever_is_inserted_meanwhile(database, sort):
    alice = await cast.who("alice")
    chance = random.Random(sort)
    async with db.as_tenant(alice.tenant.id):
        await db.execute(INSERT, 1, 90, NAMES)
        there = {row["code"] for row in await db.fetch("SELECT code FROM clients")}
        seen, after, inserted = [], "", 100
        while True:
            page = await client_list.page(
                ClientFilter(), by=alice, sort=sort, after=after, size=chance.randint(3, 20)
            )
            seen += [row["code"] for row in page.rows]
            if page.next is None:
                break
            after = page.next
            await db.execute(INSERT, inserted, inserted + 2, NAMES)
            inserted += 3
        assert len(seen) == len(set(seen))
        assert there <= set(seen)


@pytest.mark.parametrize("sort", ["name", "-registered"])
async def test_the_way_back_shows_the_same_rows(database, sort):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(INSERT, 1, 60, NAMES)
        pages, after = [], ""
        while True:
            page = await client_list.page(ClientFilter(), by=alice, sort=sort, after=after, size=10)
            pages.append(page)
            if page.next is None:
                break
            after = page.next
        assert pages[0].previous is None
        for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
            back = await client_list.page(ClientFilter(), by=alice, sort=sort, before=later.previous, size=10)
            assert [row["code"] for row in back.rows] == [row["code"] for row in earlier.rows]
            assert back.next is not None


FILTERS = [
    (ClientFilter(code=1002), {"mueller"}),
    (ClientFilter(name="dup"), {"dupont"}),
    (ClientFilter(name="LEFÈVRE"), {"elodie"}),
    (ClientFilter(name="elodie lef"), {"elodie"}),
    (ClientFilter(name="muller"), {"mueller"}),
    (ClientFilter(name="太郎"), {"tanaka"}),
    (ClientFilter(name="o'br"), {"o-brien"}),
    (ClientFilter(name="pont"), set()),
    (ClientFilter(name="%"), set()),
    (ClientFilter(name="_"), set()),
    (ClientFilter(email="DUPONT@"), {"dupont"}),
    (ClientFilter(email="%"), set()),
    (ClientFilter(login="O-B"), {"o-brien"}),
    (ClientFilter(login="brien"), set()),
    (ClientFilter(phone="+1"), set()),
    (ClientFilter(address="%"), set()),
    (ClientFilter(newer_than=1), {"dupont", "elodie", "mueller", "o-brien", "tanaka"}),
    (ClientFilter(older_than=1), set()),
    (ClientFilter(newer_than=1, registered_to=date(2001, 1, 1)), set()),
    (ClientFilter(kind="company"), {"mueller"}),
    (ClientFilter(country="fr"), {"dupont", "elodie"}),
    (ClientFilter(language="ja"), {"tanaka"}),
    (ClientFilter(status="closed"), set()),
    (ClientFilter(country="FR", name="jean"), {"dupont"}),
]


@pytest.mark.parametrize(
    ("chosen", "expected"), FILTERS, ids=lambda value: str(sorted(value) if isinstance(value, set) else value)
)
@pytest.mark.parametrize("few", [2000, 0], ids=["fetched and sorted", "walked"])
async def test_a_filter_finds_exactly_what_it_says(database, monkeypatch, chosen, expected, few):
    monkeypatch.setattr(client_source, "FEW", few)
    monkeypatch.setattr(client_source, "FEW_SCATTERED", few)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        assert set(await logins(chosen, by=alice)) == expected
        assert await client_list.count(chosen, by=alice) == len(expected)


@pytest.mark.parametrize("few", [2000, 0], ids=["fetched and sorted", "walked"])
async def test_a_verified_phone_is_asked_for_alone_and_inside_a_saved_filter(database, monkeypatch, few):
    monkeypatch.setattr(client_source, "FEW", few)
    monkeypatch.setattr(client_source, "FEW_SCATTERED", few)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        everybody = set(await logins(ClientFilter(), by=alice))
        await db.execute("UPDATE clients SET phone_verified = '+33612345678' WHERE login IN ('dupont', 'tanaka')")
        yes, no = (ClientFilter(phone_verified=answer) for answer in ("yes", "no"))
        assert set(await logins(yes, by=alice)) == {"dupont", "tanaka"}
        assert set(await logins(no, by=alice)) == everybody - {"dupont", "tanaka"}
        assert await client_list.count(yes, by=alice) == 2 and client_list.is_countable(yes, by=alice)
        saved = await segments.create(NewSegment(name="Verified", filter=yes), by=alice)
        french = ClientFilter(segment=saved.id, country="FR")
        assert await logins(french, by=alice) == ["dupont"]
        assert await logins(ClientFilter(segment=saved.id, phone_verified="no"), by=alice) == []


@pytest.mark.parametrize("few", [2000, 0], ids=["fetched and sorted", "walked"])
async def test_groups_and_projects_filter(database, monkeypatch, few):
    monkeypatch.setattr(client_source, "FEW", few)
    monkeypatch.setattr(client_source, "FEW_SCATTERED", few)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        vip = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        assert await logins(ClientFilter(group=vip), by=alice) == ["dupont"]
        assert await logins(ClientFilter(project=pro), by=alice) == ["mueller"]
        assert await logins(ClientFilter(group=1), by=alice) == []


async def test_a_list_of_words_or_members_follows_a_corrected_registration(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        vip = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        await db.execute(
            "INSERT INTO group_members (group_id, client_id, added_at, added_by)"
            " SELECT $1, id, now(), '' FROM clients WHERE login = 'elodie'",
            vip,
        )
        await db.execute("UPDATE clients SET name = 'Elodie Dupont' WHERE login = 'elodie'")
        for first, second in (("dupont", "elodie"), ("elodie", "dupont")):
            await db.execute(
                "UPDATE clients SET registered_at = now() - interval '2 days' WHERE login = $1", second
            )
            await db.execute("UPDATE clients SET registered_at = now() - interval '1 day' WHERE login = $1", first)
            for chosen in (ClientFilter(group=vip), ClientFilter(name="dup"), ClientFilter(name="dup", group=vip)):
                found = (await client_list.page(chosen, by=alice)).rows
                assert [row["login"] for row in found] == [first, second]


async def test_a_page_tells_how_many_there_are_where_that_costs_little(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(INSERT, 1, 90, NAMES)
        for chosen, expected in (
            (ClientFilter(), None),
            (ClientFilter(country="FR"), 32),
            (ClientFilter(name="dup"), 1),
            (ClientFilter(name="ana"), None),
            (ClientFilter(country="FR", kind="company"), None),
        ):
            listed = await client_list.page(chosen, by=alice, size=10)
            assert await client_list.total(chosen, listed, by=alice, most=1000) == expected
            assert await client_list.total(chosen, listed, by=alice, most=20) in (None, 1, 20)
    lea = await cast.who("lea")
    assert not client_list.is_countable(ClientFilter(country="FR"), by=lea)


async def test_gated_filters_and_columns_name_the_edition(database):
    zoe = await cast.who("zoe")
    async with db.as_tenant(zoe.tenant.id):
        for chosen, edition in ((ClientFilter(group=1), "advanced"), (ClientFilter(project=1), "corporate")):
            with pytest.raises(NotInEdition) as refused:
                await client_list.page(chosen, by=zoe)
            assert refused.value.edition == edition
        assert not {"groups", "project"} & set(client_list.offered_columns(by=zoe))
        assert not {"groups", "project"} & set(client_list.columns_of(["groups", "project", "phone"], by=zoe))
        with pytest.raises(NotInEdition):
            await client_list.page(ClientFilter(), by=zoe, columns=("code", "login", "groups"))


async def test_whoever_is_limited_to_groups_reads_the_names_of_no_others(database):
    alice, lea = await cast.who("alice"), await cast.who("lea")
    async with db.as_tenant(alice.tenant.id):
        vip = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        dupont = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
        other = await db.value("SELECT id FROM account_groups WHERE name = 'Empty group'")
        await groups.add(other, [dupont], by=alice)
        limited = msgspec.structs.replace(lea, projects=None, groups=frozenset({vip}))
        columns = ("code", "login", "groups")
        page = await client_list.page(ClientFilter(), by=limited, columns=columns)
        assert [(row["login"], row["groups"]) for row in page.rows] == [("dupont", ["VIP circle"])]
        page = await client_list.page(ClientFilter(name="dupont"), by=alice, columns=columns)
        assert page.rows[0]["groups"] == ["Empty group", "VIP circle"]


async def test_who_does_not_see_groups_cannot_ask_who_is_in_them(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        vip = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        other = await db.value("SELECT id FROM account_groups WHERE id <> $1", vip)
        without = msgspec.structs.replace(alice, permissions=frozenset({"client:read"}))
        assert "groups" not in client_list.offered_columns(by=without)
        assert "groups" not in client_list.columns_of(["groups", "name"], by=without)
        with pytest.raises(PermissionMissing):
            await client_list.page(ClientFilter(), by=without, columns=("code", "groups"))
        with pytest.raises(PermissionMissing):
            await client_list.count(ClientFilter(group=vip), by=without)
        limited = msgspec.structs.replace(alice, groups=frozenset({vip}))
        assert await logins(ClientFilter(group=vip), by=limited) == ["dupont"]
        with pytest.raises(Invalid):
            await client_list.page(ClientFilter(group=other), by=limited)


async def test_days_are_the_providers_own(database):
    """23:30 in Paris on 31 May is still 31 May, though it is 21:30 in UTC; 00:30 on 1 June is June."""
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE clients SET registered_at = '2026-05-31 21:30+00' WHERE login = 'dupont'")
        await db.execute("UPDATE clients SET registered_at = '2026-05-31 22:30+00' WHERE login = 'mueller'")
        may = client_list_filter("2026-05-01", "2026-05-31")
        assert await logins(may, by=alice) == ["dupont"]
        assert await logins(client_list_filter("2026-06-01", "2026-06-30"), by=alice) == ["mueller"]


def client_list_filter(first: str, last: str) -> ClientFilter:
    return ClientFilter(registered_from=date.fromisoformat(first), registered_to=date.fromisoformat(last))


async def test_a_list_page_asks_a_handful_of_queries_whatever_its_length(database):
    alice = await cast.who("alice")
    asked = []
    for size in (5, 500):
        async with db.as_tenant(alice.tenant.id) as scope:
            await db.execute(INSERT, size * 1000, size * 1000 + 600, NAMES)
            before = scope.queries
            columns = client_list.offered_columns(by=alice)
            await client_list.page(ClientFilter(name="ana"), by=alice, size=size, columns=columns)
            asked.append(scope.queries - before)
    assert asked[0] == asked[1] <= 4


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=60), email=st.text(max_size=30), code=st.integers())
async def test_whatever_is_typed_is_found_or_refused_but_never_fails(database, name, email, code):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        chosen = ClientFilter(name=name, email=email, code=code)
        errors: dict[str, str] = {}
        try:
            client_filter.check(chosen, by=alice)
        except Invalid as refused:
            errors = refused.errors
        if not errors:
            page = await client_list.page(chosen, by=alice)
            assert len(page.rows) <= len(cast.CLIENTS["nova"])
        assert set(errors) <= {"name", "email", "code"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40))
async def test_a_client_is_found_by_every_word_of_its_name_in_any_script(database, name):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE clients SET name = $1 WHERE code = 1001", name)
        for word in [row[0] for row in await db.fetch("SELECT words_of($1)", name)]:
            assert "dupont" in await logins(ClientFilter(name=word), by=alice), word


@given(value=st.one_of(st.text(), st.integers(0, 2**63 - 1)), number=st.integers(0, 2**63 - 1))
def test_a_cursor_is_read_as_it_was_written(value, number):
    assume_storable = "\x00" not in str(value) and str(value).isprintable()
    if assume_storable:
        assert read_cursor(str(Cursor(value, number)), type(value)) == Cursor(value, number)


@given(st.text())
def test_a_forged_cursor_is_none(text):
    cursor = read_cursor(text, str)
    assert cursor is None or isinstance(cursor, filters.Cursor)
