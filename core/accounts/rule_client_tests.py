"""What rules can ask of a client: its own row, its users and payers, and the fields that the provider defines."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from core import db, i18n, places, policies
from core.accounts import client_fields, field_values, rule_tests
from core.accounts.client_fields import Field
from core.accounts.rule_tests import Kind, Test
from core.actor import Actor
from core.i18n import _

OF_FIELD = "field."
FIELD_KINDS: dict[str, Kind] = {
    "text": "text",
    "number": "number",
    "choice": "choice",
    "date": "date",
    "yes_no": "yes_no",
}
STORED = {"text": "text_folded", "number": "number", "choice": "text", "date": "day", "yes_no": "text = 'yes'"}


@rule_tests.bring
async def of_clients(by: Actor) -> list[Test]:
    """What stands in the client's row."""
    locale = i18n.current()
    kinds = {"individual": _("Individual"), "company": _("Company")}
    statuses = {"active": _("Active"), "closed": _("Closed")}
    languages, attitudes = places.languages(locale), await _named("attitudes")
    tests = [
        _choice("country", _("Country"), "c.country", places.countries(locale)),
        _choice("kind", _("Kind"), "c.kind", kinds),
        _choice("project", _("Project"), "c.project_id::text", await _named("projects")),
        _choice("language", _("Language"), "c.language", languages),
        _choice("attitude", _("Attitude"), "c.attitude_id::text", attitudes, may_lack=True),
        Test(
            name="registered",
            label=_("Registration"),
            kind="moment",
            value="c.registered_at",
            shows=partial(_day_of, by.tenant.timezone),
        ),
        _choice("status", _("Status"), "c.status", statuses),
        Test(
            name="email_domain",
            label=_("Domain of the e-mail address"),
            kind="text",
            value="split_part(c.email_folded, '@', 2)",
            fold="lower({})",
        ),
        Test(
            name="verified_phone", label=_("Verified phone number"), kind="yes_no", value="c.phone_verified <> ''"
        ),
    ]
    has_projects = policies.has_feature(by.tenant, "projects")
    return [test for test in tests if test.name != "project" or has_projects]


@rule_tests.bring
async def of_what_clients_have(_by: Actor) -> list[Test]:
    """How many users and payers a client has."""
    return [
        Test(
            name="users",
            label=_("Number of users"),
            kind="number",
            value="(SELECT count(*) FROM memberships counted WHERE counted.client_id = c.id)",
        ),
        Test(
            name="payers",
            label=_("Number of payers"),
            kind="number",
            value="(SELECT count(*) FROM payers counted"
            " WHERE counted.client_id = c.id AND counted.merged_into_id IS NULL)",
        ),
    ]


@rule_tests.bring
async def of_fields(_by: Actor) -> list[Test]:
    """The fields that the provider defines; archived ones are not asked for."""
    return [_of_field(field) for field in await client_fields.in_use() if field.kind in FIELD_KINDS]


def _choice(name: str, label: str, value: str, options: Mapping[str, str], *, may_lack: bool = False) -> Test:
    return Test(name=name, label=label, kind="choice", value=value, options=options, may_lack=may_lack)


async def _named(table: str) -> dict[str, str]:
    return {str(row["id"]): row["name"] for row in await db.fetch(f"SELECT id, name FROM {table} ORDER BY id")}


def _of_field(field: Field) -> Test:
    return Test(
        name=OF_FIELD + field.key,
        label=field.label,
        kind=FIELD_KINDS[field.kind],
        value=f"(SELECT asked.{STORED[field.kind]} FROM client_field_values asked"
        f" WHERE asked.field_id = {field.id:d} AND asked.client_id = c.id)",
        options=field.options,
        may_lack=True,
        fold="left(fold({}), 200)" if field.kind == "text" else "{}",
        shows=partial(field_values.shown, field) if field.kind == "number" else None,
    )


def _day_of(timezone: str, at: Any) -> str:
    day = at.astimezone(ZoneInfo(timezone)).date() if isinstance(at, datetime) else at
    return format_date(day, format="medium", locale=i18n.current())
