"""Notes and files on a client's page, without JavaScript."""

import re

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
TAB = "/staff/clients/1001/notes"
PDF = b"%PDF-1.7 and so on"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def newest(table: str) -> int:
    """By its time: ids of the same second are in no order."""
    time = {"client_notes": "created_at", "client_files": "uploaded_at"}[table]
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value(f"SELECT id FROM {table} ORDER BY {time} DESC LIMIT 1"))


async def test_a_note_is_added_pinned_edited_and_deleted(alice: Visitor) -> None:
    assert "No notes yet" in alice.text(await alice.get(TAB))
    await alice.follow(await alice.post(TAB, {"text": "Likes <b>tea</b>"}))
    page = await alice.follow(await alice.post(TAB, {"text": "Calls on Mondays", "is_pinned": "1"}))
    text = alice.text(page)
    assert "The note was added." in text
    assert text.index("Calls on Mondays") < text.index("Likes")
    assert "&lt;b&gt;tea" in page.text
    assert "Calls on Mondays" in alice.text(await alice.get("/staff/clients/1001"))
    number = await newest("client_notes")
    assert "Calls on Mondays</textarea>" in (await alice.get(f"/staff/notes/{number}/edit")).text
    page = await alice.follow(await alice.post(f"/staff/notes/{number}", {"text": "Calls daily", "version": "1"}))
    assert "Edited by Alice" in alice.text(page)
    page = await alice.post(f"/staff/notes/{number}", {"text": "Calls never", "version": "1"})
    assert page.status_code == 409
    assert 'name="keep_text"' in page.text
    page = await alice.follow(await alice.post(f"/staff/notes/{number}/pin", {"is_pinned": "0"}))
    assert "Pinned" not in alice.text(page)
    assert "Calls daily" in alice.text(await alice.get(f"/staff/notes/{number}/delete"))
    page = await alice.follow(await alice.post(f"/staff/notes/{number}/delete"))
    assert "Calls daily" not in alice.text(page)


async def test_an_empty_note_says_so(alice: Visitor) -> None:
    page = await alice.post(TAB, {"text": " "})
    assert page.status_code == 422
    assert 'id="error-text"' in page.text


async def test_a_colleagues_note_is_not_for_support_to_change(alice: Visitor) -> None:
    await alice.post(TAB, {"text": "By Alice"})
    number = await newest("client_notes")
    sam = await alice.another().sign_in(cast.email("sam"))
    page = await sam.get(TAB)
    assert "By Alice" in sam.text(page)
    assert f"/staff/notes/{number}/edit" not in page.text
    assert (await sam.get(f"/staff/notes/{number}/edit")).status_code == 403
    assert (await sam.post(f"/staff/notes/{number}", {"text": "x", "version": "1"})).status_code == 403
    assert (await sam.post(f"/staff/notes/{number}/delete")).status_code == 403


@pytest.mark.parametrize(
    ("sent", "ascii_name", "full"),
    [
        ("../../x.pdf", "x.pdf", "x.pdf"),
        ("é" * 300 + ".pdf", "e" * 116 + ".pdf", "%C3%A9" * 116 + ".pdf"),
        ('quo"te;.pdf', "quo_te;.pdf", "quo_te%3B.pdf"),
        ("evil\u202efdp.pdf", "evilfdp.pdf", "evilfdp.pdf"),
        ("請求書.pdf", "___.pdf", "%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf"),
    ],
)
async def test_a_file_comes_back_as_a_download_under_a_harmless_name(
    alice: Visitor, sent: str, ascii_name: str, full: str
) -> None:
    answer = await alice.post(f"{TAB.removesuffix('/notes')}/files", files={"file": (sent, PDF, "text/html")})
    assert answer.status_code == 303, alice.text(answer)
    page = await alice.get(f"/staff/files/{await newest('client_files')}")
    assert page.content == PDF
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["x-content-type-options"] == "nosniff"
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{full}"
    assert page.headers["content-disposition"] == disposition


async def test_what_is_not_taken_is_told_beside_the_field(alice: Visitor) -> None:
    here = "/staff/clients/1001/files"
    for name, content in (("a.html", b"<script>"), ("a.pdf", b"MZ"), ("a.txt", b"x" * (5 * 1024 * 1024 + 1))):
        page = await alice.post(here, files={"file": (name, content)})
        assert page.status_code == 422, name
        assert 'id="error-file"' in page.text
    assert (await alice.post(here, {"file": "no file"})).status_code == 422
    assert (await alice.post(here, files={"file": ("a.txt", b"x" * 6_000_000)})).status_code == 413


async def test_a_file_is_deleted_by_who_may(alice: Visitor) -> None:
    await alice.post("/staff/clients/1001/files", files={"file": ("letter.txt", b"Dear Sir")})
    number = await newest("client_files")
    sam = await alice.another().sign_in(cast.email("sam"))
    assert f"/staff/files/{number}/delete" not in (await sam.get(TAB)).text
    assert (await sam.post(f"/staff/files/{number}/delete")).status_code == 403
    assert "letter.txt" in alice.text(await alice.get(f"/staff/files/{number}/delete"))
    page = await alice.follow(await alice.post(f"/staff/files/{number}/delete"))
    assert "No files yet" in alice.text(page)


async def test_clients_and_other_providers_see_nothing_of_it(alice: Visitor) -> None:
    await alice.post(TAB, {"text": "Do not tell him"})
    await alice.post("/staff/clients/1001/files", files={"file": ("secret.txt", b"secret")})
    note, file = await newest("client_notes"), await newest("client_files")
    bob = alice.another("acme")
    await bob.sign_in(cast.email("bob"))
    for path in (f"/staff/notes/{note}/edit", f"/staff/files/{file}", f"/staff/files/{file}/delete"):
        assert (await bob.get(path)).status_code == 404
    dupont = await alice.another().sign_in(cast.email("dupont"))
    for path in ("/", "/profile", "/log"):
        page = dupont.text(await dupont.get(path))
        assert not re.search("Do not tell him|secret", page), path
    assert (await dupont.get(f"/staff/files/{file}")).status_code == 404
