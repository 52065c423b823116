"""Files in tickets through the front door: attached, downloaded where nothing runs, refused beside their field."""

import re

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
EVIL = b"\x89PNG\r\n\x1a\n<script>alert(document.domain)</script>"


async def opened(user: Visitor, **files: tuple[str, bytes]) -> str:
    async with db.as_tenant((await cast.tenant("nova")).id):
        category = await db.value("SELECT id FROM ticket_categories ORDER BY position, id LIMIT 1")
    form = {"subject": "Slow", "text": "Look", "category_id": str(category)}
    answer = await user.post("/tickets", form, files=list(files.items()))
    return answer.headers.get("location", "") if answer.status_code == 303 else answer.text


async def test_a_client_attaches_a_file_and_staff_get_it_as_a_download_that_cannot_run(visitor: Visitor) -> None:
    dupont = await visitor.sign_in(cast.email("dupont"))
    place = await opened(dupont, files=('../../été "x".png', EVIL))
    page = await dupont.get(place)
    found = re.search(r'href="/tickets/files/(\d+)"[^>]*><bdi>([^<]*)', page.text)
    assert found is not None
    assert found[2] == "été _x_.png"
    alice = await visitor.another().sign_in(cast.email("alice"))
    assert f"/staff/ticket-files/{found[1]}" in (await alice.get(f"/staff{place}")).text
    for who, address in ((dupont, "/tickets/files"), (alice, "/staff/ticket-files")):
        answer = await who.get(f"{address}/{found[1]}")
        assert (answer.status_code, answer.content) == (200, EVIL)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith(
            'attachment; filename="ete _x_.png"; filename*=UTF-8'
        )
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"].startswith("nosniff")
    mueller = await visitor.another().sign_in(cast.email("mueller"))
    assert (await mueller.get(f"/tickets/files/{found[1]}")).status_code == 404
    assert (await visitor.another().get(f"/tickets/files/{found[1]}")).status_code == 303


async def test_a_file_of_a_note_is_not_the_clients_and_one_of_the_wrong_kind_stays_out(visitor: Visitor) -> None:
    dupont = await visitor.sign_in(cast.email("dupont"))
    place = await opened(dupont)
    alice = await visitor.another().sign_in(cast.email("alice"))
    kept = [("files", ("inside.txt", b"secret")), ("files", ("more.txt", b"secret"))]
    await alice.post(f"/staff{place}/messages", {"text": "A note", "act": "note", "version": "1"}, files=kept)
    file_id = re.search(r"/staff/ticket-files/(\d+)", (await alice.get(f"/staff{place}")).text)
    assert file_id is not None
    assert (await dupont.get(f"/tickets/files/{file_id[1]}")).status_code == 404
    wrong = await dupont.post(f"{place}/messages", {"text": "See"}, files=[("files", ("x.svg", b"<svg/>"))])
    assert (wrong.status_code, 'id="error-files"' in wrong.text, "See</textarea>" in wrong.text) == (
        422,
        True,
        True,
    )


async def test_the_settings_say_how_many_are_taken(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    form = {"most_files": "0", "most_megabytes": "2", "endings": ["png", "pdf"], "version": "1"}
    assert (await alice.post("/staff/settings/attachments", form | {"most_files": "11"})).status_code == 422
    assert (await alice.post("/staff/settings/attachments", form)).status_code == 303
    assert (await alice.post("/staff/settings/attachments", form | {"most_files": "3"})).status_code == 409
    dupont = await visitor.another().sign_in(cast.email("dupont"))
    assert 'type="file"' not in (await dupont.get("/tickets/new")).text
