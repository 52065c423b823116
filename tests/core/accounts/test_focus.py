"""The focus: every list narrowed to one client, and never to one that the viewer may not see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts import (
    activity,
    client_list,
    clients,
    focus,
    group_members,
    groups,
    overview,
    payer_list,
    segments,
)
from core.accounts.activity import ActivityFilter
from core.accounts.client_filter import ClientFilter
from core.accounts.focus import Focus
from core.accounts.payer_list import PayerFilter
from tests import cast

pytestmark = pytest.mark.anyio


@given(st.text())
def test_whatever_an_address_says_is_a_focus_that_says_the_same_again(text):
    asked = focus.parse(text)
    assert not asked.is_known
    assert focus.parse(asked.text) == asked


@given(st.integers(0, 10**18 - 1))
def test_a_code_is_read_as_it_stands(code):
    assert focus.parse(f"client:{code}").number == code


async def codes(within: Focus | None, chosen: ClientFilter | None = None, *, by, **more) -> list[int]:
    page = await client_list.page(chosen or ClientFilter(), by=by, within=within, **more)
    return [row["code"] for row in page.rows]


@pytest.mark.parametrize("sort", sorted(client_list.SORTS))
async def test_the_list_shows_only_the_client_in_whatever_order_and_filter(database, sort):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        on = await focus.find("client:1001", by=alice)
        assert (on.name, on.text, on.is_known) == ("Jean Dupont", "client:1001", True)
        assert await codes(on, by=alice, sort=sort) == [1001]
        assert await codes(on, ClientFilter(country="FR"), by=alice, sort=sort) == [1001]
        assert await codes(on, ClientFilter(name="dup"), by=alice, sort=sort) == [1001]
        assert await codes(on, ClientFilter(country="DE"), by=alice, sort=sort) == []
        assert await codes(on, ClientFilter(code=1002), by=alice, sort=sort) == []
        assert len(await codes(None, by=alice, sort=sort)) == 5
        vip = next(row for row in await groups.every(by=alice) if row["name"] == "VIP circle")
        assert await codes(on, ClientFilter(group=vip["id"]), by=alice, sort=sort) == [1001]
        assert await client_list.count(ClientFilter(group=vip["id"]), by=alice, within=on) == 1
        assert await client_list.count(ClientFilter(country="FR"), by=alice, within=on) == 1
        assert await client_list.count(ClientFilter(country="FR"), by=alice) == 2


async def test_activity_members_and_the_start_page_are_narrowed_too(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        dupont, mueller = [await focus.find(f"client:{code}", by=alice) for code in (1001, 1002)]
        for code in (1001, 1002):
            await clients.update(code, clients.ClientChanges(note="Seen", version=1), by=alice)
        listed = await activity.page(ActivityFilter(), by=alice, within=dupont)
        assert {entry["client_id"] for entry in listed.entries} == {dupont.client_id}
        vip = next(row for row in await groups.every(by=alice) if row["name"] == "VIP circle")
        assert len((await group_members.page(vip["id"], by=alice, within=dupont)).members) == 1
        assert (await group_members.page(vip["id"], by=alice, within=mueller)).members == []
        assert [row["code"] for row in (await overview.of(by=alice, within=mueller)).recent] == [1002]


async def on_segment(by, **filter_) -> Focus:
    new = segments.NewSegment(name=f"Filter {filter_}", filter=ClientFilter(**filter_), is_shared=True)
    return await focus.find(f"segment:{(await segments.create(new, by=by)).id}", by=by)


@pytest.mark.parametrize("sort", sorted(client_list.SORTS))
async def test_on_a_saved_filter_every_list_shows_its_clients(database, sort):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        french = await on_segment(alice, country="FR")
        assert (french.kind, french.is_known, french.trouble) == ("segment", True, "")
        assert sorted(await codes(french, by=alice, sort=sort)) == [1001, 1005]
        assert await codes(french, ClientFilter(name="dup"), by=alice, sort=sort) == [1001]
        assert await codes(french, ClientFilter(country="DE"), by=alice, sort=sort) == []
        assert await client_list.count(ClientFilter(), by=alice, within=french) == 2
        named = await on_segment(alice, name="dup")
        assert await codes(named, by=alice, sort=sort) == [1001]


async def test_on_a_saved_filter_activity_members_and_payers_are_narrowed(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        french, named = await on_segment(alice, country="FR"), await on_segment(alice, name="müll")
        for code in (1001, 1002):
            await clients.update(code, clients.ClientChanges(note="Seen", version=1), by=alice)
        found = {}
        for on in (french, named):
            told = (await activity.page(ActivityFilter(), by=alice, within=on)).entries
            vip = next(row for row in await groups.every(by=alice) if row["name"] == "VIP circle")
            members = (await group_members.page(vip["id"], by=alice, within=on)).members
            payers = (await payer_list.page(PayerFilter(), by=alice, within=on)).rows
            found[on.name] = (
                {entry["subject_name"] for entry in told if entry["action"] == "client:updated"},
                [row["code"] for row in members],
                [row["client_code"] for row in payers],
            )
        assert list(found.values()) == [
            ({"Jean Dupont"}, [1001], [1005, 1001]),
            ({"Müller & Söhne GmbH"}, [], [1002]),
        ]


async def test_a_saved_filter_of_somebody_else_or_in_disorder_lets_nobody_through(database):
    alice, max_ = await cast.who("alice"), await cast.who("max")
    async with db.as_tenant(alice.tenant.id):
        own = await segments.create(segments.NewSegment(name="Mine", filter=ClientFilter(country="FR")), by=alice)
        assert not (await focus.find(f"segment:{own.id}", by=max_)).is_known
        group = await groups.create(groups.NewGroup(name="Gone soon"), by=alice)
        broken = await on_segment(alice, group=group["id"])
        await groups.delete(group["id"], by=alice)
        broken = await focus.find(broken.text, by=alice)
        assert broken.trouble
        for on in (
            await focus.find(f"segment:{own.id}", by=max_),
            broken,
            await focus.find("segment:7", by=alice),
        ):
            assert await codes(on, by=max_) == []
            assert (await payer_list.page(PayerFilter(), by=max_, within=on)).rows == []


async def test_limits_hold_inside_a_saved_filter(database):
    alice, lea = await cast.who("alice"), await cast.who("lea")
    async with db.as_tenant(alice.tenant.id):
        everywhere = await on_segment(alice, newer_than=30)
        seen = await focus.find(everywhere.text, by=lea)
        assert await codes(seen, by=lea) == await codes(None, by=lea) != []


async def test_a_client_out_of_reach_looks_like_one_that_never_was(database):
    lea, carl = await cast.who("lea"), await cast.who("carl")
    async with db.as_tenant(lea.tenant.id):
        hidden, nobody = [await focus.find(f"client:{code}", by=lea) for code in (1001, 9999)]
        assert (hidden.is_known, hidden.name, nobody.is_known) == (False, "", False)
        assert await codes(hidden, by=lea) == await codes(nobody, by=lea) == []
        assert (await focus.find("client:1002", by=lea)).is_known
        assert (await focus.find("client:1001", by=carl)).is_known
    bob = await cast.who("bob")
    async with db.as_tenant(bob.tenant.id):
        assert not (await focus.find("client:1005", by=bob)).is_known


async def test_without_the_right_to_see_clients_there_is_no_focus_to_see(database):
    bob = await cast.who("bob")
    blind = type(bob)(**{name: getattr(bob, name) for name in bob.__struct_fields__} | {"scopes": frozenset()})
    async with db.as_tenant(bob.tenant.id):
        assert not (await focus.find("client:1001", by=blind)).is_known
