"""The platform's pages: the operator sees all providers, a reseller his own, and nobody else anything."""

import re
from email.message import EmailMessage

import msgspec
import pytest

from core import caught_mail
from core.settings import Settings
from tests import cast
from tests.visitor import PASSWORD, Visitor
from web.app import create_app

pytestmark = pytest.mark.anyio

NEW = {
    "code": "fresh",
    "name": "Fresh Hosting",
    "owner_name": "Fred Fresh",
    "owner_email": "fred@fresh.example",
    "owner_password": "",
    "edition": "standard",
    "country": "FR",
    "locale": "en",
    "timezone": "Europe/Paris",
    "currency": "EUR",
    "color": "teal",
    "host": "",
}


async def signed_in(visitor: Visitor, name: str) -> Visitor:
    return await visitor.another("").sign_in(cast.email(name))


async def test_every_page_of_the_platform_opens_for_the_operator(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    listed = await olga.get("/platform/resellers")
    horizon = re.search(r"/platform/resellers/\d+", listed.text)
    assert horizon
    for path in (
        "/platform",
        "/platform/providers",
        "/platform/providers/new",
        "/platform/providers/nova",
        "/platform/resellers/new",
        horizon.group(),
        f"{horizon.group()}/edit",
        "/platform/health",
        "/platform/activity",
    ):
        response = await olga.get(path)
        assert response.status_code == 200, (path, Visitor.text(response)[-800:])


async def test_a_provider_that_was_opened_on_the_page_works_at_once(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    response = await olga.post("/platform/providers", NEW | {"owner_password": PASSWORD})
    page = await olga.follow(response)
    assert "Fresh Hosting is open at http://fresh.localhost" in Visitor.text(page)
    fred = await visitor.another("fresh").sign_in("fred@fresh.example")
    assert (await fred.get("/staff/clients")).status_code == 200


async def test_a_form_that_is_wrong_comes_back_with_its_errors(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    response = await olga.post(
        "/platform/providers", NEW | {"code": "nova", "owner_email": "nobody", "edition": "x"}
    )
    assert response.status_code == 422
    assert 'value="Fresh Hosting"' in response.text
    for field in ("owner_email", "edition"):
        assert f'id="error-{field}"' in response.text, field
    taken = await olga.post("/platform/providers", NEW | {"code": "nova"})
    assert taken.status_code == 422
    assert 'id="error-code"' in taken.text


async def test_a_suspended_provider_is_shut_at_the_next_request(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    alice = await visitor.another("nova").sign_in(cast.email("alice"))
    refused = await olga.post("/platform/providers/nova/suspend", {"reason": " "})
    assert refused.status_code == 422
    assert 'id="error-reason"' in refused.text
    await olga.follow(await olga.post("/platform/providers/nova/suspend", {"reason": "unpaid"}))
    assert (await alice.get("/staff/clients")).status_code == 503
    page = await olga.get("/platform/providers/nova")
    assert "unpaid" in page.text
    await olga.follow(await olga.post("/platform/providers/nova/resume"))
    await alice.sign_in(cast.email("alice"))
    assert (await alice.get("/staff/clients")).status_code == 200


async def test_an_edition_and_a_feature_change_at_once(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    assert (await zoe.get("/staff/groups")).status_code == 403
    await olga.follow(await olga.post("/platform/providers/petit/edition", {"edition": "advanced"}))
    assert (await zoe.get("/staff/groups")).status_code == 200
    await olga.follow(
        await olga.post("/platform/providers/petit/features", {"feature": "groups", "act": "refuse"})
    )
    assert (await zoe.get("/staff/groups")).status_code == 403
    await olga.follow(await olga.post("/platform/providers/petit/features", {"feature": "groups", "act": "reset"}))
    assert (await zoe.get("/staff/groups")).status_code == 200
    assert (await olga.post("/platform/providers/petit/edition", {"edition": "imperial"})).status_code == 422


async def test_a_plugin_is_switched_on_the_page(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    for act, state in (("disable", "Off"), ("enable", "On")):
        plugin = {"plugin": "welcome-mail", "act": act}
        page = await olga.follow(await olga.post("/platform/providers/nova/plugins", plugin))
        assert f"Welcome mail {state}" in Visitor.text(page)
    assert (
        await olga.post("/platform/providers/nova/plugins", {"plugin": "x", "act": "enable"})
    ).status_code == 404
    assert (await olga.post("/platform/providers/nova/plugins", {"plugin": "x", "act": "y"})).status_code == 422


async def test_a_reseller_sees_and_touches_only_his_own(visitor: Visitor) -> None:
    rita = await signed_in(visitor, "rita")
    page = Visitor.text(await rita.get("/platform/providers"))
    assert "Acme" in page
    assert "Nova" not in page
    unknown = await rita.get("/platform/providers/nothing")
    foreign = await rita.get("/platform/providers/nova")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    for path, form in (
        ("suspend", {"reason": "x"}),
        ("resume", {}),
        ("edition", {"edition": "standard"}),
        ("features", {"feature": "groups", "act": "grant"}),
        ("plugins", {"plugin": "welcome-mail", "act": "disable"}),
    ):
        assert (await rita.post(f"/platform/providers/nova/{path}", form)).status_code == 404, path
    for path in ("/platform/resellers", "/platform/resellers/new", "/platform/health", "/platform/activity"):
        assert (await rita.get(path)).status_code == 403, path
    assert (await rita.post("/platform/providers/petit/edition", {"edition": "corporate"})).status_code == 403
    feature = {"feature": "projects", "act": "grant"}
    assert (await rita.post("/platform/providers/petit/features", feature)).status_code == 403


async def test_a_reseller_opens_a_provider_of_his_own(visitor: Visitor) -> None:
    rita = await signed_in(visitor, "rita")
    assert 'value="corporate"' not in (await rita.get("/platform/providers/new")).text
    assert (await rita.post("/platform/providers", NEW | {"edition": "corporate"})).status_code == 422
    page = await rita.follow(await rita.post("/platform/providers", NEW))
    assert "Horizon" in page.text


async def test_a_reseller_is_taken_on_and_his_terms_change(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    new = {
        "name": "Meridian",
        "editions": "standard",
        "person_name": "Mia",
        "person_email": "mia@meridian.example",
    }
    refused = await olga.post("/platform/resellers", new | {"person_email": "x", "person_password": ""})
    assert refused.status_code == 422
    assert 'value="standard" checked' in refused.text
    created = await olga.post("/platform/resellers", new | {"person_password": PASSWORD, "most_providers": "1"})
    address = created.headers["location"]
    mia = await visitor.another("").sign_in("mia@meridian.example")
    assert (await mia.get("/platform")).status_code == 200
    terms = {"name": "Meridian", "editions": ["standard", "advanced"], "features": [], "most_providers": ""}
    page = await olga.follow(await olga.post(address, terms | {"version": "1"}))
    assert "Advanced" in page.text
    assert (await olga.post(address, terms | {"name": "Other", "version": "1"})).status_code == 409
    await olga.follow(await olga.post(f"{address}/suspend", {"reason": "gone"}))
    assert (await mia.get("/platform")).status_code == 303
    await olga.follow(await olga.post(f"{address}/resume"))


async def test_the_list_is_filtered_by_its_address(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    page = await olga.get("/platform/providers?state=active&edition=corporate&reseller_id=")
    assert "provider-nova" in page.text
    assert "provider-acme" not in page.text
    assert "Cancel filter" in page.text
    assert (await olga.get("/platform/providers?reseller_id=abc")).status_code == 422
    assert (await olga.get("/platform/providers?colour=red")).status_code == 422
    assert "No provider fits" in (await olga.get("/platform/providers?text=zzz")).text


async def test_the_platform_is_only_on_its_own_host(visitor: Visitor) -> None:
    alice = await visitor.another("nova").sign_in(cast.email("alice"))
    assert (await alice.get("/platform/providers")).status_code == 404
    olga = await signed_in(visitor, "olga")
    assert (await olga.get("/staff/clients")).status_code == 404


async def test_nobody_sees_the_platform_without_signing_in(visitor: Visitor) -> None:
    nobody = visitor.another("")
    for path in ("/platform", "/platform/providers", "/platform/health"):
        response = await nobody.get(path)
        assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/sign-in"), path


async def test_activity_leads_to_what_it_is_about(visitor: Visitor) -> None:
    olga = await signed_in(visitor, "olga")
    page = await olga.get("/platform/activity?action=provider:opened")
    assert 'href="/platform/providers/nova"' in page.text
    assert (await olga.get("/platform/activity?action=nothing")).status_code == 422


async def test_caught_mail_is_shown_only_where_mail_is_caught(visitor: Visitor, database: Settings) -> None:
    olga = await signed_in(visitor, "olga")
    assert (await olga.get("/platform/mail")).status_code == 404
    catching = msgspec.structs.replace(database, mail_catcher=True)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "nova@localhost", "fred@fresh.example", "Hello <b>"
    letter.set_content("Choose here:\nhttp://nova.localhost/password/abc\n")
    name = caught_mail.keep(catching.home, letter.as_bytes()).removesuffix(".eml")
    async with Visitor(create_app(catching), "") as there:
        await there.sign_in(cast.email("olga"))
        assert "Hello &lt;b&gt;" in (await there.get("/platform/mail")).text
        assert 'href="http://nova.localhost/password/abc"' in (await there.get(f"/platform/mail/{name}")).text
        for wrong in ("x", "..%2F..%2Fetc%2Fpasswd"):
            assert (await there.get(f"/platform/mail/{wrong}")).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/platform/providers?text=%00",
        "/platform/providers?after=%00&state=%00",
        "/platform/providers?edition=%00",
        "/platform/providers?reseller_id=99999999999999999999",
        "/platform/providers?reseller_id=-1",
        "/platform/providers?text=%ED%A0%80%25_",
        "/platform/providers/%00",
        "/platform/providers/N%C3%96VA",
        "/platform/resellers/99999999999999999999",
        "/platform/resellers/-1/edit",
        "/platform/mail/%00",
    ],
)
async def test_a_strange_address_is_refused_and_no_error_of_ours(visitor: Visitor, address: str) -> None:
    olga = await signed_in(visitor, "olga")
    assert (await olga.get(address)).status_code in (200, 404, 422)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("nova/plugins", {"plugin": "\x00", "act": "disable"}),
        ("nova/features", {"feature": "\x00", "act": "grant"}),
        ("nova/edition", {"edition": "\x00"}),
        ("nova/suspend", {"reason": "\x00"}),
        ("", NEW | {"reseller_id": "99999999999999999999", "host": "\x00", "name": "\x00"}),
        ("", NEW | {"tenant_id": "1"}),
    ],
)
async def test_a_strange_form_is_refused_and_no_error_of_ours(
    visitor: Visitor, path: str, form: dict[str, str]
) -> None:
    olga = await signed_in(visitor, "olga")
    assert (await olga.post(f"/platform/providers/{path}".rstrip("/"), form)).status_code in (404, 422)
