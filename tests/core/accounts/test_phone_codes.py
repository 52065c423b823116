"""Codes for telephone numbers: used once, guessed rarely, limited, and asked for only where they can be sent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core import clock, db, freshness, hooks, notifications
from core.accounts import (
    client_merging,
    own_phone,
    phone_decisions,
    phone_needs,
    phone_numbers,
    phone_projects,
    phone_settings,
    projects,
    rights,
)
from core.accounts.phone_codes import EnoughToday, TooSoon
from core.accounts.phone_projects import PhoneProjectChanges
from core.accounts.phone_settings import DEFAULTS, PhoneChanges
from core.accounts.projects import NewProject
from core.actor import Actor, ClientSeat, Impersonator, Tenant
from core.channel_contract import Channel, Delivery, Receipt
from core.checks import Checks
from core.errors import (
    Conflict,
    EditConflict,
    Forbidden,
    Invalid,
    NotFound,
    PermissionMissing,
    PhoneNeeded,
)
from core.plugin_calls import PluginFailed
from core.settings import Settings
from core.support import deliveries_sending
from core.support.channels import Way
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.core.support.posting import all_of, hand_out, send

pytestmark = pytest.mark.anyio
MOBILE, OTHER = "+33612345678", "+33698765432"
SMS = frozenset({"sms-gateway"})


@pytest.fixture
async def tenant(database: Settings) -> Tenant:
    return await sending()


async def sending() -> Tenant:
    """A provider that sends SMS, and asks everybody before the first order."""
    made = await open_provider(plugins=SMS)
    async with db.as_tenant(made.id):
        await db.execute(
            """INSERT INTO plugin_settings (plugin, enabled, settings, updated_at)
               VALUES ('sms-gateway', true, '{"url": "https://sms.example/send"}', now())"""
        )
        await db.execute("INSERT INTO phone_settings (registration) VALUES ('all')")
    return made


@pytest.fixture
async def zoe(tenant: Tenant) -> AsyncIterator[Actor]:
    """The owner of a client, inside the provider's scope."""
    async with db.as_tenant(tenant.id):
        yield await user(tenant, "zoe")


async def user(tenant: Tenant, login: str) -> Actor:
    client_id = await add_client(login)
    code = await db.value("SELECT code FROM clients WHERE id = $1", client_id)
    seat = ClientSeat(id=client_id, code=code, name=login, roles=frozenset({"owner"}), rights=rights.ALL)
    return Actor(kind="user", tenant=tenant, name=login.title(), client=seat, address="203.0.113.5")


async def code_of(by: Actor) -> str:
    """The code that was sent last."""
    row = await db.row("SELECT * FROM notifications WHERE kind = 'phone_code' ORDER BY created_at DESC, id DESC")
    return str(notifications.unseal(row["sealed"], by.tenant.id)["code"])


async def wrong(by: Actor) -> str:
    return str((int(await code_of(by)) + 1) % 1_000_000).zfill(6)


async def needed(by: Actor) -> frozenset[str]:
    return (await phone_needs.of(by.client.id, by=by)).needed


async def decide(by: Actor, **changes: object) -> None:
    owner = worker(by.tenant)
    version = (await phone_settings.in_force())["version"]
    await phone_settings.update(PhoneChanges(**changes), version=version, by=owner)


async def test_the_number_stands_on_the_client_after_the_code_and_only_its_hash_was_kept(zoe: Actor) -> None:
    await decide(zoe, registration="all", paying=True)
    assert await needed(zoe) == {"order", "pay"}
    await own_phone.send("06 12 34 56 78", by=zoe)
    code = await code_of(zoe)
    row = await db.row("SELECT * FROM phone_codes")
    assert (row["phone"], len(row["hash"])) == (MOBILE, 32)
    kept = await db.value("SELECT string_agg(t::text, '') FROM audit_entries t") + str(dict(row))
    assert code not in kept
    assert MOBILE not in await db.value("SELECT string_agg(t::text, '') FROM audit_entries t")
    assert await own_phone.confirm(f" {code[:3]} {code[3:]} ", by=zoe) == MOBILE
    client = await db.row("SELECT * FROM clients WHERE id = $1", zoe.client.id)
    assert client["phone_verified"] == MOBILE
    assert client["phone_verified_at"] is not None
    assert await needed(zoe) == frozenset()
    with pytest.raises(Invalid) as used:
        await own_phone.confirm(code, by=zoe)
    assert "used already" in used.value.errors["code"]
    assert await db.value("SELECT count(*) FROM phone_codes WHERE hash IS NOT NULL") == 0
    assert [len(await entries(f"phone:{done}")) for done in ("code_sent", "verified")] == [1, 1]


async def test_wrong_tries_are_kept_though_the_request_is_refused_and_end_the_code(zoe: Actor) -> None:
    await decide(zoe, tries=2)
    await own_phone.send(MOBILE, by=zoe)
    for told in ("Tries left: 1", "too often"):
        with pytest.raises(Invalid) as refused:
            await own_phone.confirm(await wrong(zoe), by=zoe)
        assert told in refused.value.errors["code"]
    assert db.scope().is_kept
    with pytest.raises(Invalid):
        await own_phone.confirm(await code_of(zoe), by=zoe)
    assert await db.value("SELECT state FROM phone_codes") == "spent"
    assert await db.value("SELECT phone_verified FROM clients WHERE id = $1", zoe.client.id) == ""


async def test_a_code_is_used_once_by_two_requests_at_the_same_moment(tenant: Tenant) -> None:
    async with db.as_tenant(tenant.id):
        zoe = await user(tenant, "zoe")
        await own_phone.send(MOBILE, by=zoe)
        code = await code_of(zoe)

    async def use() -> bool:
        async with db.as_tenant(tenant.id):
            with suppress(Invalid):
                return bool(await own_phone.confirm(code, by=zoe))
        return False

    assert sorted(await asyncio.gather(use(), use())) == [False, True]


async def test_twenty_guesses_at_the_same_moment_are_no_more_than_five(tenant: Tenant) -> None:
    async with db.as_tenant(tenant.id):
        zoe = await user(tenant, "zoe")
        await own_phone.send(MOBILE, by=zoe)
        bad = await wrong(zoe)

    async def guess() -> None:
        async with db.as_tenant(tenant.id):
            with suppress(Invalid):
                await own_phone.confirm(bad, by=zoe)

    await asyncio.gather(*(guess() for _number in range(20)))
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT tries FROM phone_codes") == DEFAULTS["tries"]
        assert len(await entries("phone:code_wrong")) == DEFAULTS["tries"]


async def test_a_code_ends_by_its_time_and_by_the_next_one(zoe: Actor) -> None:
    await own_phone.send(MOBILE, by=zoe)
    first = await code_of(zoe)
    with clock.moved(timedelta(minutes=10)), pytest.raises(Invalid) as old:
        await own_phone.confirm(first, by=zoe)
    assert "too old" in old.value.errors["code"]
    with pytest.raises(TooSoon) as soon:
        await own_phone.send(OTHER, by=zoe)
    assert 0 < soon.value.retry_after <= 61
    with clock.moved(timedelta(seconds=61)):
        await own_phone.send(OTHER, by=zoe)
        second = await code_of(zoe)
        if first != second:
            with pytest.raises(Invalid):
                await own_phone.confirm(first, by=zoe)
        assert await own_phone.confirm(second, by=zoe) == OTHER


async def test_limits_hold_across_clients_and_each_provider_has_its_own(zoe: Actor) -> None:
    await decide(zoe, per_number=2, per_network=3, per_client=50)
    max_ = await user(zoe.tenant, "max")
    with clock.moved(timedelta(minutes=2)):
        await own_phone.send(MOBILE, by=zoe)
    with clock.moved(timedelta(minutes=4)):
        await own_phone.send(MOBILE, by=max_)
    with clock.moved(timedelta(minutes=6)), pytest.raises(EnoughToday):
        await own_phone.send(MOBILE, by=replace(zoe, address="198.51.100.7"))
    with clock.moved(timedelta(minutes=8)):
        await own_phone.send(OTHER, by=max_)
    with clock.moved(timedelta(minutes=10)), pytest.raises(EnoughToday):
        await own_phone.send("+33611223344", by=zoe)
    assert db.scope().is_kept
    with clock.moved(timedelta(days=1, minutes=10)):
        await own_phone.send("+33611223344", by=zoe)
    assert await db.value("SELECT count(*) FROM phone_codes") == 4


async def test_another_providers_limits_are_not_filled(tenant: Tenant) -> None:
    other = await open_provider(2, plugins=SMS)
    for one in (tenant, other):
        async with db.as_tenant(one.id):
            by = await user(one, "zoe")
            await decide(by, paying=True)
            await own_phone.send(MOBILE, by=by)
            assert await db.value("SELECT count(*) FROM phone_codes") == 1


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("", "fill this in"),
        ("hello", "does not look like"),
        ("+33899701234", "takes no SMS"),
        ("+33142345678", "takes no SMS"),
        ("+4915112345678", "of this country"),
    ],
)
async def test_numbers_that_cost_or_are_not_allowed_get_no_code(zoe: Actor, number: str, told: str) -> None:
    await decide(zoe, countries=["FR"])
    with pytest.raises(Invalid) as refused:
        await own_phone.send(number, by=zoe)
    assert told in refused.value.errors["phone"]
    assert await db.value("SELECT count(*) FROM notifications") == 0


@pytest.mark.parametrize("number", ["+881612345678", "+870301234567", "+8823421234"])
def test_numbers_of_no_country_get_no_code(number: str) -> None:
    checks = Checks()
    phone_numbers.checked(checks, "phone", number, country="FR")
    assert "of no country" in checks.errors["phone"]


async def test_codes_are_sent_only_while_something_asks_for_a_number(zoe: Actor) -> None:
    await decide(zoe, registration="never")
    home = await db.value("SELECT project_id FROM clients WHERE id = $1", zoe.client.id)

    async def goes(minutes: int) -> bool:
        with clock.moved(timedelta(minutes=minutes)):
            try:
                await own_phone.send(MOBILE, by=zoe)
            except Conflict:
                return False
        return True

    assert not await goes(0)
    assert not (await own_phone.get(by=zoe)).is_asked
    await phone_projects.update(home, PhoneProjectChanges(paying="yes"), version=1, by=worker(zoe.tenant))
    assert await goes(2)
    await phone_projects.update(home, PhoneProjectChanges(paying="no"), version=2, by=worker(zoe.tenant))
    assert not await goes(4)
    await phone_decisions.ask(zoe.client.code, by=worker(zoe.tenant))
    assert await goes(6)
    await phone_decisions.waive(zoe.client.code, "Known", by=worker(zoe.tenant))
    assert not await goes(8)


async def test_a_code_that_is_over_or_was_replaced_is_not_sent_any_more(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    async def hand_over(asked: Delivery, way: Way, *, by: Actor) -> Receipt:
        given.append(asked.phone)
        raise PluginFailed("nobody answers")

    monkeypatch.setattr(deliveries_sending, "hand_over", hand_over)
    async with db.as_tenant(tenant.id):
        zoe = await user(tenant, "zoe")
        await own_phone.send(MOBILE, by=zoe)
    await hand_out(tenant.id)
    (row,) = await all_of(tenant.id)
    await send(tenant.id, row["channel"])
    with clock.moved(timedelta(minutes=2)):
        async with db.as_tenant(tenant.id):
            await own_phone.send(OTHER, by=zoe)
        await hand_out(tenant.id)
        await send(tenant.id, row["channel"])
    assert given == [MOBILE, OTHER], "the first one was replaced before its second try"
    with clock.moved(timedelta(minutes=12)):
        await send(tenant.id, row["channel"])
    assert given == [MOBILE, OTHER]
    assert [(one["state"], one["reason"]) for one in await all_of(tenant.id)] == [("dead", "too_late")] * 2


async def test_who_may_not_read_what_is_answered_sends_and_decides_nothing(zoe: Actor) -> None:
    code = zoe.client.code
    program = replace(
        worker(zoe.tenant), kind="api_key", scopes=frozenset({"client:read", "phone:ask", "phone:waive"})
    )
    for act in (
        phone_decisions.send(code, MOBILE, by=program),
        phone_decisions.confirm(code, "123456", by=program),
        phone_decisions.ask(code, by=program),
        phone_decisions.waive(code, "Known", by=program),
        phone_decisions.take_back(code, by=program),
    ):
        with pytest.raises(PermissionMissing):
            await act
    assert await db.value("SELECT count(*) FROM notifications") == 0
    assert await db.value("SELECT count(*) FROM attempts") == 0
    await phone_decisions.send(code, MOBILE, by=replace(program, scopes=program.scopes | {"fraud:read"}))


async def test_a_code_of_a_merged_client_proves_nothing_of_the_one_that_stays(zoe: Actor) -> None:
    await own_phone.send(MOBILE, by=zoe)
    mine = await code_of(zoe)
    with clock.moved(timedelta(minutes=2)):
        gone = await user(zoe.tenant, "gone")
        await own_phone.send(OTHER, by=gone)
        theirs = await code_of(gone)
        await client_merging.merge(gone.client.code, zoe.client.code, by=worker(zoe.tenant))
        if theirs != mine:
            with pytest.raises(Invalid):
                await own_phone.confirm(theirs, by=zoe)
        assert await own_phone.confirm(mine, by=zoe) == MOBILE
    ended = await db.fetch("SELECT phone, state FROM phone_codes ORDER BY created_at")
    assert [tuple(row) for row in ended] == [(MOBILE, "verified"), (OTHER, "replaced")]


async def test_nobody_is_asked_where_nothing_sends_sms_and_it_cannot_be_switched_on(zoe: Actor) -> None:
    await decide(zoe, registration="all", paying=True)
    without = replace(zoe, tenant=replace(zoe.tenant, plugins=frozenset()))
    assert await needed(without) == frozenset()
    await phone_needs.require(zoe.client.id, "pay", by=without)
    with pytest.raises(Conflict):
        await own_phone.send(MOBILE, by=without)
    with pytest.raises(Invalid) as refused:
        await decide(without, registration="new", paying=True)
    assert set(refused.value.errors) == {"registration", "paying"}
    with pytest.raises(Conflict):
        await phone_decisions.ask(zoe.client.code, by=worker(without.tenant))


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process remembers what it was told, as it does while it listens."""
    freshness.MEMORY.forget(None)
    monkeypatch.setattr(freshness.MEMORY, "is_listening", True)
    yield
    freshness.MEMORY.forget(None)


@pytest.mark.usefixtures("remembering")
async def test_a_page_asks_one_thing_and_no_plugin_but_where_something_is_needed(
    zoe: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def ask(_hook: str, plugin: str, **_about: object) -> list[Channel]:
        asked.append(plugin)
        return [Channel(key="sms", title="SMS", medium="sms")]

    async def cost() -> tuple[bool, int]:
        before = db.scope().queries
        return await own_phone.is_needed(by=zoe), db.scope().queries - before

    monkeypatch.setattr(hooks, "ask_anyway", ask)
    await decide(zoe, registration="never")
    assert (await cost(), asked) == ((False, 1), [])
    await decide(zoe, registration="all")
    asked.clear()
    freshness.MEMORY.forget(zoe.tenant.id)
    assert (await cost(), await cost(), asked) == ((True, 1), (True, 1), ["sms-gateway"])


@pytest.mark.usefixtures("remembering")
async def test_that_a_plugin_did_not_say_is_asked_again(zoe: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def ask(_hook: str, plugin: str, **_about: object) -> list[Channel]:
        asked.append(plugin)
        if len(asked) == 1:
            raise PluginFailed("it does not say")
        return []

    monkeypatch.setattr(hooks, "ask_anyway", ask)
    await db.execute("UPDATE phone_settings SET registration = 'all'")
    assert [await own_phone.is_needed(by=zoe) for _time in range(3)] == [True, False, False]
    assert len(asked) == 2


async def test_who_registered_before_it_was_switched_on_is_not_asked_and_staff_never_are(zoe: Actor) -> None:
    with clock.moved(timedelta(minutes=1)):
        await decide(zoe, registration="new")
    with clock.moved(timedelta(minutes=2)):
        late = await user(zoe.tenant, "late")
        assert await needed(zoe) == frozenset()
        assert await needed(late) == {"order"}
        for by in (late, replace(late, kind="api_key")):
            with pytest.raises(PhoneNeeded):
                await phone_needs.require(late.client.id, "order", by=by)
        await phone_needs.require(late.client.id, "order", by=worker(zoe.tenant))
        await phone_needs.require(late.client.id, "pay", by=late)


async def test_a_project_asks_otherwise_and_only_where_the_edition_has_projects(zoe: Actor) -> None:
    await decide(zoe, registration="all")
    owner = worker(zoe.tenant)
    home = await db.value("SELECT project_id FROM clients WHERE id = $1", zoe.client.id)
    await phone_projects.update(
        home, PhoneProjectChanges(registration="never", paying="yes", products=False), version=1, by=owner
    )
    found = await phone_needs.of(zoe.client.id, by=zoe)
    assert (found.needed, found.of_products) == ({"pay"}, False)
    elsewhere = int((await projects.create(NewProject(name="Other"), by=owner))["id"])
    found = await phone_needs.of(zoe.client.id, project_id=elsewhere, by=zoe)
    assert (found.needed, found.of_products) == ({"order"}, True)
    lower = replace(zoe, tenant=replace(zoe.tenant, edition="advanced"))
    assert await needed(lower) == {"order"}
    with pytest.raises(EditConflict):
        await phone_projects.update(home, PhoneProjectChanges(paying="no"), version=1, by=owner)


async def test_staff_let_off_with_a_reason_take_that_back_and_ask_once_more(zoe: Actor) -> None:
    await decide(zoe, registration="all", holds_days=30)
    owner, code = worker(zoe.tenant), zoe.client.code
    with pytest.raises(Invalid):
        await phone_decisions.waive(code, " ", by=owner)
    await phone_decisions.waive(code, "Known for years", by=owner)
    assert await needed(zoe) == frozenset()
    await phone_decisions.take_back(code, by=owner)
    with pytest.raises(Conflict):
        await phone_decisions.take_back(code, by=owner)
    assert await needed(zoe) == {"order"}
    await own_phone.send(MOBILE, by=zoe)
    await own_phone.confirm(await code_of(zoe), by=zoe)
    assert await needed(zoe) == frozenset()
    with clock.moved(timedelta(days=30)):
        assert (await phone_needs.of(zoe.client.id, by=zoe)).stand == "expired"
        assert await needed(zoe) == {"order"}
    await phone_decisions.ask(code, by=worker(zoe.tenant, "support"))
    assert await needed(zoe) == {"order", "pay"}
    with clock.moved(timedelta(minutes=2)):
        await own_phone.send(OTHER, by=zoe)
        await own_phone.confirm(await code_of(zoe), by=zoe)
        assert await needed(zoe) == frozenset()
    assert [row["state"] for row in await phone_decisions.history(code, by=owner)] == [
        "verified", "asked", "verified", "waived",
    ]  # fmt: skip
    seen = await phone_decisions.history(code, by=worker(zoe.tenant, "auditor"))
    assert {row["phone"] for row in seen} == {"", "+33 ••• 78", OTHER}, "the verified one stands on the card too"
    for act in (phone_decisions.waive(code, "x", by=worker(zoe.tenant, "support")),
                phone_decisions.ask(code, by=worker(zoe.tenant, "auditor"))):  # fmt: skip
        with pytest.raises(PermissionMissing):
            await act
    with pytest.raises(NotFound):
        await phone_decisions.history(999_999, by=owner)


async def test_nobody_verifies_from_inside_or_without_the_right_to_edit_the_profile(zoe: Actor) -> None:
    inside = replace(zoe, impersonator=Impersonator(visit_id=1, staff_id=1, name="Alice"))
    reader = replace(zoe, client=replace(zoe.client, rights=frozenset({"orders:place"})))
    for by in (inside, reader):
        with pytest.raises(Forbidden):
            await own_phone.send(MOBILE, by=by)
        with pytest.raises(Forbidden):
            await own_phone.confirm("123456", by=by)


@given(st.sampled_from(["+33612345678", "+15005550006", "+447911123456", "+3519123", "x", ""]))
def test_a_masked_number_shows_no_more_than_its_country_and_two_digits(number: str) -> None:
    shown = phone_numbers.masked(number)
    assert number[4:-2] not in shown or len(number) < 7
    checks = Checks()
    phone_numbers.checked(checks, "phone", number, country="FR")
    assert ("phone" in checks.errors) == (number not in ("+33612345678", "+447911123456"))
