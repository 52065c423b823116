"""The bank accounts of own companies: where their documents ask to be paid. One of each company is the default."""

from collections.abc import Mapping
from typing import Any

import msgspec
import schwifty
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db
from core.accounts import companies, payer_numbers, rows
from core.accounts.payer_numbers import Wrong
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _

MOST = 20
"""Accounts of one company."""
FIELDS = ("holder", "iban", "bic", "bank")


class BankAccount(db.Owned, tablename="bank_accounts"):
    """An account at a bank. Numbers are kept in capitals without spaces."""

    company_id = BigInt()
    holder = Text()
    iban = Text()
    bic = Text()
    bank = Text()
    is_default = Boolean()
    created_at = Timestamptz()
    version = Integer()


class AccountValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of an account. Bank and BIC that are left out are filled in from the IBAN where that tells them."""

    holder: str = ""
    iban: str = ""
    bic: str = ""
    bank: str = ""


async def of_company(company_id: int, *, by: Actor) -> list[Record]:
    """The accounts of a company, the default one first."""
    await companies.get(company_id, by=by)
    return await db.fetch(
        "SELECT * FROM bank_accounts WHERE company_id = $1 ORDER BY is_default DESC, created_at, id", company_id
    )


async def get(account_id: int, *, by: Actor) -> Record:
    """One account; `NotFound` when there is none of a company that `by` may see."""
    found = None
    if rows.is_id(account_id):
        found = await db.row("SELECT * FROM bank_accounts WHERE id = $1", account_id)
    if found is None:
        raise NotFound()
    await companies.get(found["company_id"], by=by)
    return found


async def add(company_id: int, new: AccountValues, *, by: Actor) -> Record:
    """One more account; the first one of a company is its default."""
    company = await companies.locked(company_id, by=by)
    values = await _checked(msgspec.to_builtins(new), company, but=0)
    listed = await of_company(company_id, by=by)
    if len(listed) >= MOST:
        raise Conflict(_("A company has room for %(count)s bank accounts.") % {"count": MOST})
    made = await db.row(
        """INSERT INTO bank_accounts (company_id, holder, iban, bic, bank, is_default, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *""",
        company_id,
        *values.values(),
        not listed,
        clock.now(),
    )
    assert made is not None
    await _tell("company:account_added", company, by=by, new=values)
    return made


async def update(account_id: int, values: AccountValues, *, version: int, by: Actor) -> Record:
    """Change an account; `EditConflict` when somebody else did since it was read."""
    company, row = await _locked(account_id, version=version, by=by)
    kept = await _checked(msgspec.to_builtins(values), company, but=account_id)
    if await rows.save("bank_accounts", row, kept):
        await _tell("company:account_updated", company, by=by, old={name: row[name] for name in FIELDS}, new=kept)
    return await get(account_id, by=by)


async def make_default(account_id: int, *, by: Actor) -> Record:
    """From now on documents of the company ask to be paid here."""
    company, row = await _locked(account_id, by=by)
    if not row["is_default"]:
        await db.execute(
            """UPDATE bank_accounts SET is_default = false, version = version + 1
               WHERE company_id = $1 AND is_default""",
            company["id"],
        )
        await rows.save("bank_accounts", row, {"is_default": True})
        await _tell("company:account_made_default", company, by=by, new={"iban": row["iban"]})
    return await get(account_id, by=by)


async def remove(account_id: int, *, by: Actor) -> None:
    """Take an account away; the oldest of those that stay becomes the default when it was that."""
    company, row = await _locked(account_id, by=by)
    await db.execute("DELETE FROM bank_accounts WHERE id = $1", account_id)
    if row["is_default"]:
        await db.execute(
            """UPDATE bank_accounts SET is_default = true, version = version + 1 WHERE id = (
                   SELECT id FROM bank_accounts WHERE company_id = $1 ORDER BY created_at, id LIMIT 1)""",
            company["id"],
        )
    await _tell("company:account_removed", company, by=by, old={name: row[name] for name in FIELDS})


async def _locked(account_id: int, *, version: int | None = None, by: Actor) -> tuple[Record, Record]:
    """The company and its account, locked in that order."""
    found = await get(account_id, by=by)
    company = await companies.locked(found["company_id"], by=by)
    return company, await rows.locked("bank_accounts", account_id, version=version)


async def _checked(values: Mapping[str, str], company: Record, *, but: int) -> dict[str, str]:
    checks = Checks()
    kept = {name: checks.text(name, values[name], longest=200, required=name == "iban") for name in FIELDS}
    kept["holder"] = kept["holder"] or company["name"]
    for name, read in (("iban", payer_numbers.iban), ("bic", payer_numbers.bic)):
        if kept[name] and name not in checks.errors:
            try:
                kept[name] = read(kept[name])
            except Wrong:
                number = {"number": name.upper()}
                checks.error(name, _("This is not a valid %(number)s; please check every character.") % number)
    taken = "SELECT EXISTS (SELECT FROM bank_accounts WHERE company_id = $1 AND iban = $2 AND id <> $3)"
    if "iban" not in checks.errors and await db.value(taken, company["id"], kept["iban"], but):
        checks.error("iban", _("The company has this account already."))
    checks.done()
    return _completed(kept)


def _completed(kept: dict[str, str]) -> dict[str, str]:
    """The same with the bank's code and name as the IBAN tells them, where nobody said them."""
    iban = schwifty.IBAN(kept["iban"])
    told = {"bic": str(iban.bic or ""), "bank": str(iban.bank_name or "")}
    return kept | {name: kept[name] or text for name, text in told.items()}


async def _tell(
    action: str,
    company: Record,
    *,
    by: Actor,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    await audit.record(action, "company", company["id"], by=by, name=company["name"], old=old, new=new)
