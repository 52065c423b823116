"""The timeline of a client: what was done about it, and what its users did on their own, as one list.

The audit knows the first by the client and the second by the person: signing in belongs to no client. Each part is
read from its own index in the order of time, a page at most, and they are merged; so a page costs the same however
long the history is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from core import db, policies
from core.accounts import access, activity
from core.accounts.activity import Page
from core.accounts.rows import is_id
from core.actor import Actor
from core.checks import Checks
from core.filters import LAST, Conditions
from core.i18n import N_, _
from core.permissions import Permission

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "client": (N_("The client itself"), ("client:",)),
    "users": (N_("Users and invitations"), ("client_role:", "invitation:", "membership:")),
    "sign_ins": (N_("Signing in"), ("link:", "passkey:", "person:", "second_factor:", "session:", "signin:")),
    "payers": (N_("Payers and contracts"), ("contract:", "payer:")),
    "invoices": (N_("Invoices"), ("credit_note:", "invoice:", "invoice_draft:", "proforma:")),
    "tickets": (N_("Tickets"), ("ticket:", "ticket_work:")),
    "groups": (N_("Account groups"), ("group:",)),
    "notes": (N_("Notes and files"), ("file:", "note:")),
    "support": (N_("Visits of support"), ("impersonation:",)),
    "terms": (N_("Terms"), ("consent:",)),
}
"""What can be asked for, and how the actions begin that belong to it."""

SIDES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "team": (N_("Our team"), ("staff", "api_key")),
    "users": (N_("Users of the client"), ("user", "visitor")),
    "product": (N_("The product itself"), ("system", "plugin", "operator", "reseller")),
}
"""Who acted, when it is nobody in particular."""

EXCERPT = 200


class TimelineFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is shown. `kind` is one of KINDS; `who` one of SIDES, or the id of a member of staff or of a person.

    Days are whole days in the provider's time zone; both ends are included.
    """

    kind: str = ""
    who: str = ""
    day_from: date | None = None
    day_to: date | None = None


async def page(
    client_id: int, chosen: TimelineFilter, *, older_than: str = "", newer_than: str = "", by: Actor
) -> Page:
    """One page, the newest first. An entry about a note that is still there has its beginning as `excerpt`."""
    policies.require(by, Permission.ACTIVITY_READ)
    await access.client(client_id, by=by)
    conditions = _conditions(chosen, zone=ZoneInfo(by.tenant.timezone))
    found = await activity.page_of(conditions, older_than, newer_than, sources=_sources(client_id))
    found = await activity.as_seen(found, by=by)
    excerpts = await _excerpts(found, by=by)
    entries = [entry | {"excerpt": excerpts.get(entry["subject_id"], "")} for entry in found.entries]
    return Page(entries=entries, newer=found.newer, older=found.older)


async def people(client_id: int, *, by: Actor) -> dict[str, str]:
    """Who can be asked for: the sides, the staff, and the client's users."""
    policies.require(by, Permission.ACTIVITY_READ)
    await access.client(client_id, by=by)
    users = await db.fetch(
        """SELECT p.id, p.name FROM memberships m JOIN people p ON p.id = m.person_id
           WHERE m.client_id = $1 ORDER BY p.name, p.id""",
        client_id,
    )
    sides = {key: _(label) for key, (label, _kinds) in SIDES.items()}
    staff = {str(number): name for number, name in (await activity.actors(by=by)).items()}
    return sides | staff | {str(row["id"]): row["name"] for row in users}


def _sources(client_id: int) -> tuple[str, ...]:
    """Where entries come from, as `activity.page_of` takes them."""
    of_user = f"""SELECT e.* FROM memberships m CROSS JOIN LATERAL (
        SELECT {{columns}} FROM audit_entries a WHERE {{one}} AND a.client_id IS NULL AND {{where}} {{order}}) e
        WHERE m.client_id = {client_id:d}"""
    return (
        f"SELECT {{columns}} FROM audit_entries a WHERE a.client_id = {client_id:d} AND {{where}} {{order}}",
        of_user.replace("{one}", "a.actor_id = m.person_id AND a.actor_kind = 'user'"),
        of_user.replace(
            "{one}", "a.subject_kind = 'person' AND a.subject_id = m.person_id AND a.actor_kind = 'visitor'"
        ),
    )


def _conditions(chosen: TimelineFilter, *, zone: ZoneInfo) -> Conditions:
    checks, conditions = Checks(), Conditions()
    if chosen.kind:
        checks.choice("kind", chosen.kind, KINDS)
    if chosen.who and chosen.who not in SIDES and not _is_number(chosen.who):
        checks.error("who", _("This is not one of the choices."))
    activity.check_days(checks, chosen.day_from, chosen.day_to)
    checks.done()
    if chosen.kind:
        _label, beginnings = KINDS[chosen.kind]
        ranges = [_begins(conditions, beginning) for beginning in beginnings]
        conditions.add(f"({' OR '.join(ranges)})")
    if chosen.who in SIDES:
        _label, kinds = SIDES[chosen.who]
        conditions.add(f"a.actor_kind IN ({', '.join(repr(kind) for kind in kinds)})")
    elif chosen.who:
        conditions.equals("a.actor_id", int(chosen.who))
    activity.add_days(conditions, chosen.day_from, chosen.day_to, zone=zone)
    return conditions


def _begins(conditions: Conditions, beginning: str) -> str:
    first, last = conditions.bind(beginning), conditions.bind(beginning + LAST)
    return f'(a.action COLLATE "C" >= {first} AND a.action COLLATE "C" < {last})'


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20 and is_id(int(text))


async def _excerpts(found: Page, *, by: Actor) -> dict[int, str]:
    """How the notes begin that the page is about, by their ids."""
    ids = [entry["subject_id"] for entry in found.entries if entry["subject_kind"] == "note"]
    if not ids or not policies.allows(by, Permission.NOTE_READ):
        return {}
    kept: list[Any] = await db.fetch(
        f"SELECT id, left(text, {EXCERPT}) AS text FROM client_notes WHERE id = ANY($1::bigint[])", ids
    )
    return {row["id"]: row["text"] for row in kept}
