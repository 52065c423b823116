"""The provider's terms of service: numbered versions, none of which ever changes, and who agreed to which."""

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, i18n, policies
from core.accounts import access, memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

LONGEST = 100_000


class Terms(db.Owned, tablename="terms", append_only=True):
    """One version, in one language or both."""

    number = Integer()
    text_en = Text()
    text_fr = Text()
    published_at = Timestamptz()
    published_by = Text()


class Consent(db.Owned, tablename="consents"):
    """Somebody agreed to a version for a client: when, and from which address."""

    client_id = BigInt()
    person_id = BigInt()
    number = Integer()
    agreed_at = Timestamptz()
    address = Text()


class NewTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version. A language without a text is shown the other one."""

    text_en: str = ""
    text_fr: str = ""


async def current() -> Record | None:
    """The version in force, None while there is none. Everybody may read it."""
    return await db.row("SELECT * FROM terms ORDER BY number DESC LIMIT 1")


async def get(number: int) -> Record:
    """One version, old ones too. Everybody may read it."""
    found = await db.row("SELECT * FROM terms WHERE number = $1", number) if 0 < number < 2**31 else None
    if found is None:
        raise NotFound()
    return found


def text_of(terms: Record, locale: str) -> tuple[str, str]:
    """The text for a reader of this language, and the language it is in."""
    first = [locale, *(other for other in i18n.LOCALES if other != locale)]
    return next((terms[f"text_{one}"], one) for one in first if terms[f"text_{one}"])


async def every(*, by: Actor) -> list[Record]:
    """All versions, the newest first: number, text_en, text_fr, published_at, published_by, consents (a count)."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await db.fetch(
        """SELECT t.*, (SELECT count(*) FROM consents c WHERE c.tenant_id = t.tenant_id AND c.number = t.number)
               AS consents FROM terms t ORDER BY number DESC"""
    )


async def publish(new: NewTerms, *, by: Actor) -> Record:
    """Put a new version in force; returns it. `Conflict` when it says the same as the one there is."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    checks = Checks()
    english = checks.text("text_en", new.text_en, longest=LONGEST, required=False, lines=True)
    french = checks.text("text_fr", new.text_fr, longest=LONGEST, required=False, lines=True)
    if not (english or french):
        checks.error("text_en", _("Please fill this in."))
    checks.done()
    await db.execute("SELECT id FROM providers WHERE id = $1 FOR UPDATE", by.tenant.id)
    last = await current()
    if last is not None and (last["text_en"], last["text_fr"]) == (english, french):
        raise Conflict(_("This is what the terms say already."))
    made = await db.row(
        """INSERT INTO terms (number, text_en, text_fr, published_at, published_by)
           VALUES ($1, $2, $3, $4, $5) RETURNING *""",
        last["number"] + 1 if last else 1,
        english,
        french,
        clock.now(),
        by.name,
    )
    assert made is not None
    await audit.record("terms:published", "terms", made["id"], by=by, name=str(made["number"]))
    return made


async def record_consent(client_id: int, person_id: int, number: int, *, by: Actor, **seen: object) -> None:
    """Keep that a person agreed for a client. Asks for no right. `seen` may name agreed_at and address."""
    await db.execute(
        """INSERT INTO consents (client_id, person_id, number, agreed_at, address) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        client_id,
        person_id,
        number,
        seen.get("agreed_at") or clock.now(),
        seen.get("address", by.address),
    )
    await audit.record("consent:given", "client", client_id, by=by, name=str(number), client_id=client_id)


async def agree(number: int, *, by: Actor) -> None:
    """Agree to the version in force, for the client that one acts for; `Conflict` when it is another by now."""
    seat = memberships.require(by, Right.PROFILE_UPDATE)
    last = await current()
    if last is None or last["number"] != number or by.person_id is None:
        raise Conflict(_("There are newer terms. Please read them first."))
    if not await has_agreed(number, by=by):
        await record_consent(seat.id, by.person_id, number, by=by)


async def has_agreed(number: int, *, by: Actor) -> bool:
    """Whether anybody agreed to this version for the client that the user acts for."""
    seat = memberships.require(by)
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM consents WHERE client_id = $1 AND number = $2)", seat.id, number
        )
    )


async def consents_of(client_id: int, *, by: Actor) -> list[Record]:
    """Who agreed for a client to which version: number, name, email, agreed_at, address; the newest first."""
    await access.client(client_id, by=by)
    return await db.fetch(
        """SELECT c.number, c.agreed_at, c.address, p.name, p.email FROM consents c
           JOIN people p ON p.id = c.person_id WHERE c.client_id = $1 ORDER BY c.agreed_at DESC, c.number DESC""",
        client_id,
    )
