"""Activity: every change in order, once, in sentences, and only as far as one may see."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core import audit, db
from core.accounts import activity, groups, projects
from core.accounts.activity import ActivityFilter
from core.accounts.activity_subjects import SUBJECTS
from core.accounts.activity_words import ACTIONS
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.actor import Actor, Tenant
from core.errors import Invalid, PermissionMissing
from core.permissions import Permission
from core.support.ticket_notices import OPENED
from tests.core.accounts.house import add_client, hire, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
ROOT = Path(__file__).parents[3]
ACTION = re.compile(r"[a-z_]+:[a-z_]+")
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


async def note(action: str, *, by: Actor, at: datetime | None = None, **facts: object) -> None:
    """An entry as the audit writes it, at a time of our choice."""
    await audit.record(action, action.partition(":")[0], None, by=by, **facts)  # type: ignore[arg-type]
    if at is not None:
        columns = (
            "action, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, client_id, changes"
        )
        await db.execute(
            f"""INSERT INTO audit_entries (at, {columns}) SELECT $1, {columns} FROM audit_entries
                ORDER BY audit_entries.at DESC, id DESC LIMIT 1""",
            at,
        )


async def seen(chosen: ActivityFilter, *, by: Actor) -> list[str]:
    return [str(entry["subject_name"]) for entry in (await activity.page(chosen, by=by)).entries]


async def test_pages_show_every_entry_once_though_new_ones_come_meanwhile() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        for number in range(120):
            await note("group:created", by=by, name=f"G{number:03}")
        chosen = ActivityFilter(action="group:created")
        first = await activity.page(chosen, by=by)
        await note("group:created", by=by, name="late")
        second = await activity.page(chosen, older_than=first.older, by=by)
        third = await activity.page(chosen, older_than=second.older, by=by)
        names = [entry["subject_name"] for page in (first, second, third) for entry in page.entries]
        assert names == [f"G{number:03}" for number in reversed(range(120))]
        assert (first.newer, third.older) == ("", "")
        back = await activity.page(chosen, newer_than=third.newer, by=by)
        assert [entry["id"] for entry in back.entries] == [entry["id"] for entry in second.entries]
        newest = await activity.page(chosen, newer_than=first.older, by=by)
        assert newest.entries[-1]["subject_name"] == "G071"


@pytest.mark.parametrize(
    "cursor", ["x", "////", "WzEsIDJd", "WyJhIiwxXQ", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgwMDAsMV0", "é"]
)
async def test_a_cursor_that_was_made_up_is_no_error(cursor: str) -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await note("client:created", by=worker(tenant), name="Anna")
        whole = {entry["id"] for entry in (await activity.page(ActivityFilter(), by=worker(tenant))).entries}
        older = await activity.page(ActivityFilter(), older_than=cursor, by=worker(tenant))
        newer = await activity.page(ActivityFilter(), newer_than=cursor, by=worker(tenant))
        assert whole
        assert {entry["id"] for entry in (*older.entries, *newer.entries)} <= whole


async def test_each_filter_lets_through_what_it_says() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        alice = await hire(tenant, "Alice")
        anna = await add_client("anna")
        await note("client:created", by=alice, name="Élodie Müller", client_id=anna)
        await note("group:created", by=worker(tenant), name="Gold")
        by = worker(tenant)
        assert await seen(ActivityFilter(actor=alice.staff_id), by=by) == ["Élodie Müller"]
        assert await seen(ActivityFilter(action="group:created"), by=by) == ["Gold"]
        assert await seen(ActivityFilter(subject_kind="client"), by=by) == ["Élodie Müller"]
        assert await seen(ActivityFilter(client=1001), by=by) == ["Élodie Müller"]
        for search in ("elodie", "ÉLO", "elodie mu"):
            assert await seen(ActivityFilter(search=search), by=by) == ["Élodie Müller"]
        assert await seen(ActivityFilter(search="%"), by=by) == []


async def test_days_are_those_of_the_provider_and_both_ends_count() -> None:
    tenant = await open_provider(timezone="Pacific/Auckland")
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await note("group:created", by=by, at=NOON, name="Gold")
        day = date(2026, 3, 29)
        assert await seen(ActivityFilter(day_from=day, day_to=day), by=by) == ["Gold"]
        assert await seen(ActivityFilter(day_from=date(2026, 3, 1), day_to=day - timedelta(days=1)), by=by) == []


async def test_all_that_is_wrong_with_a_filter_is_said_at_once() -> None:
    tenant = await open_provider()
    chosen = ActivityFilter(
        actor=2**70, client=-1, action="x", subject_kind="x", search="\x00", day_from=date.max, day_to=date.min
    )
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid) as refusal:
            await activity.page(chosen, by=worker(tenant))
        with pytest.raises(Invalid) as unknown:
            await activity.page(ActivityFilter(client=999_999), by=worker(tenant))
    assert set(refusal.value.errors) == {
        "actor", "client", "action", "subject_kind", "search", "day_from", "day_to",
    }  # fmt: skip
    assert set(unknown.value.errors) == {"client"}


async def test_one_client_has_a_page_of_his_own() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        anna, bela = await add_client("anna"), await add_client("bela")
        await note("client:created", by=by, name="Anna", client_id=anna)
        await note("client:created", by=by, name="Bela", client_id=bela)
        gold = await groups.create(NewGroup(name="Gold"), by=by)
        await groups.add(gold["id"], [anna], by=by)
        told = await activity.of_client(anna, by=by)
    assert [entry["subject_name"] for entry in told.entries] == ["Gold", "Anna"]


async def test_who_is_limited_sees_his_clients_and_his_own_doings() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        bob = await hire(tenant, "Bob", "manager")
        aurora = (await projects.create(NewProject(name="Aurora"), by=by))["id"]
        anna, bela = await add_client("anna"), await add_client("bela", project_id=aurora)
        limited = worker(tenant, "manager", staff_id=bob.staff_id, projects=frozenset({aurora}))
        await note("client:created", by=by, name="Anna", client_id=anna)
        await note("client:created", by=by, name="Bela", client_id=bela)
        await note("client:updated", by=limited, name="Anna again", client_id=anna)
        await note("attitude:updated", by=limited, name="VIP")
        assert await seen(ActivityFilter(), by=limited) == ["VIP", "Bela"]
        assert await seen(ActivityFilter(search="anna"), by=limited) == []
        with pytest.raises(Invalid):
            await activity.page(ActivityFilter(client=1001), by=limited)


async def test_support_reads_no_activity() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        with pytest.raises(PermissionMissing):
            await activity.page(ActivityFilter(), by=worker(tenant, "support"))
        with pytest.raises(PermissionMissing):
            await activity.actors(by=worker(tenant, "support"))


async def test_nothing_of_another_provider_is_in_it() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        await note("group:created", by=worker(acme), name="Theirs")
    async with db.as_tenant(nova.id):
        assert "Theirs" not in await seen(ActivityFilter(), by=worker(nova))


async def test_an_entry_is_a_sentence_with_its_changes() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        old, new = {"name": "Gold", "is_default": True, "clients": []}, {"name": "100 %(x)s", "is_default": False}
        await note("group:updated", by=by, name="100 %(x)s", old=old, new=new)
        await note("weather:changed", by=by, name="sunny")
        unknown, known, *_rest = (await activity.page(ActivityFilter(), by=by)).entries
    assert known["sentence"] == "Owner changed the group 100 %(x)s"
    assert known["changes"] == [("Name", "Gold", "100 %(x)s"), ("Clients", "", ""), ("Default", "yes", "no")]
    assert unknown["sentence"] == "Owner: weather:changed, sunny"


async def test_every_action_of_ours_has_its_sentence() -> None:
    written = {action for folder in ("core", "tenants", "web") for action in actions_in(ROOT / folder)}
    assert len(written) > 30
    assert written - set(ACTIONS) - set(Permission) == set()
    assert list(ACTIONS) == sorted(ACTIONS)


async def test_every_kind_of_subject_that_is_written_has_its_name() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        kinds = {row[0] for row in await db.fetch("SELECT DISTINCT subject_kind FROM audit_entries")}
    assert kinds
    assert kinds <= set(SUBJECTS)


def actions_in(folder: Path) -> set[str]:
    """Whatever looks like an action in the modules that write to the audit."""
    sources = [path.read_text() for path in folder.rglob("*.py")]
    return {
        part.value
        for source in sources
        if "record(" in source or "note(" in source
        for part in ast.walk(ast.parse(source))
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.fullmatch(part.value)
    }


async def test_an_actor_can_be_somebody_of_a_provider_without_a_name() -> None:
    tenant = Tenant(id=1, code="x", name="X")
    entry = {"action": "client:created", "actor_name": worker(tenant).name, "subject_name": ""}
    assert activity.described(entry) == "Owner registered the client (no name)"  # type: ignore[arg-type]


async def test_amounts_by_currency_and_choices_by_kind_are_told_in_words() -> None:
    changes = {
        "prices": [{"EUR": 5000}, {"CHF": 4500, "JPY": 300}],
        "notifications": [{"ticket.opened": ["mail"]}, {"ticket.opened": []}],
    }
    (_prices, old, new), (_told, before, after) = activity.changes_of({"changes": changes})
    assert (old, new) == ("€50.00", "CHF45.00, ¥300")
    assert (before, after) == (f"{OPENED.title}: mail", f"{OPENED.title}: ")
