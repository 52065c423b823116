"""Signing up: the form, the link, the password; and that nobody learns whose addresses are known."""

import re
from typing import Any

import pytest

from core import actor, db
from core.accounts import sign_up, sign_up_settings, terms
from core.accounts.sign_up_settings import SignUpChanges
from core.accounts.terms import NewTerms
from core.actor import Tenant, system
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_links import carry_out, queued
from tests.letters import waiting
from tests.visitor import Visitor
from tests.web.test_portal import give_passwords

pytestmark = pytest.mark.anyio

PASSWORD = "purple turnips dance at noon"
NEW = {"email": "new@client.example", "kind": "individual", "contact_person": "Nina New", "country": "FR"}


async def opened(*, with_terms: bool = True, **asked: Any) -> Tenant:
    """Nova lets clients sign up."""
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        version = (await sign_up_settings.in_force())["version"]
        await sign_up_settings.update(SignUpChanges(is_open=True, **asked), version=version, by=system(nova))
        if with_terms:
            await terms.publish(NewTerms(text_en="Pay in time.", text_fr="Payez à temps."), by=system(nova))
    return nova


async def mailed(database: Settings, tenant: Tenant) -> list[dict[str, Any]]:
    """Do the jobs of all sign-ups that wait; gives what they mail, in their order."""
    for job in await queued(database):
        if job["kind"] == "sign_up.answer":
            await carry_out(database, job, tenant.id)
    return await waiting(tenant.id)


def link_in(letter: dict[str, str]) -> str:
    found = re.search(r"http://nova.localhost[:0-9]*(/sign-up/\S+)", letter["text"])
    assert found, letter
    return found.group(1)


async def test_where_it_is_closed_there_is_no_page(visitor: Visitor) -> None:
    nothing = await visitor.get("/no-such-page")
    assert (await visitor.get("/sign-up")).status_code == nothing.status_code == 404
    assert (await visitor.post("/sign-up", NEW)).status_code == 404
    assert "/sign-up" not in (await visitor.get("/sign-in")).text


async def test_from_the_form_to_the_first_sign_in(visitor: Visitor, database: Settings) -> None:
    nova = await opened()
    assert 'href="/sign-up"' in (await visitor.get("/sign-in")).text
    page = await visitor.post("/sign-up", NEW | {"terms": "1"})
    assert page.status_code == 200
    assert "new@client.example" in page.text
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM clients WHERE email = 'new@client.example'") == 0
        assert await db.value("SELECT count(*) FROM people WHERE email = 'new@client.example'") == 0
    (letter,) = await mailed(database, nova)
    link = link_in(letter)
    assert "Your address is confirmed" in (await visitor.get(link)).text
    weak = await visitor.post(link, {"password": "short", "password_again": "short"})
    assert weak.status_code == 422
    unlike = await visitor.post(link, {"password": PASSWORD, "password_again": "other"})
    assert 'id="error-password_again"' in unlike.text
    made = await visitor.post(link, {"password": PASSWORD, "password_again": PASSWORD})
    assert made.headers["location"] == "/sign-in"
    assert (await visitor.get(link)).status_code == 404, "the link works once"
    await visitor.sign_in("new@client.example", password=PASSWORD)
    assert "Nina New at Nova" in visitor.text(await visitor.get("/"))
    assert "agreed to version 1 of the terms" in visitor.text(await visitor.get("/log"))
    async with db.as_tenant(nova.id):
        row = await db.row("SELECT * FROM clients WHERE email = 'new@client.example'")
        consent = await db.row("SELECT * FROM consents WHERE client_id = $1", row["id"])
    assert (row["login"], row["country"], row["registered_address"]) == ("new", "FR", "203.0.113.7")
    assert (consent["number"], consent["address"]) == (1, "203.0.113.7")


async def test_a_taken_address_is_answered_like_a_free_one_and_its_holder_is_told(
    visitor: Visitor, database: Settings
) -> None:
    nova = await opened(with_terms=False)
    free = await visitor.post("/sign-up", NEW)
    taken = await visitor.another().post("/sign-up", NEW | {"email": cast.email("alice")})
    assert free.status_code == taken.status_code
    unlike = re.compile(r'value="[0-9a-f]{64}"|new@client.example|alice@nova.example')
    assert unlike.sub("", free.text) == unlike.sub("", taken.text)
    link, told = await mailed(database, nova)
    assert link["kind"] == "account.sign_up"
    assert (told["to"], told["kind"]) == ("alice@nova.example", "account.sign_up_known")
    assert "/sign-up/" not in told["text"]


async def test_a_mailbox_is_not_filled(visitor: Visitor, database: Settings) -> None:
    nova = await opened(with_terms=False)
    for _number in range(5):
        assert (await visitor.post("/sign-up", NEW)).status_code == 200
    assert len(await mailed(database, nova)) == sign_up.MAILED_PER_ACCOUNT


async def test_the_eleventh_try_from_a_network_has_to_wait(visitor: Visitor) -> None:
    await opened(with_terms=False)
    for number in range(sign_up.ASKED_PER_ADDRESS):
        assert (await visitor.post("/sign-up", NEW | {"email": f"n{number}@c.example"})).status_code == 200
    refused = await visitor.post("/sign-up", NEW)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await visitor.another(address="198.51.100.9").post("/sign-up", NEW)).status_code == 200


async def test_who_fills_in_the_hidden_field_is_answered_and_nothing_comes_of_it(visitor: Visitor) -> None:
    nova = await opened(with_terms=False)
    page = await visitor.post("/sign-up", NEW | {"website": "http://spam.example"})
    assert page.status_code == 200
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM sign_ups") == 0


@pytest.mark.parametrize(
    ("asked", "sent", "wrong"),
    [
        ({}, {"email": "nonsense"}, "email"),
        ({}, {"contact_person": ""}, "contact_person"),
        ({}, {"country": "XX"}, "country"),
        ({}, {"kind": "company"}, "company_name"),
        ({"company": "hidden"}, {"kind": "company", "company_name": "X"}, "kind"),
        ({"company": "required"}, {}, "company_name"),
        ({"phone": "required"}, {}, "phone"),
        ({"phone": "hidden"}, {"phone": "+33123456789"}, "phone"),
        ({"country": "hidden"}, {}, "country"),
        ({}, {"is_admin": "1"}, ""),
        ({}, {"role": "owner"}, ""),
        ({}, {"project_id": "1"}, ""),
    ],
)
async def test_what_is_asked_is_what_the_provider_says(
    visitor: Visitor, asked: dict[str, Any], sent: dict[str, str], wrong: str
) -> None:
    nova = await opened(with_terms=False, **asked)
    page = await visitor.post("/sign-up", NEW | sent)
    assert page.status_code == 422
    assert not wrong or "data-error-summary" in page.text
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM sign_ups") == 0


async def test_without_agreeing_to_the_terms_nobody_signs_up(visitor: Visitor) -> None:
    await opened()
    assert 'id="error-terms"' in (await visitor.post("/sign-up", NEW)).text
    assert (await visitor.post("/sign-up", NEW | {"terms": "2"})).status_code == 422
    assert "Pay in time." in (await visitor.get("/terms")).text
    assert "Payez" in (await visitor.another().get("/terms", headers={"accept-language": "fr"})).text


async def test_users_are_asked_to_agree_to_new_terms_and_it_is_kept(visitor: Visitor) -> None:
    nova = await opened()
    await give_passwords()
    await visitor.sign_in(cast.email("dupont"))
    assert "There are new terms of service" in (await visitor.get("/")).text
    assert (await visitor.post("/terms", {"terms": "7"})).status_code == 409
    home = await visitor.follow(await visitor.post("/terms", {"terms": "1"}))
    assert "There are new terms of service" not in home.text
    alice = await visitor.another().sign_in(cast.email("alice"))
    async with db.as_tenant(nova.id):
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
    page = alice.text(await alice.get(f"/staff/clients/{code}/consents"))
    assert "Jean Dupont" in page and "Version 1" in page and "203.0.113.7" in page


async def test_staff_open_it_and_put_terms_in_force(visitor: Visitor) -> None:
    await visitor.sign_in(cast.email("alice"))
    form = {"is_open": "1", "company": "hidden", "phone": "required", "country": "hidden", "version": "1"}
    page = await visitor.follow(await visitor.post("/staff/settings/sign-up", form))
    assert "checked" in page.text
    again = await visitor.post("/staff/settings/sign-up", form | {"phone": "hidden"})
    assert again.status_code == 409
    page = await visitor.follow(
        await visitor.post("/staff/settings/sign-up/terms", {"text_en": "Be <b>kind</b>."})
    )
    assert "Version 1" in page.text
    same = await visitor.post("/staff/settings/sign-up/terms", {"text_en": "Be <b>kind</b>."})
    assert same.status_code == 409
    assert (await visitor.post("/staff/settings/sign-up/terms", {})).status_code == 422
    asked = (await visitor.another().get("/sign-up")).text
    assert 'name="phone"' in asked and 'name="company_name"' not in asked and 'name="country"' not in asked
    assert "Be &lt;b&gt;kind&lt;/b&gt;." in (await visitor.get("/terms/1")).text


@pytest.mark.parametrize("is_closed", [False, True])
async def test_a_client_registers_in_the_project_of_the_host_while_that_takes_any(
    visitor: Visitor, database: Settings, is_closed: bool
) -> None:
    nova = await opened(with_terms=False)
    async with db.as_tenant(nova.id):
        pro = await db.value("SELECT id FROM projects WHERE NOT is_default ORDER BY id LIMIT 1")
        asked = sign_up.NewSignUp(email=NEW["email"], contact_person="Nina New", country="FR")
        await sign_up.ask(asked, project_id=pro, by=actor.visitor(nova))
    [letter] = await mailed(database, nova)
    async with db.as_tenant(nova.id):
        if is_closed:
            await db.execute("UPDATE projects SET closed_at = now() WHERE id = $1", pro)
    sent = {"password": PASSWORD, "password_again": PASSWORD}
    assert (await visitor.post(link_in(letter), sent)).status_code == 303
    async with db.as_tenant(nova.id):
        found = await db.value("SELECT project_id FROM clients WHERE email_folded = $1", NEW["email"])
        assert (found == pro) is not is_closed


async def test_the_form_tells_the_project_of_its_host(visitor: Visitor, database: Settings) -> None:
    nova = await opened(with_terms=False)
    assert (await visitor.post("/sign-up", NEW)).status_code == 200
    async with db.as_tenant(nova.id):
        default = await db.value("SELECT id FROM projects WHERE is_default")
        assert await db.value("SELECT project_id FROM sign_ups") == default
