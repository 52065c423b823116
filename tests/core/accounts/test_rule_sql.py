"""SQL says of every client what its rule says in Python, over clients and rules that were made up."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.accounts import field_edits, groups, rule_members, rule_tests
from core.accounts.field_edits import NewField
from core.accounts.group_rules import Block, Condition, Rule
from core.actor import Actor
from core.settings import Settings
from tests.core.accounts.house import add_client, open_provider, worker

pytestmark = pytest.mark.anyio


def on(name: str, operator: str, *values: str) -> Condition:
    return Condition(on=name, operator=operator, values=values)


FIELDS = (
    NewField(key="size", label="Size", kind="number"),
    NewField(key="since", label="Since", kind="date"),
    NewField(key="motto", label="Motto", kind="text"),
)
CLIENT = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["FR", "DE", "JP"]),
        "kind": st.sampled_from(["individual", "company"]),
        "language": st.sampled_from(["fr", "en"]),
        "status": st.sampled_from(["active", "closed"]),
        "has_attitude": st.booleans(),
        "domain": st.sampled_from(["example.org", "Example.COM", "x.test"]),
        "phone_verified": st.sampled_from(["", "+33123456789"]),
        "days": st.integers(0, 40),
        "size": st.none() | st.integers(-3, 3),
        "since": st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 5)),
        "motto": st.none() | st.sampled_from(["Élan", "elan vital", "toujours"]),
    }
)
NUMBER = st.tuples(st.sampled_from(["is", "at_least", "at_most"]), st.integers(-3, 3).map(str))
CONDITION = st.one_of(
    st.builds(
        lambda operator, values: on("country", operator, *values),
        st.sampled_from(["is", "is_not"]),
        st.lists(st.sampled_from(["FR", "DE", "JP"]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda name, operator, value: on(name, operator, value[name]),
        st.sampled_from(["kind", "language", "status"]),
        st.sampled_from(["is", "is_not"]),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["individual", "company"]),
                "language": st.sampled_from(["fr", "en"]),
                "status": st.sampled_from(["active", "closed"]),
            }
        ),
    ),
    st.builds(
        lambda name, operator: on(name, operator),
        st.sampled_from(["attitude", "field.size", "field.since", "field.motto"]),
        st.sampled_from(["is_set", "is_not_set"]),
    ),
    st.builds(
        lambda operator, value: on("email_domain", operator, value),
        st.sampled_from(["is", "is_not", "begins"]),
        st.sampled_from(["example.org", "EXAMPLE.com", "ex"]),
    ),
    st.builds(lambda value: on("verified_phone", "is", value), st.sampled_from(["yes", "no"])),
    st.builds(
        lambda operator, days: on("registered", operator, str(days)),
        st.sampled_from(["newer_than", "older_than"]),
        st.integers(0, 40),
    ),
    st.builds(
        lambda operator, days: on("registered", operator, str(today() - timedelta(days=days))),
        st.sampled_from(["from", "to"]),
        st.integers(0, 40),
    ),
    st.builds(lambda asked: on("field.size", *asked), NUMBER),
    st.builds(
        lambda operator, day: on("field.since", operator, day.isoformat()),
        st.sampled_from(["from", "to"]),
        st.dates(date(2026, 1, 1), date(2026, 1, 5)),
    ),
    st.builds(
        lambda operator, value: on("field.motto", operator, value),
        st.sampled_from(["is", "is_not", "begins"]),
        st.sampled_from(["élan", "ELAN", "tou"]),
    ),
)
RULE = st.builds(
    Rule,
    match=st.sampled_from(["all", "any"]),
    blocks=st.lists(
        st.builds(
            Block, match=st.sampled_from(["all", "any"]), conditions=st.lists(CONDITION, min_size=1, max_size=3)
        ),
        min_size=1,
        max_size=3,
    ),
)
ZONE = "Asia/Tokyo"


def today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()


def plainly(rule: Rule, client: Mapping[str, Any]) -> bool:
    """The rule as Python understands it."""
    blocks = [
        (all if block.match == "all" else any)([_plainly(one, client) for one in block.conditions])
        for block in rule.blocks
    ]
    return (all if rule.match == "all" else any)(blocks)


def _plainly(asked: Condition, client: Mapping[str, Any]) -> bool:
    found: Any = {
        "attitude": "x" if client["has_attitude"] else None,
        "email_domain": client["domain"].lower(),
        "verified_phone": "yes" if client["phone_verified"] else "no",
        "registered": today() - timedelta(days=client["days"]),
        "field.size": client["size"],
        "field.since": client["since"],
        "field.motto": _folded(client["motto"]),
    }.get(asked.on, client.get(asked.on))
    if asked.operator in ("is_set", "is_not_set"):
        return (found is not None) == (asked.operator == "is_set")
    wanted: list[Any] = list(asked.values)
    if asked.on in ("email_domain", "field.motto"):
        wanted = [_folded(value) for value in wanted]
    if asked.on == "field.size":
        wanted = [Decimal(value) for value in wanted]
    if asked.operator in ("newer_than", "older_than"):
        since = today() - timedelta(days=int(wanted[0]))
        return bool(found >= since) == (asked.operator == "newer_than")
    if asked.operator in ("from", "to"):
        wanted = [date.fromisoformat(value) for value in wanted]
    if asked.operator == "is_not":
        return found not in wanted
    if found is None:
        return False
    return {
        "is": lambda: found in wanted,
        "begins": lambda: found.startswith(wanted[0]),
        "at_least": lambda: found >= wanted[0],
        "at_most": lambda: found <= wanted[0],
        "from": lambda: found >= wanted[0],
        "to": lambda: found <= wanted[0],
    }[asked.operator]()


def _folded(text: str | None) -> str | None:
    return text.lower().replace("é", "e") if text else text


@pytest.fixture
async def by(database: Settings) -> Actor:
    """Somebody at a provider with fields of its own, where it is not the day that it is in UTC."""
    tenant = await open_provider(timezone=ZONE)
    async with db.as_tenant(tenant.id):
        for field in FIELDS:
            await field_edits.create(field, by=worker(tenant))
    return worker(tenant)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=RULE, clients=st.lists(CLIENT, min_size=1, max_size=8))
async def test_sql_says_of_every_client_what_the_rule_says(
    by: Actor, rule: Rule, clients: list[dict[str, Any]]
) -> None:
    async with db.as_tenant(by.tenant.id):
        await db.execute("DELETE FROM clients")
        fields = {row["key"]: row["id"] for row in await db.fetch("SELECT id, key FROM client_fields")}
        group_id = await db.value("SELECT id FROM account_groups") or await _group(by)
        for number, client in enumerate(clients):
            await _enter(number, client, fields)
        tests = await rule_tests.offered(by=by)
        await rule_members.apply({"id": group_id, "name": "Gold"}, rule, tests, by=by)
        expected = {f"c{number}" for number, client in enumerate(clients) if plainly(rule, client)}
        found = await db.fetch(
            "SELECT c.login FROM group_members m JOIN clients c ON c.id = m.client_id WHERE m.group_id = $1",
            group_id,
        )
        assert {row["login"] for row in found} == expected


async def _group(by: Actor) -> int:
    return int((await groups.create(groups.NewGroup(name="Gold"), by=by))["id"])


async def _enter(number: int, client: Mapping[str, Any], fields: Mapping[str, int]) -> None:
    noon = datetime.combine(today() - timedelta(days=client["days"]), datetime.min.time(), ZoneInfo(ZONE))
    client_id = await add_client(
        f"c{number}",
        country=client["country"],
        kind=client["kind"],
        language=client["language"],
        status=client["status"],
        **({} if client["has_attitude"] else {"attitude_id": None}),
        email=f"a{number}@{client['domain']}",
        phone_verified=client["phone_verified"],
        registered_at=noon,
    )
    for key, column in (("size", "number"), ("since", "day"), ("motto", "text")):
        if client[key] is not None:
            await db.execute(
                f"INSERT INTO client_field_values (field_id, client_id, {column}) VALUES ($1, $2, $3)",
                fields[key],
                client_id,
                client[key],
            )
