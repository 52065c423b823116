"""Webhooks on pages: the secret is shown once, the log tells what became of each message."""

import re

import pytest

from core import clock, db, outside
from core.support import webhook_outbox, webhook_sending
from tests import cast
from tests.receiver import receiving, status
from tests.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
HERE = "/staff/webhooks"
GOOD = {"url": "https://hooks.example.org/in", "description": "<b>Books</b>", "which": "all", "is_on": "1"}


async def test_a_webhook_is_added_tested_read_in_the_log_and_sent_again(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    alice = await visitor.sign_in(cast.email("alice"))
    assert "No webhooks" in (await alice.get(HERE)).text
    for wrong, field in (
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"which": "some"}, "events"),
        ({"which": "some", "events": "client.eaten"}, "events"),
        ({"which": "x"}, "which"),
    ):
        refused = await alice.post(HERE, GOOD | wrong)
        assert refused.status_code == 422 and f'id="error-{field}"' in refused.text, field
    async with receiving() as there:
        there.answer = status(500, body="<script>alert(1)</script>")
        made = await alice.post(HERE, GOOD | {"url": there.url})
        assert made.status_code == 200 and "whsec_" in made.text
        (here,) = set(re.findall(rf"{HERE}/\d+", made.text))
        assert (await alice.post(f"{here}/test")).status_code == 303
        await send(here)
        log = (await alice.get(here)).text
        assert "whsec_" not in log and "Tried again" in log and "500" in log and "&lt;b&gt;Books" in log
        assert "Nothing in this state" in (await alice.get(f"{here}?state=sent")).text
        assert (await alice.get(f"{here}?state=")).status_code == 200
        assert (await alice.get(f"{here}?state=zz")).status_code == 422
        (one,) = set(re.findall(r"/staff/webhook-deliveries/\d+", log))
        shown = (await alice.get(one)).text
        assert "It works." in shown and "&lt;script&gt;alert(1)" in shown and "<script>alert" not in shown
        waits = await alice.follow(await alice.post(f"{one}/replay"))
        assert "It is on its way already." in waits.text
        for wrong in ({"since": "0001-01-01"}, {"since": "9999-12-31"}, {"since": ""}, {"since": "x"}):
            assert (await alice.post(f"{here}/replay", wrong)).status_code == 422
        today = clock.today("Europe/Paris").isoformat()
        again = await alice.follow(await alice.post(f"{here}/replay", {"since": today, "is_all": "1"}))
        assert "0 messages are sent again." in again.text, "the test is on its way already"
    asked = await alice.get(f"{here}/secret")
    assert "For a day" in asked.text
    assert "whsec_" in (await alice.post(f"{here}/secret")).text
    edit = (await alice.get(f"{here}/edit")).text
    assert f'value="{there.url}"' in edit
    late = await alice.post(here, GOOD | {"version": "1"})
    assert late.status_code == 409
    off = {"url": there.url, "which": "some", "events": ["client.created", "client.closed"], "version": "2"}
    assert (await alice.post(here, off)).status_code == 303
    assert "2 events" in (await alice.get(HERE)).text
    refused = await alice.follow(await alice.post(f"{here}/test"))
    assert "It is off" in refused.text
    assert (await alice.post(f"{here}/delete")).status_code == 303
    assert (await alice.get(here)).status_code == 404


async def send(here: str) -> None:
    """A turn of the endpoint, as its job would take it."""
    tenant_id, endpoint_id = (await cast.tenant("nova")).id, int(here.rsplit("/", 1)[1])
    async with db.as_tenant(tenant_id):
        await webhook_outbox._spread_some(clock.now())
        turn = await webhook_sending.begin(endpoint_id, clock.now())
    assert turn is not None
    async with outside.client() as http:
        results = [await webhook_sending._send(http, turn, one) for one in turn.deliveries]
    async with db.as_tenant(tenant_id):
        await webhook_sending.note(endpoint_id, results, clock.now())


async def test_support_sees_no_webhooks(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    assert (await sam.get(HERE)).status_code == 403
    assert HERE not in (await sam.get("/staff")).text
