"""Whoever is limited to a project learns nothing of the clients of another one, nor of that project itself.

Lea, who is limited to "Nova Pro", is given all rights there are. A word is planted in a client of another project:
in every text that hangs on it, as PostgreSQL's catalogue lists them, and in the project. Then she asks for all
that can be read, with their ids and with those of her own clients, searches for the word, and has all lists as
files.
"""

from typing import Any
from urllib.parse import quote

import pytest

from core import db
from core.accounts import bulk, client_projects, clients, groups, projects
from core.accounts.client_choice import Choice
from tests import cast
from tests.web.matrix import canary
from tests.web.matrix.references import own_things, places_of, put_in, same_things
from tests.web.matrix.row import Row
from tests.web.matrix.table import ROWS
from tests.web.matrix.test_refusals import body_of
from tests.web.matrix.test_strange import PARAMETERS
from tests.web.matrix.world import Somebody, World

pytestmark = pytest.mark.anyio

WORD = "qzverborgen"
READS = [row for row in ROWS if row.hosts != "platform" and row.area in ("staff", "api", "account", "public")]
ASKED = [row for row in READS if not row.is_write or row.path.endswith("/export")]
NEVER = ("/api/v1/docs", "/api/v1/openapi.json")
PLACES = """
    SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = '' AND format_type(a.atttypid, NULL) IN ('text', 'text[]')
       AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'client_id')
     ORDER BY 1, 2
"""


class Hidden:
    """What Lea must not see, and her own: by kind, what stands in addresses."""

    def __init__(self) -> None:
        self.theirs: dict[str, Any] = {}
        self.hers: dict[str, Any] = {}


@pytest.fixture
async def hidden(world: World) -> Hidden:
    """A project and a client with the word in all their texts; and a client of both projects, whom Lea sees."""
    alice, found = await cast.who("alice"), Hidden()
    async with db.as_tenant(alice.tenant.id):
        new = projects.NewProject(name=f"{WORD}-project", site=f"{WORD}-site.example", brand_name=f"{WORD}-brand")
        project = await projects.create(new, by=alice)
        secret = await _register("secret", project["id"], by=alice)
        both = await _register("both", project["id"], by=alice)
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        await client_projects.open_account(both["id"], pro, by=alice)
        group_id = await db.value("SELECT id FROM account_groups WHERE name = 'VIP circle'")
        await groups.add(group_id, [secret["id"]], by=alice)
        change = await bulk.check(bulk.Change(act="language", language="fr"), by=alice)
        task = await bulk.begin(change, Choice(codes=(secret["code"],)), by=alice)
        await db.execute(
            """INSERT INTO task_results (task_id, number, subject_kind, subject_id, code, name, outcome)
               VALUES ($1, 1, 'client', $2, $3, $4, 'done')""",
            task, secret["id"], secret["code"], f"{WORD}-result")  # fmt: skip
        payer = await db.value("SELECT id FROM payers WHERE client_id = $1", secret["id"])
        accounts = {
            row["client_id"]: row["id"] for row in await db.fetch("SELECT id, client_id FROM client_projects")
        }
        mine = await db.value(
            "SELECT id FROM client_projects WHERE client_id = $1 AND project_id = $2", both["id"], pro
        )
    found.theirs = {"client": secret["code"], "project": project["id"], "payer": payer, "task": task,
                    "account": accounts[secret["id"]], "group": group_id}  # fmt: skip
    found.hers = {"client": both["code"], "project": pro, "account": mine, "group": group_id}
    await _plant(world, secret["id"])
    await world.admin.execute(
        "UPDATE staff SET role = 'owner' WHERE person_id = (SELECT id FROM people WHERE email = $1)",
        cast.email("lea"),
    )
    return found


async def _register(name: str, project_id: int, *, by: Any) -> Any:
    """A client; the word is in the one that is secret from its first entry in the audit on."""
    word = f"{WORD}-" if name == "secret" else ""
    return await clients.create(
        clients.NewClient(
            login=f"{word}{name}",
            email=f"{word}{name}@client.example",
            country="FR",
            contact_person=f"{word}{name}",
            note=f"{word}{name}",
            project_id=project_id,
        ),
        by=by,
    )


async def _plant(world: World, client_id: int) -> None:
    """Put the word into every text that hangs on the client, where no rule of the database forbids it."""
    places = [(row["table"], row["column"], row["type"], "client_id") for row in await world.admin.fetch(PLACES)]
    places += [
        ("clients", column, "text", "id") for column in ("registered_address", "closed_reason", "external_id")
    ]
    for table, column, kind, key in places:
        value = canary.VALUES[kind].format(word=WORD, column=column.replace("_", "-"))
        try:
            async with world.admin.transaction():
                await world.admin.execute(
                    f'UPDATE {table} t SET "{column}" = made.value FROM (SELECT ctid AS place, {value} AS value'
                    f" FROM {table} WHERE {key} = $1) made WHERE t.ctid = made.place",
                    client_id,
                )
        except canary.asyncpg.CheckViolationError:
            continue


async def _said(world: World, row: Row, lea: Somebody, things: dict[str, Any], query: str = "") -> str:
    body = put_in(await body_of(world, row, lea), things) if row.is_write else None
    asked = row
    if query:
        asked = Row(**{name: getattr(row, name) for name in row.__struct_fields__} | {"query": query})
    answer = await world.call(asked, lea, things=things, send=body)
    assert answer.status_code < 500, row.name
    return f"{answer.status_code} {answer.headers} {answer.text}"


async def _things(world: World, row: Row, chosen: dict[str, Any]) -> dict[str, Any]:
    made = await (own_things if row.is_write else same_things)(world, row, "alice")
    return {place.name: chosen.get(place.kind, made[place.name]) for place in places_of(row)}


def _leaks(name: str, text: str) -> list[str]:
    at = text.lower().find(f"{WORD}-")
    return [] if at < 0 else [f"{name}: ...{text[max(0, at - 200) : at + 80]}"]


async def test_the_word_is_seen_by_those_who_may(world, hidden):
    alice = await world.person("alice")
    pages = (
        "/staff/clients",
        "/staff/clients/{code}",
        "/staff/projects",
        "/staff/groups/{group_id}",
        "/staff/activity",
    )
    seen = [
        row.path
        for row in ASKED
        if row.path in pages
        and _leaks(row.name, await _said(world, row, alice, await _things(world, row, hidden.theirs)))
    ]
    assert set(seen) == set(pages)


async def test_it_is_said_to_nobody_who_is_limited_to_another_project(world, hidden):
    found, answered = [], set()
    for row in ASKED:
        if row.path in NEVER:
            continue
        for chosen in (hidden.theirs, hidden.hers):
            lea = await (world.for_row if row.is_write else world.same_for_row)(row, "lea")
            things = await _things(world, row, chosen)
            said = await _said(world, row, lea, things)
            found += _leaks(row.name, said)
            if said.startswith("200"):
                answered.add(row.name)
            for parameter in PARAMETERS.get(row.path, "").split() if not row.is_write else ():
                found += _leaks(f"{row.name}?{parameter}", await _said(
                    world, row, lea, things, f"{parameter}={quote(WORD)}"))  # fmt: skip
    assert not found, "\n".join(found)
    assert len(answered) > 60, answered
