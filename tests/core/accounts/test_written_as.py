"""Clients are written to in the name of their brand, where the provider has several."""

import pytest

from core import actor, db
from core.accounts import invitations, projects
from core.accounts.invitations import NewInvitation
from core.accounts.projects import ProjectChanges
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_links import queued

pytestmark = pytest.mark.anyio


async def invite(code: str, login: str) -> None:
    place = await cast.tenant(code)
    async with db.as_tenant(place.id):
        client_id = await db.value("SELECT id FROM clients WHERE login = $1", login)
        new = NewInvitation(email="nina@new.example", roles=("billing",))
        await invitations.send(client_id, new, by=actor.system(place))


async def change(name: str, changes: ProjectChanges) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        project = await db.row("SELECT id, version FROM projects WHERE name = $1", name)
        assert project is not None
        await projects.update(project["id"], changes, version=project["version"], by=alice)


async def letter(database: Settings) -> dict[str, str]:
    (found,) = [job["payload"] for job in await queued(database) if job["kind"] == "mail.send"]
    return dict(found)


async def test_a_client_is_written_to_in_the_name_of_its_project(database: Settings) -> None:
    await invite("nova", "mueller")
    found = await letter(database)
    assert found["subject"].endswith("Nova Pro") and found["sender_name"] == "Nova Pro"
    assert "Nova Pro" in found["text"]


async def test_the_brand_and_the_sender_have_names_of_their_own(database: Settings) -> None:
    await change("Nova Pro", ProjectChanges(brand_name="ProHost", sender_name="ProHost, the team"))
    await invite("nova", "mueller")
    found = await letter(database)
    assert found["subject"].endswith("ProHost") and found["sender_name"] == "ProHost, the team"


async def test_without_the_feature_it_is_the_provider_who_writes(database: Settings) -> None:
    place = await cast.tenant("acme")
    async with db.as_tenant(place.id):
        await db.execute("UPDATE projects SET brand_name = 'Another'")
    await invite("acme", "smith")
    assert (await letter(database))["sender_name"] == place.name
