"""The second factor: set up in one session, never the same code twice, recovery codes once, and off again."""

import asyncio

import msgspec
import pyotp
import pytest

from core import clock, db
from core.accounts import second_factor, sessions
from core.actor import Actor
from core.errors import Conflict, Forbidden, Invalid, NotSignedIn, PermissionMissing, TooManyAttempts
from tests import cast
from tests.core.accounts.house import entries
from tests.core.accounts.test_people import signed_in
from tests.core.accounts.test_signin import begun, enroll
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def accepts(code: str, actor: Actor) -> bool:
    async with db.as_tenant(actor.tenant.id):
        return await second_factor.accepts(actor.person_id or 0, code, by=actor)


async def complete(name: str = "alice") -> tuple[Actor, str, pyotp.TOTP, list[str]]:
    """Somebody with a second factor, in a session that has passed it."""
    actor, token = await signed_in(name)
    async with db.as_tenant(actor.tenant.id):
        totp = pyotp.TOTP(await begun(actor))
        done = await second_factor.confirm(totp.now(), by=actor, token=token)
        await db.execute("UPDATE people SET totp_last_step = 0 WHERE id = $1", actor.person_id)
    return actor, done.token, totp, done.recovery_codes


async def test_it_is_set_up_by_a_picture_and_a_first_code() -> None:
    alice, token = await signed_in("alice")
    _other, other_token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        assert await second_factor.enrolment(by=alice) is None
        secret = await begun(alice)
        assert await begun(alice) == secret
        shown = await second_factor.enrolment(by=alice)
        assert shown is not None
        assert shown.uri.startswith("otpauth://totp/Nova:alice%40nova.example?")
        assert shown.picture.startswith("<svg")
        assert "style=" not in shown.picture
        with pytest.raises(Invalid):
            await second_factor.confirm("000000", by=alice, token=token)
        assert (await second_factor.state(by=alice)).confirmed_at is None
        done = await second_factor.confirm(pyotp.TOTP(secret).now(), by=alice, token=token)
        state = await second_factor.state(by=alice)
        kept = await db.row("SELECT totp_sealed, recovery_hashes FROM people WHERE id = $1", alice.person_id)
    assert (state.recovery_codes_left, state.confirmed_at is not None, state.is_required) == (10, True, False)
    assert len(set(done.recovery_codes)) == 10
    assert secret not in str(kept)
    assert not set(done.recovery_codes) & set(str(kept).split("'"))
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(other_token), alice.tenant) is None
        assert await sessions.actor_of(sessions.digest(token), alice.tenant) is None
        found = await sessions.actor_of(sessions.digest(done.token), alice.tenant)
        assert [entry["actor_name"] for entry in await entries("second_factor:confirmed")] == ["Alice"]
    assert found is not None
    assert found.lacking == ""


async def test_a_secret_that_was_shown_in_another_session_is_not_the_one_confirmed() -> None:
    alice, _token = await signed_in("alice")
    later, later_token = await signed_in("alice")
    async with db.as_tenant(alice.tenant.id):
        seen = await begun(alice)
        assert await second_factor.enrolment(by=later) is None
        mine = await begun(later)
        assert seen != mine
        with pytest.raises(Invalid):
            await second_factor.confirm(pyotp.TOTP(seen).now(), by=later, token=later_token)


async def test_it_cannot_be_set_up_over_an_existing_one_by_whoever_has_only_the_password() -> None:
    await enroll("alice")
    nova = await cast.tenant("nova")
    alice, _token = await signed_in("alice")
    assert alice.kind == "visitor"
    async with db.as_tenant(nova.id):
        with pytest.raises(Conflict):
            await second_factor.begin(by=alice)
        with pytest.raises(Conflict):
            await second_factor.confirm("000000", by=alice, token="x")
        with pytest.raises(NotSignedIn):
            await second_factor.disable(PASSWORD, by=alice, token="x")
        with pytest.raises(NotSignedIn):
            await second_factor.new_recovery_codes(PASSWORD, by=alice)


async def test_a_code_is_never_accepted_twice_nor_an_older_one_after_it() -> None:
    alice, _token, totp, _codes = await complete()
    now = int(clock.now().timestamp())
    assert await accepts(totp.at(now), alice)
    assert not await accepts(totp.at(now), alice)
    assert not await accepts(totp.at(now - 30), alice)
    assert not await accepts(totp.at(now + 120), alice)


async def test_of_twenty_with_the_same_code_one_is_let_in() -> None:
    alice, _token, totp, codes = await complete()
    for code in (totp.now(), codes[3]):
        answers = await asyncio.gather(*(accepts(code, alice) for _try in range(20)))
        assert answers.count(True) == 1


async def test_a_recovery_code_works_once_however_it_is_written() -> None:
    alice, _token, _totp, codes = await complete()
    assert await accepts(codes[0].upper().replace("-", " "), alice)
    assert not await accepts(codes[0], alice)
    assert await accepts(codes[1], alice)
    async with db.as_tenant(alice.tenant.id):
        assert (await second_factor.state(by=alice)).recovery_codes_left == 8
        assert len(await entries("second_factor:recovery_used")) == 2


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "\x00", "\ud800", "x" * 10_000])
async def test_anything_else_is_wrong(code: str) -> None:
    alice, _token, _totp, _codes = await complete()
    assert not await accepts(code, alice)


async def test_new_recovery_codes_replace_the_old_ones() -> None:
    alice, _token, totp, old = await complete()
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Invalid) as refusal:
            await second_factor.new_recovery_codes("000000", by=alice)
        assert list(refusal.value.errors) == ["secret"]
        new = await second_factor.new_recovery_codes(totp.now(), by=alice)
    assert not await accepts(old[0], alice)
    assert await accepts(new[0], alice)


@pytest.mark.parametrize("by_password", [False, True])
async def test_it_is_switched_off_by_a_code_or_the_password(by_password: bool) -> None:
    alice, token, totp, _codes = await complete()
    async with db.as_tenant(alice.tenant.id):
        for wrong in ("000000", "wrong password"):
            with pytest.raises(Invalid):
                await second_factor.disable(wrong, by=alice, token=token)
        fresh = await second_factor.disable(PASSWORD if by_password else totp.now(), by=alice, token=token)
    async with db.as_tenant(alice.tenant.id):
        found = await sessions.actor_of(sessions.digest(fresh), alice.tenant)
        assert await sessions.actor_of(sessions.digest(token), alice.tenant) is None
        assert (await second_factor.state(by=alice)).confirmed_at is None
    assert found is not None
    assert found.lacking == ""


async def test_a_role_that_must_have_it_cannot_switch_it_off() -> None:
    alice, token, totp, _codes = await complete()
    stricter = msgspec.structs.replace(alice.tenant, mfa_roles=frozenset({"owner"}))
    alice = msgspec.structs.replace(alice, tenant=stricter)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Conflict):
            await second_factor.disable(totp.now(), by=alice, token=token)
        assert (await second_factor.state(by=alice)).is_required


async def test_codes_cannot_be_guessed_on_the_page_of_the_account() -> None:
    alice, token, totp, _codes = await complete()
    async with db.as_tenant(alice.tenant.id):
        for _try in range(10):
            with pytest.raises(Invalid):
                await second_factor.disable("000000", by=alice, token=token)
        with pytest.raises(TooManyAttempts):
            await second_factor.disable(totp.now(), by=alice, token=token)


async def test_an_owner_helps_somebody_who_lost_the_phone() -> None:
    alice, _token = await signed_in("alice")
    sam, sams_token, _totp, _codes = await complete("sam")
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(PermissionMissing):
            await second_factor.take_away(alice.person_id or 0, by=sam)
        with pytest.raises(Conflict):
            await second_factor.take_away(alice.person_id or 0, by=alice)
        await second_factor.take_away(sam.person_id or 0, by=alice)
    async with db.as_tenant(alice.tenant.id):
        assert await sessions.actor_of(sessions.digest(sams_token), alice.tenant) is None
    again, _token = await signed_in("sam")
    assert again.kind == "staff"


async def test_a_key_has_no_second_factor() -> None:
    alice, _token = await signed_in("alice")
    key = msgspec.structs.replace(alice, kind="api_key", session_id=None)
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(NotSignedIn):
            await second_factor.begin(by=key)
        with pytest.raises(Forbidden):
            await second_factor.disable(PASSWORD, by=key, token="x")
