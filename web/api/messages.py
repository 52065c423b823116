"""Messages to clients over JSON: drafts, who would get one, and how far it is."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from core import clock, places, tasks
from core.accounts.client_choice import MOST_CODES, Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import mass_message_recipients, mass_messages
from core.support.mass_message_recipients import Reason
from core.support.mass_messages import FLAGS, MessageValues, Words
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By

MOST = 200
Status = Literal["draft", "scheduled", "sending", "paused", "failed", "sent", "withdrawn"]


class Message(msgspec.Struct, kw_only=True):
    """A message to clients. `texts` are by the code of a language; `handled` counts those it was decided about."""

    id: int
    status: Status
    category: int | None
    texts: dict[str, Words]
    is_news: bool
    returns_to_author: bool
    only_matching: bool
    author: str
    total: int
    handled: int
    task: int | None
    created_at: Moment
    send_at: Moment | None
    version: int


class NewMassMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft, and for whom: `codes`, or all that a `filter` lets through (`{}` is everybody)."""

    codes: Annotated[list[int], Meta(max_length=MOST_CODES)] = []
    filter: ClientFilter | None = None
    category: int | None = None
    texts: dict[str, Words] = {}
    is_news: bool = False
    returns_to_author: bool = False
    only_matching: bool = False


class MessageChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a draft; `texts` replaces all texts, what is left out stays."""

    version: int
    category: int | UnsetType | None = UNSET
    texts: dict[str, Words] | UnsetType = UNSET
    is_news: bool | UnsetType = UNSET
    returns_to_author: bool | UnsetType = UNSET
    only_matching: bool | UnsetType = UNSET


class Audience(msgspec.Struct, kw_only=True):
    """How many get it, by the language they get it in, and how many do not, by the reason."""

    reached: int
    languages: dict[str, int]
    skipped: dict[str, int]


class Preview(msgspec.Struct, kw_only=True):
    """The message as one client gets it. `reason` says why he does not; "" when he does."""

    reason: Reason
    language: str
    subject: str
    text: str
    html: str
    trouble: str


class PreviewQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of a client."""

    client: int


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in the list, and how much of it."""

    after: str = ""
    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="How many on a page")] = tasks.PAGE


class Messages(msgspec.Struct, kw_only=True):
    """One page of messages, the newest first."""

    messages: list[Message]
    next: str
    previous: str


READS = asks(Permission.MESSAGE_READ)


@get("/v1/messages", **asks(Permission.MESSAGE_READ, query=PageQuery))
async def index(by: By, asked: NamedDependency[PageQuery]) -> Messages:
    """The messages to clients, the newest first."""
    listed = await mass_messages.page(after=asked.after, before=asked.before, size=asked.limit, by=by)
    texts = await mass_messages.texts_of([row["id"] for row in listed.rows])
    found = [_shown({**row, "texts": texts[row["id"]]}) for row in listed.rows]
    return Messages(messages=found, next=listed.next, previous=listed.previous)


@post("/v1/messages", status_code=201, **asks(Permission.MESSAGE_SEND, body=NewMassMessage))
async def create(by: By, sent: NamedDependency[NewMassMessage]) -> Response[Message]:
    """Keep a draft; nothing is sent."""
    _check_languages(sent.texts)
    values = MessageValues(
        category=sent.category, texts=sent.texts, **{flag: getattr(sent, flag) for flag in FLAGS}
    )
    choice = Choice(codes=tuple(sent.codes), filter=sent.filter)
    message_id = await mass_messages.create(values, choice, by=by)
    address = {"Location": f"{answers.ROOT}/messages/{message_id}"}
    return Response(await one(message_id, by=by), status_code=201, headers=address)


@get("/v1/messages/{message_id:int}", **READS)
async def show(by: By, message_id: FromPath[int]) -> Message:
    """One message."""
    return await one(message_id, by=by)


@patch("/v1/messages/{message_id:int}", **asks(Permission.MESSAGE_SEND, body=MessageChanges))
async def update(by: By, message_id: FromPath[int], sent: NamedDependency[MessageChanges]) -> Message:
    """Change a draft."""
    _check_languages(sent.texts)
    kept = await mass_messages.get(message_id, by=by)
    given = {name: getattr(sent, name) for name in ("category", "texts", *FLAGS)}
    before = {"category": kept["category_id"], "texts": kept["texts"], **{flag: kept[flag] for flag in FLAGS}}
    values = {name: before[name] if value is UNSET else value for name, value in given.items()}
    await mass_messages.update(message_id, MessageValues(**values), version=sent.version, by=by)
    return await one(message_id, by=by)


@delete("/v1/messages/{message_id:int}", **asks(Permission.MESSAGE_SEND))
async def remove(by: By, message_id: FromPath[int]) -> None:
    """Throw a draft away."""
    await mass_messages.delete(message_id, by=by)


@get("/v1/messages/{message_id:int}/audience", **READS)
async def audience(by: By, message_id: FromPath[int]) -> Audience:
    """Who would get it now, and who not."""
    counted = await mass_message_recipients.count(await mass_messages.get(message_id, by=by), by=by)
    return Audience(reached=counted.reached, languages=counted.languages, skipped=counted.skipped)


@get("/v1/messages/{message_id:int}/preview", **asks(Permission.MESSAGE_READ, query=PreviewQuery))
async def preview(by: By, message_id: FromPath[int], asked: NamedDependency[PreviewQuery]) -> Preview:
    """The message as one client would get it."""
    if not 0 < asked.client < 2**63:
        raise NotFound()
    seen = await mass_message_recipients.seen_by(await mass_messages.get(message_id, by=by), asked.client, by=by)
    return Preview(**{name: str(getattr(seen, name)) for name in Preview.__struct_fields__})  # type: ignore[arg-type]


def _check_languages(texts: dict[str, Words] | UnsetType) -> None:
    unknown = [] if texts is UNSET else [code for code in texts if code not in places.LANGUAGES]
    if unknown:
        raise Invalid({"texts": _("%(code)s is not a language.") % {"code": unknown[0][:20]}})


async def one(message_id: int, *, by: Actor) -> Message:
    """The message as it is shown."""
    return _shown(await mass_messages.get(message_id, by=by))


def _shown(message: dict[str, Any]) -> Message:
    return Message(
        id=message["id"],
        status=mass_messages.status(message, clock.now()),  # type: ignore[arg-type]
        category=message["category_id"],
        texts=message["texts"],
        **{flag: message[flag] for flag in FLAGS},
        author=message["author"],
        total=message["total"] or 0,
        handled=(message["done"] or 0) + (message["skipped"] or 0),
        task=message["task_id"],
        created_at=message["created_at"],
        send_at=message["send_at"],
        version=message["version"],
    )


ROUTES = [index, create, show, update, remove, audience, preview]
