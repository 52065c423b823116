"""Whatever is done to the users of two clients, in whatever order: one owner each, and no right outlives its
membership.

Hypothesis invites, accepts, changes roles, hands over, takes out, leaves and merges. After every step each session
that was ever opened is asked what it may.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core import db
from core.accounts import (
    client_merging,
    client_roles,
    clients,
    invitations,
    joining,
    members,
    memberships,
    people,
    rights,
    sessions,
)
from core.accounts.client_roles import NewRole
from core.accounts.clients import NewClient
from core.accounts.invitations import NewInvitation
from core.accounts.joining import NotValid
from core.accounts.people import NewPerson
from core.accounts.sessions import SignedIn
from core.actor import Actor, Tenant, system, visitor
from core.errors import Refusal
from tests import cast
from tests.visitor import PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
ROLES = st.lists(st.sampled_from(rights.GIVEABLE), min_size=1, max_size=2, unique=True).map(tuple)
PLACES, PERSONS = st.sampled_from([0, 1]), st.integers(0, 3)
ACTORS = st.sampled_from([-1, -1, -1, 0, 1, 2, 3])
"""Who acts: the owner, mostly, or one of the others."""
_numbers = itertools.count(1)


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """What is refused leaves nothing behind, as in a request."""
    with suppress(Refusal):
        async with db.savepoint():
            yield


class Members(RuleBasedStateMachine):
    """Two clients and four people beside their owners. Rules that are refused change nothing, which is fine."""

    loop: asyncio.AbstractEventLoop
    tenant: Tenant
    links = Bundle("links")

    def do(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Run it in the test's own loop, in a transaction of the provider."""

        async def inside() -> Any:
            async with db.as_tenant(self.tenant.id):
                return await call

        return asyncio.run_coroutine_threadsafe(inside(), self.loop).result(30)

    @initialize()
    def begin(self) -> None:
        self.clients: list[dict[str, Any]] = [self.do(self.client()) for _place in range(2)]
        self.people: list[int] = [self.do(self.person()) for _place in range(4)]
        self.people += [self.do(self.owner(client["id"])) for client in self.clients]
        for place, person in ((0, 0), (0, 1), (1, 1)):
            self.do(self.join(place, person))
        self.tokens: list[tuple[int, str]] = []
        self.accepted: list[str] = []
        self.is_merged = False

    async def client(self) -> dict[str, Any]:
        login = f"machine-{next(_numbers)}"
        new = NewClient(
            login=login, email=f"{login}@m.example", country="FR", contact_person=login, password=PASSWORD
        )
        made = dict(await clients.create(new, by=system(self.tenant)))
        head = NewRole(name="Head", rights=("users:manage", "users:read", "log:read"))
        role = await client_roles.create(made["id"], head, by=system(self.tenant))
        return made | {"head": str(role["id"])}

    async def person(self) -> int:
        name = f"person-{next(_numbers)}"
        new = NewPerson(email=f"{name}@m.example", name=name, password=PASSWORD)
        return await people.create(new, by=system(self.tenant))

    async def join(self, place: int, person: int) -> None:
        """Begin with some who keep the other users."""
        client = self.clients[place]
        await db.execute(
            "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, '{}', now())",
            client["id"],
            self.people[person],
        )
        await db.execute(
            "INSERT INTO membership_roles (client_id, person_id, role_id) VALUES ($1, $2, $3)",
            client["id"],
            self.people[person],
            int(client["head"]),
        )

    async def owner(self, client_id: int) -> int:
        return int(
            await db.value("SELECT person_id FROM memberships WHERE client_id = $1 AND is_owner", client_id)
        )

    async def acts(self, person: int, place: int) -> SignedIn | None:
        """A new session of somebody for a client; None when he has no seat there."""
        client_id = self.clients[place]["id"]
        owned = "SELECT person_id FROM memberships WHERE client_id = $1 AND is_owner"
        person_id = self.people[person] if person >= 0 else await db.value(owned, client_id)
        if not await db.value("SELECT EXISTS (SELECT FROM people WHERE id = $1)", person_id):
            return None
        by = visitor(self.tenant)
        token = await sessions.open_session(person_id, by=by, client_id=client_id)
        self.tokens.append((person_id, token))
        return await sessions.actor_of(sessions.digest(token), self.tenant)

    async def member(self, nth: int, place: int) -> int:
        """The id of one of the users of a client; of nobody when it has none."""
        sql = "SELECT person_id, is_owner FROM memberships WHERE client_id = $1"
        found = await db.fetch(sql, self.clients[place]["id"])
        # Ids are partly random: the same steps mean the same people only in the order in which these were made.
        listed = sorted(found, key=lambda row: (row["is_owner"], self.people.index(row["person_id"])))
        return int(listed[nth % len(listed)]["person_id"]) if listed else 0

    async def as_user(self, person: int, place: int) -> tuple[SignedIn, Actor] | None:
        found = await self.acts(person, place)
        return (found, memberships.as_user(found.actor)) if found and found.actor.client else None

    @rule(target=links, person=ACTORS, place=PLACES, roles=ROLES, as_head=st.booleans())
    def invite(self, person: int, place: int, roles: tuple[str, ...], as_head: bool) -> Any:
        given = (self.clients[place]["head"],) if as_head else roles
        # A link that was refused opens nothing, and is tried all the same: so there are as many whatever happened.
        return self.do(self._invite(person, place, given)) or sessions.new_token()

    async def _invite(self, person: int, place: int, roles: tuple[str, ...]) -> str | None:
        who = await self.as_user(person, place)
        if who is None:
            return None
        new = NewInvitation(email=f"guest-{next(_numbers)}@m.example", roles=roles)
        await db.execute("DELETE FROM attempts")
        async with undone():
            made = await invitations.send(self.clients[place]["id"], new, by=who[1])
            token = sessions.new_token()
            kept = "UPDATE invitations SET token_hash = $2 WHERE id = $1"
            await db.execute(kept, made["id"], sessions.digest(token))
            return token
        return None

    @rule(token=links, person=PERSONS, place=PLACES)
    def accept(self, token: str, person: int, place: int) -> None:
        self.do(self._accept(token, person, place))

    async def _accept(self, token: str, person: int, place: int) -> None:
        exists = await db.value("SELECT EXISTS (SELECT FROM people WHERE id = $1)", self.people[person])
        by = Actor(kind="user", tenant=self.tenant, name="x", person_id=self.people[person], session_id=1)
        if exists:
            with suppress(NotValid):
                await joining.accept(token, by=by)
                assert token not in self.accepted, "an invitation was used twice"
                self.accepted.append(token)

    @rule(by=ACTORS, person=st.integers(0, 5), place=PLACES, roles=ROLES, as_head=st.booleans())
    def change(self, by: int, person: int, place: int, roles: tuple[str, ...], as_head: bool) -> None:
        given = (self.clients[place]["head"],) if as_head else roles
        self.do(self._change(by, person, place, given))

    async def _change(self, by: int, person: int, place: int, roles: tuple[str, ...]) -> None:
        client_id, person_id = self.clients[place]["id"], await self.member(person, place)
        who = await self.as_user(by, place)
        if who is not None:
            async with undone():
                version = (await memberships.member(client_id, person_id))["version"]
                await members.change(client_id, person_id, roles, version=version, by=who[1])

    @rule(by=ACTORS, person=st.integers(0, 5), place=PLACES)
    def remove(self, by: int, person: int, place: int) -> None:
        self.do(self._remove(by, person, place))

    async def _remove(self, by: int, person: int, place: int) -> None:
        who = await self.as_user(by, place)
        if who is not None:
            async with undone():
                person_id = await self.member(person, place)
                await members.remove(self.clients[place]["id"], person_id, by=who[1])
                assert await self.seat_of(person_id, place) is None

    @rule(person=st.integers(0, 5), place=PLACES)
    def leave(self, person: int, place: int) -> None:
        self.do(self._leave(person, place))

    async def _leave(self, person: int, place: int) -> None:
        who = await self.as_user(person, place)
        if who is not None:
            async with undone():
                await members.leave(by=who[1])
                assert await self.seat_of(self.people[person], place) is None

    @rule(by=ACTORS, person=st.integers(0, 5), place=PLACES)
    def transfer(self, by: int, person: int, place: int) -> None:
        self.do(self._transfer(by, person, place))

    async def _transfer(self, by: int, person: int, place: int) -> None:
        who = await self.as_user(by, place)
        if who is not None:
            async with undone():
                person_id = await self.member(person, place)
                await members.transfer(self.clients[place]["id"], person_id, by=who[1], signed_in=who[0])

    @rule(gone=PLACES)
    def merge(self, gone: int) -> None:
        if not self.is_merged:
            into = self.clients[1 - gone]["code"]
            self.do(
                client_merging.merge(
                    self.clients[gone]["code"], into, owner_role="billing", by=system(self.tenant)
                )
            )
            self.is_merged, self.gone = True, gone

    async def seat_of(self, person_id: int, place: int) -> Any:
        return await db.row(
            "SELECT * FROM memberships WHERE client_id = $1 AND person_id = $2",
            self.clients[place]["id"],
            person_id,
        )

    @invariant()
    def there_is_one_owner(self) -> None:
        for place, client in enumerate(getattr(self, "clients", ())):
            sql = "SELECT count(*) FROM memberships WHERE client_id = $1 AND is_owner"
            expected = 0 if self.is_merged and place == self.gone else 1
            assert self.do(db.value(sql, client["id"])) == expected

    @invariant()
    def no_right_outlives_its_membership(self) -> None:
        self.do(self._ask_every_session())

    async def _ask_every_session(self) -> None:
        for person_id, token in getattr(self, "tokens", ()):
            found = await sessions.actor_of(sessions.digest(token), self.tenant)
            seat = found.actor.client if found else None
            if seat is None:
                continue
            mine = await memberships.member(seat.id, person_id)
            assert seat.rights == mine["rights"]
            assert seat.is_owner == mine["is_owner"]

    @invariant()
    def an_accepted_invitation_is_over(self) -> None:
        for token in getattr(self, "accepted", ()):
            with pytest.raises(NotValid):
                self.do(joining.get(token, by=visitor(self.tenant)))


async def test_one_owner_and_no_right_that_outlives_its_membership() -> None:
    nova = await cast.tenant("nova")

    class Running(Members):
        loop = asyncio.get_running_loop()
        tenant = nova

    how = hypothesis.settings(
        max_examples=40,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=True,
    )
    await asyncio.to_thread(_run, Running, how)


def _run(machine: type[Members], how: hypothesis.settings) -> None:
    run_state_machine_as_test(machine, settings=how)
