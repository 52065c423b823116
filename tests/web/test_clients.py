"""The pages of clients, as staff use them without JavaScript."""

import re

import pytest

from core import db
from tests import cast

pytestmark = pytest.mark.anyio

NEW = {
    "login": "newcomer",
    "email": "new@client.example",
    "country": "FR",
    "kind": "company",
    "company_name": "Newcomer SARL",
    "contact_person": "Nadia Newcomer",
    "language": "fr",
    "phone": "01 23 45 67 89",
    "note": "First line\nsecond line",
    "password": "",
    "password_again": "",
    "send_welcome": "1",
}


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def test_the_list_shows_the_newest_first(alice):
    page = await alice.get("/staff/clients")
    assert page.status_code == 200
    logins = re.findall(r"o-brien|elodie|tanaka|mueller|dupont", page.text.partition("<tbody>")[2])
    assert list(dict.fromkeys(logins)) == ["elodie", "o-brien", "tanaka", "mueller", "dupont"]


async def test_a_company_is_registered_and_its_page_opens(alice):
    page = await alice.follow(await alice.post("/staff/clients", NEW))
    assert page.status_code == 200
    text = alice.text(page)
    assert "Newcomer SARL" in text
    assert "The client was registered." in text
    assert "+33123456789" in text


async def test_every_error_stands_beside_its_field_and_nothing_is_lost(alice):
    bad = NEW | {
        "login": "dupont",
        "email": "nowhere",
        "country": "XX",
        "phone": "abc",
        "company_name": "",
        "password": "a",
        "password_again": "b",
    }
    page = await alice.post("/staff/clients", bad)
    assert page.status_code == 422
    for field in ("password_again",):
        assert f'id="error-{field}"' in page.text
    page = await alice.post("/staff/clients", bad | {"password_again": "a"})
    for field in ("email", "country", "phone", "company_name", "password"):
        assert f'id="error-{field}"' in page.text, field
    assert "Nadia Newcomer" in page.text
    page = await alice.post("/staff/clients", NEW | {"login": "DUPONT"})
    assert 'id="error-login"' in page.text
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM clients") == len(cast.CLIENTS["nova"])
        assert await db.value("SELECT count(*) FROM people WHERE email = 'new@client.example'") == 0


@pytest.mark.parametrize(
    "field", ["is_admin", "status", "code", "version", "tenant_id", "balance", "phone_verified"]
)
async def test_a_field_that_is_not_asked_for_is_refused(alice, field):
    page = await alice.post("/staff/clients", NEW | {field: "1"})
    assert page.status_code == 422


async def test_a_client_is_edited_and_cancel_leaves_it(alice):
    page = await alice.get("/staff/clients/1001/edit")
    assert page.status_code == 200
    fields = EDIT | {"name": "Jean Dupond", "version": "1"}
    page = await alice.follow(await alice.post("/staff/clients/1001", fields))
    assert "Jean Dupond" in page.text


EDIT = {
    "version": "1",
    "kind": "individual",
    "name": "Jean Dupont",
    "contact_person": "Jean Dupont",
    "email": "dupont@client.example",
    "country": "FR",
    "language": "fr",
    "phone": "",
    "note": "",
}


async def test_two_who_edit_the_same_client_see_each_others_changes(alice):
    other = await alice.another().sign_in(cast.email("max"))
    await alice.follow(await alice.post("/staff/clients/1001", EDIT | {"name": "Alice's name"}))
    conflict = await other.post("/staff/clients/1001", EDIT | {"name": "Max's name", "note": "Max's note"})
    assert conflict.status_code == 409
    assert "Alice&#39;s name" in conflict.text
    assert "Max&#39;s name" in conflict.text
    assert 'name="version" value="2"' in conflict.text
    settled = EDIT | {"name": "Max's name", "note": "Max's note", "version": "2", "keep_name": "saved"}
    page = await other.follow(await other.post("/staff/clients/1001", settled))
    assert "Alice&#39;s name" in page.text
    assert "Max&#39;s note" in page.text


async def test_several_clients_are_deleted_after_a_confirmation_that_names_them(alice):
    page = await alice.get("/staff/clients/delete?code=1001&code=1003&code=999999")
    assert "Jean Dupont" in page.text
    assert "田中 太郎" in page.text
    page = await alice.follow(await alice.post("/staff/clients/delete", {"code": ["1001", "1003", "999999"]}))
    assert "2 clients were deleted." in alice.text(page)
    assert (await alice.get("/staff/clients/1001")).status_code == 404
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM people WHERE email = 'dupont@client.example'") == 0
        assert await db.value("SELECT count(*) FROM audit_entries WHERE action = 'client:deleted'") == 2


async def test_the_filter_says_what_is_in_force_and_can_be_cancelled(alice):
    page = await alice.get("/staff/clients?country=FR&name=lef")
    text = alice.text(page)
    assert "elodie" in text
    assert "dupont" not in page.text.partition("<tbody>")[2]
    assert "Cancel filter" in text
    assert "France" in text


IMPOSSIBLE = (
    "country=XX",
    "code=abc",
    "registered_from=2026-13-01",
    "sort=password",
    "after=rubbish",
    "unknown=1",
    "code=99999999999999999999",
    "group=-1",
    "registered_from=2026-02-02&registered_to=2026-01-01",
    "kind=dog",
)


@pytest.mark.parametrize("query", IMPOSSIBLE)
async def test_a_filter_that_cannot_be_is_an_error_and_no_500(alice, query):
    assert (await alice.get(f"/staff/clients?{query}")).status_code == 422


async def test_columns_are_remembered_per_person(alice):
    page = await alice.follow(await alice.post("/staff/clients/columns", {"columns": ["phone", "note"]}))
    head = page.text.partition("<thead")[2].partition("</thead>")[0]
    assert "Phone" in head
    assert "Country" not in head


async def test_support_limited_to_a_project_sees_only_its_clients(visitor):
    lea = await visitor.sign_in(cast.email("lea"))
    page = await lea.get("/staff/clients")
    assert "mueller" in page.text
    assert "dupont" not in page.text
    assert (await lea.get("/staff/clients/1001")).status_code == 404
    assert (await lea.get("/staff/clients/1002")).status_code == 200


async def test_an_auditor_reads_and_changes_nothing(visitor):
    ada = await visitor.sign_in(cast.email("ada"))
    assert (await ada.get("/staff/clients/1001")).status_code == 200
    assert (await ada.get("/staff/clients/new")).status_code == 403
    assert (await ada.post("/staff/clients", NEW)).status_code == 403
    assert (await ada.post("/staff/clients/delete", {"code": "1001"})).status_code == 403


async def test_projects_and_groups_are_where_the_edition_has_them(visitor):
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    form = await zoe.get("/staff/clients/new")
    assert "Project" not in zoe.text(form)
    refused = await zoe.get("/staff/clients?group=1")
    assert refused.status_code == 403
    assert "Advanced" in refused.text
    refused = await zoe.get("/staff/clients?project=1")
    assert "Corporate" in refused.text
    refused = await zoe.post("/staff/clients", NEW | {"project_id": "1"})
    assert refused.status_code == 403
    assert "Corporate" in refused.text


async def test_the_start_page_leads_on(visitor):
    for name, sees in (("alice", True), ("sam", True), ("carl", True)):
        person = await visitor.another().sign_in(cast.email(name))
        page = await person.get("/staff")
        assert page.status_code == 200
        assert ("Latest clients" in page.text) is sees
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    page = await zoe.get("/staff")
    assert "First steps" in page.text
    assert "Account groups" not in page.text


async def test_the_list_is_filtered_by_days_since_the_registration(alice):
    assert "dupont" in (await alice.get("/staff/clients?newer_than=7")).text
    nobody = await alice.get("/staff/clients?older_than=7")
    assert nobody.status_code == 200
    assert "No client fits this filter" in nobody.text
    assert (await alice.get("/staff/clients?newer_than=soon")).status_code == 422


async def test_the_list_is_filtered_by_the_verified_phone_and_that_filter_can_be_saved(alice):
    yes, no = [await alice.get(f"/staff/clients?phone_verified={answer}") for answer in ("yes", "no")]
    assert "No client fits this filter" in yes.text and "dupont" in no.text
    assert "/staff/segments/new?phone_verified=no" in no.text
    assert (await alice.get("/staff/clients?phone_verified=maybe")).status_code == 422


async def test_a_clients_activity_stands_on_its_page(alice):
    await alice.follow(await alice.post("/staff/clients/1001", EDIT | {"note": "changed"}))
    page = await alice.get("/staff/clients/1001/timeline")
    assert page.status_code == 200
    assert "changed" in page.text


async def test_head_is_a_page_without_its_body(alice):
    page = await alice.client.head("/staff/clients")
    assert page.status_code == 200
    assert page.content == b""
    assert (await alice.client.head("/staff/nowhere")).status_code == 404


async def test_tabs_and_actions_that_do_not_fit_open_under_more_and_the_open_tab_is_always_seen(alice):
    page = await alice.get("/staff/clients/1001")
    tabs = page.text.partition('<nav class="tabs-line"')[2].partition("</nav>")[0]
    seen, more = re.sub(r"\s+", " ", tabs).split("<details")
    labels = re.findall(r">([^<>]+)</a>", seen)
    assert labels[:3] == ["Profile", "Users", "Payers"] and len(labels) == 7
    assert re.findall(r">([^<>]+)</a>", more)[-3:] == ["Timeline", "Terms", "Personal data"]
    page = await alice.get("/staff/clients/1001/personal-data")
    tabs = page.text.partition('<nav class="tabs-line"')[2].partition("</nav>")[0]
    assert re.search(r'aria-current="page">([^<]+)<', tabs.split("<details")[0])[1] == "Personal data"
    assert "Personal data" not in tabs.split("<details")[1]
    head = page.text.partition('<div class="page-actions">')[2].partition('<nav class="tabs-line"')[0]
    front, more = head.split("<details")
    assert "/edit" in front and "?focus=client:1001" in front and front.count("<a ") == 2
    assert [act for act in ("/enter", "/merge?", "/close?", "/delete?") if act not in more] == []
