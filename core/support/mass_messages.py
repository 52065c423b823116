"""Messages to clients: a subject and a text in one or several languages, for those who are chosen.

A message is a draft until it is sent (`mass_message_sending`); then its text stays. Who is limited to some clients
sees the messages that he wrote himself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, places, policies, tasks, tenant_templates
from core.accounts import client_choice, rows
from core.accounts.client_choice import Choice
from core.accounts.focus import Focus
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Invalid, NotFound
from core.filters import Conditions, read_cursor
from core.i18n import _
from core.permissions import Permission
from core.support import mass_message_categories, mass_message_focus, response_variables
from core.tasks import Page

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
MOST_LANGUAGES = 20
NAMES = {
    name: text
    for name, text in response_variables.NAMES.items()
    if name.partition(".")[0] in ("client", "staff", "provider", "today")
}
"""What a text can name: whatever is there for each client."""
FLAGS = ("is_news", "returns_to_author", "only_matching")
LISTED = """
    SELECT m.*, t.state AS task_state, t.is_cancel_asked, t.total, t.done, t.skipped, t.failed,
           CASE WHEN $1 = 'fr' THEN c.name_fr ELSE c.name_en END AS category,
           c.project_id AS category_project_id,
           (SELECT x.subject FROM mass_message_texts x WHERE x.message_id = m.id
             ORDER BY x.language <> $1, x.language LIMIT 1) AS subject
      FROM mass_messages m LEFT JOIN tasks t ON t.id = m.task_id
      LEFT JOIN ticket_categories c ON c.id = m.category_id
"""


class MassMessage(db.Owned, tablename="mass_messages"):
    """One message; `choice` is a `client_choice.Choice`."""

    category_id = BigInt(null=True)
    choice = JSONB()
    is_news = Boolean()
    returns_to_author = Boolean()
    only_matching = Boolean()
    state = Text()
    send_at = Timestamptz(null=True)
    task_id = BigInt(null=True)
    author_id = BigInt(null=True)
    author = Text()
    created_at = Timestamptz()
    started_at = Timestamptz(null=True)
    version = Integer()


class MassMessageText(db.Owned, tablename="mass_message_texts"):
    """Its subject and text in one language."""

    message_id = BigInt()
    language = Text()
    subject = Text()
    text = Text()


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subject and a text (Markdown with variables) in one language."""

    subject: str = ""
    text: str = ""


class MessageValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a message but for whom it is. `category` is an id, `texts` is by the code of a language.

    `is_news`: who wants no news does not get it. `only_matching`: who has a language without a text does not;
    otherwise he gets it in the provider's language, else in the first there is. `returns_to_author`: an answer
    comes back to whoever wrote the message.
    """

    category: int | None = None
    texts: Mapping[str, Words] = {}
    is_news: bool = False
    returns_to_author: bool = False
    only_matching: bool = False


async def page(
    *, within: Focus | None = None, after: str = "", before: str = "", size: int = tasks.PAGE, by: Actor
) -> Page:
    """One page of the messages, inside a focus those to its clients, the newest first, with their tasks."""
    conditions = _visible(by=by)
    mass_message_focus.limit(conditions, within)
    locale = conditions.bind(by.locale)
    is_back = bool(before) and not after
    if (cursor := read_cursor(before if is_back else after, int)) is not None:
        conditions.add(f"m.id {'>' if is_back else '<'} {conditions.bind(cursor.id)}")
    found = await db.fetch(
        f"""{LISTED.replace("$1", locale)} WHERE {conditions.sql}
            ORDER BY m.id {"ASC" if is_back else "DESC"} LIMIT {size + 1:d}""",
        *conditions.arguments,
    )
    return tasks.paged(found, lambda row: row["id"], is_back=is_back, is_first=cursor is None, size=size)


async def get(message_id: int, *, by: Actor) -> dict[str, Any]:
    """One message with its `texts` by language; `NotFound` when there is none or it is not for `by` to see."""
    conditions = _visible(by=by)
    if not rows.is_id(message_id):
        raise NotFound()
    conditions.equals("m.id", message_id)
    locale = conditions.bind(by.locale)
    found = await db.row(f"{LISTED.replace('$1', locale)} WHERE {conditions.sql}", *conditions.arguments)
    if found is None:
        raise NotFound()
    return {**found, "texts": await texts(message_id)}


async def texts(message_id: int) -> dict[str, Words]:
    """What a message says, by language."""
    return (await texts_of([message_id]))[message_id]


async def texts_of(message_ids: Sequence[int]) -> dict[int, dict[str, Words]]:
    """The same of several messages, in one question."""
    found: dict[int, dict[str, Words]] = {message_id: {} for message_id in message_ids}
    sql = "SELECT * FROM mass_message_texts WHERE message_id = ANY($1::bigint[]) ORDER BY language"
    for row in await db.fetch(sql, list(message_ids)):
        found[row["message_id"]][row["language"]] = Words(subject=row["subject"], text=row["text"])
    return found


async def create(values: MessageValues, choice: Choice, *, by: Actor) -> int:
    """Begin a draft for these clients; returns its id. `Invalid` when nobody is chosen."""
    policies.require(by, Permission.MESSAGE_SEND)
    kept = await _checked(values, by=by)
    if not await client_choice.count(choice, by=by):
        raise Invalid({"": _("No client fits, so there is nobody to write to.")})
    message_id = int(
        await db.value(
            """INSERT INTO mass_messages (category_id, choice, is_news, returns_to_author, only_matching,
                   author_id, author, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id""",
            kept["category_id"],
            msgspec.to_builtins(choice),
            *(kept[flag] for flag in FLAGS),
            by.staff_id,
            by.name,
            clock.now(),
        )
    )
    await _write(message_id, values.texts)
    await audit.record(
        "message:created", "message", message_id, by=by, name=_title(values, by=by), new=_told(values)
    )
    return message_id


async def update(message_id: int, values: MessageValues, *, version: int, by: Actor) -> None:
    """Change a draft; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.MESSAGE_SEND)
    before = await locked_draft(message_id, by=by)
    if before["version"] != version:
        raise EditConflict(shown(before))
    kept = await _checked(values, by=by)
    old = _told(_values(before))
    if old == (new := _told(values)):
        return
    await db.execute(
        """UPDATE mass_messages SET category_id = $2, is_news = $3, returns_to_author = $4, only_matching = $5,
               version = version + 1 WHERE id = $1""",
        message_id,
        kept["category_id"],
        *(kept[flag] for flag in FLAGS),
    )
    await _write(message_id, values.texts)
    await audit.record(
        "message:updated", "message", message_id, by=by, name=_title(values, by=by), old=old, new=new
    )


async def delete(message_id: int, *, by: Actor) -> None:
    """Throw a draft away."""
    policies.require(by, Permission.MESSAGE_SEND)
    row = await locked_draft(message_id, by=by)
    await db.execute("DELETE FROM mass_messages WHERE id = $1", message_id)
    await audit.record("message:deleted", "message", message_id, by=by, name=row["subject"] or "")


async def locked_draft(message_id: int, *, by: Actor) -> dict[str, Any]:
    """A message that nobody else changes or sends meanwhile; `Conflict` when it is no draft any more."""
    await get(message_id, by=by)
    state = await db.value("SELECT state FROM mass_messages WHERE id = $1 FOR NO KEY UPDATE", message_id)
    if state is None:
        raise NotFound()
    if state != "draft":
        raise Conflict(_("This message was sent already: it does not change any more."))
    # Read again behind the lock: whoever held it may have changed the text.
    return await get(message_id, by=by)


def shown(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as forms have it: `subject.fr` and `text.fr` for each language."""
    values = {name: message[name] for name in (*FLAGS, "version")} | {"category": message["category_id"]}
    for language, words in message["texts"].items():
        values |= {f"subject.{language}": words.subject, f"text.{language}": words.text}
    return values


def choice_of(message: Mapping[str, Any]) -> Choice:
    """Who was chosen for it."""
    return msgspec.convert(message["choice"], Choice, strict=False)


async def _checked(values: MessageValues, *, by: Actor) -> dict[str, Any]:
    checks = Checks()
    if values.category is not None and values.category not in dict(await mass_message_categories.offered(by=by)):
        checks.error("category", _("This is not one of the choices."))
    if values.returns_to_author and by.staff_id is None:
        checks.error("returns_to_author", _("A program has no desk that an answer could return to."))
    if len(values.texts) > MOST_LANGUAGES:
        checks.error("", _("At most %(count)s languages.") % {"count": MOST_LANGUAGES})
    for language, words in list(values.texts.items())[:MOST_LANGUAGES]:
        _check_words(checks, language, words)
    checks.done()
    return {"category_id": values.category, **{flag: getattr(values, flag) for flag in FLAGS}}


def _check_words(checks: Checks, language: str, words: Words) -> None:
    """One language: both or neither; the variables there are."""
    if language not in places.LANGUAGES:
        checks.error("", _("%(code)s is not a language.") % {"code": language[:20]})
        return
    if not words.subject.strip() and not words.text.strip():
        return
    subject = checks.text(f"subject.{language}", words.subject, longest=LONGEST_SUBJECT)
    text = checks.text(f"text.{language}", words.text, longest=LONGEST_TEXT, lines=True)
    for field, written in ((f"subject.{language}", subject), (f"text.{language}", text)):
        try:
            tenant_templates.check(written, NAMES)
        except tenant_templates.BadTemplate as trouble:
            checks.error(field, trouble.message)


async def _write(message_id: int, wanted: Mapping[str, Words]) -> None:
    await db.execute("DELETE FROM mass_message_texts WHERE message_id = $1", message_id)
    await db.executemany(
        "INSERT INTO mass_message_texts (message_id, language, subject, text) VALUES ($1, $2, $3, $4)",
        [(message_id, language, words.subject.strip(), words.text.strip()) for language, words in _filled(wanted)],
    )


def _filled(wanted: Mapping[str, Words]) -> list[tuple[str, Words]]:
    return [(language, words) for language, words in sorted(wanted.items()) if words.subject.strip()]


def _values(message: Mapping[str, Any]) -> MessageValues:
    return MessageValues(
        category=message["category_id"], texts=message["texts"], **{flag: message[flag] for flag in FLAGS}
    )


def _told(values: MessageValues) -> dict[str, Any]:
    """What the audit keeps of it: its settings and, of its words, the languages."""
    told = {"category_id": values.category, **{flag: getattr(values, flag) for flag in FLAGS}}
    return told | {
        f"text.{language}": f"{words.subject}\n\n{words.text}" for language, words in _filled(values.texts)
    }


def _title(values: MessageValues, *, by: Actor) -> str:
    subjects = {language: words.subject.strip() for language, words in _filled(values.texts)}
    return subjects.get(by.locale) or next(iter(subjects.values()), "")


def _visible(*, by: Actor) -> Conditions:
    policies.require(by, Permission.MESSAGE_READ)
    conditions = Conditions()
    if by.projects is not None or by.groups is not None:
        conditions.add(f"m.author_id = {conditions.bind(by.staff_id)}")
    return conditions


def status(message: Mapping[str, Any], now: datetime) -> str:
    """Where a message is: draft, scheduled, sending, paused, failed, sent, or withdrawn."""
    if message["state"] != "started":
        return str(message["state"])
    task = message["task_state"]
    if task == "waiting" and message["send_at"] and message["send_at"] > now:
        return "scheduled"
    return {"done": "sent", None: "sent", "cancelled": "paused", "failed": "failed"}.get(task, "sending")
