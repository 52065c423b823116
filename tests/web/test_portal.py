"""The portal: where users of clients arrive, what they see of their client, and what they may change."""

import msgspec
import pytest

from core import clock, db
from core.accounts import clients, memberships
from core.accounts.clients import ClientChanges
from tests import cast
from tests.visitor import PASSWORD, Visitor
from tests.web.matrix.table import ROWS

pytestmark = pytest.mark.anyio

PROFILE = {
    "contact_person": "Jeanne Dupont",
    "email": "jeanne@client.example",
    "phone": "+33 1 23 45 67 89",
    "country": "BE",
    "language": "en",
}


async def client_row(login: str) -> dict:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        return dict(await db.row("SELECT * FROM clients WHERE login = $1", login))


async def join(login: str, person: str, roles: list[str]) -> None:
    """Make a user of the cast, or one of the staff, a user of one more client."""
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            """INSERT INTO memberships (client_id, person_id, roles, created_at)
               SELECT c.id, p.id, $3, $4 FROM clients c, people p WHERE c.login = $1 AND p.email_folded = $2""",
            login,
            cast.email(person),
            roles,
            clock.now(),
        )


@pytest.fixture
async def jean(visitor: Visitor) -> Visitor:
    """The owner of the client Jean Dupont, signed in."""
    await give_passwords()
    return await visitor.sign_in(cast.email("dupont"))


async def give_passwords() -> None:
    """Users have the password of everybody, and read English."""
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        hashed = await db.value("SELECT password_hash FROM people WHERE email_folded = 'alice@nova.example'")
        await db.execute("UPDATE people SET password_hash = $1, locale = 'en'", hashed)


async def test_a_user_arrives_in_the_portal_and_staff_at_their_pages(visitor: Visitor) -> None:
    await give_passwords()
    landed = await visitor.post("/sign-in", {"email": cast.email("dupont"), "password": PASSWORD})
    assert landed.headers["location"] == "/"
    page = visitor.text(await visitor.get("/"))
    assert "Welcome, Jean" in page
    assert "Jean Dupont at Nova" in page
    other = visitor.another()
    landed = await other.post("/sign-in", {"email": cast.email("alice"), "password": PASSWORD})
    assert landed.headers["location"] == "/staff"


async def test_visitors_find_the_way_in_and_staff_without_a_client_the_way_to_work(visitor: Visitor) -> None:
    assert 'href="/sign-in"' in (await visitor.get("/")).text
    await visitor.sign_in(cast.email("alice"))
    assert 'href="/staff"' in (await visitor.get("/")).text
    assert (await visitor.get("/profile")).status_code == 404


async def test_the_pages_of_staff_do_not_exist_for_users(jean: Visitor) -> None:
    for path in ("/staff", "/staff/clients", "/staff/settings", "/api/v1/docs"):
        assert (await jean.get(path)).status_code == 404, path


async def test_the_menu_and_the_header_are_those_of_the_portal(jean: Visitor) -> None:
    for path in ("/", "/profile", "/log", "/account", "/account/sessions", "/account/two-factor"):
        page = (await jean.get(path)).text
        assert 'href="/profile"' in page, path
        assert "/staff" not in page, path
        assert '<span class="client-name">Jean Dupont</span>' in page, path


async def test_the_profile_is_changed_by_the_rules_for_staff_and_stands_in_the_log(jean: Visitor) -> None:
    before = await client_row("dupont")
    page = await jean.follow(await jean.post("/profile", PROFILE | {"version": before["version"]}))
    assert "Jeanne Dupont" in page.text
    after = await client_row("dupont")
    assert (after["email"], after["country"], after["phone"]) == ("jeanne@client.example", "BE", "+33123456789")
    assert after["name"] == before["name"]
    log = jean.text(await jean.get("/log"))
    assert "Jean Dupont changed the client Jean Dupont" in log
    assert "jeanne@client.example" in log


async def test_what_is_wrong_stands_beside_its_field_and_the_form_is_kept(jean: Visitor) -> None:
    before = await client_row("dupont")
    wrong = PROFILE | {"email": "nonsense", "country": "XX", "version": before["version"]}
    answer = await jean.post("/profile", wrong)
    assert answer.status_code == 422
    assert 'id="error-email"' in answer.text
    assert 'id="error-country"' in answer.text
    assert 'value="Jeanne Dupont"' in answer.text
    assert await client_row("dupont") == before


@pytest.mark.parametrize(
    "field",
    [
        "is_admin",
        "role",
        "balance",
        "project_id",
        "note",
        "attitude_id",
        "name",
        "kind",
        "status",
        "login",
        "code",
    ],
)
async def test_fields_that_are_not_the_users_change_nothing(jean: Visitor, field: str) -> None:
    before = await client_row("dupont")
    answer = await jean.post("/profile", PROFILE | {"version": before["version"], field: "company"})
    assert answer.status_code == 422
    assert await client_row("dupont") == before


async def test_of_two_who_save_at_once_the_second_chooses_and_sees_nothing_inner(jean: Visitor) -> None:
    before, max_ = await client_row("dupont"), await cast.who("max")
    async with db.as_tenant(max_.tenant.id):
        changes = ClientChanges(version=before["version"], note="A secret note", phone="+33199999999")
        await clients.update(before["code"], changes, by=max_)
    answer = await jean.post("/profile", PROFILE | {"version": before["version"]})
    assert answer.status_code == 409
    assert "+33199999999" in answer.text
    assert "secret" not in answer.text
    kept = {"keep_phone": "saved", "version": before["version"] + 1}
    await jean.follow(await jean.post("/profile", PROFILE | kept))
    assert (await client_row("dupont"))["phone"] == "+33199999999"


async def test_the_log_tells_what_staff_did_under_the_providers_name_and_nothing_inner(jean: Visitor) -> None:
    before, max_ = await client_row("dupont"), await cast.who("max")
    max_ = msgspec.structs.replace(max_, address="198.51.100.77")
    async with db.as_tenant(max_.tenant.id):
        note = ClientChanges(version=before["version"], note="Pays late, watch him")
        await clients.update(before["code"], note, by=max_)
        both = ClientChanges(version=before["version"] + 1, note="Still late", phone="+33199999999")
        await clients.update(before["code"], both, by=max_)
    log = jean.text(await jean.get("/log"))
    assert "Nova changed the client Jean Dupont" in log
    assert log.count("changed the client") == 1, "the entry about the note alone is not there"
    assert "+33199999999" in log
    for inner in ("late", "Max", "198.51.100.77"):
        assert inner not in log


async def test_the_log_tells_everybody_his_own_sign_ins_only(jean: Visitor) -> None:
    await join("dupont", "elodie", ["technical"])
    await jean.another().sign_in(cast.email("elodie"))
    assert "Jean Dupont signed in" in jean.text(await jean.get("/log"))
    assert "Élodie" not in jean.text(await jean.get("/log"))


async def test_a_user_of_several_clients_chooses_in_the_header(jean: Visitor) -> None:
    await join("mueller", "dupont", ["technical"])
    page = (await jean.get("/")).text
    code = (await client_row("mueller"))["code"]
    assert f'name="client" value="{code}"' in page
    page = await jean.follow(await jean.post("/choose", {"client": code}))
    assert "Müller &amp; Söhne GmbH at Nova" in page.text
    assert (await jean.get("/profile/edit")).status_code == 403, "a technical user may not"
    assert "/profile/edit" not in (await jean.get("/profile")).text
    foreign = (await client_row("tanaka"))["code"]
    assert (await jean.post("/choose", {"client": foreign})).status_code == 404
    assert "Müller" in (await jean.get("/")).text


async def test_staff_who_are_users_too_go_to_and_fro_and_take_no_right_along(visitor: Visitor) -> None:
    await join("mueller", "sam", ["read-only"])
    await visitor.sign_in(cast.email("sam"))
    assert 'href="/"' in (await visitor.get("/staff")).text
    home = (await visitor.get("/")).text
    assert "Müller &amp; Söhne GmbH at Nova" in home
    assert 'href="/staff"' in home
    assert (await visitor.get("/profile/edit")).status_code == 403


async def test_what_a_role_lacks_is_refused_on_every_route_of_the_portal(visitor: Visitor) -> None:
    await give_passwords()
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            "DELETE FROM memberships m USING people p WHERE p.id = m.person_id AND p.email_folded = $1",
            cast.email("elodie"),
        )
    await join("dupont", "elodie", ["technical"])
    await visitor.sign_in(cast.email("elodie"))
    asked = [
        row for row in ROWS if row.area == "portal" and row.needs.startswith("portal:") and "{" not in row.path
    ]
    for row in asked:
        right = row.needs.removeprefix("portal:")
        if right in memberships.rights.of(["technical"]):
            continue
        answer = await (visitor.get(row.path) if row.method == "GET" else visitor.post(row.path, {}))
        assert answer.status_code == 403, row.name
    assert len(asked) > 2


async def test_who_is_removed_while_a_page_is_open_is_out_at_the_next_request(jean: Visitor) -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            "DELETE FROM memberships m USING clients c WHERE c.id = m.client_id AND c.login = 'dupont'"
        )
    assert (await jean.get("/profile")).headers["location"].startswith("/sign-in")
