"""Invitations into a client: who may send them, what behind the link happens, once and in time."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import time_machine

from core import clock, db
from core.accounts import client_roles, invitations, joining, members, memberships, people, rights
from core.accounts.client_roles import NewRole
from core.accounts.invitations import NewInvitation
from core.accounts.joining import NotValid
from core.accounts.memberships import RightMissing
from core.actor import Actor, Impersonator, visitor
from core.errors import Conflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing, TooManyAttempts
from tests import cast
from tests.core.accounts.house import entries

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
PASSWORD = "a long enough secret 77"


class Mails:
    """Catches the tokens that are made, as the mailbox would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens: list[str] = []
        deliver = invitations._mail

        async def caught(client: Any, email: str, token: str, *, by: Actor) -> None:
            self.tokens.append(token)
            await deliver(client, email, token, by=by)

        monkeypatch.setattr(invitations, "_mail", caught)

    @property
    def token(self) -> str:
        return self.tokens[-1]


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Mails:
    return Mails(monkeypatch)


async def invite(by: Actor, email: str, *roles: str, client_id: int | None = None) -> dict[str, Any]:
    """Invite into the client of `by`, or another one."""
    to = client_id if client_id is not None else by.client.id if by.client else 0
    async with db.as_tenant(by.tenant.id):
        return await invitations.send(to, NewInvitation(email=email, roles=roles or ("billing",)), by=by)


async def client_id(login: str, code: str = "nova") -> int:
    async with db.as_tenant((await cast.tenant(code)).id):
        return int(await db.value("SELECT id FROM clients WHERE login = $1", login))


async def join(who: str, by: Actor, mails: Mails, *roles: str) -> Actor:
    """Somebody of the cast joins the client of `by`, and acts for it now."""
    await invite(by, cast.email(who), *roles)
    me = await cast.who(who)
    async with db.as_tenant(me.tenant.id):
        invitation = await joining.accept(mails.token, by=me)
        mine = await memberships.member(invitation["client_id"], me.person_id or 0)
    seat = me.client
    assert seat is not None
    there = msgspec.structs.replace(
        seat, id=invitation["client_id"], roles=frozenset(mine["roles"]), rights=mine["rights"]
    )
    return msgspec.structs.replace(me, client=there)


async def test_somebody_new_chooses_a_name_and_a_password_and_is_in(mails: Mails) -> None:
    jean = await cast.who("dupont")
    sent = await invite(jean, "New.One@Example.org", "billing", "technical")
    assert (sent["role_keys"], sent["is_over"]) == (["billing", "technical"], False)
    async with db.as_tenant(jean.tenant.id):
        stored = await db.row("SELECT * FROM invitations")
        assert stored is not None and mails.token not in str(dict(stored))
        behind = await joining.get(mails.token, by=visitor(jean.tenant))
        assert (behind["way"], behind["client_name"]) == ("person", "Jean Dupont")
        with pytest.raises(Invalid) as refused:
            await joining.accept_anew(mails.token, "", "short", by=visitor(jean.tenant))
        assert set(refused.value.errors) == {"name", "password"}
        await joining.accept_anew(mails.token, "Nina New", PASSWORD, by=visitor(jean.tenant))
        listed = await memberships.of_client(jean.client.id, by=jean)
        assert [(row["name"], row["role_keys"]) for row in listed] == [
            ("Jean Dupont", ["owner"]),
            ("Nina New", ["billing", "technical"]),
        ]
        assert [e["subject_name"] for e in await entries("invitation:accepted")] == ["Nina New"]
        assert (await entries("invitation:accepted"))[0]["actor_kind"] == "user"


async def test_a_link_works_once_for_seven_days_and_not_after_it_was_sent_again_or_withdrawn(mails: Mails) -> None:
    jean, nobody = await cast.who("dupont"), visitor(await cast.tenant("nova"))
    sent = await invite(jean, "new@example.org")
    first = mails.token
    async with db.as_tenant(jean.tenant.id):
        await invitations.resend(jean.client.id, sent["id"], by=jean)
        with pytest.raises(NotValid):
            await joining.get(first, by=nobody)
        with time_machine.travel(clock.now() + timedelta(days=7, seconds=1)), pytest.raises(NotValid):
            await joining.get(mails.token, by=nobody)
        await joining.accept_anew(mails.token, "Nina", PASSWORD, by=nobody)
        for again in (joining.get(mails.token, by=nobody), joining.accept(mails.token, by=jean)):
            with pytest.raises(NotValid):
                await again
    other = await invite(jean, "other@example.org")
    async with db.as_tenant(jean.tenant.id):
        await invitations.withdraw(jean.client.id, other["id"], by=jean)
        with pytest.raises(NotValid):
            await joining.get(mails.token, by=nobody)
        assert await invitations.of_client(jean.client.id, by=jean) == []


async def test_who_has_an_account_signs_in_and_nobody_else_takes_it_over(mails: Mails) -> None:
    jean = await cast.who("dupont")
    await invite(jean, cast.email("elodie"))
    async with db.as_tenant(jean.tenant.id):
        await db.execute("UPDATE people SET password_hash = 'x' WHERE email_folded = $1", cast.email("elodie"))
        assert (await joining.get(mails.token, by=visitor(jean.tenant)))["way"] == "sign-in"
        with pytest.raises(Conflict):
            await joining.accept_anew(mails.token, "Thief", PASSWORD, by=visitor(jean.tenant))
    elodie = await cast.who("elodie")
    async with db.as_tenant(jean.tenant.id):
        await joining.accept(mails.token, by=elodie)
        mine = await memberships.member(jean.client.id, elodie.person_id)
    assert mine["role_keys"] == ["billing"]


async def test_the_same_person_twice_only_gains_roles_and_an_owner_stays_one(mails: Mails) -> None:
    jean = await cast.who("dupont")
    elodie = await join("elodie", jean, mails, "billing")
    await invite(jean, "her.other@example.org", "technical")
    async with db.as_tenant(jean.tenant.id):
        await joining.accept(mails.token, by=elodie)
        mine = await memberships.member(jean.client.id, elodie.person_id)
        assert mine["role_keys"] == ["billing", "technical"]
    await invite(jean, "owners.other@example.org", "technical")
    async with db.as_tenant(jean.tenant.id):
        await joining.accept(mails.token, by=jean)
        assert (await memberships.member(jean.client.id, jean.person_id))["role_keys"] == ["owner"]


async def test_of_one_who_is_invited_nothing_tells_whether_he_is_known(mails: Mails) -> None:
    jean, told = await cast.who("dupont"), []
    for address in ("nobody@example.org", cast.email("elodie"), cast.email("max")):
        sent = await invite(jean, address)
        told.append({key for key, value in sent.items() if value})
    assert told[0] == told[1] == told[2]
    async with db.as_tenant(jean.tenant.id):
        entered = [set(entry["changes"]) for entry in await entries("invitation:sent")]
    assert entered[0] == entered[1] == entered[2]


async def test_what_is_wrong_is_said_beside_its_field(mails: Mails) -> None:
    jean = await cast.who("dupont")
    for email, roles, field in (
        ("nonsense", ("billing",), "email"),
        (cast.email("dupont"), ("billing",), "email"),
        ("new@example.org", ("owner",), "roles"),
        ("new@example.org", ("999",), "roles"),
        ("new@example.org", ("٣",), "roles"),
    ):
        with pytest.raises(Invalid) as refused:
            await invite(jean, email, *roles)
        assert set(refused.value.errors) == {field}, email
    await invite(jean, "new@example.org")
    with pytest.raises(Invalid) as refused:
        await invite(jean, "NEW@example.org")
    assert set(refused.value.errors) == {"email"}


async def test_nobody_gives_what_he_lacks(mails: Mails) -> None:
    jean = await cast.who("dupont")
    async with db.as_tenant(jean.tenant.id):
        head = await client_roles.create(
            jean.client.id, NewRole(name="Head", rights=("users:manage", "users:read", "log:read")), by=jean
        )
    elodie = await join("elodie", jean, mails, str(head["id"]))
    await invite(elodie, "fine@example.org", str(head["id"]))
    with pytest.raises(Invalid) as refused:
        await invite(elodie, "more@example.org", "billing")
    assert "roles" in refused.value.errors
    mightier = await invite(jean, "mighty@example.org", "technical")
    async with db.as_tenant(jean.tenant.id):
        for verb in (invitations.resend, invitations.withdraw):
            with pytest.raises(Forbidden):
                await verb(jean.client.id, mightier["id"], by=elodie)
        assert [key for key, *_more in await client_roles.choices(jean.client.id, by=elodie)] == [str(head["id"])]


async def test_an_invitation_dies_with_the_rights_of_the_user_who_sent_it(mails: Mails) -> None:
    jean = await cast.who("dupont")
    async with db.as_tenant(jean.tenant.id):
        rights_ = ("users:manage", "users:read", "log:read")
        head = await client_roles.create(jean.client.id, NewRole(name="Head", rights=rights_), by=jean)
    elodie = await join("elodie", jean, mails, str(head["id"]))
    await invite(elodie, "her.own.second@example.org", str(head["id"]))
    async with db.as_tenant(jean.tenant.id):
        mine = await memberships.member(jean.client.id, elodie.person_id)
        await members.change(jean.client.id, elodie.person_id, ("read-only",), version=mine["version"], by=jean)
        with pytest.raises(NotValid):
            await joining.get(mails.token, by=visitor(jean.tenant))
        await members.remove(jean.client.id, elodie.person_id, by=jean)
        assert await invitations.of_client(jean.client.id, by=jean) == []


async def test_who_may_not_cannot(mails: Mails) -> None:
    jean, sam, ada = await cast.who("dupont"), await cast.who("sam"), await cast.who("ada")
    dupont, mueller = await client_id("dupont"), await client_id("mueller")
    await invite(sam, "by.staff@example.org", client_id=dupont)
    with pytest.raises(PermissionMissing):
        await invite(ada, "x@example.org", client_id=dupont)
    with pytest.raises(NotFound):
        await invite(jean, "x@example.org", client_id=mueller)
    with pytest.raises(NotFound):
        await invite(await cast.who("lea"), "x@example.org", client_id=dupont)
    reader = await join("elodie", jean, mails, "read-only")
    with pytest.raises(RightMissing):
        await invite(reader, "x@example.org")
    inside = msgspec.structs.replace(
        jean, person_id=None, impersonator=Impersonator(visit_id=1, staff_id=1, name="Sam")
    )
    with pytest.raises(Forbidden):
        await invite(inside, "x@example.org")
    marie = await cast.who("durand")
    with pytest.raises(NotInEdition):
        await invite(marie, "x@example.org")


async def test_nobody_fills_a_mailbox_by_us(mails: Mails) -> None:
    jean = await cast.who("dupont")
    sent = await invite(jean, "new@example.org")
    async with db.as_tenant(jean.tenant.id):
        for _time in range(invitations.MAILED_PER_ADDRESS - 1):
            await invitations.resend(jean.client.id, sent["id"], by=jean)
        with pytest.raises(TooManyAttempts):
            await invitations.resend(jean.client.id, sent["id"], by=jean)


async def test_a_closed_client_and_an_edition_without_users_let_nobody_in(mails: Mails) -> None:
    jean, nobody = await cast.who("dupont"), visitor(await cast.tenant("nova"))
    await invite(jean, "new@example.org")
    standard = msgspec.structs.replace(nobody, tenant=msgspec.structs.replace(nobody.tenant, edition="standard"))
    async with db.as_tenant(jean.tenant.id):
        with pytest.raises(NotValid):
            await joining.get(mails.token, by=standard)
        await db.execute("UPDATE clients SET status = 'closed' WHERE id = $1", jean.client.id)
        with pytest.raises(NotValid):
            await joining.get(mails.token, by=nobody)
        with pytest.raises(Forbidden):
            await invitations.send(jean.client.id, NewInvitation(email="x@e.org", roles=("billing",)), by=jean)


async def test_who_has_nothing_left_here_chooses_a_new_password_and_keeps_his_name(mails: Mails) -> None:
    jean = await cast.who("dupont")
    async with db.as_tenant(jean.tenant.id):
        new = people.NewPerson(email="former@example.org", name="Fay Former", password=PASSWORD)
        person_id = await people.create(new, by=jean)
    await invite(jean, "former@example.org")
    async with db.as_tenant(jean.tenant.id):
        assert (await joining.get(mails.token, by=visitor(jean.tenant)))["way"] == "password"
        await joining.accept_anew(mails.token, "", "another long secret 78", by=visitor(jean.tenant))
        mine = await memberships.member(jean.client.id, person_id)
    assert (mine["name"], mine["rights"]) == ("Fay Former", rights.of(["billing"]))
