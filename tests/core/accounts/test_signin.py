"""Signing in: the same answer and the same work whatever is wrong, limits that hold, and the second step."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pyotp
import pytest

from core import clock, db, sealing
from core.accounts import people, second_factor, sessions, signin, throttle
from core.accounts.signin import Outcome
from core.actor import Actor, Tenant
from core.errors import Forbidden, Invalid, NotSignedIn, TooManyAttempts
from tests import cast
from tests.core.accounts.house import entries
from tests.core.accounts.test_people import signed_in
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.1"


async def attempt(
    name: str = "alice",
    password: str = PASSWORD,
    *,
    address: str = HOME,
    tenant: Tenant | None = None,
    old: str = "",
) -> Outcome | Exception:
    """Sign in as the web does: what is refused is committed when the scope says so."""
    place = tenant or await cast.tenant("nova")
    email = cast.email(name) if name in cast.PEOPLE else name
    async with db.as_tenant(place.id) as scope:
        try:
            return await signin.sign_in(email, password, tenant=place, address=address, agent="Tests/1", old=old)
        except (Invalid, TooManyAttempts, NotSignedIn) as refusal:
            assert scope.is_kept
            return refusal


async def entered(outcome: Outcome | Exception, tenant: Tenant) -> sessions.SignedIn:
    assert isinstance(outcome, Outcome), outcome
    async with db.as_tenant(tenant.id):
        found = await sessions.actor_of(sessions.digest(outcome.token), tenant)
    assert found is not None
    return found


async def begun(actor: Actor) -> str:
    """The secret of a second factor that is about to be set up."""
    await second_factor.begin(by=actor)
    enrolment = await second_factor.enrolment(by=actor)
    assert enrolment is not None
    return enrolment.secret


async def enroll(name: str = "alice") -> tuple[pyotp.TOTP, list[str]]:
    """Give somebody a second factor; its first code was one of five minutes ago."""
    actor, token = await signed_in(name)
    async with db.as_tenant(actor.tenant.id):
        totp = pyotp.TOTP(await begun(actor))
        codes = (await second_factor.confirm(totp.now(), by=actor, token=token)).recovery_codes
        await db.execute("UPDATE people SET totp_last_step = totp_last_step - 10 WHERE id = $1", actor.person_id)
    return totp, codes


async def enter(code: str, token: str, tenant: Tenant) -> str | Exception:
    async with db.as_tenant(tenant.id):
        found = await sessions.actor_of(sessions.digest(token), tenant)
        assert found is not None
        try:
            return await signin.enter_code(code, by=found.actor, token=token)
        except (Invalid, TooManyAttempts, NotSignedIn) as refusal:
            return refusal


async def test_the_right_password_opens_a_session() -> None:
    nova = await cast.tenant("nova")
    found = await entered(await attempt(" ALICE@nova.example "), nova)
    assert (found.actor.kind, found.actor.role, found.lacking) == ("staff", "owner", "")
    async with db.as_tenant(nova.id):
        told = (await entries("session:opened"))[-1]
        row = await db.row("SELECT address, agent FROM sessions WHERE id = $1", found.actor.session_id)
    assert (told["actor_name"], told["address"]) == ("Alice", HOME)
    assert row is not None
    assert (row["address"], row["agent"]) == (HOME, "Tests/1")


async def test_whatever_is_wrong_the_answer_and_the_work_are_the_same() -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE people SET is_disabled = true WHERE name = 'Sam'")
        await db.execute("UPDATE people SET password_hash = NULL WHERE name = 'Max'")
        await db.execute(
            "UPDATE staff SET state = 'removed' WHERE person_id = (SELECT id FROM people WHERE name = 'Carl')"
        )
    answers: list[tuple[dict[str, str], int]] = []
    wrong = [("alice", "wrong"), ("nobody@nova.example", "wrong")]
    for name, password in wrong + [(name, PASSWORD) for name in ("sam", "max", "carl")]:
        email = cast.email(name) if name in cast.PEOPLE else name
        async with db.as_tenant(nova.id) as scope:
            with pytest.raises(Invalid) as refusal:
                await signin.sign_in(email, password, tenant=nova, address=HOME)
            answers.append((refusal.value.errors, scope.queries))
    assert len({str(answer) for answer in answers}) == 1


async def test_people_of_one_provider_do_not_exist_at_the_next() -> None:
    assert isinstance(await attempt("alice", tenant=await cast.tenant("acme")), Invalid)
    assert isinstance(await attempt("alice", tenant=await cast.tenant("platform")), Invalid)


async def test_failures_are_told_without_what_a_stranger_typed() -> None:
    nova = await cast.tenant("nova")
    await attempt("alice", "wrong")
    await attempt("my secret password", "oops")
    async with db.as_tenant(nova.id):
        known, unknown = (await entries("signin:failed"))[-2:]
    assert (known["subject_name"], known["address"]) == ("Alice", HOME)
    assert (unknown["subject_id"], unknown["subject_name"]) == (None, "")
    async with db.as_tenant(nova.id):
        assert "secret" not in str(await db.fetch("SELECT * FROM attempts"))


@pytest.mark.parametrize("email", ["", "\x00", "a\x00@b.example", "\ud800@b.example", "x" * 10_000, "a@b\r\nc"])
async def test_any_text_is_simply_wrong(email: str) -> None:
    assert isinstance(await attempt(email, "\x00\ud800"), Invalid)


async def test_the_eleventh_wrong_password_must_wait_and_its_owner_signs_in_from_elsewhere() -> None:
    for _try in range(10):
        assert isinstance(await attempt("alice", "wrong"), Invalid)
    refusal = await attempt("alice", PASSWORD)
    assert isinstance(refusal, TooManyAttempts)
    assert 0 < refusal.retry_after <= 300
    assert isinstance(await attempt("sam", PASSWORD), TooManyAttempts)
    assert isinstance(await attempt("alice", PASSWORD, address=ELSEWHERE), Outcome)


async def test_an_address_is_what_one_visitor_cannot_change_at_will() -> None:
    for number in range(10):
        await attempt("alice", "wrong", address=f"2001:db8:1:2::{number:x}")
    assert isinstance(await attempt("alice", address="2001:db8:1:2:ffff::1"), TooManyAttempts)
    assert isinstance(await attempt("alice", address="2001:db8:1:3::1"), Outcome)
    assert throttle.network("::ffff:203.0.113.7") == throttle.network("203.0.113.7")
    assert throttle.network("fe80::1%eth0") == throttle.network("fe80::2")
    assert throttle.network("not an address") == "not an address"


async def test_whoever_is_stopped_cannot_shut_the_owner_out() -> None:
    for _try in range(80):
        await attempt("alice", "wrong")
    assert isinstance(await attempt("alice", address=ELSEWHERE), Outcome)


async def test_an_account_that_is_tried_from_everywhere_closes_for_a_while() -> None:
    for number in range(50):
        assert isinstance(await attempt("alice", "wrong", address=f"198.51.100.{number}"), Invalid)
    assert isinstance(await attempt("alice", address="192.0.2.1"), TooManyAttempts)
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE attempts SET ends_at = $1", clock.now())
    assert isinstance(await attempt("alice", address="192.0.2.1"), Outcome)


async def test_right_passwords_do_not_count() -> None:
    for _try in range(12):
        assert isinstance(await attempt(), Outcome)


async def test_twenty_at_the_same_moment_are_twenty() -> None:
    answers = await asyncio.gather(*(attempt("alice", "wrong") for _try in range(20)))
    assert sum(isinstance(answer, Invalid) for answer in answers) == 10
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 10


async def test_the_token_a_visitor_came_with_dies() -> None:
    alice, old = await signed_in("alice")
    assert isinstance(await attempt(old=old), Outcome)
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(old), alice.tenant) is None


async def test_nobody_signs_in_at_a_suspended_provider() -> None:
    nova = msgspec.structs.replace(await cast.tenant("nova"), state="suspended")
    with pytest.raises(Forbidden):
        await attempt(tenant=nova)


async def test_after_the_password_the_code_is_asked_for_and_nothing_else_works() -> None:
    nova, (totp, _codes) = await cast.tenant("nova"), await enroll()
    outcome = await attempt()
    found = await entered(outcome, nova)
    assert isinstance(outcome, Outcome)
    assert outcome.needs_second_factor
    assert (found.lacking, found.actor.kind, found.actor.staff_id) == ("code", "visitor", None)
    assert isinstance(await enter("000000", outcome.token, nova), Invalid)
    token = await enter(totp.now(), outcome.token, nova)
    assert isinstance(token, str)
    complete = await entered(Outcome(token), nova)
    assert (complete.lacking, complete.actor.kind) == ("", "staff")
    assert complete.expires_at - clock.now() > timedelta(hours=11)
    async with db.as_tenant(nova.id):
        assert await sessions.actor_of(sessions.digest(outcome.token), nova) is None


async def test_the_fifth_wrong_code_ends_the_session() -> None:
    nova, (totp, _codes) = await cast.tenant("nova"), await enroll()
    outcome = await attempt()
    assert isinstance(outcome, Outcome)
    answers = [await enter("123456", outcome.token, nova) for _try in range(5)]
    assert [type(answer) for answer in answers] == [Invalid] * 4 + [NotSignedIn]
    async with db.as_tenant(nova.id):
        assert await sessions.actor_of(sessions.digest(outcome.token), nova) is None
    again = await attempt()
    assert isinstance(again, Outcome)
    assert isinstance(await enter(totp.now(), again.token, nova), str)


async def test_codes_cannot_be_guessed_by_signing_in_again_and_again() -> None:
    nova, (totp, _codes) = await cast.tenant("nova"), await enroll()
    for _session in range(4):
        outcome = await attempt()
        assert isinstance(outcome, Outcome)
        for _try in range(5):
            await enter("123456", outcome.token, nova)
    outcome = await attempt()
    assert isinstance(outcome, Outcome)
    assert isinstance(await enter(totp.now(), outcome.token, nova), TooManyAttempts)


async def test_a_role_that_must_have_a_second_factor_sets_it_up_first() -> None:
    nova = msgspec.structs.replace(await cast.tenant("nova"), mfa_roles=frozenset({"owner"}))
    outcome = await attempt(tenant=nova)
    found = await entered(outcome, nova)
    assert isinstance(outcome, Outcome)
    assert outcome.must_enroll
    assert (found.lacking, found.actor.kind) == ("enrolment", "visitor")
    async with db.as_tenant(nova.id):
        secret = await begun(found.actor)
        done = await second_factor.confirm(pyotp.TOTP(secret).now(), by=found.actor, token=outcome.token)
    complete = await entered(Outcome(done.token), nova)
    assert (complete.lacking, complete.actor.kind) == ("", "staff")
    other = await attempt("sam", tenant=nova)
    assert (await entered(other, nova)).lacking == ""


async def test_a_role_that_must_have_it_from_now_on_is_asked_at_the_next_page() -> None:
    alice, token = await signed_in("alice")
    stricter = msgspec.structs.replace(alice.tenant, mfa_roles=frozenset({"owner"}))
    assert (await entered(Outcome(token), stricter)).lacking == "enrolment"


@pytest.mark.parametrize("has_factor", [False, True])
async def test_somebody_signed_in_proves_again_who_he_is(has_factor: bool) -> None:
    totp = (await enroll())[0] if has_factor else None
    nova = await cast.tenant("nova")
    outcome = await attempt()
    assert isinstance(outcome, Outcome)
    token: Any = await enter(totp.now(), outcome.token, nova) if totp else outcome.token
    alice = (await entered(Outcome(token), nova)).actor
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE sessions SET signed_in_at = signed_in_at - interval '1 hour'")
        await db.execute("UPDATE people SET totp_last_step = 0")
        fresh = await signin.prove_again(totp.now() if totp else PASSWORD, by=alice, token=token)
        found = await sessions.actor_of(sessions.digest(fresh), nova)
    assert found is not None
    assert clock.now() - found.signed_in_at < timedelta(minutes=1)
    for number in range(5):
        async with db.as_tenant(nova.id):
            with pytest.raises(NotSignedIn if number == 4 else Invalid):
                await signin.prove_again("000000", by=alice, token=fresh)
    async with db.as_tenant(nova.id):
        assert await sessions.actor_of(sessions.digest(fresh), nova) is None


async def test_signing_out_ends_the_session_and_may_be_done_twice() -> None:
    alice, token = await signed_in("alice")
    for _time in range(2):
        async with db.as_tenant(alice.tenant.id):
            await signin.sign_out(by=alice)
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(token), alice.tenant) is None


async def test_a_second_factor_sealed_with_a_lost_key_leaves_the_recovery_codes() -> None:
    nova, (totp, codes) = await cast.tenant("nova"), await enroll()
    outcome = await attempt()
    assert isinstance(outcome, Outcome)
    async with db.as_tenant(nova.id):
        person = await people.find_by_email(cast.email("alice"))
        assert person is not None
        broken = sealing.seal("JBSWY3DPEHPK3PXP", bound_to="elsewhere")
        await db.execute("UPDATE people SET totp_sealed = $2 WHERE id = $1", person["id"], broken)
    assert isinstance(await enter(totp.now(), outcome.token, nova), Invalid)
    assert isinstance(await enter(codes[0], outcome.token, nova), str)
