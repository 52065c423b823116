"""Which kinds there are, which texts are the provider's own, and who reads a notification in another language than
his own because nobody wrote it in his."""

from collections.abc import Collection

import msgspec
from asyncpg import Record

from core import db, i18n, notification_files, notification_kinds, notification_switches, policies
from core.actor import Actor, Tenant
from core.notification_kinds import Kind
from core.support import notification_templates
from core.support.notification_templates import RIGHT


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with its own texts (project_id, language, version, made_at, made_by) and the `missing` languages."""

    kind: Kind
    is_on: bool
    can_be_off: bool
    can_have_file: bool
    has_file: bool
    is_new: bool
    own: list[Record]
    missing: list[str]


class MissingLanguage(msgspec.Struct, frozen=True, kw_only=True):
    """A language that so many clients speak, and the kinds that reach them in another one."""

    language: str
    clients: int
    kinds: list[Kind]


async def every(*, by: Actor) -> list[KindLine]:
    """All kinds by group and key. `missing` looks at the languages of Comptoir and of the provider's own texts."""
    policies.require(by, RIGHT)
    off = await notification_switches.off()
    new = await notification_switches.new()
    without_file = await notification_switches.without_file()
    texts = await _texts(by=by)
    languages = {*i18n.LOCALES, *(row["language"] for rows in texts.values() for row in rows)}
    return [
        KindLine(
            kind=kind,
            is_on=kind.key not in off,
            can_be_off=notification_switches.can_be_off(kind),
            can_have_file=notification_files.maker_of(kind.key) is not None,
            has_file=notification_files.maker_of(kind.key) is not None and kind.key not in without_file,
            is_new=kind.key in new,
            own=texts.get(kind.key, []),
            missing=[one for one in sorted(languages) if _is_missing(one, texts.get(kind.key, []), by.tenant)],
        )
        for kind in notification_kinds.every(by.tenant.plugins)
    ]


async def missing(*, by: Actor) -> list[MissingLanguage]:
    """The languages of open clients in which kinds for them or their users are missing, the most spoken first."""
    policies.require(by, RIGHT)
    off = await notification_switches.off()
    texts = await _texts(by=by)
    known = notification_kinds.every(by.tenant.plugins)
    kinds = [kind for kind in known if kind.key not in off and kind.audience != "staff"]
    spoken = await db.fetch(
        "SELECT language, count(*) AS clients FROM clients WHERE status <> 'closed' AND language <> ''"
        " GROUP BY language ORDER BY clients DESC, language"
    )
    found = [
        MissingLanguage(
            language=row["language"],
            clients=row["clients"],
            kinds=[one for one in kinds if _is_missing(row["language"], texts.get(one.key, []), by.tenant)],
        )
        for row in spoken
    ]
    return [one for one in found if one.kinds]


def _is_missing(language: str, own: Collection[Record], tenant: Tenant) -> bool:
    """Whether somebody who speaks this language gets a text in another one, in some project at least: the
    provider's text in his own language goes before the one that the kind comes with."""
    everywhere = {row["language"] for row in own if row["project_id"] is None}
    if language in everywhere:
        return False
    somewhere = {row["language"] for row in own}
    return (
        tenant.locale in everywhere
        or language not in i18n.LOCALES
        or bool(somewhere and language not in somewhere)
    )


async def _texts(*, by: Actor) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in await notification_templates.own(by=by):
        found.setdefault(row["kind"], []).append(row)
    return found
