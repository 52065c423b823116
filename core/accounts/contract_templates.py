"""The texts that contracts begin with. A contract copies its text: a template can change or go at any time."""

import msgspec
from asyncpg import Record
from piccolo.columns import Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import contract_texts, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

FEATURE = "contracts"
MOST = 100
"""Templates of one provider."""
FIELDS = ("name", "language", "title", "body")


class ContractTemplate(db.Owned, tablename="contract_templates"):
    """A text with a name, in one language."""

    name = Text()
    language = Text()
    title = Text()
    body = Text()
    created_at = Timestamptz()
    version = Integer()


class TemplateValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a template. `title` is what its contracts are called; `body` names what is put in, in braces."""

    name: str = ""
    language: str = ""
    title: str = ""
    body: str = ""


async def every(*, by: Actor) -> list[Record]:
    """The templates by name, for those who write contracts and those who read them."""
    policies.require(by, Permission.CONTRACT_READ)
    return await db.fetch("SELECT * FROM contract_templates ORDER BY name_folded, id")


async def get(template_id: int, *, by: Actor) -> Record:
    """One template."""
    policies.require(by, Permission.CONTRACT_READ)
    found = None
    if rows.is_id(template_id):
        found = await db.row("SELECT * FROM contract_templates WHERE id = $1", template_id)
    if found is None:
        raise NotFound()
    return found


async def suited(language: str) -> Record | None:
    """The template that a contract in this language begins with: the first in it, else the first of all. Asks for
    no right."""
    return await db.row(
        "SELECT * FROM contract_templates ORDER BY language <> $1, name_folded, id LIMIT 1", language
    )


async def create(new: TemplateValues, *, by: Actor) -> Record:
    """Add a template."""
    policies.require(by, Permission.CONTRACT_TEMPLATE_MANAGE)
    values = await _checked(new, but=0)
    if await db.value("SELECT count(*) FROM contract_templates") >= MOST:
        raise Conflict(_("There is room for %(count)s templates.") % {"count": MOST})
    async with rows.free_name():
        made = await db.row(
            """INSERT INTO contract_templates (name, language, title, body, created_at)
               VALUES ($1, $2, $3, $4, $5) RETURNING *""",
            *values.values(),
            clock.now(),
        )
    assert made is not None
    await audit.record("contract_template:created", "contract_template", made["id"], by=by, name=made["name"])
    return made


async def update(template_id: int, changes: TemplateValues, *, version: int, by: Actor) -> Record:
    """Change a template; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.CONTRACT_TEMPLATE_MANAGE)
    row = await rows.locked("contract_templates", template_id, version=version)
    values = await _checked(changes, but=template_id)
    async with rows.free_name():
        is_changed = await rows.save("contract_templates", row, values)
    if is_changed:
        old = {name: row[name] for name in FIELDS}
        await audit.record("contract_template:updated", "contract_template", template_id, by=by,
                           name=values["name"], old=old, new=values)  # fmt: skip
    return await get(template_id, by=by)


async def delete(template_id: int, *, by: Actor) -> None:
    """Remove a template; contracts that began with it keep their text."""
    policies.require(by, Permission.CONTRACT_TEMPLATE_MANAGE)
    row = await rows.locked("contract_templates", template_id)
    await db.execute("DELETE FROM contract_templates WHERE id = $1", template_id)
    await audit.record("contract_template:deleted", "contract_template", template_id, by=by, name=row["name"])


async def _checked(values: TemplateValues, *, but: int) -> dict[str, str]:
    checks = Checks()
    kept = {
        "name": checks.text("name", values.name, longest=100),
        "language": checks.language("language", values.language),
        "title": checks.text("title", values.title, longest=200),
        "body": contract_texts.check(checks, values.body),
    }
    await rows.check_name_is_free(checks, "contract_templates", kept["name"], but=but)
    checks.done()
    return kept
