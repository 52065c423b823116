"""The provider's own fields where clients meet them: in their profile, in their log, and when they sign up."""

import pytest

from core import db
from core.accounts import clients, field_edits
from core.accounts.clients import ClientChanges
from core.accounts.field_edits import FieldChanges, NewField, Option
from core.settings import Settings
from tests import cast
from tests.visitor import Visitor
from tests.web.test_portal import PROFILE, give_passwords
from tests.web.test_sign_up import NEW, PASSWORD, link_in, mailed, opened

pytestmark = pytest.mark.anyio

FIELDS = (
    NewField(
        kind="choice",
        label="How you found us",
        key="found",
        labels={"fr": "Comment nous avez-vous connus"},
        options=[Option(label="A friend", key="friend"), Option(label="The web", key="web")],
        is_required=True,
        is_shown=True,
    ),
    NewField(kind="date", label="Birthday", is_shown=True),
    NewField(kind="text", label="Risk", is_required=True),
)


@pytest.fixture
async def numbers(visitor: Visitor) -> dict[str, int]:
    """The ids of the fields, by key; everybody of the cast has a password."""
    await give_passwords()
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        made = [await field_edits.create(new, by=alice) for new in FIELDS]
    return {field["key"]: field["id"] for field in made}


async def test_users_see_and_fill_in_what_is_shown_to_them_and_nothing_else(
    visitor: Visitor, numbers: dict[str, int]
) -> None:
    jean = await visitor.sign_in(cast.email("dupont"))
    page = await jean.get("/profile/edit")
    assert 'name="fields.found"' in page.text
    assert "Risk" not in page.text
    page = await jean.post("/profile", PROFILE | {"version": "1", "fields.found": "", "fields.birthday": "x"})
    assert page.status_code == 422
    for name in ("found", "birthday"):
        assert f'id="error-fields.{name}"' in page.text
    page = await jean.post("/profile", PROFILE | {"version": "1", "fields.found": "web", "fields.risk": "none"})
    assert page.status_code == 422
    sent = {"version": "1", "fields.found": "web", "fields.birthday": "1980-02-29"}
    page = await jean.follow(await jean.post("/profile", PROFILE | sent))
    text = jean.text(page)
    assert "The web" in text
    assert "Risk" not in text
    late = await jean.post("/profile", PROFILE | sent | {"fields.found": "friend"})
    assert late.status_code == 409
    assert 'name="keep_fields.found"' in late.text
    assert "Risk" not in late.text


async def test_the_log_tells_a_client_of_his_own_fields_only(visitor: Visitor, numbers: dict[str, int]) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        wanted: dict[str, str | int | float | bool | None] = {"risk": "Pays late", "found": "friend"}
        await clients.update(1001, ClientChanges(version=1, fields=wanted), by=alice)
        await clients.update(1001, ClientChanges(version=2, fields={"risk": "Pays never"}), by=alice)
    jean = await visitor.sign_in(cast.email("dupont"))
    log = jean.text(await jean.get("/log"))
    assert "A friend" in log
    assert "Pays" not in log
    assert "Risk" not in log


async def test_who_signs_up_is_asked_for_them(
    visitor: Visitor, database: Settings, numbers: dict[str, int]
) -> None:
    nova = await opened(with_terms=False)
    page = await visitor.get("/sign-up")
    assert 'name="fields.found"' in page.text
    assert "Risk" not in page.text
    page = await visitor.post("/sign-up", NEW)
    assert page.status_code == 422
    assert 'id="error-fields.found"' in page.text
    assert (await visitor.post("/sign-up", NEW | {"fields.found": "web", "fields.risk": "x"})).status_code == 422
    page = await visitor.post("/sign-up", NEW | {"fields.found": "web", "fields.birthday": "1980-02-29"})
    assert page.status_code == 200
    alice = await cast.who("alice")
    async with db.as_tenant(nova.id):
        # What changes until the link is used does not stand in its way.
        await field_edits.update(numbers["birthday"], FieldChanges(is_archived=True), version=1, by=alice)
    (letter,) = await mailed(database, nova)
    made = await visitor.post(link_in(letter), {"password": PASSWORD, "password_again": PASSWORD})
    assert made.status_code == 303
    async with db.as_tenant(nova.id):
        kept = await db.fetch(
            """SELECT f.key, v.text FROM client_field_values v JOIN client_fields f ON f.id = v.field_id
               JOIN clients c ON c.id = v.client_id WHERE c.email = 'new@client.example'"""
        )
    assert [tuple(row) for row in kept] == [("found", "web")]
