"""Making and changing the fields that the provider defines. A field's key and kind stay for ever."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from asyncpg import Record, UniqueViolationError
from msgspec import UNSET, UnsetType

from core import audit, db, i18n, policies
from core.accounts import positions, rows
from core.accounts.client_fields import get
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OPTION_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
MOST_FIELDS = 50
MOST_OPTIONS = 100


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of what a choice is made from. Without a `key` it gets one made of its label."""

    label: str
    key: str = ""
    labels: dict[str, str] = {}


class NewField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field to be made; it comes last. Without a `key` it gets one made of its label.

    `labels` and `helps` are those of other languages, by code. A choice needs `options`.
    """

    kind: Literal["text", "number", "choice", "date", "yes_no"]
    label: str
    key: str = ""
    labels: dict[str, str] = {}
    help: str = ""
    helps: dict[str, str] = {}
    is_required: bool = False
    is_shown: bool = False
    options: list[Option] = []


class FieldChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. `options` are all there are to be, in their order."""

    label: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    help: str | UnsetType = UNSET
    helps: dict[str, str] | UnsetType = UNSET
    is_required: bool | UnsetType = UNSET
    is_shown: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    options: list[Option] | UnsetType = UNSET


async def create(new: NewField, *, by: Actor) -> dict[str, Any]:
    """Make a field, the last of the list."""
    policies.require(by, Permission.FIELD_MANAGE)
    await _locked_list()
    checks = Checks()
    if await db.value("SELECT count(*) FROM client_fields") >= MOST_FIELDS:
        checks.error("", _("There are %(count)s fields; more cannot be made.") % {"count": MOST_FIELDS})
    values = _checked(msgspec.to_builtins(new), checks)
    options = _checked_options(new.options, new.kind, checks)
    key = _checked_key(new.key or key_of(values["label"]), checks)
    checks.done()
    try:
        async with db.savepoint():
            field_id = await db.value(
                """INSERT INTO client_fields
                       (key, kind, label, labels, help, helps, is_required, is_shown, position)
                   SELECT $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(position), 0) + 1 FROM client_fields
                   RETURNING id""",
                *(key, new.kind, values["label"], values["labels"], values["help"], values["helps"]),
                *(new.is_required, new.is_shown),
            )
    except UniqueViolationError as error:
        raise Invalid({"key": _("Another field has this key.")}) from error
    await _write_options(field_id, options)
    told = {"key": key, "kind": new.kind, **_told(values, options)}
    await audit.record("field:created", "field", field_id, by=by, name=values["label"], new=told)
    return await get(field_id, by=by)


async def update(field_id: int, changes: FieldChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change a field; `EditConflict` when somebody else did since it was read.

    An option that clients have cannot be left out: `Invalid`.
    """
    policies.require(by, Permission.FIELD_MANAGE)
    row = await rows.locked("client_fields", field_id, version=version)
    before = await get(field_id, by=by)
    checks = Checks()
    given = rows.given(changes)
    asked = given.pop("options", None)
    values = _checked(given, checks)
    options = None if asked is None else _checked_options(asked, row["kind"], checks)
    if options is not None:
        await _check_used(field_id, options, checks)
    checks.done()
    is_changed = await rows.save("client_fields", row, values)
    if options is not None and options != before["options"]:
        await _write_options(field_id, options)
        if not is_changed:
            await db.execute("UPDATE client_fields SET version = version + 1 WHERE id = $1", field_id)
        is_changed = True
    if is_changed:
        old = _told({field: row[field] for field in values}, before["options"] if options is not None else None)
        name = values.get("label", row["label"])
        await audit.record(
            "field:updated", "field", field_id, by=by, name=name, old=old, new=_told(values, options)
        )
    return await get(field_id, by=by)


async def archive(field_id: int, *, is_archived: bool = True, by: Actor) -> dict[str, Any]:
    """Ask for it nowhere any more, or again; what was entered stays."""
    before = await get(field_id, by=by)
    changes = FieldChanges(is_archived=is_archived)
    return await update(field_id, changes, version=before["version"], by=by)


async def move(field_id: int, *, steps: int, by: Actor) -> None:
    """Move it in the order: -1 is one up, 1 one down; not beyond the ends."""
    policies.require(by, Permission.FIELD_MANAGE)
    order = "is_archived, position"
    await positions.move("client_fields", field_id, steps=steps, noun="field", title="label", order=order, by=by)


async def delete(field_id: int, *, by: Actor) -> int:
    """Remove a field with all that was entered in it; returns how many clients had something."""
    policies.require(by, Permission.FIELD_MANAGE)
    await rows.locked("client_fields", field_id)
    before = await get(field_id, by=by)
    if refused := why_it_stays(before):
        raise Conflict(refused)
    await db.execute("DELETE FROM client_fields WHERE id = $1", field_id)
    old = {"key": before["key"], "kind": before["kind"], "clients": before["clients"]}
    await audit.record("field:deleted", "field", field_id, by=by, name=before["label"], old=old)
    return int(before["clients"])


def why_it_stays(field: Mapping[str, Any]) -> str:
    """What stands in the way of deleting a field of `get`; "" for nothing."""
    if field["is_archived"] or not field["clients"]:
        return ""
    return _("Clients have something in this field. Archive it first; then it can be deleted.")


def key_of(label: str) -> str:
    """A key made of a label: its letters and digits without accents; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")


def _checked(values: dict[str, Any], checks: Checks) -> dict[str, Any]:
    """The columns that are given, as they are to be kept."""
    checked: dict[str, Any] = {
        name: values[name] for name in ("is_required", "is_shown", "is_archived") if name in values
    }
    if "label" in values:
        checked["label"] = checks.text("label", values["label"], longest=60)
    if "help" in values:
        checked["help"] = checks.text("help", values["help"], longest=300, required=False)
    for name, longest in (("labels", 60), ("helps", 300)):
        if name in values:
            checked[name] = _checked_languages(name, values[name], checks, longest=longest)
    return checked


def _checked_languages(name: str, texts: Mapping[str, str], checks: Checks, *, longest: int) -> dict[str, str]:
    if set(texts) - set(i18n.LOCALES):
        checks.error(name, _("This is not one of the choices."))
    kept = {
        key: checks.text(name if name == "options" else f"{name}.{key}", text, longest=longest, required=False)
        for key, text in texts.items()
    }
    return {key: text for key, text in sorted(kept.items()) if text}


def _checked_key(key: str, checks: Checks) -> str:
    if not KEY.fullmatch(key):
        checks.error("key", _("Small letters, digits and _ , beginning with a letter; at most 40."))
    return key


def _checked_options(options: Sequence[Option], kind: str, checks: Checks) -> list[dict[str, Any]]:
    """The options as they are to be kept; only a choice has any, and it needs one."""
    if kind != "choice":
        if options:
            checks.error("options", _("Only a choice has options."))
        return []
    if not 0 < len(options) <= MOST_OPTIONS:
        checks.error("options", _("From 1 to %(count)s options, please.") % {"count": MOST_OPTIONS})
    kept: dict[str, dict[str, Any]] = {}
    for option in options:
        label = checks.text("options", option.label, longest=60)
        key = option.key or key_of(label) or f"option_{len(kept) + 1}"
        if not OPTION_KEY.fullmatch(key):
            checks.error("options", _("Small letters, digits and _ , beginning with a letter; at most 40."))
        if key in kept:
            checks.error("options", _("Two options have the same name or key."))
        labels = _checked_languages("options", option.labels, checks, longest=60)
        kept[key] = {"key": key, "label": label, "labels": labels}
    return list(kept.values())


async def _check_used(field_id: int, options: Sequence[Mapping[str, Any]], checks: Checks) -> None:
    used = await db.fetch(
        """SELECT o.label FROM client_field_options o WHERE o.field_id = $1 AND NOT o.key = ANY($2::text[])
           AND EXISTS (SELECT FROM client_field_values v WHERE v.field_id = $1 AND v.text = o.key)""",
        field_id,
        [option["key"] for option in options],
    )
    if used:
        checks.error("options", _("Clients have “%(label)s”, so it has to stay.") % {"label": used[0]["label"]})


async def _write_options(field_id: int, options: Sequence[Mapping[str, Any]]) -> None:
    await db.execute("DELETE FROM client_field_options WHERE field_id = $1", field_id)
    await db.executemany(
        "INSERT INTO client_field_options (field_id, key, label, labels, position) VALUES ($1, $2, $3, $4, $5)",
        [(field_id, o["key"], o["label"], o["labels"], place) for place, o in enumerate(options, start=1)],
    )


async def _locked_list() -> list[Record]:
    await db.execute("SELECT FROM client_fields ORDER BY id FOR UPDATE")
    return await db.fetch("SELECT id, label FROM client_fields ORDER BY is_archived, position, id")


def _told(values: Mapping[str, Any], options: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Values for the audit: texts of other languages as one text, options by their labels."""
    told = {key: value for key, value in values.items() if key not in ("labels", "helps")}
    for name in ("labels", "helps"):
        if values.get(name):
            told[name] = ", ".join(f"{language}: {text}" for language, text in values[name].items())
    if options:
        told["options"] = [option["label"] for option in options]
    return told
