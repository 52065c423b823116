"""Where a provider reads mail, and what becomes of a mail that answers nothing."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text

from core import db, policies
from core.accounts import access, decided_once
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import ticket_categories


class IncomingMailSettings(db.Owned, tablename="incoming_mail_settings"):
    """One row a provider, once it has decided anything."""

    address = Text()
    opens_tickets = Boolean()
    category_id = BigInt(null=True)
    unknown_client_id = BigInt(null=True)
    staff_answers = Boolean()
    version = Integer()


class IncomingMailChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays.

    `address` is that of the mailbox that is read; "" for none. `unknown_client` is the code of the client that
    mails of unknown senders are put under; None for refusing them. `staff_answers`: staff answer tickets by mail.
    """

    address: str | UnsetType = UNSET
    opens_tickets: bool | UnsetType = UNSET
    category_id: int | UnsetType | None = UNSET
    unknown_client: int | UnsetType | None = UNSET
    staff_answers: bool | UnsetType = UNSET


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    address: str | UnsetType = UNSET
    opens_tickets: bool | UnsetType = UNSET
    category_id: int | UnsetType | None = UNSET
    unknown_client_id: int | UnsetType | None = UNSET
    staff_answers: bool | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {
    "address": "",
    "opens_tickets": True,
    "category_id": None,
    "unknown_client_id": None,
    "staff_answers": False,
    "version": 1,
}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider. For those who deal with mail."""
    return await decided_once.in_force("incoming_mail_settings", DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same with `unknown_client`, a code, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    kept = await in_force()
    code = await db.value("SELECT code FROM clients WHERE id = $1", kept["unknown_client_id"])
    return dict(kept) | {"unknown_client": code}


async def update(changes: IncomingMailChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    checks = Checks()
    address, category, client = changes.address, changes.category_id, changes.unknown_client
    if not isinstance(address, UnsetType) and address.strip():
        address = checks.email("address", address)
    if isinstance(category, int) and category not in {row["id"] for row in await ticket_categories.every(by=by)}:
        checks.error("category_id", _("This is not one of the choices."))
    client_id = client if isinstance(client, UnsetType | None) else await _client(checks, client, by=by)
    checks.done()
    kept = _Kept(
        address=address if isinstance(address, UnsetType) else address.strip().lower(),
        opens_tickets=changes.opens_tickets,
        category_id=category,
        unknown_client_id=client_id,
        staff_answers=changes.staff_answers,
    )
    await decided_once.update(
        "incoming_mail_settings", kept, version=version, action="incoming_mail:updated", by=by
    )
    return await get(by=by)


async def _client(checks: Checks, code: int, *, by: Actor) -> int | None:
    try:
        return int((await access.client_by_code(code, by=by))["id"])
    except NotFound:
        checks.error("unknown_client", _("There is no such client."))
        return None
