"""Rules of account groups: who joins and leaves, that SQL says what the rule says, and what keeps a rule quiet."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from core import clock, db
from core.accounts import group_rules, groups, rule_changes, rule_members, rule_runs, rule_tests
from core.accounts.group_rules import Block, Condition, Rule
from core.accounts.groups import NewGroup
from core.actor import Actor, Tenant, system
from core.errors import EditConflict, Forbidden, Invalid, NotInEdition
from core.settings import Settings
from tests import cast
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.plugins.at_work import workers

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def on(name: str, operator: str, *values: str) -> Condition:
    return Condition(on=name, operator=operator, values=values)


def all_of(*conditions: Condition) -> Rule:
    return Rule(blocks=[Block(conditions=list(conditions))])


def any_of(*conditions: Condition) -> Rule:
    return Rule(blocks=[Block(match="any", conditions=list(conditions))])


FRENCH = all_of(on("country", "is", "FR"))


async def members(group_id: int) -> dict[str, tuple[bool, bool]]:
    """Login to (by hand, by rule)."""
    found = await db.fetch(
        """SELECT c.login, m.is_manual, m.is_by_rule FROM group_members m JOIN clients c ON c.id = m.client_id
            WHERE m.group_id = $1""",
        group_id,
    )
    return {row["login"]: (row["is_manual"], row["is_by_rule"]) for row in found}


async def a_group(by: Actor, name: str = "Gold") -> int:
    return int((await groups.create(NewGroup(name=name), by=by))["id"])


async def follow(tenant: Tenant) -> None:
    """What the job after a change does."""
    async with db.as_tenant(tenant.id):
        assert not await rule_runs._follow_some(system(tenant))


async def test_who_fits_joins_at_once_and_who_does_not_leaves_again() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await add_client("anne")
        await add_client("bernd", country="DE")
        group_id = await a_group(by)
        shown = await rule_changes.preview(group_id, FRENCH, by=by)
        assert (shown.fits, shown.joins, shown.leaves) == (1, 1, 0)
        assert [row["login"] for row in shown.joining] == ["anne"]
        changed = await rule_changes.save(group_id, FRENCH, version=0, by=by)
        assert changed == rule_members.Changed(joined=1)
        assert await members(group_id) == {"anne": (False, True)}
        german = all_of(on("country", "is", "DE"))
        shown = await rule_changes.preview(group_id, german, by=by)
        assert [row["login"] for row in shown.joining] == ["bernd"]
        assert [row["login"] for row in shown.leaving] == ["anne"]
        assert await rule_changes.save(group_id, german, version=1, by=by) == rule_members.Changed(
            joined=1, gone=1
        )
        assert await members(group_id) == {"bernd": (False, True)}
        told = (await entries("group:rule_changed"))[-1]
        assert told["changes"] == {"rule": ["Country is France", "Country is Germany"]}
        assert (await entries("group:rule_ran"))[-1]["changes"] == {"joined": [None, 1], "gone": [None, 1]}
        assert {e["action"] for e in await entries("group:left_by_rule")} == {"group:left_by_rule"}
        assert (await groups.get(group_id, by=by))["members"] == 1


async def test_a_member_by_hand_stays_whatever_the_rule_says() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne, bernd = await add_client("anne"), await add_client("bernd", country="DE")
        group_id = await a_group(by)
        await groups.add(group_id, [bernd, anne], by=by)
        shown = await rule_changes.preview(group_id, FRENCH, by=by)
        assert (shown.joins, shown.leaves) == (0, 0)
        await rule_changes.save(group_id, FRENCH, version=0, by=by)
        assert await members(group_id) == {"anne": (True, True), "bernd": (True, False)}
        assert await groups.remove(group_id, [anne, bernd], by=by) == 2
        assert await members(group_id) == {"anne": (False, True)}
        assert await groups.remove(group_id, [anne], by=by) == 0
        assert await groups.add(group_id, [anne], by=by) == 1
        await rule_changes.save(group_id, Rule(), version=1, by=by)
        assert await members(group_id) == {"anne": (True, False)}
        assert await group_rules.find(group_id, by=by) is None


async def test_a_client_that_changes_joins_or_leaves_by_the_job_after_it() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne = await add_client("anne")
        group_id = await a_group(by)
        await rule_changes.save(group_id, all_of(on("country", "is", "DE", "AT")), version=0, by=by)
        assert await members(group_id) == {}
        await db.execute("UPDATE clients SET country = 'AT' WHERE id = $1", anne)
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {"anne": (False, True)}
        [told] = await entries("group:joined_by_rule")
        assert (told["client_id"], told["subject_name"], told["actor_kind"]) == (anne, "Gold", "system")
        assert await entries("group:rule_ran") == []
        await db.execute("UPDATE clients SET country = 'FR' WHERE id = $1", anne)
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {}
        assert await db.value("SELECT count(*) FROM rule_candidates") == 0


async def test_users_payers_and_fields_of_a_client_count_and_their_change_is_noticed() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne = await add_client("anne")
        group_id = await a_group(by)
        await rule_changes.save(group_id, all_of(on("payers", "at_least", "2")), version=0, by=by)
        await db.execute(
            """INSERT INTO payers (client_id, kind, country, name, email, created_at)
               VALUES ($1, 'individual', 'FR', 'Anne', 'a@example.org', $2)""",
            anne,
            clock.now(),
        )
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {"anne": (False, True)}
        await db.execute("DELETE FROM payers WHERE client_id = $1 AND NOT is_default", anne)
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {}
        [[reason]] = await rule_changes.why(anne, group_id, by=by) or []
        assert (reason.text, reason.value, reason.holds) == ("Number of payers is at least 2", "1", False)


async def test_deleting_a_client_leaves_no_candidate_behind() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne = await add_client("anne")
        await rule_changes.save(await a_group(by), FRENCH, version=0, by=by)
        await db.execute("DELETE FROM clients WHERE id = $1", anne)
        assert await db.value("SELECT count(*) FROM rule_candidates") == 0


async def test_a_rule_that_asks_for_what_is_gone_is_broken_and_changes_nobody() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        attitude = await db.value("INSERT INTO attitudes (name) VALUES ('Odd') RETURNING id")
        anne = await add_client("anne", attitude_id=attitude)
        group_id = await a_group(by)
        await rule_changes.save(group_id, all_of(on("attitude", "is", str(attitude))), version=0, by=by)
        assert await members(group_id) == {"anne": (False, True)}
        await db.execute("UPDATE clients SET attitude_id = NULL WHERE id = $1", anne)
        await db.execute("DELETE FROM attitudes WHERE id = $1", attitude)
        kept = await group_rules.find(group_id, by=by)
        assert kept is not None
        assert "not there any more" in kept.trouble
        assert await group_rules.troubles(by=by) == {group_id: kept.trouble}
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {"anne": (False, True)}


async def test_what_was_kept_and_cannot_be_read_any_more_is_broken_too() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        group_id = await a_group(by)
        await rule_changes.save(group_id, FRENCH, version=0, by=by)
        for rule in ({"name": ["x"]}, {}, {"match": "all", "blocks": [{"match": "none"}]}):
            await db.execute("UPDATE group_rules SET rule = $1", rule)
            kept = await group_rules.find(group_id, by=by)
            assert kept is not None
            assert kept.rule is None
            assert kept.trouble


async def test_an_exception_keeps_a_client_out_until_it_is_lifted() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne = await add_client("anne")
        group_id = await a_group(by)
        await rule_changes.save(group_id, FRENCH, version=0, by=by)
        assert await rule_changes.exclude(group_id, anne, by=by)
        assert not await rule_changes.exclude(group_id, anne, by=by)
        assert await members(group_id) == {}
        await rule_changes.run_again(group_id, by=by)
        assert await members(group_id) == {}
        [out] = await rule_changes.exclusions(group_id, by=by)
        assert (out["code"], out["excluded_by"]) == (1001, "Owner")
        assert await rule_changes.include(group_id, anne, by=by)
        assert not await rule_changes.include(group_id, anne, by=by)
    await follow(tenant)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {"anne": (False, True)}
        assert len(await entries("group:client_excepted")) == len(await entries("group:client_included")) == 1


async def test_of_two_who_save_the_second_sees_that_the_first_did() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        group_id = await a_group(by)
        await rule_changes.save(group_id, FRENCH, version=0, by=by)
        with pytest.raises(EditConflict):
            await rule_changes.save(group_id, FRENCH, version=0, by=by)
        await rule_changes.save(group_id, FRENCH, version=1, by=by)
        kept = await group_rules.find(group_id, by=by)
        assert kept is not None
        assert kept.row["version"] == 1
        assert len(await entries("group:rule_changed")) == 1


async def test_who_sees_a_part_of_the_clients_has_no_business_with_rules() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        group_id = await a_group(worker(tenant))
        for limited in (worker(tenant, groups=frozenset({group_id})), worker(tenant, projects=frozenset({1}))):
            for refused in (
                group_rules.find(group_id, by=limited),
                rule_changes.preview(group_id, FRENCH, by=limited),
            ):
                with pytest.raises(Forbidden):
                    await refused
            assert await group_rules.troubles(by=limited) == {}


async def test_a_lower_edition_leaves_the_members_and_stops_the_rule() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anne = await add_client("anne")
        group_id = await a_group(by)
        await rule_changes.save(group_id, FRENCH, version=0, by=by)
        await db.execute("UPDATE clients SET country = 'DE' WHERE id = $1", anne)
    lower = msgspec.structs.replace(tenant, edition="standard")
    await follow(lower)
    async with db.as_tenant(tenant.id):
        assert await members(group_id) == {"anne": (False, True)}
        with pytest.raises(NotInEdition):
            await rule_changes.run_again(group_id, by=worker(lower))
        assert await rule_changes.run_again(group_id, by=by) == rule_members.Changed(gone=1)


async def test_a_project_cannot_be_asked_for_in_an_edition_without_projects() -> None:
    tenant = await open_provider(edition="advanced")
    async with db.as_tenant(tenant.id):
        assert "project" not in await rule_tests.offered(by=worker(tenant))
        with pytest.raises(Invalid) as refusal:
            await rule_changes.preview(
                await a_group(worker(tenant)), all_of(on("project", "is", "1")), by=worker(tenant)
            )
    assert set(refusal.value.errors) == {"blocks.0.conditions.0.on"}


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        (on("", "is", "FR"), "on"),
        (on("country", "begins", "FR"), "operator"),
        (on("country", "is"), "values"),
        (on("country", "is", "XX"), "values"),
        (on("users", "at_least", "many"), "values"),
        (on("users", "at_least", "1e40"), "values"),
        (on("users", "at_least", "NaN"), "values"),
        (on("users", "at_least", "1", "2"), "values"),
        (on("registered", "from", "2026-02-30"), "values"),
        (on("registered", "newer_than", "-1"), "values"),
        (on("registered", "newer_than", "9" * 40), "values"),
        (on("email_domain", "is", "a\x00b"), "values"),
        (on("email_domain", "is", "x" * 201), "values"),
        (on("verified_phone", "is", "maybe"), "values"),
    ],
)
async def test_what_cannot_be_asked_is_an_error_at_its_place(condition: Condition, place: str) -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        group_id = await a_group(by)
        with pytest.raises(Invalid) as refusal:
            await rule_changes.save(group_id, all_of(condition), version=0, by=by)
        assert set(refusal.value.errors) == {f"blocks.0.conditions.0.{place}"}
        assert await group_rules.find(group_id, by=by) is None


async def test_the_preview_goes_on_page_by_page() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for number in range(rule_members.PAGE + 3):
            await add_client(f"c{number}")
        group_id = await a_group(by)
        first = await rule_changes.preview(group_id, FRENCH, by=by)
        assert (first.joins, len(first.joining)) == (53, 50)
        rest = await rule_changes.preview(group_id, FRENCH, joining_after=first.joining_next, by=by)
        assert len(rest.joining) == 3
        assert rest.joining_next == ""
        seen = {row["login"] for row in [*first.joining, *rest.joining]}
        assert len(seen) == 53


async def test_a_big_provider_gets_its_members_by_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_changes, "AT_ONCE", 1)
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await add_client("anne")
        await add_client("bea")
        group_id = await a_group(by)
        assert await rule_changes.save(group_id, FRENCH, version=0, by=by) is None
        kept = await group_rules.find(group_id, by=by)
        assert kept is not None
        assert kept.is_waiting
        assert await members(group_id) == {}


async def test_at_night_each_rule_is_asked_for_once_a_day_of_the_provider() -> None:
    nova = await cast.tenant("nova")
    by = worker(nova)
    evening = datetime(2026, 11, 28, 22, 30, tzinfo=UTC)
    async with db.as_tenant(nova.id):
        await rule_changes.save(await a_group(by), FRENCH, version=0, by=by)
        days = []
        for hours in (0, 1, 2):
            await rule_runs.nightly(evening + timedelta(hours=hours))
            days.append(await db.value("SELECT next FROM counters WHERE name = 'group_rules'"))
    local = [(evening + timedelta(hours=hours)).astimezone(ZoneInfo(nova.timezone)) for hours in (0, 1, 2)]
    assert days == [moment.date().toordinal() for moment in local]


async def test_a_worker_follows_changes_and_runs_what_was_asked_for(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_changes, "AT_ONCE", 1)
    monkeypatch.setattr(rule_members, "PIECE", 1)
    nova = await cast.tenant("nova")
    by = worker(nova)
    async with db.as_tenant(nova.id):
        group_id = await a_group(by)
        assert await rule_changes.save(group_id, FRENCH, version=0, by=by) is None
    async with workers(database):
        assert await seen(nova, group_id, {"dupont", "elodie"})
        assert await joined(nova, group_id) == 2
        async with db.as_tenant(nova.id):
            await db.execute("UPDATE clients SET country = 'FR' WHERE login = 'tanaka'")
            await db.execute("UPDATE clients SET country = 'BE' WHERE login = 'dupont'")
        assert await seen(nova, group_id, {"tanaka", "elodie"})


async def seen(tenant: Tenant, group_id: int, wanted: set[str]) -> bool:
    """Wait until these are the members."""
    async with asyncio.timeout(60):
        while True:
            async with db.as_tenant(tenant.id):
                if set(await members(group_id)) == wanted:
                    return True
            await asyncio.sleep(0.1)


async def joined(tenant: Tenant, group_id: int) -> int:
    """Wait until the run has ended; how many it brought in."""
    async with asyncio.timeout(60):
        while True:
            async with db.as_tenant(tenant.id):
                kept = await group_rules.find(group_id, by=worker(tenant))
            if kept is not None and not kept.is_waiting:
                return int(kept.row["joined"])
            await asyncio.sleep(0.1)
