"""Visits inside a client's account: what begins one, what it may, what ends it, and what is kept of it."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
import time_machine

from core import audit, clock, db, hooks, policies
from core.accounts import access, activity, api_keys, impersonation, people, removal, sessions, signin, staff
from core.accounts.activity import ActivityFilter
from core.accounts.impersonation import Inside, VisitOver
from core.accounts.sessions import SignedIn
from core.actor import Actor
from core.errors import Forbidden, ForbiddenInside, Invalid, NotFound, PermissionMissing
from tests import cast

pytestmark = pytest.mark.anyio
WHY = "Ticket 12: cannot find his invoice"


async def signed_in(name: str, **facts) -> SignedIn:
    actor = await cast.who(name)
    now = clock.now()
    given = {"kind": "staff", "signed_in_at": now, "expires_at": now, "theme": "auto", "preferences": {}} | facts
    return SignedIn(actor=actor, **given)


async def entered(who: SignedIn, code: int = 1001, **facts) -> Inside:
    token = await impersonation.start(code, WHY, signed_in=who, **facts)
    found = await impersonation.find(token, by=who.actor)
    assert isinstance(found, Inside)
    return found


async def told(*actions: str) -> list[dict]:
    found = await db.fetch(
        """SELECT * FROM audit_entries WHERE action LIKE 'impersonation:%' OR impersonation_id IS NOT NULL
           ORDER BY at, id"""
    )
    return [dict(row) for row in found if not actions or row["action"] in actions]


@pytest.fixture
async def max_(database) -> SignedIn:
    return await signed_in("max")


async def test_inside_he_has_the_rights_of_the_client_and_no_account_of_his_own(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        by = (await entered(max_)).actor
        assert (by.kind, by.name, by.person_id, by.session_id) == ("user", "Max", None, None)
        assert by.client and by.client.code == 1001 and "profile:update" in by.client.rights
        assert "users:manage" not in by.client.rights and not by.client.is_owner
        assert policies.permissions_of(by) == frozenset()
        for attempt in (
            sessions.every(by=by),
            sessions.end_others(by=by),
            people.me(by=by),
            people.change_password("a", "b", by=by, token=""),
            people.update_profile(people.Profile(locale="fr"), by=by),
            people.set_preference("x", 1, by=by),
        ):
            with pytest.raises(ForbiddenInside):
                await attempt
        for attempt in (
            impersonation.start(1002, WHY, signed_in=msgspec.structs.replace(max_, actor=by)),
            api_keys.every(by=by),
            access.client_by_code(1001, by=by),
        ):
            with pytest.raises(Forbidden):
                await attempt


async def test_the_audit_names_both_and_the_reason(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        by = (await entered(max_)).actor
        await audit.record("payer:created", "payer", 5, by=by, name="Somebody")
        await impersonation.leave(by=by)
        started, act, ended = await told()
        assert [started["action"], ended["action"]] == ["impersonation:started", "impersonation:ended"]
        for entry in (started, act, ended):
            assert (entry["actor_kind"], entry["actor_id"]) == ("staff", max_.actor.staff_id)
            assert (entry["actor_name"], entry["client_id"]) == ("Max", by.client.id)
            assert entry["impersonation_id"] == by.impersonator.visit_id
        assert started["changes"] == {"reason": [None, WHY]}
        assert ended["changes"] == {"ended_by": [None, "left"]}
        alice = await db.row("SELECT * FROM impersonations")
        assert (alice["reason"], alice["ended_by"]) == (WHY, "left")
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        sentences = [entry["sentence"] for entry in (await activity.page(ActivityFilter(), by=alice)).entries]
        assert "Max entered the account of Jean Dupont" in sentences
        assert any(sentence.endswith(", inside the client’s account") for sentence in sentences)


async def test_plugins_are_told_who_is_inside(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        by = (await entered(max_)).actor
    told = hooks._context(by, {}, settings=None).impersonator
    assert (told.kind, told.name, told.id) == ("staff", "Max", max_.actor.staff_id)
    assert hooks._context(max_.actor, {}, settings=None).impersonator is None


@pytest.mark.parametrize("reason", ["", "   \n", "x" * 501, "a\0b"])
async def test_without_a_reason_nobody_enters(max_, reason):
    async with db.as_tenant(max_.actor.tenant.id):
        with pytest.raises(Invalid) as refusal:
            await impersonation.start(1001, reason, signed_in=max_)
        assert set(refusal.value.errors) == {"reason"}
        assert await told() == []


async def test_an_old_sign_in_has_to_be_shown_again(database):
    old = await signed_in("max", signed_in_at=clock.now() - signin.RECENT - timedelta(seconds=1))
    async with db.as_tenant(old.actor.tenant.id):
        with pytest.raises(Invalid) as refusal:
            await impersonation.start(1001, WHY, signed_in=old)
        assert set(refusal.value.errors) == {"code"}


@pytest.mark.parametrize("name", ["carl", "ada"])
async def test_without_the_right_nobody_enters(database, name):
    who = await signed_in(name)
    async with db.as_tenant(who.actor.tenant.id):
        with pytest.raises(PermissionMissing):
            await impersonation.start(1001, WHY, signed_in=who)


async def test_limits_to_projects_hold_at_the_door_and_inside(database):
    lea = await signed_in("lea")
    async with db.as_tenant(lea.actor.tenant.id):
        for code in (1001, 999999):
            with pytest.raises(NotFound):
                await impersonation.start(code, WHY, signed_in=lea)
        token = await impersonation.start(1002, WHY, signed_in=lea)
        assert isinstance(await impersonation.find(token, by=lea.actor), Inside)
        other = await db.value("SELECT id FROM projects WHERE is_default")
        await db.execute("UPDATE clients SET project_id = $1 WHERE code = 1002", other)
        over = await impersonation.find(token, by=lea.actor)
        assert isinstance(over, VisitOver) and over.why == "right"


async def test_no_key_plugin_or_job_enters(database):
    alice = await signed_in("alice")
    for change in (
        {"kind": "api_key", "scopes": frozenset({"client:impersonate", "client:read"})},
        {"kind": "system"},
    ):
        by = msgspec.structs.replace(alice.actor, **change)
        async with db.as_tenant(by.tenant.id):
            with pytest.raises(Forbidden):
                await impersonation.start(1001, WHY, signed_in=msgspec.structs.replace(alice, actor=by))


async def test_one_visit_at_a_time_also_from_two_windows_at_once(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        await entered(max_)
    async with db.as_tenant(max_.actor.tenant.id):
        with pytest.raises(ForbiddenInside):
            await impersonation.start(1002, WHY, signed_in=max_)
        await impersonation.leave(by=max_.actor)

    async def enter(code: int) -> bool:
        async with db.as_tenant(max_.actor.tenant.id):
            try:
                await impersonation.start(code, WHY, signed_in=max_)
            except ForbiddenInside:
                return False
            return True

    assert sorted(await asyncio.gather(*(enter(code) for code in (1001, 1002, 1003, 1004)))) == [False] * 3 + [
        True
    ]


async def test_half_an_hour_is_the_end_whatever_happens_meanwhile(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        token = await impersonation.start(1001, WHY, back="/staff/clients?country=FR", signed_in=max_)
        with time_machine.travel(clock.now() + timedelta(minutes=29), tick=False):
            assert isinstance(await impersonation.find(token, by=max_.actor), Inside)
        with time_machine.travel(clock.now() + timedelta(minutes=30, seconds=1), tick=False):
            for _again in range(2):
                over = await impersonation.find(token, by=max_.actor)
                assert isinstance(over, VisitOver)
                assert (over.why, over.back) == ("expired", "/staff/clients?country=FR")
        assert len(await told("impersonation:ended")) == 1


async def test_the_token_is_worth_nothing_without_the_session_it_was_begun_from(max_):
    alice, again = await signed_in("alice"), await signed_in("max")
    async with db.as_tenant(max_.actor.tenant.id):
        assert await impersonation.find("made-up", by=max_.actor) is None
        for thief in (alice.actor, again.actor):
            token = await impersonation.start(1001, WHY, signed_in=max_)
            over = await impersonation.find(token, by=thief)
            assert isinstance(over, VisitOver) and over.why == "session"


@pytest.mark.parametrize("what", ["session", "right", "person", "client"])
async def test_it_ends_at_once_with_what_it_stands_on(max_, what):
    alice = await cast.who("alice")
    by: Actor = max_.actor
    async with db.as_tenant(by.tenant.id):
        token = await impersonation.start(1003, WHY, signed_in=max_)
    async with db.as_tenant(by.tenant.id):
        if what == "session":
            await sessions.end(by.session_id, by=by)
        elif what == "right":
            by = msgspec.structs.replace(by, role="auditor")
        elif what == "person":
            await staff.remove(by.staff_id, by=alice)
        else:
            await removal.remove([1003], by=alice)
    async with db.as_tenant(by.tenant.id):
        over = await impersonation.find(token, by=by)
        assert isinstance(over, VisitOver)
        assert over.why == {"person": "session"}.get(what, what)
        [ended] = await told("impersonation:ended")
        assert ended["actor_name"] == "Max"


async def test_what_nobody_came_back_to_is_ended_in_the_end(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        await impersonation.start(1001, WHY, signed_in=max_)
        await impersonation.purge(clock.now())
        assert await told("impersonation:ended") == []
        await sessions.end(max_.actor.session_id, by=max_.actor)
        await impersonation.purge(clock.now())
        await impersonation.purge(clock.now())
        [ended] = await told("impersonation:ended")
        assert (ended["actor_name"], ended["actor_kind"]) == ("Max", "staff")
        assert ended["changes"] == {"ended_by": [None, "session"]}
        assert await db.value("SELECT count(*) FROM impersonations WHERE ended_at IS NULL") == 0


async def test_the_clients_own_account_is_left_as_it_was(max_):
    async with db.as_tenant(max_.actor.tenant.id):
        before = await db.fetch("SELECT * FROM people ORDER BY id")
        others = await db.value("SELECT count(*) FROM sessions")
        by = (await entered(max_)).actor
        await impersonation.leave(by=by)
        assert await db.fetch("SELECT * FROM people ORDER BY id") == before
        assert await db.value("SELECT count(*) FROM sessions") == others
