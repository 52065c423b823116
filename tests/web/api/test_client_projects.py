"""The accounts of a client over JSON."""

import pytest

from core import db
from tests import cast

pytestmark = pytest.mark.anyio


async def pro() -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'"))


async def test_programs_open_change_and_close_accounts(caller):
    program, project_id = await caller("alice"), await pro()
    made = await program.post("/clients/1001/accounts", json={"project_id": project_id, "credit_limit": 900})
    assert (made.status_code, made.json()["credit_limit"], made.json()["is_home"]) == (201, 900, False)
    here = made.headers["location"].removeprefix("/api/v1")
    assert (await program.get(here)).json() == made.json()
    changed = await program.patch(here, json={"credit_limit": None})
    assert (changed.json()["credit_limit"], changed.json()["usual_limit"]) == (None, 0)
    listed = (await program.get("/clients/1001/accounts")).json()["items"]
    assert [it["project"] for it in listed] == ["Nova", "Nova Pro"]
    found = await program.get("/clients", params={"project": project_id, "fields": "login,projects"})
    assert {"dupont": ["Nova", "Nova Pro"]}.items() <= {
        it["login"]: it["projects"] for it in found.json()["items"]
    }.items()
    lea = await caller("lea")
    assert (await lea.get("/clients/1001")).json()["project_id"] is None
    assert (await program.post(f"{here}/home")).json()["is_home"]
    assert (await program.delete(here)).status_code == 409
    first = next(it for it in listed if it["is_home"])
    assert (await program.delete(f"/accounts/{first['id']}")).status_code == 204
    assert (await program.get(f"/accounts/{first['id']}")).status_code == 404
