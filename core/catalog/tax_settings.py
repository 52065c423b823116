"""What a provider decided about taxes: whether prices include them, where consumers pay, whether it is liable."""

from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer, Text

from core import audit, db, policies
from core.accounts import rows
from core.actor import Actor
from core.catalog.tax_rules import Consumers, Outside
from core.checks import Checks
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission

FRENCH_MENTION = "TVA non applicable, art. 293 B du CGI"
"""What a French business that is not liable writes on its invoices (CGI, annexe II, article 242 nonies A)."""


class TaxSetting(db.Owned, tablename="tax_settings"):
    """The decisions of one provider; a provider that has none has those of `Decided`."""

    includes_tax = Boolean()
    consumers = Text()
    outside = Text()
    is_liable = Boolean()
    mention = Text()
    version = Integer()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. `version` is 0 as long as nothing was decided."""

    includes_tax: bool = False
    consumers: Consumers = "destination"
    outside: Outside = "O"
    is_liable: bool = True
    mention: str = ""
    version: int = 0


class TaxSettingChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    includes_tax: bool | UnsetType = UNSET
    consumers: Consumers | UnsetType = UNSET
    outside: Outside | UnsetType = UNSET
    is_liable: bool | UnsetType = UNSET
    mention: str | UnsetType = UNSET


async def get(*, by: Actor) -> Decided:
    """What is in force."""
    policies.require(by, Permission.TAX_READ)
    return await decided()


async def decided() -> Decided:
    """The same for prices. Needs no permission."""
    found = await db.row("SELECT * FROM tax_settings")
    return Decided() if found is None else _read(found)


async def update(changes: TaxSettingChanges, *, version: int, by: Actor) -> Decided:
    """Change them; `EditConflict` when somebody else did since they were read."""
    policies.require(by, Permission.TAX_MANAGE)
    row = await _locked()
    before = _read(row)
    if before.version != version:
        raise EditConflict(msgspec.structs.asdict(before))
    values = _checked(msgspec.structs.asdict(msgspec.structs.replace(before, **rows.given(changes))))
    changed = {field: value for field, value in values.items() if value != row[field]}
    if await rows.save("tax_settings", row, changed):
        old = {field: row[field] for field in changed}
        await audit.record("taxes:decided", "taxes", row["id"], by=by, old=old, new=changed)
    return await decided()


async def _locked() -> Record:
    """The row, made when it is not there yet, locked until the transaction ends."""
    first = msgspec.structs.asdict(Decided())
    columns, places = ", ".join(first), ", ".join(f"${at}" for at in range(1, len(first) + 1))
    await db.execute(
        f"INSERT INTO tax_settings ({columns}) VALUES ({places}) ON CONFLICT (tenant_id) DO NOTHING",
        *first.values(),
    )
    found = await db.row("SELECT * FROM tax_settings FOR UPDATE")
    assert found is not None
    return found


def _read(row: Record) -> Decided:
    return Decided(**{field: row[field] for field in Decided.__struct_fields__})


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    checks = Checks()
    checks.choice("consumers", values["consumers"], ("destination", "origin"))
    checks.choice("outside", values["outside"], ("O", "G"))
    values["mention"] = checks.text("mention", values["mention"], longest=200, required=False)
    checks.done()
    if not values["is_liable"] and not values["mention"]:
        raise Invalid({"mention": _("Documents need a sentence that says why there is no tax.")})
    del values["version"]
    return values
