"""Passkeys: several, named, for one host; a sign-in that counts as both factors; forged and repeated answers."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core import clock, db
from core.accounts import passkey_answers, passkey_signin, passkeys, people, sessions, staff, staff_access
from core.accounts.passkey_answers import Place, Refused
from core.accounts.passkey_challenges import LASTS, purge
from core.accounts.passkey_signin import DidNotWork
from core.accounts.passkeys import NewPasskey, ProofNeeded
from core.accounts.sessions import SignedIn
from core.accounts.signin import RECENT, Outcome, sign_in
from core.actor import Impersonator, Tenant
from core.errors import Conflict, ForbiddenInside, Invalid, NotFound, NotSignedIn, TooManyAttempts
from tests import cast
from tests.authenticator import PRESENT, VERIFIED, Authenticator
from tests.core.accounts.house import entries
from tests.visitor import PASSWORD

database = pytest.mark.usefixtures("database")
NOVA = Place(host="nova.localhost", origin="http://nova.localhost")
SEED, HOME = "a visitor's cookie", "203.0.113.7"


async def at_work(name: str, *, tenant: Tenant | None = None) -> tuple[SignedIn, str]:
    """Somebody of the cast in a fresh session, and its token."""
    _actor, token = await cast.session(name)
    place = tenant or await cast.tenant(cast.home(name))
    async with db.as_tenant(place.id):
        found = await sessions.actor_of(sessions.digest(token), place, address=HOME)
    assert found is not None
    return found, token


async def made(name: str = "alice", *, called: str = "Phone", count: int = 1) -> tuple[Authenticator, Tenant]:
    """A passkey of somebody of the cast."""
    me, token = await at_work(name)
    key = Authenticator(NOVA.origin, count=count)
    async with db.as_tenant(me.actor.tenant.id):
        asked = await passkeys.options(place=NOVA, seed=token, signed_in=me)
        new = NewPasskey(answer=key.make(asked), name=called)
        await passkeys.add(new, place=NOVA, seed=token, token=token, signed_in=me)
    return key, me.actor.tenant


async def asked_to(tenant: Tenant, *, place: Place = NOVA, seed: str = SEED) -> str:
    async with db.as_tenant(tenant.id):
        return await passkey_signin.options(place=place, seed=seed, address=HOME)


async def enter(answer: str, tenant: Tenant, *, place: Place = NOVA, seed: str = SEED) -> Outcome | Exception:
    """Sign in as the web does: what is refused is committed when the scope says so."""
    async with db.as_tenant(tenant.id) as scope:
        try:
            return await passkey_signin.sign_in(answer, place=place, seed=seed, tenant=tenant, address=HOME)
        except (DidNotWork, TooManyAttempts) as refusal:
            assert scope.is_kept
            return refusal


@database
@pytest.mark.anyio
async def test_a_passkey_signs_in_and_counts_as_both_factors() -> None:
    key, nova = await made()
    outcome = await enter(key.use(await asked_to(nova)), nova)
    assert isinstance(outcome, Outcome), outcome
    assert (outcome.kind, outcome.needs_second_factor, outcome.must_enroll) == ("staff", False, False)
    strict = msgspec.structs.replace(nova, mfa_roles=frozenset({"owner"}))
    async with db.as_tenant(nova.id):
        found = await sessions.actor_of(sessions.digest(outcome.token), strict)
        assert found is not None
        assert (found.actor.name, found.lacking) == ("Alice", "")
        opened = (await entries("session:opened"))[-1]
        kept = await passkeys.every(by=found.actor)
    assert opened["changes"] == {"passkey": [None, "Phone"]}
    assert [(row["name"], row["host"], row["last_used_at"] is not None) for row in kept] == [
        ("Phone", "nova.localhost", True)
    ]


@database
@pytest.mark.anyio
async def test_it_works_beside_codes_and_for_a_user_of_a_client() -> None:
    key, nova = await made("dupont", called="Laptop")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE people SET totp_confirmed_at = $1 WHERE name = 'Jean Dupont'", clock.now())
    outcome = await enter(key.use(await asked_to(nova)), nova)
    assert isinstance(outcome, Outcome)
    assert outcome.kind == "user"
    async with db.as_tenant(nova.id):
        found = await sessions.actor_of(sessions.digest(outcome.token), nova)
    assert found is not None
    assert (found.lacking, found.actor.client and found.actor.client.name) == ("", "Jean Dupont")


OTHER = Authenticator("http://nova.localhost").key
FORGED: tuple[dict[str, Any], ...] = (
    {"key": OTHER},
    {"handle": b""},
    {"handle": (7).to_bytes(8, "big")},
    {"host": "evil.example"},
    {"host": "acme.localhost"},
    {"flags": PRESENT},
    {"flags": VERIFIED},
    {"flags": 0},
    {"client": {"origin": "http://evil.example"}},
    {"client": {"origin": "http://nova.localhost:8000"}},
    {"client": {"origin": "https://nova.localhost"}},
    {"client": {"type": "webauthn.create"}},
    {"client": {"challenge": "AAAA"}},
    {"count": 1},
    {"count": 0},
)


@database
@pytest.mark.anyio
async def test_a_forged_answer_signs_nobody_in() -> None:
    key, nova = await made()
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), Outcome)
    async with db.as_tenant(nova.id):
        before = await db.value("SELECT sign_count FROM passkeys")
    for number, wrong in enumerate(FORGED):
        answer = key.use(await asked_to(nova), **wrong)
        async with db.as_tenant(nova.id):
            await db.execute("DELETE FROM attempts")
        assert isinstance(await enter(answer, nova), DidNotWork), (number, wrong)
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT sign_count FROM passkeys") == before
        failed = await entries("signin:failed")
        assert {entry["subject_name"] for entry in failed} == {"Alice"}
        await db.execute("DELETE FROM attempts")
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), Outcome)


@database
@pytest.mark.anyio
async def test_an_answer_works_once_and_for_the_browser_and_host_that_asked() -> None:
    key, nova = await made()
    answer = key.use(await asked_to(nova))
    assert isinstance(await enter(answer, nova, seed="somebody else's cookie"), DidNotWork)
    assert isinstance(await enter(answer, nova), Outcome)
    assert isinstance(await enter(answer, nova), DidNotWork)
    elsewhere = Place(host="shop.localhost", origin="http://shop.localhost")
    assert isinstance(await enter(key.use(await asked_to(nova)), nova, place=elsewhere), DidNotWork)
    other = await asked_to(nova, place=elsewhere)
    assert isinstance(await enter(key.use(other, host="shop.localhost"), nova, place=elsewhere), DidNotWork)
    with_old = key.use(await asked_to(nova))
    with time_machine.travel(clock.now() + LASTS + timedelta(seconds=1), tick=False):
        assert isinstance(await enter(with_old, nova), DidNotWork)
    twice = key.use(await asked_to(nova))
    both = await asyncio.gather(enter(twice, nova), enter(twice, nova))
    assert sorted(isinstance(outcome, Outcome) for outcome in both) == [False, True]


@database
@pytest.mark.anyio
async def test_a_challenge_for_adding_is_none_for_signing_in_and_what_nobody_answers_goes() -> None:
    key, nova = await made()
    me, token = await at_work("alice")
    async with db.as_tenant(nova.id):
        asked = json.loads(await passkeys.options(place=NOVA, seed=token, signed_in=me))
    stolen = json.dumps({"challenge": asked["challenge"], "rpId": "nova.localhost"})
    assert isinstance(await enter(key.use(stolen), nova, seed=token), DidNotWork)
    async with db.as_tenant(nova.id):
        await purge(clock.now())
        assert await db.value("SELECT count(*) FROM passkey_challenges") == 1
        await purge(clock.now() + LASTS)
        assert await db.value("SELECT count(*) FROM passkey_challenges") == 0


@database
@pytest.mark.anyio
async def test_a_counter_that_goes_back_is_refused_and_one_that_stays_at_nothing_is_not() -> None:
    without, nova = await made(count=0)
    for _time in range(2):
        assert isinstance(await enter(without.use(await asked_to(nova)), nova), Outcome)
    counting, _nova = await made("max", count=5)
    assert isinstance(await enter(counting.use(await asked_to(nova)), nova), Outcome)
    for count in (6, 5, 0):
        assert isinstance(await enter(counting.use(await asked_to(nova), count=count), nova), DidNotWork), count
    assert isinstance(await enter(counting.use(await asked_to(nova), count=100), nova), Outcome)


@database
@pytest.mark.anyio
async def test_tries_are_counted_with_those_of_passwords() -> None:
    key, nova = await made()
    answers = [key.use(await asked_to(nova), key=OTHER) for _number in range(10)]
    for answer in answers:
        assert isinstance(await enter(answer, nova), DidNotWork)
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), TooManyAttempts)


@database
@pytest.mark.anyio
async def test_who_is_kept_out_or_removed_does_not_get_in() -> None:
    key, nova = await made("sam")
    alice = await cast.who("alice")
    async with db.as_tenant(nova.id):
        person_id = await db.value("SELECT id FROM people WHERE name = 'Sam'")
        await people.disable(person_id, by=alice)
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), DidNotWork)
    async with db.as_tenant(nova.id):
        await people.enable(person_id, by=alice)
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), Outcome)
    async with db.as_tenant(nova.id):
        await staff.remove(await db.value("SELECT id FROM staff WHERE person_id = $1", person_id), by=alice)
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), DidNotWork)


@database
@pytest.mark.anyio
async def test_a_passkey_of_another_provider_is_not_known() -> None:
    key, _nova = await made()
    acme = await cast.tenant("acme")
    place = Place(host="acme.localhost", origin="http://acme.localhost")
    key.origin = place.origin
    assert isinstance(await enter(key.use(await asked_to(acme, place=place)), acme, place=place), DidNotWork)


@database
@pytest.mark.anyio
async def test_adding_asks_for_a_fresh_proof_tells_the_person_and_renews_the_session() -> None:
    me, token = await at_work("max")
    nova = me.actor.tenant
    old = msgspec.structs.replace(me, signed_in_at=clock.now() - RECENT - timedelta(seconds=1))
    key = Authenticator(NOVA.origin)
    async with db.as_tenant(nova.id):
        with pytest.raises(ProofNeeded):
            await passkeys.options(place=NOVA, seed=token, signed_in=old)
        asked = await passkeys.options(place=NOVA, seed=token, signed_in=me)
        options = json.loads(asked)
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert "max" not in json.dumps(options["user"]["id"])
        new = NewPasskey(answer=key.make(asked), name="  Key ring ")
        with pytest.raises(ProofNeeded):
            await passkeys.add(new, place=NOVA, seed=token, token=token, signed_in=old)
        fresh = await passkeys.add(new, place=NOVA, seed=token, token=token, signed_in=me)
        with pytest.raises(Invalid):
            await passkeys.add(new, place=NOVA, seed=token, token=fresh, signed_in=me)
        assert await sessions.actor_of(sessions.digest(fresh), nova) is not None
        again = json.loads(await passkeys.options(place=NOVA, seed=fresh, signed_in=me))
        assert len(again["excludeCredentials"]) == 1
        told = (await entries("passkey:added"))[-1]
        assert (told["subject_name"], told["changes"]) == ("Key ring", {"host": [None, "nova.localhost"]})
    async with db.as_tenant(nova.id):
        assert await sessions.actor_of(sessions.digest(token), nova) is None


@database
@pytest.mark.anyio
async def test_a_forged_answer_adds_nothing() -> None:
    me, token = await at_work("alice")
    nova = me.actor.tenant
    for wrong in ({"flags": PRESENT}, {"host": "evil.example"}, {"client": {"type": "webauthn.get"}},
                  {"client": {"origin": "http://evil.example"}}, {"client": {"challenge": "AAAA"}}):  # fmt: skip
        async with db.as_tenant(nova.id):
            asked = await passkeys.options(place=NOVA, seed=token, signed_in=me)
            new = NewPasskey(answer=Authenticator(NOVA.origin).make(asked, **wrong))
            with pytest.raises(Invalid) as refusal:
                await passkeys.add(new, place=NOVA, seed=token, token=token, signed_in=me)
            assert set(refusal.value.errors) == {"answer"}
    key, _nova = await made("max")
    async with db.as_tenant(nova.id):
        asked = await passkeys.options(place=NOVA, seed=token, signed_in=me)
        with pytest.raises(Invalid):
            taken = NewPasskey(answer=key.make(asked), name="Max's")
            await passkeys.add(taken, place=NOVA, seed=token, token=token, signed_in=me)
        assert await passkeys.every(by=me.actor) == []


@database
@pytest.mark.anyio
async def test_renaming_and_removing_are_ones_own_and_told() -> None:
    await made("alice")
    await made("max", called="Max's")
    me, token = await at_work("alice")
    _other, other = await at_work("alice")
    nova = me.actor.tenant
    async with db.as_tenant(nova.id):
        mine = (await passkeys.every(by=me.actor))[0]["id"]
        his = await db.value("SELECT id FROM passkeys WHERE name = 'Max''s'")
        await passkeys.rename(mine, "Blue key", by=me.actor)
        assert (await passkeys.get(mine, by=me.actor))["name"] == "Blue key"
        for bad in ("", " ", "x" * 81, "a\x00"):
            with pytest.raises(Invalid):
                await passkeys.rename(mine, bad, by=me.actor)
        for act in (
            passkeys.get(his, by=me.actor),
            passkeys.rename(his, "Mine", by=me.actor),
            passkeys.remove(his, signed_in=me),
        ):
            with pytest.raises(NotFound):
                await act
        await passkeys.remove(mine, signed_in=me)
        assert [entry["subject_name"] for entry in await entries("passkey:removed")] == ["Blue key"]
        assert [entry["subject_name"] for entry in await entries("passkey:renamed")] == ["Blue key"]
    async with db.as_tenant(nova.id):
        assert await sessions.actor_of(sessions.digest(other), nova) is None
        assert await sessions.actor_of(sessions.digest(token), nova) is not None


@database
@pytest.mark.anyio
async def test_inside_a_clients_account_passkeys_are_closed() -> None:
    me, token = await at_work("alice")
    inside = msgspec.structs.replace(
        me, actor=msgspec.structs.replace(me.actor, impersonator=Impersonator(visit_id=1, staff_id=1, name="A"))
    )
    async with db.as_tenant(me.actor.tenant.id):
        for act in (
            passkeys.every(by=inside.actor),
            passkeys.options(place=NOVA, seed=token, signed_in=inside),
            passkeys.rename(1, "X", by=inside.actor),
            passkeys.remove(1, signed_in=inside),
        ):
            with pytest.raises(ForbiddenInside):
                await act


@database
@pytest.mark.anyio
async def test_where_a_second_factor_is_asked_a_passkey_is_one_and_the_password_alone_is_not_enough() -> None:
    key, nova = await made("sam")
    strict = msgspec.structs.replace(nova, mfa_roles=frozenset({"support"}))
    async with db.as_tenant(nova.id):
        outcome = await sign_in(cast.email("sam"), PASSWORD, tenant=strict, address=HOME)
        assert (outcome.needs_second_factor, outcome.must_enroll) == (True, False)
        pending = await sessions.actor_of(sessions.digest(outcome.token), strict)
        assert pending is not None
        assert pending.lacking == "code"
    entered = await enter(key.use(await asked_to(nova)), strict)
    assert isinstance(entered, Outcome)
    async with db.as_tenant(nova.id):
        sam = await sessions.actor_of(sessions.digest(entered.token), strict)
        assert sam is not None
        only = (await passkeys.every(by=sam.actor))[0]["id"]
        with pytest.raises(Conflict):
            await passkeys.remove(only, signed_in=sam)


@database
@pytest.mark.anyio
async def test_who_must_have_a_second_factor_can_set_up_a_passkey_for_it() -> None:
    nova = msgspec.structs.replace(await cast.tenant("nova"), mfa_roles=frozenset({"support"}))
    async with db.as_tenant(nova.id):
        outcome = await sign_in(cast.email("sam"), PASSWORD, tenant=nova, address=HOME)
        assert outcome.must_enroll
        me = await sessions.actor_of(sessions.digest(outcome.token), nova)
        assert me is not None
        asked = await passkeys.options(place=NOVA, seed=outcome.token, signed_in=me)
        new = NewPasskey(answer=Authenticator(NOVA.origin).make(asked))
        token = await passkeys.add(new, place=NOVA, seed=outcome.token, token=outcome.token, signed_in=me)
    async with db.as_tenant(nova.id):
        found = await sessions.actor_of(sessions.digest(token), nova)
        assert found is not None
        assert (found.lacking, found.actor.kind) == ("", "staff")


@database
@pytest.mark.anyio
async def test_a_passkey_goes_with_a_lost_factor_and_when_a_user_becomes_staff() -> None:
    key, nova = await made("sam")
    users, _nova = await made("dupont")
    alice = await cast.who("alice")
    async with db.as_tenant(nova.id):
        person_id = await db.value("SELECT id FROM people WHERE name = 'Sam'")
        staff_id = await db.value("SELECT id FROM staff WHERE person_id = $1", person_id)
        await staff_access.take_factor(staff_id, by=alice)
        new = staff.NewStaff(email=cast.email("dupont"), name="Jean", role="owner")
        await staff.invite(new, base_url="http://nova.localhost", by=alice)
        assert len(await entries("passkey:removed")) == 2
    assert isinstance(await enter(key.use(await asked_to(nova)), nova), DidNotWork)
    assert isinstance(await enter(users.use(await asked_to(nova)), nova), DidNotWork)


@database
@pytest.mark.anyio
async def test_there_is_room_for_twenty_and_nobody_without_a_session_adds_one() -> None:
    me, token = await at_work("alice")
    async with db.as_tenant(me.actor.tenant.id):
        asked = await passkeys.options(place=NOVA, seed=token, signed_in=me)
        await db.execute(
            """INSERT INTO passkeys (person_id, credential_id, public_key, host, name, created_at)
               SELECT $1, int8send(n), 'x', 'nova.localhost', 'x', $2 FROM generate_series(1, 20) n""",
            me.actor.person_id,
            clock.now(),
        )
        new = NewPasskey(answer=Authenticator(NOVA.origin).make(asked))
        with pytest.raises(Conflict):
            await passkeys.add(new, place=NOVA, seed=token, token=token, signed_in=me)
        nobody = msgspec.structs.replace(me, actor=msgspec.structs.replace(me.actor, session_id=None))
        with pytest.raises(NotSignedIn):
            await passkeys.options(place=NOVA, seed=token, signed_in=nobody)


@given(st.one_of(st.text(max_size=300), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "userHandle", "signature",
                         "authenticatorData", "attestationObject"]), inner, max_size=9),
    max_leaves=12).map(json.dumps)))  # fmt: skip
def test_whatever_is_sent_is_refused_and_never_an_error_of_ours(answer: str) -> None:
    for read in (
        lambda: passkey_answers.given(answer),
        lambda: passkey_answers.added(answer, challenge=b"x", place=NOVA),
        lambda: passkey_answers.used(answer, challenge=b"x", place=NOVA, public_key=b"x", sign_count=0),
    ):
        with pytest.raises(Refused):
            read()
