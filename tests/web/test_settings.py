"""The page of the provider's own settings, without JavaScript."""

import re

import pytest

from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/settings"
NEW = {
    "name": "Nova Hosting",
    "color": "teal",
    "locale": "fr",
    "timezone": "Pacific/Auckland",
    "country": "BE",
    "asked": "mfa_roles",
}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def version(alice: Visitor) -> str:
    found = re.search(r'name="version" value="(\d+)"', (await alice.get(HERE)).text)
    assert found
    return found.group(1)


async def test_the_settings_are_saved_and_seen_at_once(alice: Visitor) -> None:
    page = await alice.follow(await alice.post(HERE, NEW | {"version": await version(alice)}))
    assert "The settings were saved." in alice.text(page)
    assert "brand-teal" in page.text
    assert "Nova Hosting" in page.text
    assert "nova.localhost" in page.text


async def test_every_error_stands_beside_its_field(alice: Visitor) -> None:
    bad = {
        "name": "",
        "color": "black",
        "locale": "xx",
        "timezone": "Mars",
        "country": "ZZ",
        "mfa_roles": "emperor",
    }
    page = await alice.post(HERE, bad | {"version": await version(alice)})
    assert page.status_code == 422
    for field in bad:
        assert f'id="error-{field}"' in page.text


async def test_the_terms_cannot_be_sent(alice: Visitor) -> None:
    for field in ("edition", "state", "code", "tenant_id"):
        page = await alice.post(HERE, NEW | {"version": await version(alice), field: "corporate"})
        assert page.status_code == 422


async def test_two_who_edit_see_what_the_other_saved(alice: Visitor) -> None:
    read = await version(alice)
    await alice.post(HERE, NEW | {"version": read})
    page = await alice.post(HERE, NEW | {"name": "Other", "version": read})
    assert page.status_code == 409
    assert 'name="keep_name"' in page.text
    assert 'name="keep_color"' not in page.text


async def test_a_role_that_needs_a_second_step_needs_it_at_the_next_request(alice: Visitor) -> None:
    sam = alice.another()
    await sam.sign_in(cast.email("sam"))
    assert (await sam.get("/staff/clients")).status_code == 200
    sent = NEW | {"locale": "en", "mfa_roles": ["support", "auditor"], "version": await version(alice)}
    page = await alice.follow(await alice.post(HERE, sent))
    assert re.search(r'value="support" checked', page.text)
    assert (await sam.get("/staff/clients")).status_code == 303
    sent = NEW | {"locale": "en", "version": await version(alice)}
    page = await alice.follow(await alice.post(HERE, sent))
    assert not re.search(r'value="support" checked', page.text)


async def test_only_the_owner_opens_it(visitor: Visitor) -> None:
    mia = await visitor.sign_in(cast.email("max"))
    assert (await mia.get(HERE)).status_code == 403
    assert (await mia.post(HERE, NEW | {"version": "1"})).status_code == 403
