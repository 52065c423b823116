"""People: their addresses, profiles and passwords, and shutting them out."""

import asyncio
from typing import Any

import pytest

from core import db
from core.accounts import passwords, people, sessions
from core.accounts.people import NewPerson, Profile
from core.actor import Actor, system
from core.errors import Conflict, Forbidden, Invalid, NotSignedIn, PermissionMissing, TooManyAttempts, Unavailable
from core.settings import Settings
from tests import cast
from tests.core.accounts.house import entries
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NEW_PASSWORD = "purple turnips dance at noon"


async def signed_in(name: str) -> tuple[Actor, str]:
    """Somebody of the cast with a session of his own, and its token."""
    place = await cast.tenant(cast.PEOPLE[name][0])
    async with db.as_tenant(place.id):
        person = await people.find_by_email(cast.email(name))
        assert person is not None
        token = await sessions.open_session(person["id"], by=system(place))
    async with db.as_tenant(place.id):
        found = await sessions.actor_of(sessions.digest(token), place)
    assert found is not None
    return found.actor, token


@pytest.mark.parametrize(
    "email",
    ["", "alice", "a@b", "a b@nova.example", "a@nova..example", "a@x.example\r\nBcc: b@x.example",
     "a@x.example\x00", "é@nova.example", "a@" + "x" * 250 + ".example", "a@nova.example\ud800"],
)  # fmt: skip
async def test_an_address_that_mail_cannot_reach_is_refused(email: str) -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        with pytest.raises(Invalid) as refusal:
            await people.create(NewPerson(email=email, name="Eve"), by=system(nova))
    assert list(refusal.value.errors) == ["email"]


async def test_an_address_is_unique_within_one_provider_and_free_in_the_next() -> None:
    nova, acme = await cast.tenant("nova"), await cast.tenant("acme")
    async with db.as_tenant(nova.id):
        with pytest.raises(Invalid):
            await people.create(NewPerson(email="ALICE@nova.example", name="Alice"), by=system(nova))
        assert await db.value("SELECT count(*) FROM people WHERE name = 'Alice'") == 1
    async with db.as_tenant(acme.id):
        assert await people.create(NewPerson(email="alice@nova.example", name="Alice"), by=system(acme))


async def test_all_that_is_wrong_with_a_person_is_said_at_once() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        with pytest.raises(Invalid) as refusal:
            wrong = NewPerson(email="x", name=" ", locale="tlh", password="short")
            await people.create(wrong, by=system(nova))
    assert set(refusal.value.errors) == {"email", "name", "locale", "password"}


async def test_a_profile_is_changed_and_told() -> None:
    alice, _token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        await people.update_profile(Profile(name="Alice Martin", theme="dark"), by=alice)
        me = await people.me(by=alice)
        assert (me["name"], me["theme"], me["locale"]) == ("Alice Martin", "dark", "en")
        told = (await entries("person:updated"))[-1]["changes"]
        assert told == {"name": ["Alice", "Alice Martin"], "theme": ["auto", "dark"]}
        with pytest.raises(Invalid) as refusal:
            await people.update_profile(Profile(name="", theme="pink", locale="xx"), by=alice)
    assert set(refusal.value.errors) == {"name", "theme", "locale"}


async def test_preferences_are_kept_one_by_one_and_within_bounds() -> None:
    alice, _token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        await people.set_preference("client_columns", ["name", "country"], by=alice)
        await people.set_preference("other", 1, by=alice)
        await people.set_preference("other", None, by=alice)
        assert (await people.me(by=alice))["preferences"] == {"client_columns": ["name", "country"]}
        for name, value in (("Bad Name", 1), ("x" * 60, 1), ("big", "x" * 5000)):
            with pytest.raises(Invalid):
                await people.set_preference(name, value, by=alice)
        for number in range(39):
            await people.set_preference(f"p{number}", 1, by=alice)
        with pytest.raises(Conflict):
            await people.set_preference("one_more", 1, by=alice)


async def test_a_new_password_ends_the_other_sessions_and_renews_this_one() -> None:
    alice, token = await signed_in("alice")
    _other, other_token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        fresh = await people.change_password(PASSWORD, NEW_PASSWORD, by=alice, token=token)
    async with db.as_tenant(alice.tenant.id):
        alive = [
            await sessions.actor_of(sessions.digest(each), alice.tenant) is not None
            for each in (token, other_token, fresh)
        ]
        assert alive == [False, False, True]
        kept = (await people.me(by=alice))["password_hash"]
        async with passwords.turn() as turn:
            assert (await turn.check(NEW_PASSWORD, kept)).is_right
            assert not (await turn.check(PASSWORD, kept)).is_right


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", NEW_PASSWORD, "current"), (PASSWORD, "password2026", "password"), (PASSWORD, "short", "password")],
)
async def test_a_password_is_not_changed_without_the_old_one_nor_to_a_weak_one(
    current: str, new: str, field: str
) -> None:
    alice, token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        before = (await people.me(by=alice))["password_hash"]
        with pytest.raises(Invalid) as refusal:
            await people.change_password(current, new, by=alice, token=token)
        assert list(refusal.value.errors) == [field]
        assert (await people.me(by=alice))["password_hash"] == before


async def test_whoever_sits_at_a_foreign_screen_guesses_the_password_ten_times_at_most() -> None:
    alice, token = await signed_in("alice")
    for _try in range(10):
        async with db.as_tenant(alice.tenant.id):
            with pytest.raises(Invalid):
                await people.change_password("wrong", NEW_PASSWORD, by=alice, token=token)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(TooManyAttempts):
            await people.change_password(PASSWORD, NEW_PASSWORD, by=alice, token=token)


async def test_a_person_who_is_shut_out_is_out_at_once_and_back_in_later() -> None:
    alice, _token = await signed_in("alice")
    sam, sams_token = await signed_in("sam")
    async with db.as_tenant(alice.tenant.id):
        await people.disable(sam.person_id or 0, by=alice)
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(sams_token), alice.tenant) is None
        await people.enable(sam.person_id or 0, by=alice)
        assert await sessions.actor_of(sessions.digest(sams_token), alice.tenant) is None
        with pytest.raises(Conflict):
            await people.disable(alice.person_id or 0, by=alice)
        with pytest.raises(PermissionMissing):
            await people.disable(alice.person_id or 0, by=sam)


@pytest.mark.parametrize("kind", ["api_key", "plugin", "system"])
async def test_only_a_person_has_an_account_to_change(kind: Any) -> None:
    alice, _token = await signed_in("alice")
    actor = Actor(kind=kind, tenant=alice.tenant, name="x", person_id=alice.person_id, staff_id=alice.staff_id)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Forbidden):
            await people.update_profile(Profile(name="Mallory"), by=actor)
        with pytest.raises(NotSignedIn):
            await people.me(by=Actor(kind="visitor", tenant=alice.tenant, name="x", person_id=alice.person_id))


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("correct horse battery staple", True),
        ("夏の空に青い鯨が三頭泳いでいる", True),
        ("qwertyuiop12", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("Tr0ub4dor&", True),
        ("only9char", False),
        ("x7" * 101, False),
        ("martin likes green trains a lot", False),
        ("green trains nova hosting runs", True),
        ("green trains novahosting runs", False),
        ("\ud800" * 12, False),
    ],
)
async def test_a_password_is_judged_by_how_hard_it_is_to_guess(password: str, is_good: bool) -> None:
    trouble = passwords.problem(password, about=("Martin Li", "m.li@nova.example", "NovaHosting"))
    assert (trouble is None) is is_good


async def test_different_keyboards_write_the_same_password_and_any_text_can_be_tried() -> None:
    async with passwords.turn() as turn:
        stored = await turn.hashed("crème brûlée à midi")
        assert (await turn.check("cre\u0300me bru\u0302le\u0301e a\u0300 midi", stored)).is_right
        for text in ("", "\x00", "\ud800", "x" * 100_000):
            assert not (await turn.check(text, stored)).is_right
            assert not (await turn.check(text, None)).is_right


async def test_an_old_hash_is_replaced_when_the_password_is_used() -> None:
    costly = passwords.Hashing(parallel=1, cheap=False)
    stored = costly.scheme.hash("correct horse")
    async with passwords.turn() as turn:
        checked = await turn.check("correct horse", stored)
    assert checked.is_right
    assert checked.new_hash
    assert "m=8,t=1,p=1" in checked.new_hash


async def test_those_who_wait_for_a_turn_and_those_who_hold_connections_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, database: Settings
) -> None:
    monkeypatch.setattr(passwords, "_hashing", passwords.Hashing(parallel=1, cheap=True))

    async def connection_first() -> None:
        async with db.as_tenant(1):
            await db.execute("SELECT pg_sleep(0.05)")
            await passwords.hashed("correct horse")

    async def turn_first() -> None:
        async with db.as_tenant(1), passwords.turn() as turn:
            await db.execute("SELECT pg_sleep(0.05)")
            await turn.hashed("correct horse")

    async with asyncio.timeout(20):
        done = await asyncio.gather(
            *(call() for call in [connection_first, turn_first] * 2 * database.database_pool_size)
        )
    assert len(done) == 4 * database.database_pool_size


async def test_only_so_many_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hashing", passwords.Hashing(parallel=1, cheap=True))
    monkeypatch.setattr(passwords, "MOST_WAITING", 3)

    async def wait() -> str:
        return await passwords.hashed("correct horse")

    answers = await asyncio.gather(*(wait() for _one in range(5)), return_exceptions=True)
    assert [isinstance(answer, Unavailable) for answer in answers] == [False, False, False, True, True]
