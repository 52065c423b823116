"""Fraud checks on the pages: what a visitor reads who is refused, and what staff find and decide."""

from collections.abc import AsyncIterator

import pytest

from core import db, hooks
from core.settings import Settings
from tests import cast
from tests.plugins.suspicious import NAME, Suspicious
from tests.visitor import Visitor
from tests.web.test_sign_up import NEW, PASSWORD, link_in, mailed, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def checks(database: Settings) -> AsyncIterator[Suspicious]:
    told = Suspicious()
    assert not hooks.load(database, extra={NAME: told.plugin()})
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            "INSERT INTO plugin_settings (plugin, enabled, settings, updated_at) VALUES ($1, true, '{}', now())",
            NAME,
        )
    yield told
    hooks.load(database)


async def test_who_is_refused_reads_one_sentence_and_staff_read_why(
    visitor: Visitor, checks: Suspicious, database: Settings
) -> None:
    nova = await opened(with_terms=False)
    checks.registration = "fail"
    await visitor.post("/sign-up", NEW)
    (letter,) = await mailed(database, nova)
    answer = await visitor.post(link_in(letter), {"password": PASSWORD, "password_again": PASSWORD})
    assert answer.status_code == 409
    assert "We cannot accept this registration" in visitor.text(answer)
    assert "odd" not in answer.text
    assert (await visitor.get(link_in(letter))).status_code == 404, "the link is used up"
    alice = visitor.another()
    await alice.sign_in(cast.email("alice"))
    listed = alice.text(await alice.get("/staff/fraud-checks?state=stopped"))
    for wrong in ("state=zz", "kind=zz", "state=all&kind=zz"):
        assert (await alice.get(f"/staff/fraud-checks?{wrong}")).status_code == 422, wrong
    assert "Nina New looks odd" in listed
    assert "new@client.example" in listed


async def test_what_waits_is_counted_in_the_menu_and_decided_with_a_reason(
    visitor: Visitor, checks: Suspicious
) -> None:
    checks.registration = "review"
    await visitor.sign_in(cast.email("alice"))
    form = {"login": "nina", "kind": "individual", "contact_person": "Nina New", "country": "FR", "language": "en"}
    made = await visitor.post("/staff/clients", form | {"email": "nina@client.example"})
    client = made.headers["location"]
    start = await visitor.get("/staff")
    assert '<span>Fraud checks</span><span class="nav-badge numbers">1</span>' in start.text
    assert "To be decided" in visitor.text(await visitor.get(client))
    async with db.as_tenant((await cast.tenant("nova")).id):
        check_id = await db.value("SELECT id FROM fraud_checks")
    here = f"/staff/fraud-checks/{check_id}"
    assert "Nina New looks odd" in visitor.text(await visitor.get(here))
    empty = await visitor.post(f"{here}/refuse", {"reason": ""})
    assert empty.status_code == 422
    assert 'id="error-reason"' in empty.text
    assert (await visitor.post(f"{here}/refuse", {"reason": "Nobody"})).status_code == 303
    assert "Closed" in visitor.text(await visitor.get(client))
    assert (await visitor.post(f"{here}/approve", {})).status_code == 409
    assert "nav-badge" not in (await visitor.get("/staff")).text


async def test_the_queue_says_that_nothing_is_checked_until_a_plugin_is_on(visitor: Visitor) -> None:
    alice = await visitor.sign_in(cast.email("alice"))
    for place in ("/staff/fraud-checks", "/staff/settings/fraud"):
        assert "Nothing is checked here" in alice.text(await alice.get(place))
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute(
            """INSERT INTO plugin_settings (plugin, enabled, settings, updated_at)
               VALUES ('usual-signs', true, '{}', now())"""
        )
    for place in ("/staff/fraud-checks", "/staff/settings/fraud"):
        assert "Nothing is checked here" not in alice.text(await alice.get(place))
