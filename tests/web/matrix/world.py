"""Everything the table speaks of, in one database: people to ask, things to name, and a way to call a route.

Nova is whose matters these are. Acme is the other provider; here it has the highest edition, so that it can own
everything.
"""

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pyotp

from core import clock, db, policies, provision
from core.accounts import api_keys, passkeys, second_factor, sessions
from core.accounts.passkey_answers import Place
from core.actor import Actor
from core.settings import Settings
from tests import cast
from tests.authenticator import Authenticator
from tests.visitor import PASSWORD
from tests.web.matrix import table, things
from tests.web.matrix.fingerprints import Fingerprints
from tests.web.matrix.row import Row
from web.app import create_app

RANDOM_NUMBER, RANDOM_CODE, RANDOM_TEXT = 4503599627370496, 987654, "no-such-thing"
NOBODYS = (
    "plugin",
    "mail",
    "static",
    "accent",
    "notification_kind",
    "notification_text",
    "due_service",
    "ready_to_dun",
    "renewal_price",
    "renewal_start",
    "own_renewal_price",
    "own_renewal_start",
    "own_change_price",
)
"""What belongs to no provider, so that there is no other one's; and what only makes something due, unnamed."""

PREPARED = """
UPDATE providers SET edition = 'corporate', is_sandbox = true;
UPDATE counters SET next = 5000 WHERE tenant_id = (SELECT id FROM providers WHERE code = 'acme');
"""
"""Acme's new clients get codes that Nova has not."""


_OF_PROVIDER = "SELECT s.version FROM {} s JOIN providers p ON p.id = tenant_id WHERE code = $1"
VERSIONS = {
    "!version": ("SELECT version FROM providers WHERE code = $1", 1),
    "!sign_up_version": (_OF_PROVIDER.format("sign_up_settings"), 1),
    "!plugin": (_OF_PROVIDER.format("plugin_settings"), 0),
    "!dunning_version": (_OF_PROVIDER.format("dunning_settings"), 0),
    "!attachment_version": (_OF_PROVIDER.format("attachment_settings"), 1),
    "!incoming_version": (_OF_PROVIDER.format("incoming_mail_settings"), 1),
    "!fraud_version": (_OF_PROVIDER.format("fraud_settings"), 1),
    "!phone_version": (_OF_PROVIDER.format("phone_settings"), 1),
    "!portal_version": (_OF_PROVIDER.format("portal_settings"), 1),
    "!tax_version": (_OF_PROVIDER.format("tax_settings"), 0),
}
"""Where the version of what is edited stands, and which one it has before it was."""


class Somebody(msgspec.Struct, frozen=True):
    """Who asks: a person by a session, a program by a key, or a stranger with a visitor's cookie."""

    host: str
    actor: Actor | None = None
    token: str = ""
    key: str = ""

    @property
    def cookies(self) -> dict[str, str]:
        return {"comptoir-session": self.token} if self.token else {"comptoir-visitor": "a-stranger"}

    @property
    def seed(self) -> str:
        return self.token or "a-stranger"


ROOM_FOR_KEYS = 15
"""Of the 20 that Standard has room for; then those that were used go."""


class World:
    """One database with the cast, the application in front of it, and a look from above."""

    def __init__(self, settings: Settings, admin: asyncpg.Connection) -> None:
        self.settings = msgspec.structs.replace(settings, mail_catcher=True)
        self.admin = admin
        self.numbers = itertools.count(1)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(self.settings), client=("203.0.113.7", 4711)),
        )
        self.actors: dict[str, Actor] = {}
        self.people: dict[tuple[str, bool], Somebody] = {}
        self.things: dict[tuple[tuple[str, ...], str], list[Any]] = {}
        self.fingerprints = Fingerprints(admin)

    @classmethod
    @asynccontextmanager
    async def of(cls, settings: Settings, admin_url: str) -> AsyncIterator[Self]:
        name = urlsplit(settings.database_url).path.strip("/")
        admin = await asyncpg.connect(provision.address(admin_url, database=name))
        world = cls(settings, admin)
        world.fingerprints = await Fingerprints.over(admin)
        for person in ("olga", "rita", "alice", "bob", "zoe"):
            world.actors[person] = await cast.who(person)
        await admin.execute("UPDATE providers SET edition = 'standard' WHERE code = 'petit'")
        try:
            yield world
        finally:
            await world.client.aclose()
            await admin.close()

    # Who asks

    async def person(self, name: str) -> Somebody:
        """Somebody of the cast with a new session; "" is a stranger."""
        if not name:
            return Somebody("nova")
        by, token = await cast.session(name)
        return Somebody("" if by.tenant.is_platform else by.tenant.code, by, token)

    async def key_of(self, name: str) -> Somebody:
        """A key of this person that may all that the person may."""
        by = (await self.person(name)).actor
        assert by is not None
        scopes = policies.permissions_of(by)
        async with db.as_tenant(by.tenant.id):
            if await db.value("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") >= ROOM_FOR_KEYS:
                await api_keys.revoke_all_of(by.staff_id or 0, by=by)
                self.people.pop((name, True), None)
            made = await api_keys.create(api_keys.NewKey(name=self.fresh("key"), scopes=scopes), by=by)
        return Somebody(by.tenant.code, by, key=made.key)

    async def for_row(self, row: Row, name: str | None = None) -> Somebody:
        """The person, or his key, as the row wants it."""
        name = row.by if name is None else name
        return await self.key_of(name) if row.is_json and name else await self.person(name)

    async def same_for_row(self, row: Row, name: str | None = None) -> Somebody:
        """The same person, or key, for all rows: for requests that end no session and revoke no key."""
        key = (row.by if name is None else name, row.is_json)
        if key not in self.people:
            self.people[key] = await self.for_row(row, name)
        return self.people[key]

    # What is asked about

    def fresh(self, what: str = "thing") -> str:
        """A word that was not used before."""
        return f"{what}-{next(self.numbers)}"

    def fresh_day(self) -> date:
        """A day that was not used before."""
        return date(2000, 1, 1) + timedelta(days=next(self.numbers))

    async def own(self, kind: str, whose: str = "alice") -> Any:
        """A new thing of this kind, of one's own. Gives what stands in its address."""
        if whose not in self.actors:
            self.actors[whose] = await cast.who(whose)
        return await (things.MAKERS | table.merged("MAKERS"))[kind](self, self.actors[whose])

    async def same(self, kinds: tuple[str, ...], whose: str = "alice") -> list[Any]:
        """The same things of these kinds each time, made one after the other: for requests that change nothing."""
        if (kinds, whose) not in self.things:
            self.things[kinds, whose] = [await self.own(kind, whose) for kind in kinds]
        return self.things[kinds, whose]

    def nobodys(self, kind: str) -> Any:
        """What an address of this kind could hold, of nothing that is there."""
        if kind == "client":
            return RANDOM_CODE
        textual = (
            "link",
            "sign_up",
            "invited",
            "plugin",
            "mail",
            "static",
            "accent",
            "provider",
            "suspended_provider",
        )
        return RANDOM_TEXT if kind in textual else RANDOM_NUMBER

    # What is sent

    async def filled(self, row: Row, somebody: Somebody) -> dict[str, Any] | None:
        """The body with its new words; things (`$group`) stay for `with_things`."""
        if row.send is None:
            return None
        return {field: await self._new(value, somebody) for field, value in row.send.items()}

    async def _new(self, value: Any, somebody: Somebody) -> Any:
        if not (isinstance(value, str) and value.startswith("!")):
            return value
        if value in ("!first_code", "!enrolled"):
            return await self._second_factor(value, somebody)
        if value == "!passkey":
            return await self._made_passkey(somebody)
        if value in VERSIONS:
            return await self.admin.fetchval(VERSIONS[value][0], somebody.host) or VERSIONS[value][1]
        if value == "!today":
            return clock.today("Europe/Paris").isoformat()
        if value == "!now":
            return clock.now().isoformat()
        if value == "!day":
            return self.fresh_day().isoformat()
        word = self.fresh(value[1:])
        return f"{word}@new.example" if value == "!email" else word

    async def _second_factor(self, value: str, somebody: Somebody) -> str:
        by = somebody.actor
        assert by is not None
        async with db.as_tenant(by.tenant.id):
            await second_factor.begin(by=by)
            begun = await second_factor.enrolment(by=by)
            assert begun is not None
            code = pyotp.TOTP(begun.secret).now()
            if value == "!first_code":
                return code
            await second_factor.confirm(code, by=by, token=somebody.token)
        digest = sessions.digest(somebody.token)
        await self.admin.execute("UPDATE sessions SET token_hash = $1 WHERE person_id = $2", digest, by.person_id)
        return PASSWORD

    async def _made_passkey(self, somebody: Somebody) -> str:
        """The answer of a browser that was asked to make a passkey for this session; "" without one."""
        if somebody.actor is None or not somebody.token:
            return ""
        host = f"{somebody.host}.localhost"
        place = Place(host=host, origin=f"http://{host}")
        async with db.as_tenant(somebody.actor.tenant.id):
            me = await sessions.actor_of(sessions.digest(somebody.token), somebody.actor.tenant)
            assert me is not None
            asked = await passkeys.options(place=place, seed=somebody.token, signed_in=me)
        return Authenticator(place.origin).make(asked)

    async def call(
        self,
        row: Row,
        somebody: Somebody,
        *,
        things: dict[str, Any],
        send: dict[str, Any] | None = None,
        csrf: str | None = None,
        headers: dict[str, str] | None = None,
        host: str | None = None,
    ) -> httpx.Response:
        """Call the route with these things and this body. `csrf` is the form's token, by default the right one."""
        path = row.path.format(**things)
        query = row.query
        for name, value in things.items():
            query = query.replace(name, str(value)) if name.startswith("$") else query
        name = somebody.host if host is None else host
        sent: dict[str, Any] = {"headers": dict(headers or {})}
        if somebody.key:
            sent["headers"]["authorization"] = f"Bearer {somebody.key}"
        else:
            sent["headers"]["cookie"] = "; ".join(f"{k}={v}" for k, v in somebody.cookies.items())
        if row.is_json and send is not None:
            sent["content"] = json.dumps(send)
            sent["headers"]["content-type"] = "application/json"
        elif row.method == "POST" and not row.is_json:
            token = self.token(somebody) if csrf is None else csrf
            sent["data"] = (send or {}) | ({"_csrf": token} if token else {})
        url = f"http://{name}.localhost{path}" if name else f"http://localhost{path}"
        return await self.client.request(row.method, url + (f"?{query}" if query else ""), **sent)

    def token(self, somebody: Somebody) -> str:
        """The right token for the forms of this visitor."""
        key = self.settings.secret_key.encode()
        return hmac.new(key, somebody.seed.encode(), hashlib.sha256).hexdigest()

    # What changed

    async def fingerprint(self, tenant_id: int | None = None) -> dict[str, str]:
        """Every table with a hash of its rows; with a tenant, of its own rows only."""
        return await self.fingerprints.take(tenant_id)


def about(answer: httpx.Response) -> str:
    """What an answer says, for people who mend a test."""
    text = re.sub(r"(?s)<head>.*</head>|<nav.*</nav>|<header.*</header>|<select.*?</select>", " ", answer.text)
    return f"{answer.status_code} " + re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))[:400]


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that are not as they were."""
    return [table for table in before if before[table] != after.get(table)]
