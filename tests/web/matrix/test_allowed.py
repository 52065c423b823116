"""Whoever may, can: every route of the table answers those who have the permission, and writes are written."""

import pytest

from tests.web.matrix import table
from tests.web.matrix.references import own_things, put_in
from tests.web.matrix.world import about, changed

pytestmark = pytest.mark.anyio
CHANGES_NOTHING = {path for listed in table.gathered("CHANGES_NOTHING") for path in listed}
AREAS = sorted({row.area for row in table.ROWS})


@pytest.fixture
def template(noting):
    return noting


@pytest.mark.parametrize("area", AREAS)
async def test_those_who_may_are_answered(world, area):
    wrong = []
    for row in table.of(area):
        things = await own_things(world, row)
        somebody = await world.for_row(row)
        send = put_in(await world.filled(row, somebody), things)
        if row.is_member:
            await join(world, things)
        before = await world.fingerprint()
        answer = await world.call(row, somebody, things=things, send=send)
        if answer.status_code != row.gives:
            wrong.append(f"{row.name}: not {row.gives} but {about(answer)}")
        differs = changed(before, await world.fingerprint())
        if row.is_write and row.method != "HEAD" and not differs and row.path not in CHANGES_NOTHING:
            wrong.append(f"{row.name}: nothing was written")
        if not row.is_write and set(differs) - {"people"}:
            wrong.append(f"{row.name}: only reads, and writes {differs}")
    assert not wrong, "\n".join(wrong)


async def join(world, things):
    """Put the client that a row names into the group it names."""
    code, group_id = things.get("code", things.get("$client")), things["group_id"]
    await world.admin.execute(
        "INSERT INTO group_members SELECT tenant_id, $2, id, now(), '' FROM clients"
        " WHERE code = $1 AND tenant_id = $3",
        code,
        group_id,
        world.actors["alice"].tenant.id,
    )
