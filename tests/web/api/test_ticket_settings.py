"""What tickets are sorted by, over JSON: a change leaves alone what it does not name."""

import pytest

from core import db
from tests import cast

pytestmark = pytest.mark.anyio
ALL_WEEK = ["09:00-18:00"] * 7
CATEGORY = {"name_en": "Moves", "name_fr": "Migrations", "priced_per": "ticket", "prices": {"EUR": 4000}}


async def test_a_change_of_a_department_leaves_alone_what_it_does_not_name(caller):
    alice, sam = await caller("alice"), await cast.who("sam")
    sent = {"name": "Network", "is_closed": True, "members": {str(sam.staff_id): "lead"}}
    made = (await alice.post("/departments", json=sent)).json()
    async with db.as_tenant(sam.tenant.id):
        await db.execute("UPDATE departments SET hours = $2 WHERE id = $1", made["id"], ALL_WEEK)
    kept = made | {"hours": ALL_WEEK}
    assert [one["level"] for one in kept["members"]] == ["lead"]
    for field, value in (("name", "Lines"), ("is_closed", False), ("members", {})):
        changed = await alice.patch(f"/departments/{kept['id']}", json={field: value, "version": kept["version"]})
        assert changed.status_code == 200, changed.text
        shown = [] if field == "members" else value
        assert changed.json() == kept | {field: shown, "version": kept["version"] + 1}
        kept = changed.json()


async def test_a_member_who_left_stays_one_of_a_department_that_is_renamed(caller):
    alice, sam = await caller("alice"), await cast.who("sam")
    made = (
        await alice.post("/departments", json={"name": "Lines", "members": {str(sam.staff_id): "lead"}})
    ).json()
    async with db.as_tenant(sam.tenant.id):
        await db.execute("UPDATE staff SET state = 'removed' WHERE id = $1", sam.staff_id)
    renamed = await alice.patch(f"/departments/{made['id']}", json={"name": "Network", "version": 1})
    assert (renamed.status_code, renamed.json()["members"]) == (200, [])
    async with db.as_tenant(sam.tenant.id):
        await db.execute("UPDATE staff SET state = 'active' WHERE id = $1", sam.staff_id)
    assert (await alice.get(f"/departments/{made['id']}")).json()["members"] == made["members"]


async def test_a_change_of_a_category_leaves_alone_what_it_does_not_name(caller):
    alice = await caller("alice")
    department = (await alice.get("/departments")).json()["items"][0]["id"]
    made = await alice.post("/ticket-categories", json=CATEGORY | {"department_id": department, "is_shown": False})
    kept = made.json()
    for changes in (
        {"name_en": "Moving"},
        {"is_on": False},
        {"prices": {"EUR": 1}},
        {"priced_per": "", "prices": {}},
    ):
        changed = await alice.patch(
            f"/ticket-categories/{kept['id']}", json=changes | {"version": kept["version"]}
        )
        assert changed.status_code == 200, changed.text
        assert changed.json() == kept | changes | {"version": kept["version"] + 1}
        kept = changed.json()
    refused = await alice.patch(
        f"/ticket-categories/{kept['id']}", json={"priced_per": "ticket", "version": kept["version"]}
    )
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["prices"])


async def test_a_change_of_a_status_leaves_alone_what_it_does_not_name(caller):
    alice = await caller("alice")
    state = (await alice.get("/openapi.json")).json()["components"]["schemas"]["TicketStatus"]["properties"][
        "state"
    ]
    sent = {"state": state["enum"][0], "name_en": "At the lab", "name_fr": "Au labo", "shown_en": "In hand"}
    kept = (await alice.post("/ticket-statuses", json=sent)).json()
    changed = await alice.patch(f"/ticket-statuses/{kept['id']}", json={"name_fr": "À l'atelier", "version": 1})
    assert changed.json() == kept | {"name_fr": "À l'atelier", "version": 2}
