"""Clients are written to in the name of their brand, where the provider has several."""

import pytest

from core import actor, db
from core.accounts import invitations, links, projects, written_as
from core.accounts.invitations import NewInvitation
from core.accounts.projects import ProjectChanges
from core.errors import Invalid
from core.settings import Settings
from tests import cast
from tests.letters import waiting

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


async def letter(code: str = "nova") -> dict[str, str]:
    (found,) = await waiting((await cast.tenant(code)).id)
    return found


async def test_a_client_is_written_to_in_the_name_of_its_project(database: Settings) -> None:
    await invite("nova", "mueller")
    found = await letter()
    assert found["subject"].endswith("Nova Pro") and found["sender_name"] == "Nova Pro"
    assert "Nova Pro" in found["text"]


async def test_the_brand_and_the_sender_have_names_of_their_own(database: Settings) -> None:
    await change("Nova Pro", ProjectChanges(brand_name="ProHost", sender_name="ProHost, the team"))
    await invite("nova", "mueller")
    found = await letter()
    assert found["subject"].endswith("ProHost") and found["sender_name"] == "ProHost, the team"


async def test_without_the_feature_it_is_the_provider_who_writes(database: Settings) -> None:
    place = await cast.tenant("acme")
    async with db.as_tenant(place.id):
        await db.execute("UPDATE projects SET brand_name = 'Another'")
    await invite("acme", "smith")
    assert (await letter("acme"))["sender_name"] == place.name


async def proven(name: str, host: str) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            """INSERT INTO project_hosts (project_id, name, token, state, created_at)
               SELECT id, $2, 'x', 'proven', now() FROM projects WHERE name = $1""",
            name,
            host,
        )


@pytest.mark.parametrize(
    ("host", "is_proven"),
    [("prohost.example", True), ("mail.prohost.example", False), ("host.example", False), ("example", True)],
)
async def test_answers_go_to_the_sender_and_mail_comes_from_it_where_its_domain_is_proven(
    database: Settings, host: str, is_proven: bool
) -> None:
    await change("Nova Pro", ProjectChanges(sender="team@prohost.example"))
    await proven("Nova Pro", host)
    await invite("nova", "mueller")
    found = await letter()
    told = {True: ("team@prohost.example", ""), False: ("", "team@prohost.example")}[is_proven]
    assert (found["sender"], found["reply_to"]) == told


async def test_another_projects_proof_does_not_count(database: Settings) -> None:
    await change("Nova Pro", ProjectChanges(sender="team@prohost.example"))
    await proven("Nova", "prohost.example")
    await invite("nova", "mueller")
    assert (await letter())["sender"] == ""


async def test_a_users_own_mail_comes_from_the_brand_of_his_client_and_that_of_staff_from_the_provider(
    database: Settings,
) -> None:
    await change("Nova Pro", ProjectChanges(brand_name="ProHost"))
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        user = await db.value(
            "SELECT person_id FROM memberships m JOIN clients c ON c.id = m.client_id WHERE c.login = 'mueller'"
        )
        assert (await written_as.of_person(user, by=alice)).name == "ProHost"
        assert (await written_as.of_person(alice.person_id, by=alice)).name == alice.tenant.name
        await links.send("password", user, base_url="https://x.example", by=alice)
    found = await letter()
    assert "ProHost" in found["subject"] + found["text"] and found["sender_name"] == "ProHost"


async def test_a_sender_that_mail_cannot_carry_is_refused_beside_its_field(database: Settings) -> None:
    with pytest.raises(Invalid) as refused:
        await change("Nova Pro", ProjectChanges(sender="é@prohost.example"))
    assert set(refused.value.errors) == {"sender"}
