"""Saved filters: whose they are, that they let through what they say for who looks, and nobody when broken."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts import attitudes, client_choice, client_filter, client_list, groups, segments
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment, SegmentChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound, PermissionMissing
from tests.core.accounts.house import add_client, entries, hire, open_provider, worker

pytestmark = [pytest.mark.anyio]


async def logins(chosen: ClientFilter, *, by: Actor) -> list[str]:
    usual = await client_list.page(chosen, by=by)
    by_login = await client_list.page(chosen, by=by, sort="login")
    assert {row["login"] for row in usual.rows} == {row["login"] for row in by_login.rows}
    return [row["login"] for row in by_login.rows]


async def selected(selection: ClientFilter, *, by: Actor) -> set[int]:
    source = await client_choice.source(client_choice.Choice(filter=selection), by=by)
    found = await db.fetch(
        f"SELECT c.code FROM {source.tables} WHERE {source.conditions.sql}", *source.conditions.arguments
    )
    assert len({row["code"] for row in found}) == len(found)
    return {row["code"] for row in found}


async def save(title: str, by: Actor, *, shared: bool = True, **asked: Any) -> segments.Segment:
    return await segments.create(NewSegment(name=title, filter=ClientFilter(**asked), is_shared=shared), by=by)


@pytest.mark.usefixtures("database")
async def test_a_filter_is_saved_renamed_overwritten_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "manager")
        made = await save(" French ", by, country="fr", name=" ")
        assert (made.name, made.filter, made.trouble) == ("French", ClientFilter(country="fr"), "")
        changed = await segments.update(
            made.id, SegmentChanges(name="Germans", filter=ClientFilter(country="DE")), version=1, by=by
        )
        assert (changed.name, changed.filter.country, changed.version) == ("Germans", "DE", 2)
        with pytest.raises(EditConflict):
            await segments.update(made.id, SegmentChanges(name="x"), version=1, by=by)
        assert (await entries("segment:updated"))[0]["changes"]["name"] == ["French", "Germans"]
        await segments.delete(made.id, by=by)
        assert await segments.every(by=by) == []
        assert (await entries("segment:deleted"))[0]["subject_name"] == "Germans"


@pytest.mark.usefixtures("database")
async def test_ones_own_is_nobody_elses_and_those_for_all_need_the_right() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        max_, sam = await hire(tenant, "Max", "manager"), await hire(tenant, "Sam", "support")
        own = await save("Mine", sam, shared=False, country="FR")
        for attempt in (
            segments.get(own.id, by=max_),
            segments.delete(own.id, by=max_),
            segments.update(own.id, SegmentChanges(name="x"), version=1, by=max_),
        ):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Invalid) as refusal:
            await client_list.page(ClientFilter(segment=own.id), by=max_)
        assert set(refusal.value.errors) == {"segment"}
        shared = await save("Mine", max_, country="DE")
        assert [one.name for one in await segments.every(by=sam)] == ["Mine", "Mine"]
        for refused in (
            save("All", sam, country="FR"),
            segments.delete(shared.id, by=sam),
            segments.update(own.id, SegmentChanges(is_shared=True), version=1, by=sam),
        ):
            with pytest.raises(PermissionMissing):
                await refused
        for name in ("mine", "MINE "):
            with pytest.raises(Invalid) as taken:
                await save(name, sam, shared=False, country="FR")
            assert set(taken.value.errors) == {"name"}


@pytest.mark.usefixtures("database")
async def test_what_would_be_everybody_is_not_saved() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        for asked in ({}, {"name": "  "}, {"country": ""}):
            with pytest.raises(Invalid) as refusal:
                await save("All", worker(tenant), **asked)
            assert set(refusal.value.errors) == {"filter"}


@pytest.mark.usefixtures("database")
async def test_a_segment_is_joined_with_the_filter_and_builds_on_another_one_level_deep() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        gold, silver = [await groups.create(groups.NewGroup(name=name), by=by) for name in ("Gold", "Silver")]
        ids = [
            await add_client(login, country=country, kind=kind)
            for login, country, kind in (
                ("anna", "FR", "company"), ("bela", "FR", "individual"), ("cleo", "DE", "company"))
        ]  # fmt: skip
        await groups.add(gold["id"], ids[:2], by=by)
        await groups.add(silver["id"], ids[1:], by=by)
        french = await save("French", by, country="FR")
        firms = await save("French firms", by, segment=french.id, kind="company")
        golden = await save("Golden", by, group=gold["id"])
        assert await logins(ClientFilter(segment=french.id), by=by) == ["anna", "bela"]
        assert await logins(ClientFilter(segment=firms.id), by=by) == ["anna"]
        assert await logins(ClientFilter(segment=firms.id, name="an"), by=by) == ["anna"]
        assert await logins(ClientFilter(segment=firms.id, name="be"), by=by) == []
        assert await logins(ClientFilter(segment=french.id, country="DE"), by=by) == []
        assert await logins(ClientFilter(segment=golden.id, group=silver["id"]), by=by) == ["bela"]
        assert await selected(ClientFilter(segment=firms.id), by=by) == {1001}
        assert await selected(ClientFilter(name="bela"), by=by) == {1002}
        for deeper in (
            save("Deeper", by, segment=firms.id),
            segments.update(french.id, SegmentChanges(filter=ClientFilter(segment=firms.id)), version=1, by=by),
            segments.update(french.id, SegmentChanges(filter=ClientFilter(segment=golden.id)), version=1, by=by),
            segments.update(golden.id, SegmentChanges(filter=ClientFilter(segment=golden.id)), version=1, by=by),
        ):
            with pytest.raises(Invalid) as refusal:
                await deeper
            assert set(refusal.value.errors) == {"filter"}


@pytest.mark.usefixtures("database")
async def test_a_segment_shows_the_viewer_no_more_than_he_may_see() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        gold, silver = [await groups.create(groups.NewGroup(name=name), by=by) for name in ("Gold", "Silver")]
        anna, bela = await add_client("anna"), await add_client("bela")
        await groups.add(gold["id"], [anna], by=by)
        await groups.add(silver["id"], [anna, bela], by=by)
        french = await save("French", by, country="FR")
        silvers = await save("Silvers", by, group=silver["id"])
        limited = worker(tenant, "manager", groups=frozenset({gold["id"]}))
        assert await logins(ClientFilter(segment=french.id), by=limited) == ["anna"]
        assert await selected(ClientFilter(segment=french.id), by=limited) == {1001}
        assert await logins(ClientFilter(segment=silvers.id), by=limited) == []
        assert "not yours to see" in (await segments.get(silvers.id, by=limited)).trouble
        assert (await segments.get(silvers.id, by=by)).trouble == ""


@pytest.mark.usefixtures("database")
async def test_a_broken_segment_says_why_and_lets_nobody_through() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    standard = worker(await open_provider(2, edition="standard"))
    async with db.as_tenant(standard.tenant.id):
        await add_client("anna")
        of_group = await save("Old", standard, country="FR")
        await db.execute("""UPDATE segments SET filter = '{"group": 5}' WHERE id = $1""", of_group.id)
        assert "Advanced" in (await segments.get(of_group.id, by=standard)).trouble
        assert await logins(ClientFilter(segment=of_group.id), by=standard) == []
    async with db.as_tenant(tenant.id):
        await add_client("anna")
        group = await groups.create(groups.NewGroup(name="Gold"), by=by)
        attitude = await attitudes.create(attitudes.NewAttitude(name="Odd"), by=by)
        broken = [
            await save("Group", by, group=group["id"]),
            await save("Attitude", by, attitude=attitude["id"]),
            await save("Future", by, country="FR"),
            await save("Nothing", by, country="FR"),
        ]
        built = await save("Built", by, segment=broken[0].id, country="FR")
        base = await save("Base", by, country="FR")
        orphan = await save("Orphan", by, segment=base.id)
        await groups.delete(group["id"], by=by)
        await attitudes.delete(attitude["id"], by=by)
        await db.execute("""UPDATE segments SET filter = '{"moon": "full"}' WHERE id = $1""", broken[2].id)
        await db.execute("UPDATE segments SET filter = '{}' WHERE id = $1", broken[3].id)
        await segments.delete(base.id, by=by)
        for segment in (*broken, built, orphan):
            assert (await segments.get(segment.id, by=by)).trouble, segment.name
            assert await logins(ClientFilter(segment=segment.id), by=by) == []
            assert await client_list.count(ClientFilter(segment=segment.id), by=by) == 0
            assert await selected(ClientFilter(segment=segment.id), by=by) == set()
        assert all(one.trouble for one in await segments.every(by=by))


@pytest.mark.usefixtures("database")
async def test_a_segment_of_another_provider_is_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await save("Theirs", worker(acme), country="FR")
    async with db.as_tenant(nova.id):
        for segment_id in (theirs.id, 42, 2**62):
            with pytest.raises(NotFound):
                await segments.get(segment_id, by=worker(nova))
            with pytest.raises(Invalid):
                await client_list.page(ClientFilter(segment=segment_id), by=worker(nova))


CLIENTS = [
    {"code": code, "name": name, "email": email, "country": country, "registered": day}
    for code, (name, email, country, day) in enumerate(
        (name, email, country, day)
        for name in ("anna bo", "bo", "cleo")
        for email in ("a@x", "ab@x", "b@x")
        for country in ("FR", "DE")
        for day in (1, 5, 9)
    )
]
FILTERS = st.builds(
    ClientFilter,
    code=st.none() | st.integers(1, 60),
    name=st.sampled_from(["", "bo", "an", "an bo", "zz"]),
    email=st.sampled_from(["", "a", "AB", "b", "c"]),
    country=st.sampled_from(["", "FR", "fr", "DE"]),
    registered_from=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 10)),
    registered_to=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 10)),
)


def fits(client: dict[str, Any], asked: ClientFilter) -> bool:
    """The filter's meaning, word for word."""
    day = date(2026, 1, client["registered"])
    words = client["name"].split()
    return (
        asked.code in (None, client["code"])
        and all(any(word.startswith(part) for word in words) for part in asked.name.split())
        and client["email"].startswith(asked.email.lower())
        and asked.country.upper() in ("", client["country"])
        and (asked.registered_from is None or day >= asked.registered_from)
        and (asked.registered_to is None or day <= asked.registered_to)
    )


@given(one=FILTERS, other=FILTERS)
def test_two_filters_as_one_let_through_whom_both_do(one: ClientFilter, other: ClientFilter) -> None:
    both = client_filter.both(one, other)
    for client in CLIENTS:
        assert (both is not None and fits(client, both)) == (fits(client, one) and fits(client, other))


@pytest.mark.parametrize(
    ("typed", "compared"),
    [("+33 6 12", "+33612"), ("06.12", "+33612"), ("0033 6", "+336"), ("33(6)", "+336"), ("abc", "abc"), ("", "")],
)
def test_a_phone_number_is_found_as_people_write_it(typed: str, compared: str) -> None:
    assert client_filter.beginning(ClientFilter(phone=typed), "phone", country="FR") == compared
