"""What is to be told to somebody: written in the transaction that has the reason, sent by the worker afterwards.

A notification is a row of the outbox. What becomes of it (by which channels, when, and why not) is decided after
the commit and stands in `deliveries` (`core/support`).
"""

from collections.abc import Mapping

import msgspec
from piccolo.columns import JSONB, BigInt, Text, Timestamptz

from core import clock, db, jobs, sealing
from core.actor import Actor
from core.notification_kinds import Kind

JOB = "notification.send"
LONGEST = {"address": 254, "phone": 40, "name": 200}
ADD = """
    INSERT INTO notifications (kind, key, client_id, project_id, person_id, address, phone, name, locale,
        about_kind, about_id, data, sealed, created_at, created_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (tenant_id, kind, key) DO NOTHING
    RETURNING id, current_setting('app.notified', true) = '1' AS is_asked
"""


class Notification(db.Owned, tablename="notifications"):
    """Something to be told. `data` is what its texts use; of a secret kind it is `sealed` until it is sent."""

    kind = Text()
    key = Text(null=True)
    client_id = BigInt(null=True)
    project_id = BigInt(null=True)
    person_id = BigInt(null=True)
    address = Text()
    phone = Text()
    name = Text()
    locale = Text()
    about_kind = Text()
    about_id = BigInt(null=True)
    data = JSONB()
    sealed = Text()
    state = Text()
    created_at = Timestamptz()
    created_by = Text()


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told: an e-mail address, a telephone number (E.164), a name, a language, and the person if known.

    Without a language the provider's is spoken. What is missing keeps it from the channels that need it.
    """

    address: str = ""
    phone: str = ""
    name: str = ""
    locale: str = ""
    person_id: int | None = None


async def notify(
    kind: Kind,
    *,
    to: Recipient,
    data: Mapping[str, object],
    client_id: int | None = None,
    project_id: int | None = None,
    about: tuple[str, int] | None = None,
    key: str | None = None,
    by: Actor,
) -> int | None:
    """Tell somebody once the scope's transaction is durable; None when this (kind, key) was told before.

    `data` holds a value for each variable of the kind, of what JSON knows. `about` is what it is about, such as
    ("invoice", 12).
    """
    plain = _plain(kind, data)
    about_kind, about_id = about or ("", None)
    row = await db.row(
        ADD,
        kind.key,
        key,
        client_id,
        project_id,
        to.person_id,
        *(_line(getattr(to, name), longest) for name, longest in LONGEST.items()),
        to.locale,
        about_kind,
        about_id,
        {} if kind.is_secret else plain,
        seal(plain, by.tenant.id) if kind.is_secret else "",
        clock.now(),
        by.name,
    )
    if row is None:
        return None
    if not row["is_asked"]:
        await _ask()
    return int(row["id"])


def seal(plain: Mapping[str, object], tenant_id: int) -> str:
    """What is secret, unreadable in the database."""
    return sealing.seal(msgspec.json.encode(plain).decode(), bound_to=f"{tenant_id}:notification")


def unseal(sealed: str, tenant_id: int) -> dict[str, object]:
    """It again; nothing once it was forgotten."""
    if not sealed:
        return {}
    plain = sealing.unseal(sealed, bound_to=f"{tenant_id}:notification")
    return msgspec.json.decode(plain, type=dict[str, object])


async def ask() -> None:
    """Have seen to what this transaction wrote into the outbox by statements of its own."""
    if not await db.value("SELECT current_setting('app.notified', true) = '1'"):
        await _ask()


async def _ask() -> None:
    """One job for all that this transaction tells: it sees to whatever waits."""
    await jobs.later(JOB, {})
    await db.execute("SELECT set_config('app.notified', '1', true)")


def _plain(kind: Kind, data: Mapping[str, object]) -> dict[str, object]:
    if missing := sorted(set(kind.variables) - set(data)):
        raise ValueError(f"{kind.key}: without {', '.join(missing)}")
    given = {name: data[name] for name in kind.variables}
    return msgspec.json.decode(msgspec.json.encode(given).replace(b"\\u0000", b""), type=dict[str, object])


def _line(text: str, longest: int) -> str:
    """Without line breaks and other control characters, and not longer than it may be."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))[:longest].strip()
