"""Clients are closed and opened again, with a reason, and what is closed stays as it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from core import db, hooks
from core.accounts import clients, closing
from core.accounts.client_filter import ClientFilter
from core.accounts.client_list import page
from core.accounts.clients import ClientChanges
from core.errors import Invalid, PermissionMissing, ReadOnly
from plugins.api import Veto
from tests import cast
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.plugins import rogues

pytestmark = pytest.mark.anyio


async def codes(*logins: str) -> list[int]:
    return [await db.value("SELECT code FROM clients WHERE login = $1", login) for login in logins]


async def test_two_are_closed_with_a_reason_and_opened_again_and_each_is_told(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        chosen = await codes("dupont", "tanaka")
        done = await closing.close([*chosen, 99999], "  Left\n", by=alice)
        assert [row["status"] for row in done.changed] == ["closed", "closed"]
        assert [row["closed_reason"] for row in done.changed] == ["Left", "Left"]
        assert all(row["closed_at"] for row in done.changed)
        listed = await page(ClientFilter(status="closed"), by=alice)
        assert sorted(row["code"] for row in listed.rows) == sorted(chosen)
        again = await closing.close(chosen[:1], "Twice", by=alice)
        assert [it.reason for it in again.refused] == ["This client is closed already."]
        opened = await closing.reopen(chosen, by=alice)
        assert [(row["status"], row["closed_at"], row["closed_reason"]) for row in opened.changed] == [
            ("active", None, "")
        ] * 2
        assert [it.reason for it in (await closing.reopen(chosen[:1], by=alice)).refused] == [
            "This client is not closed."
        ]
        (first, _second) = await entries("client:closed")
        assert first["changes"] == {"status": ["active", "closed"], "reason": [None, "Left"]}
        assert len(await entries("client:reopened")) == 2


async def test_of_a_closed_client_only_the_note_changes(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        (code,) = await codes("dupont")
        closed = (await closing.close([code], "Left", by=alice)).changed[0]
        with pytest.raises(ReadOnly):
            await clients.update(code, ClientChanges(version=closed["version"], name="Other"), by=alice)
        noted = await clients.update(code, ClientChanges(version=closed["version"], note="Owes us"), by=alice)
        assert noted["note"] == "Owes us"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_there_is_no_closing_without_a_reason(database, reason):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        with pytest.raises(Invalid) as refused:
            await closing.close(await codes("dupont"), reason, by=alice)
        assert set(refused.value.errors) == {"reason"}


async def test_support_may_not_close_and_a_limit_hides(database):
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await add_client("anna")
        chosen = await codes("anna")
        with pytest.raises(PermissionMissing):
            await closing.close(chosen, "Left", by=worker(tenant, "support"))
        limited = worker(tenant, "manager", projects=frozenset({1}))
        assert await closing.close(chosen, "Left", by=limited) == closing.Outcome(changed=[], refused=[])
        assert await db.value("SELECT status FROM clients WHERE login = 'anna'") == "active"


async def test_a_plugin_may_keep_a_client_open(settings):
    def before_client_closed(client: Mapping[str, Any], reason: str) -> None:
        if reason == "Whim":
            raise Veto("Not on a whim.")

    plugin = rogues.plugin("keeper", before_client_closed=before_client_closed)
    await db.start(settings)
    try:
        assert not hooks.load(settings, extra={"keeper": plugin})
        tenant = await open_provider(plugins=frozenset({"keeper"}))
        by = worker(tenant)
        async with db.as_tenant(tenant.id):
            await add_client("anna")
            await add_client("bela")
            outcome = await closing.close(await codes("anna"), "Whim", by=by)
            assert [it.reason for it in outcome.refused] == ["Not on a whim."]
            assert await db.value("SELECT status FROM clients WHERE login = 'anna'") == "active"
            assert len((await closing.close(await codes("bela"), "Unpaid", by=by)).changed) == 1
    finally:
        await db.stop()
        hooks.load(settings)
