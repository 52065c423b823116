"""What the fields of a product may be, and the code it gets from its name."""

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from core import db
from core.accounts import rows
from core.actor import Actor
from core.catalog import product_audience, vatex
from core.catalog.product_audience import Audience
from core.catalog.tax_rules import CLASSES
from core.checks import Checks
from core.errors import Invalid
from core.i18n import _

MOST_STOCK = 1_000_000
MOST_PER_CLIENT = 10_000
MOST_TRIAL = 366
LONGEST_CODE = 60
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


async def checked(
    values: Mapping[str, Any],
    audience: Audience,
    *,
    before: Audience | None = None,
    but: Mapping[str, Any] | None = None,
    by: Actor,
) -> dict[str, Any]:
    """The given values as they are kept; `Invalid` with all that is wrong with them and with the audience."""
    checks, kept, but_id = Checks(), dict(values), but["id"] if but else 0
    if "name" in kept:
        kept["name"] = checks.text("name", kept["name"], longest=100)
        await rows.check_name_is_free(checks, "products", kept["name"], but=but_id)
    if "code" in kept:
        name = kept.get("name", but["name"] if but else "")
        kept["code"] = await _code(checks, kept["code"], name, but=but_id)
    if "description" in kept:
        kept["description"] = checks.text(
            "description", kept["description"], longest=4000, required=False, lines=True
        )
    if "type_id" in kept:
        await _check_type(checks, kept["type_id"])
    for field, fewest, most in (
        ("stock", 0, MOST_STOCK),
        ("most_per_client", 1, MOST_PER_CLIENT),
        ("trial_days", 0, MOST_TRIAL),
    ):
        check_number(checks, field, kept.get(field), fewest=fewest, most=most)
    _check_tax(checks, kept, but or {})
    await product_audience.check(checks, audience, before=before, by=by)
    checks.done()
    return kept


def _check_tax(checks: Checks, kept: dict[str, Any], before: Mapping[str, Any]) -> None:
    """What it is taxed as; why, only and always of what is exempt."""
    given = {field: kept.get(field, before.get(field, "")) for field in ("tax_class", "vatex", "tax_reason")}
    if not kept.keys() & given.keys():
        return
    checks.choice("tax_class", given["tax_class"], CLASSES)
    if given["tax_class"] == "exempt":
        why = vatex.check(checks, given["vatex"], given["tax_reason"], field="tax_reason")
    else:
        why = "", ""
    kept |= {"tax_class": given["tax_class"], "vatex": why[0], "tax_reason": why[1]}


def check_number(checks: Checks, field: str, value: int | None, *, fewest: int, most: int) -> None:
    """Note an error when a number is not from `fewest` to `most`; None is no number and right."""
    if value is not None and not fewest <= value <= most:
        message = _("From %(fewest)s to %(most)s, please.") % {"fewest": fewest, "most": most}
        checks.error(field, message)


def code_of(name: str) -> str:
    """A code out of a name: `Hébergement Pro` becomes `hebergement-pro`; "product" where no letter is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[: LONGEST_CODE - 10].strip("-") or "product"


@asynccontextmanager
async def free_code() -> AsyncIterator[None]:
    """Two who take the same name or code at the same moment: the second is told so."""
    try:
        async with rows.free_name():
            yield
    except asyncpg.UniqueViolationError as error:
        if "code" not in str(error.constraint_name):
            raise
        raise Invalid({"code": _("This code is taken.")}) from error


async def _code(checks: Checks, code: str, name: str, *, but: int) -> str:
    if not code.strip():
        return await _free_code(code_of(name), but=but)
    code = checks.text("code", code, longest=LONGEST_CODE).lower()
    if "code" not in checks.errors and not _CODE.fullmatch(code):
        checks.error("code", _("Small letters and digits without accents, with hyphens between them."))
    elif "code" not in checks.errors and await _is_taken(code, but=but):
        checks.error("code", _("This code is taken."))
    return code


async def _free_code(code: str, *, but: int) -> str:
    found = await db.fetch("SELECT code FROM products WHERE id <> $1 AND starts_with(code, $2)", but, code)
    taken = {row["code"] for row in found}
    names = (code, *(f"{code}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


async def _is_taken(code: str, *, but: int) -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT FROM products WHERE code = $1 AND id <> $2)", code, but))


async def _check_type(checks: Checks, type_id: int) -> None:
    found = "SELECT FROM product_types WHERE id = $1 FOR KEY SHARE"
    if not rows.is_id(type_id) or not await db.fetch(found, type_id):
        checks.error("type_id", _("This is not one of the choices."))
