"""Companies: the provider's own legal entities, who issue its documents. There always is one, the default.

More than one is the feature "companies". An edition without it shows the default one, which is edited in place;
more, from a higher edition, are kept and not shown. Who is limited to projects sees the default one and those that
his projects sell through, and changes none.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, images, policies
from core.accounts import access, company_fields, numbering, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import _, ngettext
from core.permissions import Permission

FEATURE = "companies"
MOST = 50
"""Companies of one provider."""
EDITABLE = (*company_fields.ALL, "series", *numbering.PATTERNS)


class Company(db.Owned, tablename="companies"):
    """A legal entity. `series` is what `{series}` stands for in its patterns of numbers."""

    country = Text()
    name = Text()
    legal_form = Text()
    registration_number = Text()
    vat_number = Text()
    street = Text()
    postcode = Text()
    city = Text()
    region = Text()
    email = Text()
    phone = Text()
    logo_id = BigInt(null=True)
    series = Text()
    invoice_pattern = Text()
    credit_note_pattern = Text()
    contract_pattern = Text()
    is_default = Boolean()
    archived_at = Timestamptz(null=True)
    created_at = Timestamptz()
    version = Integer()


class NewCompany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to be made. Which fields it needs depends on its country; the others are left empty."""

    country: str
    name: str
    legal_form: str = ""
    registration_number: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    email: str = ""
    phone: str = ""
    series: str = ""
    invoice_pattern: str = numbering.DEFAULTS["invoice_pattern"]
    credit_note_pattern: str = numbering.DEFAULTS["credit_note_pattern"]
    contract_pattern: str = numbering.DEFAULTS["contract_pattern"]


class CompanyChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays, as far as the country has it."""

    country: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    legal_form: str | UnsetType = UNSET
    registration_number: str | UnsetType = UNSET
    vat_number: str | UnsetType = UNSET
    street: str | UnsetType = UNSET
    postcode: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    series: str | UnsetType = UNSET
    invoice_pattern: str | UnsetType = UNSET
    credit_note_pattern: str | UnsetType = UNSET
    contract_pattern: str | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The companies that `by` may see: the default one first, then by name, archived ones last."""
    policies.require(by, Permission.COMPANY_READ)
    return await db.fetch(
        f"""SELECT c.* FROM companies c WHERE {visible(by)}
            ORDER BY c.is_default DESC, c.archived_at IS NOT NULL, c.name_folded, c.id"""
    )


async def get(company_id: int, *, by: Actor) -> Record:
    """One company; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.COMPANY_READ)
    found = None
    if rows.is_id(company_id):
        found = await db.row(f"SELECT c.* FROM companies c WHERE c.id = $1 AND {visible(by)}", company_id)
    if found is None:
        raise NotFound()
    return found


async def default() -> Record:
    """The default company of the tenant in force; there always is one. Needs no permission."""
    found = await db.row("SELECT * FROM companies WHERE is_default")
    if found is None:
        raise NotFound()
    return found


async def kept_besides(*, by: Actor) -> int:
    """How many companies are kept that the edition does not show."""
    if policies.has_feature(by.tenant, FEATURE):
        return 0
    return int(await db.value("SELECT count(*) FROM companies WHERE NOT is_default"))


async def create_default(name: str, country: str, *, by: Actor) -> int:
    """The first company, made when the provider is opened. Its address and numbers are filled in later."""
    company_id = await _insert({"name": name, "country": country}, is_default=True)
    await audit.record("company:created", "company", company_id, by=by, name=name, new={"name": name})
    return company_id


async def create(new: NewCompany, *, by: Actor) -> Record:
    """Make one more company; returns its row. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.COMPANY_CREATE)
    _require_unlimited(by)
    values = await _checked(msgspec.to_builtins(new))
    if await db.value("SELECT count(*) FROM companies") >= MOST:
        raise Conflict(_("There is room for %(count)s companies.") % {"count": MOST})
    company_id = await _insert(values, is_default=False)
    told = {field: value for field, value in values.items() if value}
    await audit.record("company:created", "company", company_id, by=by, name=values["name"], new=told)
    return await get(company_id, by=by)


async def update(company_id: int, changes: CompanyChanges, *, version: int, by: Actor) -> Record:
    """Change a company; `EditConflict` when somebody else did since it was read.

    What stands on documents already stays there as it was, and the numbers that were given too.
    """
    row = await locked(company_id, version=version, by=by)
    values = await _checked(shown(row) | rows.given(changes), but=company_id)
    changed = {field: value for field, value in values.items() if value != row[field]}
    async with rows.free_name():
        is_changed = await rows.save("companies", row, changed)
    if is_changed:
        old = {field: row[field] for field in changed}
        await audit.record(
            "company:updated", "company", company_id, by=by, name=values["name"], old=old, new=changed
        )
    return await get(company_id, by=by)


async def make_default(company_id: int, *, by: Actor) -> Record:
    """From now on documents are issued by this company unless another is chosen; returns its row."""
    policies.require_feature(by, FEATURE)
    await db.fetch("SELECT id FROM companies ORDER BY id FOR UPDATE")
    row = await locked(company_id, by=by)
    if row["archived_at"] is not None:
        raise Conflict(_("This company is archived. Take it back first."))
    if not row["is_default"]:
        await db.execute("UPDATE companies SET is_default = false, version = version + 1 WHERE is_default")
        await _mark(row, {"is_default": True}, "company:made_default", by=by)
    return await get(company_id, by=by)


async def archive(company_id: int, *, by: Actor) -> Record:
    """Keep a company for what it issued, and offer it no more; `Conflict`, with the reason, where it is needed."""
    policies.require_feature(by, FEATURE)
    row = await locked(company_id, by=by)
    if row["is_default"]:
        raise Conflict(_("This is the default company. Make another one the default first."))
    if reason := await _sold_through(company_id):
        raise Conflict(reason)
    if row["archived_at"] is None:
        await _mark(row, {"archived_at": clock.now()}, "company:archived", by=by)
    return await get(company_id, by=by)


async def take_back(company_id: int, *, by: Actor) -> Record:
    """Offer an archived company again."""
    policies.require_feature(by, FEATURE)
    row = await locked(company_id, by=by)
    if row["archived_at"] is not None:
        await _mark(row, {"archived_at": None}, "company:taken_back", by=by)
    return await get(company_id, by=by)


async def why_it_stays(company_id: int, *, by: Actor) -> str:
    """Why a company cannot be deleted now, "" when it can."""
    policies.require(by, Permission.COMPANY_DELETE)
    return await _why_it_stays(await get(company_id, by=by))


async def delete(company_id: int, *, by: Actor) -> None:
    """Remove a company; `Conflict`, with the reason, while documents name it or a project sells through it."""
    policies.require(by, Permission.COMPANY_DELETE)
    row = await locked(company_id, by=by)
    if reason := await _why_it_stays(row):
        raise Conflict(reason)
    await db.execute("DELETE FROM companies WHERE id = $1", company_id)
    await images.drop(row["logo_id"])
    old = {field: value for field, value in shown(row).items() if value}
    await audit.record("company:deleted", "company", company_id, by=by, name=row["name"], old=old)


async def locked(company_id: int, *, version: int | None = None, by: Actor) -> Record:
    """The row of a company that `by` may change, locked until the transaction ends; raises like `rows.locked`."""
    policies.require(by, Permission.COMPANY_UPDATE)
    await get(company_id, by=by)
    _require_unlimited(by)
    return await rows.locked("companies", company_id, version=version)


def shown(company: Mapping[str, Any]) -> dict[str, Any]:
    """What people enter of a company."""
    return {field: company[field] for field in EDITABLE}


def visible(by: Actor) -> str:
    """The condition under which `by` sees a row of `companies c`."""
    if not policies.has_feature(by.tenant, FEATURE):
        return "c.is_default"
    if by.projects is None:
        return "true"
    return f"""(c.is_default OR EXISTS (SELECT FROM project_companies p WHERE p.company_id = c.id
                AND p.project_id IN ({access.listed(by.projects)})))"""


def _require_unlimited(by: Actor) -> None:
    if by.projects is not None:
        raise Forbidden(_("You are limited to certain projects, so you cannot change companies."))


async def _why_it_stays(row: Record) -> str:
    if row["is_default"]:
        return _("This is the default company. Make another one the default first.")
    if await numbering.has_given(row["id"]):
        return _("It has issued documents. Archive it, and it is offered no more.")
    if await db.value("SELECT EXISTS (SELECT FROM contracts WHERE company_id = $1)", row["id"]):
        return _("Drafts of contracts name it. Delete them, or archive the company.")
    if await db.value("SELECT EXISTS (SELECT FROM invoices WHERE company_id = $1)", row["id"]):
        return _("Drafts of invoices name it. Delete them, or archive the company.")
    if await db.value("SELECT EXISTS (SELECT FROM payment_method_companies WHERE company_id = $1)", row["id"]):
        return _("Payment methods are bound to it. Take it out of them, or archive the company.")
    return await _sold_through(row["id"])


async def _sold_through(company_id: int) -> str:
    count = await db.value("SELECT count(*) FROM project_companies WHERE company_id = $1", company_id)
    message = ngettext("%(count)s project sells through it.", "%(count)s projects sell through it.", count)
    return message % {"count": count} if count else ""


async def _mark(row: Record, values: Mapping[str, Any], action: str, *, by: Actor) -> None:
    await rows.save("companies", row, values)
    await audit.record(action, "company", row["id"], by=by, name=row["name"])


async def _insert(values: Mapping[str, Any], *, is_default: bool) -> int:
    given = dict(values) | {"is_default": is_default, "created_at": clock.now()}
    places = ", ".join(f"${number}" for number in range(1, len(given) + 1))
    async with rows.free_name():
        sql = f"INSERT INTO companies ({', '.join(given)}) VALUES ({places}) RETURNING id"
        return int(await db.value(sql, *given.values()))


async def _checked(values: Mapping[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    kept = company_fields.check(checks, values) | numbering.check(checks, values)
    await rows.check_name_is_free(checks, "companies", kept["name"], but=but)
    checks.done()
    return kept
