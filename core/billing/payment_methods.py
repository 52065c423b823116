"""The ways to pay that a provider offers: name, plugin, fee, bounds, companies, in its own order.

A provider who keeps none offers the usual ones: bank transfer, cash and other to its people, and to its clients
what plugins bring. From the first one on only those that are kept count.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import Array, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, i18n, places, policies
from core.accounts import companies, positions, rows
from core.actor import Actor
from core.billing import offered_methods
from core.billing.method_terms import BY_HAND
from core.billing.offered_methods import WHOLE_ROW
from core.catalog.percents import WHOLE
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.money import MOST
from core.permissions import Permission

MANY = 50
"""Methods of one provider."""
COLUMNS = (
    "name_en", "name_fr", "note_en", "note_fr", "plugin", "method", "currencies", "fee_percent", "fee_units",
    "fee_bearer", "least_units", "most_units", "is_on", "is_for_clients",
)  # fmt: skip
IN_USE = """SELECT EXISTS (SELECT FROM payments WHERE method_id = $1)
    OR EXISTS (SELECT FROM payment_attempts WHERE method_id = $1)"""


class KeptMethod(db.Owned, tablename="payment_methods"):
    """A way to pay. `plugin` is "" for money that people record; amounts are in the one currency that is named."""

    name_en = Text()
    name_fr = Text()
    note_en = Text()
    note_fr = Text()
    plugin = Text()
    method = Text()
    currencies = Array(base_column=Text())
    fee_percent = Integer()
    fee_units = BigInt()
    fee_bearer = Text()
    least_units = BigInt(null=True)
    most_units = BigInt(null=True)
    is_on = Boolean()
    is_for_clients = Boolean()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class MethodCompany(db.Owned, tablename="payment_method_companies"):
    """A company that a method is bound to."""

    method_id = BigInt()
    company_id = BigInt()


class MethodValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a method. `fee_percent` is in thousandths of a percent; amounts want one currency and no more.

    `companies`: the ids of those it is bound to, none for all.
    """

    name_en: str
    name_fr: str
    method: str
    plugin: str = ""
    note_en: str = ""
    note_fr: str = ""
    currencies: tuple[str, ...] = ()
    fee_percent: int = 0
    fee_units: int = 0
    fee_bearer: Literal["provider", "client"] = "provider"
    least_units: int | None = None
    most_units: int | None = None
    is_on: bool = True
    is_for_clients: bool = True
    companies: tuple[int, ...] = ()


async def every(*, by: Actor) -> list[Record]:
    """The methods that are kept, in the provider's order, each with `companies`."""
    policies.require(by, Permission.PAYMENT_READ)
    return await db.fetch(f"{WHOLE_ROW} ORDER BY m.position, m.id")


async def get(method_id: int, *, by: Actor) -> Record:
    """One of them; `NotFound` when there is none."""
    policies.require(by, Permission.PAYMENT_READ)
    found = await db.row(f"{WHOLE_ROW} WHERE m.id = $1", method_id) if rows.is_id(method_id) else None
    if found is None:
        raise NotFound()
    return found


async def create(new: MethodValues, *, by: Actor) -> Record:
    """Keep one more, the last of the list; `Invalid` beside what is wrong."""
    policies.require(by, Permission.PAYMENT_METHOD_MANAGE)
    values, bound = await _checked(new, before=(), by=by)
    await db.execute("SELECT FROM payment_methods ORDER BY id FOR UPDATE")
    if await db.value("SELECT count(*) FROM payment_methods") >= MANY:
        raise Conflict(_("There is room for %(count)s payment methods.") % {"count": MANY})
    method_id = await _insert(values)
    await _bind(method_id, bound)
    name = offered_methods.name(values)
    await audit.record("payment_method:created", "payment_method", method_id, by=by, name=name, new=_told(values))
    return await get(method_id, by=by)


async def begin_with_usual(*, by: Actor) -> None:
    """Keep the usual ones as rows, to go on from; `Conflict` when some are kept already."""
    policies.require(by, Permission.PAYMENT_METHOD_MANAGE)
    if await db.value("SELECT EXISTS (SELECT FROM payment_methods)"):
        raise Conflict(_("There are payment methods already."))
    brought = await offered_methods.brought(by=by)
    for key in BY_HAND:
        names = {f"name_{language}": _in(language, BY_HAND[key]) for language in ("en", "fr")}
        await create(MethodValues(**names, method=key, is_for_clients=False), by=by)  # type: ignore[arg-type]
    for plugin, method in brought:
        names = {"name_en": method.title, "name_fr": method.title}
        await create(MethodValues(**names, plugin=plugin, method=method.key), by=by)  # type: ignore[arg-type]


async def update(method_id: int, changes: MethodValues, *, version: int, by: Actor) -> Record:
    """Change one; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.PAYMENT_METHOD_MANAGE)
    row = await rows.locked("payment_methods", method_id, version=version)
    before = await get(method_id, by=by)
    values, bound = await _checked(changes, before=before["companies"], by=by)
    is_changed = await rows.save("payment_methods", row, values)
    old, new = dict(before), values | {"companies": bound}
    if bound != list(before["companies"]):
        await _bind(method_id, bound)
        if not is_changed:
            await db.execute("UPDATE payment_methods SET version = version + 1 WHERE id = $1", method_id)
        is_changed = True
    if is_changed:
        changed = {name: value for name, value in new.items() if old[name] != value}
        await audit.record("payment_method:updated", "payment_method", method_id, by=by,
                           name=offered_methods.name(values), new=changed,
                           old={name: old[name] for name in changed})  # fmt: skip
    return await get(method_id, by=by)


async def currencies_in_use() -> set[str]:
    """The currencies of the provider's projects. Needs no permission."""
    return {row["currency"] for row in await db.fetch("SELECT DISTINCT currency FROM projects")}


async def move(method_id: int, *, steps: int, by: Actor) -> None:
    """Move it in the order: -1 is one up, 1 one down; not beyond the ends."""
    policies.require(by, Permission.PAYMENT_METHOD_MANAGE)
    title = "name_fr" if i18n.current() == "fr" else "name_en"
    await positions.move("payment_methods", method_id, steps=steps, noun="payment_method", title=title, by=by)


async def delete(method_id: int, *, by: Actor) -> None:
    """Remove one by which nothing was paid; `Conflict` for others, which are switched off instead."""
    policies.require(by, Permission.PAYMENT_METHOD_MANAGE)
    row = await rows.locked("payment_methods", method_id)
    if await db.value(IN_USE, method_id):
        raise Conflict(_("Something was paid by it. Switch it off, and it is offered no more."))
    await db.execute("DELETE FROM payment_methods WHERE id = $1", method_id)
    name = offered_methods.name(row)
    await audit.record("payment_method:deleted", "payment_method", method_id, by=by, name=name, old=_told(row))


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COLUMNS if row[name] not in ("", None, 0, [])}


def _in(language: str, text: str) -> str:
    with i18n.speaking(language):
        return _(text)


async def _insert(values: Mapping[str, Any]) -> int:
    given = dict(values) | {"position": await positions.last("payment_methods"), "created_at": clock.now()}
    places_ = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    sql = f"INSERT INTO payment_methods ({', '.join(given)}) VALUES ({places_}) RETURNING id"
    return int(await db.value(sql, *given.values()))


async def _bind(method_id: int, company_ids: list[int]) -> None:
    await db.execute("DELETE FROM payment_method_companies WHERE method_id = $1", method_id)
    await db.execute(
        "INSERT INTO payment_method_companies (method_id, company_id) SELECT $1, unnest($2::bigint[])",
        method_id,
        company_ids,
    )


async def _checked(
    new: MethodValues, *, before: tuple[int, ...] | list[int], by: Actor
) -> tuple[dict[str, Any], list[int]]:
    """What is kept of a method, and the companies it is bound to; where the edition binds to none, as before."""
    checks = Checks()
    values = msgspec.to_builtins(new) | {"currencies": sorted({one.upper() for one in new.currencies})}
    values.pop("companies")
    for name, longest in (("name_en", 80), ("name_fr", 80), ("note_en", 500), ("note_fr", 500)):
        is_name = name.startswith("name")
        values[name] = checks.text(name, values[name], longest=longest, required=is_name, lines=not is_name)
    await _check_plugin(checks, new, by=by)
    _check_amounts(checks, values)
    bound = sorted(before)
    if offered_methods.is_per_company(by):
        bound = sorted(set(new.companies))
        shown = {row["id"] for row in await companies.every(by=by)}
        if not set(bound) <= shown:
            checks.error("companies", _("This is not one of the choices."))
    elif new.companies and sorted(set(new.companies)) != bound:
        policies.require_feature(by, offered_methods.FEATURE)
    checks.done()
    return values, bound


async def _check_plugin(checks: Checks, new: MethodValues, *, by: Actor) -> None:
    if not new.plugin:
        checks.choice("method", new.method, BY_HAND)
        return
    try:
        await offered_methods.one_brought(new.plugin, new.method, by=by)
    except Invalid as refusal:
        checks.error("method", refusal.errors["method"])


def _check_amounts(checks: Checks, values: Mapping[str, Any]) -> None:
    if not set(values["currencies"]) <= places.CURRENCIES:
        checks.error("currencies", _("This is not one of the choices."))
    if not 0 <= values["fee_percent"] <= WHOLE:
        checks.error("fee_percent", _("From 0 to 100 percent, please."))
    if not 0 <= values["fee_units"] < MOST:
        checks.error("fee_units", _("Please give an amount of 0 or more."))
    least, most = values["least_units"], values["most_units"]
    for name, units in (("least_units", least), ("most_units", most)):
        if units is not None and not 0 < units < MOST:
            checks.error(name, _("Please give an amount above 0."))
    if least is not None and most is not None and least > most:
        checks.error("most_units", _("This is less than the least amount."))
    if (values["fee_units"] or least is not None or most is not None) and len(values["currencies"]) != 1:
        checks.error("currencies", _("Amounts are in one currency: please choose exactly one."))
