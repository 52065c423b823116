"""Fills a database with invented clients: providers by the usual verb, clients by one statement for many rows.

Everything runs as the application's role inside each provider's scope, so the wall, the triggers and the indexes
are those of the product. The same scale gives the same shape, though not the same names.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import asyncpg

from benchmarks.scale import Scale
from benchmarks.words import ATTITUDES, COUNTRIES, GROUPS, LEGAL_FORMS, PROJECTS, TRADES, Country
from core import actor, clock, db
from core.accounts import groups, projects
from core.accounts.groups import NewGroup
from core.accounts.projects import NewProject
from core.actor import Actor, Tenant
from tenants import onboarding
from tenants.onboarding import NewProvider
from tenants.providers import THE_PLATFORM

BIG = "big"
"""The code of the provider that everything is measured at."""
AT_ONCE = 2
CHUNK = 20_000
YEARS = 5

COUNTRIES_SQL = """
    SELECT * FROM unnest($1::text[], $2::text[], $3::float[], $4::float[], $5::int[])
        AS t(country, language, low, high, names)
"""
CLIENTS = f"""
WITH places AS MATERIALIZED ({COUNTRIES_SQL}),
sets AS MATERIALIZED (
    SELECT ordinality AS names, s->'given' AS given, s->'beginnings' AS beginnings, s->'ends' AS ends
      FROM jsonb_array_elements($6::jsonb) WITH ORDINALITY AS t(s)
),
drawn AS MATERIALIZED (
    SELECT n, random() AS place, power(random(), 1.6) AS r1, power(random(), 1.6) AS r2,
           power(random(), 1.6) AS r3, random() AS kind,
           random() AS status, random() AS project, random() AS attitude, random() AS trade
      FROM generate_series($7::bigint, $8::bigint) AS n
),
named AS MATERIALIZED (
    SELECT d.*, p.country, p.language,
           s.given->>(d.r1 * jsonb_array_length(s.given))::int % jsonb_array_length(s.given) AS given,
           concat(s.beginnings->>(d.r2 * (jsonb_array_length(s.beginnings) - 1))::int,
                  s.ends->>(d.r3 * (jsonb_array_length(s.ends) - 1))::int) AS family
      FROM drawn d JOIN places p ON d.place >= p.low AND d.place < p.high JOIN sets s ON s.names = p.names
)
INSERT INTO clients (code, login, name, kind, contact_person, email, country, language, phone, status, project_id,
    attitude_id, registered_at)
SELECT 1000 + n,
       CASE WHEN family ~ '^[A-Za-z]+$' THEN lower(family) ELSE 'client' END || n,
       CASE WHEN kind < 0.35
            THEN concat(($9::text[])[1 + floor(trade * array_length($9, 1))::int], ' ', family, ' ',
                ($10::text[])[1 + floor(place * array_length($10, 1))::int])
            ELSE concat(given, ' ', family) END,
       CASE WHEN kind < 0.35 THEN 'company' ELSE 'individual' END,
       CASE WHEN kind < 0.35 THEN concat(given, ' ', family) ELSE '' END,
       concat(CASE WHEN family ~ '^[A-Za-z]+$' THEN lower(family) ELSE 'info' END, n, '@', lower(country),
              '.example'),
       country, language,
       CASE WHEN r1 < 0.7 THEN '+33' || (600000000 + n) ELSE '' END,
       CASE WHEN status < 0.16 * (1 - n / $11::float) THEN 'closed' ELSE 'active' END,
       ($12::bigint[])[1 + width_bucket(project, $13::float[])],
       ($14::bigint[])[1 + width_bucket(attitude, $15::float[])],
       $16::timestamptz + ($17::timestamptz - $16::timestamptz) * (n / $11::float) - place * interval '20 days'
  FROM named
"""
MEMBERS = """
    INSERT INTO group_members (group_id, client_id, added_at, added_by)
    SELECT $1, id, $3, 'benchmark' FROM clients ORDER BY random() LIMIT $2
"""

Tell = Callable[[int], None]


async def fill(scale: Scale, owner_url: str, tell: Tell) -> None:
    """Fill an empty database; `tell` hears how many clients have been added. Opens its own scopes."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(place: int, size: int) -> None:
        async with gate:
            tenant = await _open(place)
            await _furnish(tenant, size, tell)

    await asyncio.gather(*(one(place, size) for place, size in enumerate(scale.sizes())))
    await _settle(owner_url)


async def _open(place: int) -> Tenant:
    code = BIG if place == 0 else f"p{place:05d}"
    new = NewProvider(
        code=code,
        name=f"Provider {code}",
        edition="corporate",
        owner_name="Owner",
        owner_email=f"owner@{code}.example",
        timezone="Europe/Paris",
    )
    async with db.as_platform():
        opened = await onboarding.open_provider(new, by=actor.system(THE_PLATFORM), by_mail=False)
    return opened.provider


async def _furnish(tenant: Tenant, size: int, tell: Tell) -> None:
    by = actor.system(tenant)
    async with db.as_tenant(tenant.id):
        project_ids = [await projects.default_id()]
        for name, _share in PROJECTS[1:]:
            project_ids.append((await projects.create(NewProject(name=f"{tenant.name} {name}"), by=by))["id"])
        attitudes = {row["name"]: row["id"] for row in await db.fetch("SELECT id, name FROM attitudes")}
    attitude_ids = [attitudes[name] for name, _share in ATTITUDES]
    for first in range(1, size + 1, CHUNK):
        last = min(first + CHUNK - 1, size)
        async with db.as_tenant(tenant.id):
            await db.execute(CLIENTS, *_arguments(first, last, size, project_ids, attitude_ids))
        tell(last - first + 1)
    async with db.as_tenant(tenant.id):
        await db.execute("UPDATE counters SET next = $1 WHERE name = 'client'", 1001 + size)
        await _group(size, by=by)


def _arguments(first: int, last: int, size: int, project_ids: list[int], attitude_ids: list[int]) -> list[Any]:
    highs = list(accumulate(country.share for country in COUNTRIES))
    sets = list({id(country.names): country.names for country in COUNTRIES}.values())
    now = clock.now()
    return [
        [country.code for country in COUNTRIES],
        [country.language for country in COUNTRIES],
        [0.0, *highs[:-1]],
        [*highs[:-1], 1.0],
        [_place_of(country, sets) for country in COUNTRIES],
        [{"given": names.given, "beginnings": names.beginnings, "ends": names.ends} for names in sets],
        first,
        last,
        list(TRADES),
        list(LEGAL_FORMS),
        float(size),
        project_ids,
        list(accumulate(share for _name, share in PROJECTS[:-1])),
        attitude_ids,
        list(accumulate(share for _name, share in ATTITUDES[:-1])),
        now.replace(year=now.year - YEARS, day=1),
        now,
    ]


def _place_of(country: Country, sets: Sequence[object]) -> int:
    return 1 + next(place for place, names in enumerate(sets) if names is country.names)


async def _group(size: int, *, by: Actor) -> None:
    for name, share in GROUPS:
        group = await groups.create(NewGroup(name=name), by=by)
        await db.execute(MEMBERS, group["id"], max(1, round(size * share)), clock.now())


async def _settle(owner_url: str) -> None:
    """What autovacuum would have done by itself after a while."""
    connection = await asyncpg.connect(owner_url, statement_cache_size=0)
    try:
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
