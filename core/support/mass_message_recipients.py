"""Who gets a message to clients, in which language, and who does not and why."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Text

from core import clock, db, figures, i18n, policies, rich_text, tasks, tenant_templates
from core.accounts import access, client_choice
from core.accounts.client_choice import Choice
from core.actor import Actor
from core.checks import Checks
from core.filters import Conditions, Cursor, read_cursor
from core.i18n import N_
from core.permissions import Permission
from core.support import mass_messages, notification_markdown, response_variables
from core.support.mass_messages import Words
from core.tasks import Page

Reason = Literal["", "gone", "closed", "project", "no_address", "language", "news", "text"]
State = Literal["waiting", "sent", "skipped"]
REASONS: Mapping[str, str] = {
    "gone": N_("The client is not there any more"),
    "closed": N_("The client is closed"),
    "project": N_("The client is not in the project of the category"),
    "no_address": N_("The client has no e-mail address"),
    "language": N_("There is no text in the client’s language"),
    "news": N_("The client wants no news"),
    "text": N_("The text asks for something that this client lacks"),
}
"""Why somebody does not get a message, in words."""
FACTS = """c.status, c.email <> '' AS has_address, c.language, NOT EXISTS (
    SELECT FROM notification_optouts o WHERE o.kind = 'message.news' AND o.medium = 'mail'
       AND ((o.person_id IS NULL AND o.address_folded = c.email_folded)
            OR o.person_id = (SELECT p.id FROM people p WHERE p.email_folded = c.email_folded))) AS wants_news"""
ASKED = "status, has_address, language, wants_news, is_in_project"
"""The columns that `facts` gives."""
LONGEST_SEARCH = 200
IN_PROJECT = """EXISTS (SELECT FROM client_projects a
    WHERE a.client_id = c.id AND a.project_id = {project:d}) AS is_in_project"""


class MassMessageRecipient(db.Owned, tablename="mass_message_recipients"):
    """A client who was chosen, and what became of it."""

    message_id = BigInt()
    client_id = BigInt()
    state = Text()
    reason = Text()
    language = Text()
    ticket_id = BigInt(null=True)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many get it, by the language of the text they get, and how many do not, by the reason."""

    languages: dict[str, int]
    skipped: dict[str, int]

    @property
    def reached(self) -> int:
        """How many get it."""
        return sum(self.languages.values())


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one client gets it; `reason` says why he does not. `html` is safe to show."""

    reason: Reason
    language: str
    subject: str
    text: str
    html: str
    trouble: str = ""


def verdict(
    client: Mapping[str, Any], languages: Collection[str], fallback: str, *, is_news: bool, only_matching: bool
) -> tuple[Reason, str]:
    """Why a client does not get a message ("" when he does), and the language of the text that he gets.

    `client` has what `facts` asks; `languages` are those with a text.
    """
    if client["status"] != "active":
        return "closed", ""
    if not client["is_in_project"]:
        return "project", ""
    if not client["has_address"]:
        return "no_address", ""
    if is_news and not client["wants_news"]:
        return "news", ""
    if client["language"] in languages:
        return "", str(client["language"])
    if only_matching or not languages:
        return "language", ""
    return "", fallback if fallback in languages else min(languages)


def facts(message: Mapping[str, Any], *, by: Actor) -> str:
    """What `verdict` asks of a client `c`, as columns of a query."""
    project_id = project_of(message, by=by)
    return f"{FACTS}, {'true AS is_in_project' if project_id is None else IN_PROJECT.format(project=project_id)}"


def project_of(message: Mapping[str, Any], *, by: Actor) -> int | None:
    """The project that a message is about: that of its category, where the edition has several."""
    project_id = message["category_project_id"]
    return None if project_id is None or not policies.has_feature(by.tenant, "projects") else int(project_id)


async def count(message: Mapping[str, Any], *, by: Actor) -> Counted:
    """Who would get it now."""
    reached: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for row, reason, language in await _kinds(message, by=by):
        kept, key = (skipped, reason) if reason else (reached, language)
        kept[key] = kept.get(key, 0) + row["number"]
    return Counted(
        languages=dict(sorted(reached.items(), key=lambda pair: -pair[1])),
        skipped={reason: skipped[reason] for reason in REASONS if reason in skipped},
    )


async def skipped(
    message: Mapping[str, Any],
    *,
    reason: Reason = "",
    after: str = "",
    before: str = "",
    by: Actor,
    size: int = tasks.PAGE,
) -> Page:
    """One page of those who would not get it now, by their codes: `code`, `name`, `reason`; "" is any reason."""
    kinds = [
        (row, why) for row, why, _language in await _kinds(message, by=by) if why and (not reason or why == reason)
    ]
    is_back = bool(before) and not after
    cursor = read_cursor(before if is_back else after, int)
    found = await _of_kinds(message, kinds, cursor, is_back, size, by=by)
    return tasks.paged(found, lambda row: row["code"], is_back=is_back, is_first=cursor is None, size=size)


async def first(message: Mapping[str, Any], *, by: Actor) -> int | None:
    """The code of one to look at the message with: one who gets it, else one who was chosen."""
    kinds = [(row, reason) for row, reason, _language in await _kinds(message, by=by)]
    reached = [kind for kind in kinds if not kind[1]]
    found = await _of_kinds(message, reached or kinds, None, False, 1, by=by)
    return int(found[0]["code"]) if found else None


async def _kinds(message: Mapping[str, Any], *, by: Actor) -> list[tuple[Record, Reason, str]]:
    """What `facts` say of those who are chosen, the `number` of whom it is true, and the verdict on it."""
    policies.require(by, Permission.MESSAGE_READ)
    source = await client_choice.source(mass_messages.choice_of(message), by=by)
    found = await db.fetch(
        f"""SELECT {facts(message, by=by)}, count(*) AS number FROM {source.tables} WHERE {source.conditions.sql}
             GROUP BY 1, 2, 3, 4, 5""",
        *source.conditions.arguments,
    )
    return [(row, *judged(row, message, by=by)) for row in found]


async def _of_kinds(
    message: Mapping[str, Any],
    kinds: Sequence[tuple[Record, Reason]],
    cursor: Cursor | None,
    is_back: bool,
    size: int,
    *,
    by: Actor,
) -> list[Record]:
    """Those who are chosen of whom one of these is true, behind the cursor: `size` of them and one more."""
    source = await client_choice.source(mass_messages.choice_of(message), by=by)
    names = ASKED.split(", ")
    listed = ", ".join(
        f"{source.conditions.bind([row[name] for row, _reason in kinds])}::{kind}[]"
        for name, kind in zip(names, ("text", "boolean", "text", "boolean", "boolean"), strict=True)
    )
    reasons = source.conditions.bind([reason for _row, reason in kinds])
    place = "true"
    if cursor is not None:
        place = f"code {'<' if is_back else '>'} {source.conditions.bind(cursor.id)}"
    chosen = f"SELECT c.code, c.name, {facts(message, by=by)} FROM {source.tables} WHERE {source.conditions.sql}"
    return await db.fetch(
        f"""SELECT code, name, reason FROM ({chosen}) chosen
              JOIN unnest({listed}, {reasons}::text[]) AS kinds ({ASKED}, reason) USING ({ASKED})
             WHERE {place} ORDER BY code {"DESC" if is_back else "ASC"} LIMIT {size + 1:d}""",
        *source.conditions.arguments,
    )


def judged(client: Mapping[str, Any], message: Mapping[str, Any], *, by: Actor) -> tuple[Reason, str]:
    """`verdict` for a message with its texts."""
    return verdict(
        client,
        message["texts"],
        by.tenant.locale,
        is_news=message["is_news"],
        only_matching=message["only_matching"],
    )


async def languages(choice: Choice, *, by: Actor) -> dict[str, int]:
    """The languages of those who are chosen, the most frequent first, with how many have each."""
    source = await client_choice.source(choice, by=by)
    found = await db.fetch(
        f"""SELECT c.language, count(*) AS number FROM {source.tables} WHERE {source.conditions.sql}
             GROUP BY 1 ORDER BY 2 DESC, 1""",
        *source.conditions.arguments,
    )
    return {row["language"]: row["number"] for row in found}


async def outcome(message_id: int) -> dict[str, dict[str, int]]:
    """What became of those who were chosen: how many of each state, and how many were left out for each reason."""
    found = await db.fetch(
        """SELECT state, reason, count(*) AS number FROM mass_message_recipients WHERE message_id = $1
            GROUP BY 1, 2 ORDER BY 3 DESC""",
        message_id,
    )
    states: dict[str, int] = {}
    for row in found:
        states[row["state"]] = states.get(row["state"], 0) + row["number"]
    return {"states": states, "reasons": {row["reason"]: row["number"] for row in found if row["reason"]}}


async def seen_by(message: Mapping[str, Any], code: int, *, by: Actor) -> Seen:
    """The message as the client with this code would get it."""
    policies.require(by, Permission.MESSAGE_READ)
    client = await access.client_by_code(code, by=by)
    asked = await db.row(f"SELECT {facts(message, by=by)} FROM clients c WHERE c.id = $1", client["id"])
    assert asked is not None
    reason, language = judged(asked, message, by=by)
    chosen = language or client["language"]
    words = message["texts"].get(chosen) or next(iter(message["texts"].values()), Words())
    try:
        subject, text = written(words, client, language=chosen, by=by)
    except tenant_templates.BadTemplate as trouble:
        told = reason or "text"
        return Seen(
            reason=told,
            language=language,
            subject=words.subject,
            text=words.text,
            html="",
            trouble=trouble.message,
        )
    return Seen(reason=reason, language=language, subject=subject, text=text, html=rich_text.html(text))


def written(words: Words, client: Mapping[str, Any], *, language: str, by: Actor) -> tuple[str, str]:
    """Subject and text for one client, whose row this is; `BadTemplate` when they cannot be filled in."""
    with i18n.speaking(language if language in i18n.LOCALES else by.tenant.locale):
        values = {
            "client": response_variables.of_client(client),
            "staff": {"name": by.name},
            "provider": {"name": by.tenant.name},
            "today": figures.day(clock.today(by.tenant.timezone)),
        }
    subject = " ".join(tenant_templates.render(words.subject, values).split())
    text = tenant_templates.render(words.text, notification_markdown.escaped(values))
    return subject[: mass_messages.LONGEST_SUBJECT], text


async def page(
    message: Mapping[str, Any],
    *,
    state: State | None = None,
    search: str = "",
    after: str = "",
    before: str = "",
    size: int = tasks.PAGE,
    by: Actor,
) -> Page:
    """One page of those who were chosen, by their codes; `search`, a code or part of a name, may be `Invalid`."""
    policies.require(by, Permission.MESSAGE_READ)
    checks = Checks()
    search = checks.text("search", search, longest=LONGEST_SEARCH, required=False)
    checks.done()
    conditions = Conditions()
    conditions.equals("r.message_id", message["id"])
    conditions.equals("r.state", state)
    if search:
        word = conditions.bind(search)
        conditions.add(f"(c.code::text = {word} OR strpos(fold(c.name), fold({word})) > 0)")
    access.limit_to_visible(conditions, by=by)
    is_back = bool(before) and not after
    if (cursor := read_cursor(before if is_back else after, int)) is not None:
        conditions.add(f"c.code {'<' if is_back else '>'} {conditions.bind(cursor.id)}")
    found: Sequence[Record] = await db.fetch(
        f"""SELECT r.state, r.reason, r.language, r.ticket_id, c.code, c.name
              FROM mass_message_recipients r JOIN clients c ON c.id = r.client_id
             WHERE {conditions.sql} ORDER BY c.code {"DESC" if is_back else "ASC"} LIMIT {size + 1:d}""",
        *conditions.arguments,
    )
    return tasks.paged(list(found), lambda row: row["code"], is_back=is_back, is_first=cursor is None, size=size)
