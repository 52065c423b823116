"""Notes about clients, and files that the team keeps with them, over JSON."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from core.accounts import clients, files, notes
from core.accounts.files import NewFile
from core.accounts.notes import NewNote, NoteChanges
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit import downloads
from web.kit.pages import AnyRequest
from web.kit.visit import By

ENCODED = files.MOST_BYTES * 4 // 3 + 64 * 1024
"""The longest body with a file in it."""


class Note(msgspec.Struct, kw_only=True):
    """A note of the team about a client. `author_id` is a member of staff, null for the product."""

    id: int
    client_id: int
    text: str
    is_pinned: bool
    author_id: int | None
    author_name: str
    created_at: Moment
    edited_at: Moment | None
    edited_by: str
    version: int


class NotePage(msgspec.Struct, kw_only=True):
    """A page of notes, the newest first; the pinned one begins the first page. `next` leads to older ones."""

    items: list[Note]
    next: str | None
    previous: str | None = None


class NoteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in the list."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""


class NoteEdit(NoteChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Pinning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the note stands above all others."""

    is_pinned: bool


class ClientFile(msgspec.Struct, kw_only=True):
    """A file that the team keeps with a client. `kind` is its media type, `size` in bytes."""

    id: int
    client_id: int
    name: str
    kind: str
    size: int
    uploader_id: int | None
    uploader_name: str
    uploaded_at: Moment


class FileList(msgspec.Struct, kw_only=True):
    """All files of a client, the newest first."""

    items: list[ClientFile]


class FileUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file: its name with an ending that says its kind, and its content."""

    name: str
    content: Annotated[str, Meta(description="Base64; at most 5 MB when decoded")]


@get("/v1/clients/{code:int}/notes", **asks(Permission.NOTE_READ, query=NoteQuery))
async def index(
    request: AnyRequest, by: By, code: FromPath[int], asked: NamedDependency[NoteQuery]
) -> Response[NotePage]:
    """List the notes about a client."""
    client = await clients.get(code, by=by)
    listed = await notes.of_client(client["id"], older_than=asked.after, by=by)
    pinned = None if asked.after else await notes.pinned(client["id"], by=by)
    items = [answers.of(Note, row) for row in (*([pinned] if pinned else []), *listed.notes)]
    following = listed.older or None
    return answers.listed(request, NotePage(items=items, next=following), following=following, previous=None)


@post("/v1/clients/{code:int}/notes", **asks(Permission.NOTE_CREATE, body=NewNote))
async def create(by: By, code: FromPath[int], sent: NamedDependency[NewNote]) -> Response[Note]:
    """Add a note about a client. A pinned one takes the place of the one that was."""
    client = await clients.get(code, by=by)
    note = await notes.create(client["id"], sent, by=by)
    return answers.created(answers.of(Note, note), f"/notes/{note['id']}")


@get("/v1/notes/{note_id:int}", **asks(Permission.NOTE_READ))
async def show(by: By, note_id: FromPath[int]) -> Note:
    """Get one note."""
    return answers.of(Note, await notes.get(note_id, by=by))


@patch("/v1/notes/{note_id:int}", **asks(Permission.NOTE_READ, body=NoteEdit))
async def update(by: By, note_id: FromPath[int], sent: NamedDependency[NoteEdit]) -> Note:
    """Change a note of one's own, with note:manage any; 409 when somebody else did since `version` was read."""
    changed = await notes.update(note_id, NoteChanges(text=sent.text), version=sent.version, by=by)
    return answers.of(Note, changed)


@post("/v1/notes/{note_id:int}/pin", status_code=200, **asks(Permission.NOTE_CREATE, body=Pinning))
async def pin(by: By, note_id: FromPath[int], sent: NamedDependency[Pinning]) -> Note:
    """Pin a note above all others, or take it down."""
    return answers.of(Note, await notes.pin(note_id, is_pinned=sent.is_pinned, by=by))


@delete("/v1/notes/{note_id:int}", **asks(Permission.NOTE_READ))
async def remove(by: By, note_id: FromPath[int]) -> None:
    """Delete a note of one's own, with note:manage any."""
    await notes.delete(note_id, by=by)


@get("/v1/clients/{code:int}/files", **asks(Permission.FILE_READ))
async def index_files(by: By, code: FromPath[int]) -> FileList:
    """List the files of a client."""
    client = await clients.get(code, by=by)
    found = await files.of_client(client["id"], by=by)
    return FileList(items=[answers.of(ClientFile, row) for row in found])


@post(
    "/v1/clients/{code:int}/files",
    request_max_body_size=ENCODED,
    **asks(Permission.FILE_CREATE, body=FileUpload),
)
async def upload(by: By, code: FromPath[int], sent: NamedDependency[FileUpload]) -> Response[ClientFile]:
    """Keep a file with a client."""
    client = await clients.get(code, by=by)
    file = await files.create(client["id"], NewFile(name=sent.name, content=_decoded(sent.content)), by=by)
    return answers.created(answers.of(ClientFile, file), f"/files/{file['id']}")


@get("/v1/files/{file_id:int}", **asks(Permission.FILE_READ))
async def show_file(by: By, file_id: FromPath[int]) -> ClientFile:
    """Get what is known of one file."""
    return answers.of(ClientFile, await files.get(file_id, by=by))


@get("/v1/files/{file_id:int}/content", **asks(Permission.FILE_READ))
async def download(by: By, file_id: FromPath[int]) -> Stream:
    """Get a file itself."""
    file = await files.content(file_id, by=by)
    return downloads.attachment(file["name"], file["content"])


@delete("/v1/files/{file_id:int}", **asks(Permission.FILE_DELETE))
async def remove_file(by: By, file_id: FromPath[int]) -> None:
    """Delete a file."""
    await files.delete(file_id, by=by)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid({"content": _("This is no Base64.")}) from error


ROUTES: list[Any] = [
    index,
    create,
    show,
    update,
    pin,
    remove,
    index_files,
    upload,
    show_file,
    download,
    remove_file,
]
