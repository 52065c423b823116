"""A word in every text of one provider reaches nobody else: not in a page, not in JSON, not in a log.

Acme's texts are planted; Nova's owner, his key, a stranger, another reseller and the operator then ask for
everything there is, for Acme's own ids, and for the beginning of the word itself.
"""

from urllib.parse import quote

import pytest

from core import db
from tenants import resellers
from tests import cast
from tests.web.matrix import canary
from tests.web.matrix.references import own_things, owned_places, places_of, put_in, same_things
from tests.web.matrix.row import Row
from tests.web.matrix.table import ROWS
from tests.web.matrix.test_refusals import body_of
from tests.web.matrix.test_strange import PARAMETERS
from tests.web.matrix.world import Somebody, World

pytestmark = pytest.mark.anyio

SEEN_AT_HOME = (
    "/staff",
    "/staff/clients",
    "/staff/clients/{code}",
    "/staff/clients/{code}/edit",
    "/staff/clients/{code}/timeline",
    "/staff/groups",
    "/staff/groups/{group_id}",
    "/staff/projects",
    "/staff/attitudes",
    "/staff/fields",
    "/staff/people",
    "/staff/users",
    "/staff/roles",
    "/staff/api-keys",
    "/staff/activity",
    "/account",
    "/account/sessions",
    "/api/v1/clients",
    "/api/v1/clients/{code}",
    "/api/v1/groups",
    "/api/v1/staff",
    "/api/v1/users",
    "/api/v1/roles",
    "/api/v1/activity",
)
NOT_SENT = (
    "POST /sign-out",
    "POST /sign-in",
    "POST /account/sessions/end-others",
    "POST /account/password",
    "GET /health/live",
)


@pytest.fixture
async def planted(world: World) -> World:
    """The world with the word in all of Acme, which owns one of everything."""
    things = {kind: await world.own(kind, "bob") for kind in kinds()}
    world.bob = {True: await world.key_of("bob"), False: await world.person("bob")}
    acme = world.actors["bob"].tenant.id
    await world.admin.execute(
        "INSERT INTO hosts (name, provider_id, created_at) VALUES ('x.example', $1, now())", acme
    )
    await world.admin.execute(
        "INSERT INTO provider_features VALUES ($1, 'partners', true, now(), 'x') ON CONFLICT DO NOTHING", acme
    )
    filled, ruled = await canary.plant(world.admin, acme)
    assert ruled == canary.RULED
    assert {"clients.name", "people.email", "audit_entries.changes", "client_words.word", "hosts.name"} <= filled
    await world.admin.execute(
        "INSERT INTO hosts (name, provider_id, created_at) VALUES ('acme.localhost', $1, now())", acme
    )
    things["client"] = await world.admin.fetchval("SELECT code FROM clients WHERE tenant_id = $1 LIMIT 1", acme)
    world.theirs = things
    return world


def kinds() -> list[str]:
    """In the order of the rows, for some are made beside what a row names before them."""
    return list(dict.fromkeys(place.kind for row in ROWS if row.hosts != "platform" for place in places_of(row)))


async def everything_said_to(
    world: World, somebody: Somebody, rows: list[Row], name: str
) -> list[tuple[str, str]]:
    """Ask for all of these with one's own things, with Acme's, and for the word; who said what."""
    said = []
    for row in rows:
        if row.name in NOT_SENT:
            continue
        own = await (own_things if row.is_write else same_things)(world, row, name)
        body = put_in(await body_of(world, row, somebody), own) if row.is_write else None
        tries = [own] if not row.is_write else []
        tries += [own | {place.name: world.theirs.get(place.kind, "acme")} for place in owned_places(row)]
        for things in tries:
            sent = put_in(await body_of(world, row, somebody), things) if body is not None else None
            answer = await world.call(row, somebody, things=things, send=sent)
            may_be = (200, 303, 404, 403) if row.hosts == "platform" else (200, 303, 404)
            assert things is not own or not somebody.actor or answer.status_code in may_be, row.name
            said.append((row.name, f"{answer.status_code} {answer.headers} {answer.text}"))
        asks = not row.is_write and name != "zoe"  # Her lists are found in as Alice's are.
        for parameter in PARAMETERS.get(row.path, "").split() if asks else ():
            for word in (canary.OWN, canary.SHARED):
                asked = type(row)(
                    **{field: getattr(row, field) for field in row.__struct_fields__}
                    | {"query": f"{parameter}={quote(word)}"}
                )
                answer = await world.call(asked, somebody, things=own)
                said.append((f"{row.name}?{parameter}", f"{answer.headers} {answer.text}"))
    return said


def leaks(said: list[tuple[str, str]], *words: str) -> list[str]:
    """Where more of a word was said than its beginning, which was asked for."""
    found = []
    for name, text in said:
        for word in words:
            at = text.lower().find(f"{word}-")
            if at >= 0:
                found.append(f"{name}: ...{text[max(0, at - 200) : at + 80]}")
    return found


async def test_the_word_is_seen_at_home(planted):
    unseen = []
    for row in ROWS:
        if row.path in SEEN_AT_HOME and not row.is_write:
            somebody = planted.bob[row.is_json]
            things = {place.name: planted.theirs[place.kind] for place in places_of(row)}
            answer = await planted.call(row, somebody, things=things)
            if answer.status_code != 200 or f"{canary.OWN}-" not in answer.text.lower():
                unseen.append(f"{row.name}: {answer.status_code}")
    assert unseen == []


@pytest.mark.parametrize("name", ["alice", "zoe", ""])
async def test_it_reaches_no_other_provider(planted, name, capfd):
    await planted.admin.execute("UPDATE providers SET edition = 'corporate'")
    capfd.readouterr()
    said = []
    for kind in ("page", "json") if name else ("page",):
        rows = [row for row in ROWS if row.hosts != "platform" and row.is_json == (kind == "json")]
        somebody = await planted.for_row(rows[-1], name)
        said += await everything_said_to(planted, somebody, rows, name or "alice")
    assert len(said) > 50
    assert leaks(said, canary.OWN, canary.SHARED) == []
    printed = capfd.readouterr()
    assert leaks([("log", printed.out + printed.err)], canary.OWN, canary.SHARED) == []


async def test_it_reaches_no_other_reseller_and_the_operator_sees_no_providers_own_rows(planted):
    olga = planted.actors["olga"]
    async with db.as_platform():
        new = resellers.NewReseller(
            name="Polaris", editions=("standard",), person_name="Pia", person_email="pia@platform.example"
        )
        await resellers.create(new, by=olga)
    await planted.admin.execute("UPDATE people SET password_hash = 'x' WHERE email = 'pia@platform.example'")
    cast.PEOPLE["pia"] = ("platform", "reseller")
    try:
        pia = await planted.person("pia")
        planted.actors["pia"] = pia.actor
    finally:
        del cast.PEOPLE["pia"]
    rows = [row for row in ROWS if row.hosts == "platform"]
    assert leaks(await everything_said_to(planted, pia, rows, "pia"), canary.OWN, canary.SHARED) == []
    reads = [row for row in rows if not row.is_write]
    said = await everything_said_to(planted, await planted.person("olga"), reads, "olga")
    assert leaks(said, canary.OWN) == []
    assert leaks(said, canary.SHARED)


async def test_mail_and_jobs_of_others_do_not_carry_it(planted):
    """What the other providers' requests have queued is theirs."""
    alice = await planted.person("alice")
    rows = [row for row in ROWS if row.hosts == "provider" and not row.is_json and row.is_write]
    before = await planted.admin.fetchval("SELECT coalesce(max(id), 0) FROM queue.pgqueuer")
    await everything_said_to(planted, alice, rows, "alice")
    queued = await planted.admin.fetch("SELECT payload FROM queue.pgqueuer WHERE id > $1", before)
    assert leaks([("job", str(record["payload"])) for record in queued], canary.OWN, canary.SHARED) == []
