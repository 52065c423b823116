"""Notes about a client: the tab that shows them beside its files, and what is done with one of them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import access, clients, files, notes
from core.accounts.notes import NewNote, NoteChanges
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, edits


@get("/clients/{code:int}/notes", **requires(Permission.NOTE_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The notes, the pinned one first, and the files."""
    return await show_tab(request, await clients.get(code, by=by), by=by)


@post("/clients/{code:int}/notes", status_code=200, **requires(Permission.NOTE_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Add a note."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        await notes.create(client["id"], form.into(NewNote), by=by)
    except Invalid as refusal:
        return await show_tab(request, client, by=by, form=form.refused(refusal), status=422)
    return redirect(request, _tab(client), toast=_("The note was added."))


@get("/notes/{note_id:int}/edit", **requires(Permission.NOTE_READ))
async def edit(request: AnyRequest, by: By, note_id: FromPath[int]) -> Response[str]:
    """The tab with the form of one note open."""
    note, client = await _note(note_id, by=by)
    notes.require_change(note, by=by)
    return await show_tab(request, client, by=by, editing=note, edit_form=Form(dict(note)))


@post("/notes/{note_id:int}", status_code=200, **requires(Permission.NOTE_READ))
async def update(request: AnyRequest, by: By, note_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    note, client = await _note(note_id, by=by)
    form = edits.settled(await forms.read(request), note)
    try:
        changes = form.into(NoteChanges, ignore=edits.VERSION)
        await notes.update(note_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        refused = form.refused(refusal)
        return await show_tab(request, client, by=by, editing=note, edit_form=refused, status=422)
    except EditConflict as refusal:
        both = edits.conflict(form, refusal.current, {"text": _("Note")})
        return await show_tab(request, client, by=by, editing=note, edit_form=form, conflict=both, status=409)
    return redirect(request, f"{_tab(client)}#note-{note_id}", toast=_("The note was saved."))


@post("/notes/{note_id:int}/pin", **requires(Permission.NOTE_CREATE))
async def pin(request: AnyRequest, by: By, note_id: FromPath[int]) -> Response[None]:
    """Put it above all others, or take it down."""
    is_pinned = (await forms.read(request)).get("is_pinned") == "1"
    await notes.pin(note_id, is_pinned=is_pinned, by=by)
    _kept, client = await _note(note_id, by=by)
    return redirect(
        request, _tab(client), toast=_("The note is pinned.") if is_pinned else _("The note was unpinned.")
    )


@get("/notes/{note_id:int}/delete", **requires(Permission.NOTE_READ))
async def confirm(request: AnyRequest, by: By, note_id: FromPath[int]) -> Response[str]:
    """Ask before it is gone."""
    note, client = await _note(note_id, by=by)
    notes.require_change(note, by=by)
    return ask(
        request,
        client,
        title=_("Delete this note?"),
        text=note["text"][:200],
        action=f"/staff/notes/{note_id}/delete",
        ok=_("Delete the note"),
    )


@post("/notes/{note_id:int}/delete", **requires(Permission.NOTE_READ))
async def delete(request: AnyRequest, by: By, note_id: FromPath[int]) -> Response[None]:
    """Remove it for good."""
    _kept, client = await _note(note_id, by=by)
    await notes.delete(note_id, by=by)
    return redirect(request, _tab(client), toast=_("The note was deleted."))


async def show_tab(
    request: AnyRequest,
    client: Any,
    *,
    by: Actor,
    form: Form | None = None,
    file_form: Form | None = None,
    editing: Any = None,
    edit_form: Form | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    """The tab, with a form that was refused or is open."""
    here = _tab(client)
    listed = await notes.of_client(client["id"], older_than=request.query_params.get("after", ""), by=by)
    pinned = await notes.pinned(client["id"], by=by)
    every = [*([pinned] if pinned else []), *listed.notes]
    return await client_tabs.show(
        request,
        client,
        "notes",
        by=by,
        status=status,
        notes=[{**note, "may_change": notes.may_change(note, by=by)} for note in every],
        older=f"{here}?after={listed.older}" if listed.older else None,
        is_first=not request.query_params.get("after"),
        files=await files.of_client_if_allowed(client["id"], by=by),
        form=form or Form(),
        file_form=file_form or Form(),
        editing=editing["id"] if editing else None,
        edit_form=edit_form,
        conflict=conflict,
        accepted=",".join(f".{ending}" for ending in files.ENDINGS),
    )


def ask(request: AnyRequest, client: Any, *, title: str, text: str, action: str, ok: str) -> Response[str]:
    """Ask before a note or a file is gone."""
    return page(
        request,
        "staff/confirm.html",
        title=title,
        text=text,
        refused="",
        action=action,
        ok=ok,
        back=_tab(client),
        crumbs=[(_("Clients"), "/staff/clients"), (client["name"], f"/staff/clients/{client['code']}")],
    )


async def _note(note_id: int, *, by: Actor) -> tuple[Any, Any]:
    note = await notes.get(note_id, by=by)
    return note, await access.client(note["client_id"], by=by)


def _tab(client: Any) -> str:
    return f"/staff/clients/{client['code']}/notes"


ROUTES = [show, create, edit, update, pin, confirm, delete]
