"""Tickets over JSON: what is written by a program says so."""

from typing import Any

import pytest

from core import db
from tests import cast
from tests.core.support import posting

pytestmark = pytest.mark.anyio


async def test_answers_and_notes_of_a_program_are_kept_as_such(caller: Any) -> None:
    alice = await caller("alice")
    made = await alice.post("/clients/1001/tickets", json={"subject": "Slow", "text": "We saw it."})
    assert made.status_code == 201, made.text
    here = f"/tickets/{made.json()['id']}"
    for is_note in (False, True):
        said = await alice.post(f"{here}/messages", json={"text": "More", "is_note": is_note})
        assert (said.status_code, said.json()["is_note"]) == (201, is_note)
    said = (await alice.get(here)).json()["messages"]
    assert [(one["is_note"], one["origin"]) for one in said] == [(False, "api"), (False, "api"), (True, "api")]


async def test_the_log_has_no_text_of_a_ticket_that_one_may_not_read(caller: Any) -> None:
    alice, sam = await caller("alice"), await caller("sam")
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        category_id, department_id = (
            await db.fetch("SELECT id, department_id FROM ticket_categories ORDER BY position LIMIT 1")
        )[0].values()
    new = {"subject": "Slow", "text": "Since Monday", "category_id": category_id}
    assert (await alice.post("/clients/1001/tickets", json=new)).status_code == 201
    await posting.hand_out(tenant.id)
    for is_closed in (False, True):
        async with db.as_tenant(tenant.id):
            await db.execute("UPDATE departments SET is_closed = $2 WHERE id = $1", department_id, is_closed)
        for by, is_seen in ((alice, True), (sam, not is_closed)):
            listed = (await by.get("/notifications?kind=ticket.answered")).json()["items"]
            assert bool(listed) is is_seen
            if listed:
                number = listed[0]["id"]
            answer = await by.get(f"/notifications/{number}")
            assert answer.status_code == (200 if is_seen else 404)
            assert ("Since Monday" in answer.text) is is_seen
