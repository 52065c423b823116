"""Payers in the portal, without JavaScript: a list on Advanced and Corporate, one edited in place on Standard."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from core import db
from core.accounts import payer_documents
from tests import cast
from tests.visitor import Visitor
from tests.web.test_payers import FRENCH, SIRET, first_payer
from tests.web.test_portal import give_passwords, join

pytestmark = pytest.mark.anyio
SENT = FRENCH | {"registration_number": SIRET}


@pytest.fixture
async def jean(visitor: Visitor) -> Visitor:
    await give_passwords()
    return await visitor.sign_in(cast.email("dupont"))


@pytest.fixture
def named() -> Iterator[set[int]]:
    """Stands in for a module of documents: the payers that two of them name."""
    found: set[int] = set()

    async def count(payer_ids: Sequence[int]) -> Mapping[int, int]:
        return {payer_id: 2 for payer_id in payer_ids if payer_id in found}

    payer_documents.register("stand-in", count)
    yield found
    del payer_documents.SOURCES["stand-in"]


async def add(user: Visitor) -> int:
    answer = await user.post("/payers", SENT)
    assert answer.status_code == 303, user.text(answer)
    return int(answer.headers["location"].rpartition("/")[2])


async def test_a_user_adds_edits_chooses_and_deletes_payers(jean: Visitor) -> None:
    page = await jean.get("/payers")
    assert "Jean Dupont" in jean.text(page)
    assert "Incomplete" in jean.text(page)
    assert 'href="/payers" aria-current="page"' in page.text
    form = await jean.get("/payers/new")
    assert 'value="individual" checked' in form.text
    number = await add(jean)
    assert "The payer was added." in jean.text(await jean.get(f"/payers/{number}"))
    assert 'value="73282932000074"' in (await jean.get(f"/payers/{number}/edit")).text
    saved = await jean.follow(await jean.post(f"/payers/{number}", SENT | {"city": "Lyon", "version": "1"}))
    assert "Lyon" in jean.text(saved)
    chosen = await jean.follow(await jean.post(f"/payers/{number}/default"))
    assert "This is the default payer now." in jean.text(chosen)
    assert "Make another one the default first." in jean.text(await jean.get(f"/payers/{number}/delete"))
    assert (await jean.post(f"/payers/{number}/delete")).status_code == 409
    async with db.as_tenant((await cast.tenant("nova")).id):
        other = await db.value("SELECT id FROM payers WHERE name = 'Jean Dupont'")
    asked = await jean.get(f"/payers/{other}/delete")
    assert "stays in your log" in jean.text(asked)
    gone = await jean.follow(await jean.post(f"/payers/{other}/delete"))
    assert "The payer was deleted." in jean.text(gone)
    log = jean.text(await jean.get("/log"))
    assert "Jean Dupont added the payer Dupont SARL" in log
    assert "Jean Dupont deleted the payer Jean Dupont" in log


async def test_errors_stand_beside_their_fields_and_another_country_has_other_fields(jean: Visitor) -> None:
    page = await jean.post("/payers", SENT | {"vat_number": "FR00", "postcode": "7500"})
    assert page.status_code == 422
    assert 'id="error-vat_number"' in page.text
    assert 'id="error-postcode"' in page.text
    assert 'value="Dupont SARL"' in page.text
    page = await jean.post("/payers", SENT | {"country": "US", "refresh": "1"})
    assert page.status_code == 200
    assert 'name="region"' in page.text
    assert "Dupont SARL" not in (await jean.get("/payers")).text
    for field in ("client_id", "is_default", "merged_into_id", "tenant_id"):
        assert (await jean.post("/payers", SENT | {field: "1"})).status_code == 422, field


async def test_of_two_who_save_at_once_the_second_chooses(jean: Visitor) -> None:
    number = await add(jean)
    alice = await jean.another().sign_in(cast.email("alice"))
    saved = await alice.post(f"/staff/payers/{number}", SENT | {"city": "Lyon", "version": "1"})
    assert saved.status_code == 303
    both = await jean.post(f"/payers/{number}", SENT | {"city": "Nice", "version": "1"})
    assert both.status_code == 409
    assert "Lyon" in both.text
    chosen = SENT | {"city": "Nice", "version": "2", "keep_city": "saved"}
    assert "Lyon" in (await jean.follow(await jean.post(f"/payers/{number}", chosen))).text


async def test_what_a_document_names_is_shown_with_the_reason_and_not_edited(
    jean: Visitor, named: set[int]
) -> None:
    number = await add(jean)
    assert f'href="/payers/{number}/edit"' in (await jean.get(f"/payers/{number}")).text
    named.add(number)
    page = await jean.get(f"/payers/{number}")
    assert "Our team changes this payer for you" in jean.text(page)
    assert "2 documents name it" in jean.text(page)
    assert f'href="/payers/{number}/edit"' not in page.text
    assert "On documents" in jean.text(await jean.get("/payers"))
    assert (await jean.get(f"/payers/{number}/edit")).status_code == 403
    refused = await jean.post(f"/payers/{number}", SENT | {"city": "Lyon", "version": "1"})
    assert refused.status_code == 403
    assert "write to us" in jean.text(refused)
    assert "2 documents name this payer." in jean.text(await jean.get(f"/payers/{number}/delete"))


async def test_other_clients_payers_are_not_there_and_a_role_without_the_right_is_refused(
    jean: Visitor,
) -> None:
    others = await first_payer("elodie")
    for path in (f"/payers/{others}", f"/payers/{others}/edit", f"/payers/{others}/delete"):
        assert (await jean.get(path)).status_code == 404, path
    await join("elodie", "tanaka", ["technical"])
    await join("elodie", "mueller", ["read-only"])
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("DELETE FROM memberships WHERE is_owner AND roles = '{owner}' AND client_id IN"
                         " (SELECT id FROM clients WHERE login IN ('tanaka', 'mueller'))")  # fmt: skip
    technical = await jean.another().sign_in(cast.email("tanaka"))
    assert (await technical.get("/payers")).status_code == 403
    assert "/payers" not in (await technical.get("/")).text
    reader = await jean.another().sign_in(cast.email("mueller"))
    page = await reader.get("/payers")
    assert page.status_code == 200
    assert "/payers/new" not in page.text
    assert (await reader.get("/payers/new")).status_code == 403
    assert (await reader.post("/payers", SENT)).status_code == 403


async def test_on_standard_there_is_one_payer_edited_in_place(visitor: Visitor, named: set[int]) -> None:
    tenant = await cast.tenant("petit")
    async with db.as_tenant(tenant.id):
        hashed = await db.value("SELECT password_hash FROM people WHERE email_folded = 'zoe@petit.example'")
        await db.execute("UPDATE people SET password_hash = $1, locale = 'en'", hashed)
    marie = await visitor.another("petit").sign_in(cast.email("durand"))
    home = await marie.get("/")
    assert 'href="/payer"' in home.text
    assert 'href="/payers"' not in home.text
    assert "This payer is incomplete" in marie.text(await marie.get("/payer"))
    saved = await marie.follow(await marie.post("/payer", SENT | {"version": "1"}))
    assert 'value="Dupont SARL"' in saved.text
    for path in ("/payers", "/payers/new", f"/payers/{await first_payer('durand', 'petit')}"):
        refused = await marie.get(path)
        assert refused.status_code == 403, path
        assert "Advanced" in refused.text
    assert (await marie.post("/payer", SENT | {"postcode": "1", "version": "2"})).status_code == 422
    assert (await marie.post("/payer", SENT | {"city": "Lyon", "version": "1"})).status_code == 409
    named.add(await first_payer("durand", "petit"))
    page = await marie.get("/payer")
    assert "2 documents name it" in marie.text(page)
    assert 'id="payer-form"' not in page.text
    assert (await marie.post("/payer", SENT | {"city": "Lyon", "version": "2"})).status_code == 403
