"""Response templates: ready answers in one or several languages, for all or one's own.

What is written in them is checked when it is saved (`core.tenant_templates`) and filled in by `response_filling`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, places, policies, tenant_templates
from core.accounts import rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import response_variables
from core.tenant_templates import BadTemplate

MOST = 500
"""So many there may be for all, and so many one person may keep."""
LONGEST_SUBJECT = 200
LONGEST = 20_000
OWN, ALL = "own", "all"
"""Whom a template is for."""


class ResponseTemplate(db.Owned, tablename="response_templates"):
    """A ready answer; `staff_id` is whose it is, none when it is for all."""

    name = Text()
    texts = JSONB()
    staff_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    version = Integer()


class TemplateValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a template: whom it is for (`own` or `all`), and by language its subjects and texts.

    A subject may be left out: answers have none, messages do.
    """

    name: str = ""
    audience: str = OWN
    subjects: dict[str, str] = {}
    bodies: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template as somebody sees it."""

    id: int
    name: str
    audience: str
    subjects: dict[str, str]
    bodies: dict[str, str]
    may_change: bool
    created_by: str
    version: int

    @property
    def languages(self) -> list[str]:
        """The languages it has a text in."""
        return sorted(self.bodies)


VISIBLE = "(staff_id IS NULL OR staff_id = $1)"


async def every(*, q: str = "", by: Actor) -> list[Template]:
    """Those that `by` may use, one's own first, then by name; with `q` those whose name holds it."""
    policies.require(by, Permission.RESPONSE_TEMPLATE_READ)
    checks = Checks()
    q = checks.text("q", q, longest=200, required=False)
    checks.done()
    found = await db.fetch(
        f"""SELECT * FROM response_templates WHERE {VISIBLE} AND strpos(name_folded, lower($2)) > 0
            ORDER BY staff_id IS NULL, name_folded, id""",
        by.staff_id,
        q,
    )
    return [_seen(row, by=by) for row in found]


async def get(template_id: int, *, by: Actor) -> Template:
    """One of them; `NotFound` for somebody else's own too."""
    policies.require(by, Permission.RESPONSE_TEMPLATE_READ)
    asked = f"SELECT * FROM response_templates WHERE {VISIBLE} AND id = $2"
    found = await db.row(asked, by.staff_id, template_id) if rows.is_id(template_id) else None
    if found is None:
        raise NotFound()
    return _seen(found, by=by)


async def create(new: TemplateValues, *, by: Actor) -> Template:
    """Add a template. For all: only with the right to."""
    policies.require(by, Permission.RESPONSE_TEMPLATE_READ)
    values = await _checked(new, by=by)
    held = "SELECT count(*) FROM response_templates WHERE staff_id IS NOT DISTINCT FROM $1"
    if await db.value(held, values["staff_id"]) >= MOST:
        raise Conflict(_("There is room for %(count)s templates.") % {"count": MOST})
    async with rows.free_name():
        template_id = await db.value(
            """INSERT INTO response_templates (name, texts, staff_id, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5) RETURNING id""",
            *(values["name"], values["texts"], values["staff_id"], clock.now(), by.name),
        )
    await _tell("created", template_id, values["name"], new=_told(values), by=by)
    return await get(template_id, by=by)


async def update(template_id: int, changes: TemplateValues, *, version: int, by: Actor) -> Template:
    """Change a template; `EditConflict` when somebody else did since it was read."""
    await _to_change(template_id, by=by)
    row = await rows.locked("response_templates", template_id, version=version)
    values = await _checked(changes, but=template_id, by=by)
    async with rows.free_name():
        is_changed = await rows.save("response_templates", row, values)
    if is_changed:
        await _tell("updated", template_id, values["name"], old=_told(row), new=_told(values), by=by)
    return await get(template_id, by=by)


async def delete(template_id: int, *, by: Actor) -> None:
    """Remove a template; what was written with it stays."""
    template = await _to_change(template_id, by=by)
    await db.execute("DELETE FROM response_templates WHERE id = $1", template_id)
    await _tell("deleted", template_id, template.name, by=by)


async def _to_change(template_id: int, *, by: Actor) -> Template:
    template = await get(template_id, by=by)
    if not template.may_change:
        policies.require(by, Permission.RESPONSE_TEMPLATE_MANAGE)
    return template


def _seen(row: Record, *, by: Actor) -> Template:
    is_own = row["staff_id"] is not None
    texts: Mapping[str, Mapping[str, str]] = row["texts"]
    return Template(
        id=row["id"],
        name=row["name"],
        audience=OWN if is_own else ALL,
        subjects={language: text["subject"] for language, text in texts.items() if text["subject"]},
        bodies={language: text["body"] for language, text in texts.items()},
        may_change=is_own or policies.allows(by, Permission.RESPONSE_TEMPLATE_MANAGE),
        created_by=row["created_by"],
        version=row["version"],
    )


async def _checked(values: TemplateValues, *, but: int = 0, by: Actor) -> dict[str, Any]:
    checks = Checks()
    owner = _owner(checks, values.audience, by=by)
    name = checks.text("name", values.name, longest=100)
    taken = """SELECT EXISTS (SELECT FROM response_templates WHERE name_folded = lower($1) AND id <> $2
                              AND staff_id IS NOT DISTINCT FROM $3)"""
    if "name" not in checks.errors and await db.value(taken, name, but, owner):
        checks.error("name", _("This name is taken."))
    texts = _checked_texts(checks, values)
    checks.done()
    return {"name": name, "texts": texts, "staff_id": owner}


def _owner(checks: Checks, audience: str, *, by: Actor) -> int | None:
    checks.choice("audience", audience, (OWN, ALL))
    if audience == ALL:
        policies.require(by, Permission.RESPONSE_TEMPLATE_MANAGE)
        return None
    if by.staff_id is None:
        raise Forbidden(_("Only a member of staff can have a template of his own."))
    return by.staff_id


def _checked_texts(checks: Checks, values: TemplateValues) -> dict[str, dict[str, str]]:
    """The texts by language, without languages where nothing is written."""
    texts = {}
    for language in sorted({*values.subjects, *values.bodies}):
        checks.choice(f"bodies.{language}", language, places.LANGUAGES)
        subject, body = values.subjects.get(language, ""), values.bodies.get(language, "")
        if not subject.strip() and not body.strip():
            continue
        texts[language] = {
            "subject": _template(checks, f"subjects.{language}", subject, longest=LONGEST_SUBJECT),
            "body": _template(checks, f"bodies.{language}", body, longest=LONGEST, lines=True),
        }
    if not texts:
        checks.error("", _("Please write the text in one language at least."))
    return texts


def _template(checks: Checks, field: str, text: str, *, longest: int, lines: bool = False) -> str:
    text = checks.text(field, text, longest=longest, lines=lines, required=lines)
    try:
        tenant_templates.check(text, response_variables.NAMES)
    except BadTemplate as error:
        checks.error(field, error.message)
    return text


def _told(values: Mapping[str, Any] | Record) -> dict[str, Any]:
    """What the audit says of it; whose it is as it is chosen."""
    audience = ALL if values["staff_id"] is None else OWN
    texts = [f"{language}: {text['subject']}\n{text['body']}" for language, text in values["texts"].items()]
    return {"name": values["name"], "audience": audience, "texts": "\n\n".join(texts)}


async def _tell(act: str, template_id: int, name: str, *, by: Actor, **changes: Any) -> None:
    action = f"response_template:{act}"
    await audit.record(action, "response_template", template_id, by=by, name=name, **changes)
