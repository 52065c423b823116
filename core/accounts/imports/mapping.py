"""Which column means which field: guessed by the headings, chosen by people, remembered for the next such file."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from piccolo.columns import JSONB, Array, Text, Timestamptz

from core import clock, db, policies
from core.accounts.imports import fields
from core.accounts.imports.fields import Noun
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid
from core.i18n import _

LONGEST_DEFAULT = 200


class ImportMapping(db.Owned, tablename="import_mappings"):
    """How the columns of files with these headings were read last."""

    noun = Text()
    signature = Text()
    columns = Array(base_column=Text())
    defaults = JSONB()
    used_at = Timestamptz()


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """The key of a field for each heading, "" to pass it over, and what new ones get whose cell is empty."""

    columns: list[str]
    defaults: dict[str, str] = {}
    is_remembered: bool = False


async def suggested(noun: Noun, headings: Sequence[str], *, by: Actor) -> Mapping:
    """As files with these headings were read last time, else as the headings say."""
    known = await fields.every(noun)
    usable = {key: field for key, field in known.items() if fields.is_in_edition(field, by=by)}
    kept = await db.row(
        "SELECT columns, defaults FROM import_mappings WHERE noun = $1 AND signature = $2",
        noun.key,
        signature(headings),
    )
    if kept is None:
        return Mapping(columns=fields.guessed(headings, usable.values()))
    columns = [key if key in usable else "" for key in kept["columns"]]
    defaults = {key: value for key, value in kept["defaults"].items() if key in usable}
    return Mapping(columns=columns, defaults=defaults, is_remembered=True)


async def checked(noun: Noun, wanted: Mapping, headings: Sequence[str], *, by: Actor) -> Mapping:
    """The mapping as it is kept. `Invalid` under "columns.<place>", "defaults.<key>" and "".

    A field that the edition lacks raises `NotInEdition`.
    """
    known = await fields.every(noun)
    checks = Checks()
    if len(wanted.columns) != len(headings):
        raise Invalid({"": _("Say for each of the %(count)s columns what it means.") % {"count": len(headings)}})
    for place, key in enumerate(wanted.columns):
        if key and key not in known:
            checks.error(f"columns.{place}", _("This is not one of the choices."))
        elif key and key in wanted.columns[:place]:
            checks.error(f"columns.{place}", _("Another column means this already."))
        elif key:
            _require(known[key], by=by)
    if not any(wanted.columns):
        checks.error("", _("Choose what at least one column means."))
    defaults = {key: value.strip() for key, value in wanted.defaults.items() if value.strip()}
    for key, value in defaults.items():
        if key not in known or not known[key].has_default:
            checks.error(f"defaults.{key}"[:100], _("This is not one of the choices."))
        else:
            _require(known[key], by=by)
            checks.text(f"defaults.{key}", value, longest=LONGEST_DEFAULT)
    checks.done()
    return Mapping(columns=list(wanted.columns), defaults=defaults, is_remembered=True)


async def remember(noun: Noun, headings: Sequence[str], kept: Mapping) -> None:
    """Read the next file with these headings in the same way."""
    await db.execute(
        """INSERT INTO import_mappings (noun, signature, columns, defaults, used_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, noun, signature)
           DO UPDATE SET columns = EXCLUDED.columns, defaults = EXCLUDED.defaults, used_at = EXCLUDED.used_at""",
        noun.key,
        signature(headings),
        kept.columns,
        kept.defaults,
        clock.now(),
    )


def signature(headings: Sequence[str]) -> str:
    """The same for files with the same headings in the same order."""
    text: Any = "\n".join(fields.folded(heading) for heading in headings)
    return hashlib.sha256(text.encode()).hexdigest()


def _require(field: fields.Field, *, by: Actor) -> None:
    if field.feature is not None:
        policies.require_feature(by, field.feature)
