"""The platform's pages: the operator sees all providers, a reseller his own, and nobody else anything."""

import re

import pytest

from tests import cast
from tests.visitor import Visitor

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
