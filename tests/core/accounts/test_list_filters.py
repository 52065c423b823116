"""Saved filters of the lists besides that of clients: keeping, sharing, whose they are, which one opens a list."""

import pytest

from core import db, policies
from core.accounts import list_filters
from core.accounts.list_filters import ListFilterChanges, NewListFilter
from core.errors import EditConflict, Forbidden, Invalid, NotFound
from core.permissions import Permission
from tests import cast

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
GERMAN = {"country": "DE", "kind": "company"}


async def saved(by, name="German companies", *, of="payers", asked=GERMAN, is_shared=False):
    async with db.as_tenant(by.tenant.id):
        new = NewListFilter(list=of, name=name, filter=asked, is_shared=is_shared)
        return await list_filters.create(new, by=by)


async def test_it_is_kept_as_it_stands_in_the_address_and_told_in_the_audit():
    alice = await cast.who("alice")
    one = await saved(alice)
    assert (one.list, one.name, one.filter, one.is_shared) == ("payers", "German companies", GERMAN, False)
    async with db.as_tenant(alice.tenant.id):
        assert await list_filters.every("payers", by=alice) == [one]
        assert await list_filters.every("users", by=alice) == []
        told = await db.row("SELECT action, changes FROM audit_entries WHERE subject_id = $1", one.id)
    assert told["action"] == "list_filter:created"
    assert told["changes"]["filter"] == [None, GERMAN]


@pytest.mark.parametrize(
    ("of", "asked", "field"),
    [
        ("payers", {}, "filter"),
        ("payers", {"country": "XX"}, "filter"),
        ("payers", {"no_such": "x"}, "filter"),
        ("users", {"role": "king"}, "filter"),
        ("users", {"client": -1}, "filter"),
        ("contracts", {"company": 2**70}, "filter"),
        ("activity", {"day_from": "2026-02-02", "day_to": "2026-02-01"}, "filter"),
        ("activity", {"search": "a\x00b"}, "filter"),
        ("clients", {"country": "DE"}, "list"),
    ],
)
async def test_what_the_list_could_not_be_filtered_by_is_not_kept(of, asked, field):
    alice = await cast.who("alice")
    with pytest.raises(Invalid) as refused:
        await saved(alice, of=of, asked=asked)
    assert set(refused.value.errors) == {field}


async def test_ones_own_is_nobody_elses_and_one_for_all_needs_the_right_to_change():
    alice, carl = await cast.who("alice"), await cast.who("carl")
    own, shared = await saved(alice, "Mine"), await saved(alice, "Ours", is_shared=True)
    async with db.as_tenant(carl.tenant.id):
        assert [one.name for one in await list_filters.every("payers", by=carl)] == ["Ours"]
        assert not (await list_filters.get(shared.id, by=carl)).may_change
        with pytest.raises(NotFound):
            await list_filters.get(own.id, by=carl)
        with pytest.raises(Forbidden):
            await list_filters.delete(shared.id, by=carl)
        with pytest.raises(Forbidden):
            await list_filters.update(shared.id, ListFilterChanges(name="His"), version=1, by=carl)
    with pytest.raises(Forbidden):
        await saved(carl, "For all", is_shared=True)


async def test_it_needs_the_right_to_read_the_list():
    alice = await cast.who("alice")
    one = await saved(alice, is_shared=True)
    blind = alice.__class__(
        **{field: getattr(alice, field) for field in alice.__struct_fields__ if field != "scopes"},
        scopes=tuple(sorted(policies.permissions_of(alice) - {Permission.PAYER_READ})),
    )
    async with db.as_tenant(alice.tenant.id):
        assert "payers" not in list_filters.readable(by=blind)
        for asked in (list_filters.get(one.id, by=blind), list_filters.every("payers", by=blind)):
            with pytest.raises(Forbidden):
                await asked


async def test_it_is_renamed_shared_and_saved_over_and_a_stale_version_is_refused():
    alice = await cast.who("alice")
    one = await saved(alice)
    changes = ListFilterChanges(name="French", filter={"country": "FR"}, is_shared=True)
    async with db.as_tenant(alice.tenant.id):
        now = await list_filters.update(one.id, changes, version=one.version, by=alice)
        assert (now.name, now.filter, now.is_shared, now.version) == ("French", {"country": "FR"}, True, 2)
        with pytest.raises(EditConflict):
            await list_filters.update(one.id, ListFilterChanges(name="Late"), version=one.version, by=alice)


async def test_a_name_is_taken_once_for_each_list_and_owner():
    alice = await cast.who("alice")
    await saved(alice, "Same")
    await saved(alice, "Same", of="users", asked={"status": "active"})
    await saved(alice, "Same", is_shared=True)
    with pytest.raises(Invalid) as refused:
        await saved(alice, "same")
    assert set(refused.value.errors) == {"name"}


async def test_another_list_does_not_open_with_it():
    alice = await cast.who("alice")
    one = await saved(alice)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(NotFound):
            await list_filters.choose_default("users", one.id, by=alice)
        await list_filters.choose_default("payers", one.id, by=alice)
        kept = await db.value("SELECT preferences FROM people WHERE id = $1", alice.person_id)
    assert kept["payers_filter"] == one.id


async def test_another_provider_does_not_see_it():
    one = await saved(await cast.who("alice"), is_shared=True)
    bob = await cast.who("bob")
    async with db.as_tenant(bob.tenant.id):
        with pytest.raises(NotFound):
            await list_filters.get(one.id, by=bob)
