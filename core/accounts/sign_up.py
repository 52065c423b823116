"""Clients who sign up by themselves: asked for in a form, confirmed by a link in a mail, and made then.

Until the link is used there is no client, no person and no password: nothing that could act or be in the way.
An address that is known here is answered like any other; what follows happens in a job, and the mail tells its
holder alone.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Bytea, Integer, Text, Timestamptz

from core import clock, db, jobs, places, policies
from core.accounts import (
    field_values,
    fraud_registrations,
    people,
    projects,
    sessions,
    sign_up_mail,
    sign_up_settings,
    terms,
    throttle,
)
from core.accounts.clients import NewClient
from core.accounts.throttle import Limit
from core.actor import Actor, Tenant, system, visitor
from core.checks import Checks
from core.errors import Invalid, NotFound
from core.i18n import _

LASTS = timedelta(hours=24)
ASKED_PER_ADDRESS = 10
ADDRESS_WINDOW = timedelta(hours=1)
MAILED_PER_ACCOUNT = 3
NO_LETTER = re.compile(r"[^\w.+-]+")


class SignUp(db.Owned, tablename="sign_ups"):
    """Asked for, and not confirmed. `token_hash` is there once the link was mailed."""

    token_hash = Bytea(null=True)
    email = Text()
    kind = Text()
    company_name = Text()
    contact_person = Text()
    phone = Text()
    country = Text()
    locale = Text()
    fields = JSONB()
    terms = Integer(null=True)
    project_id = BigInt(null=True)
    address = Text()
    asked_at = Timestamptz()
    expires_at = Timestamptz()


class NewSignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the form asks; what the provider's settings hide must be left out. `terms` is the version agreed to.

    `fields` are those of the provider's own that clients see, by key.
    """

    email: str
    kind: Literal["individual", "company"] = "individual"
    company_name: str = ""
    contact_person: str = ""
    phone: str = ""
    country: str = ""
    fields: dict[str, field_values.Sent] = {}
    terms: int | None = None


class NotValid(NotFound):
    """Unknown, used or too old: it is all the same."""

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more. Please sign up once more."))


async def require_open() -> Mapping[str, Any]:
    """The settings of a provider where one may sign up; `NotFound` elsewhere."""
    found = await sign_up_settings.in_force()
    if not found["is_open"]:
        raise NotFound()
    return found


async def ask(new: NewSignUp, *, project_id: int | None = None, by: Actor) -> None:
    """Keep what was asked for, and send a link to confirm it. `by` is the visitor, `project_id` that of the host.

    The same for every address. Raises `Invalid` with an error for each field, and `TooManyAttempts`.
    """
    settings = await require_open()
    values = await _checked(new, settings, by=by)
    limit = Limit(f"sign_up:address:{throttle.network(by.address)}", ASKED_PER_ADDRESS, ADDRESS_WINDOW)
    await throttle.count(limit)
    now = clock.now()
    values |= {"project_id": project_id if policies.has_feature(by.tenant, "projects") else None}
    values |= {"locale": by.locale, "address": by.address, "asked_at": now, "expires_at": now + LASTS}
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    sign_up_id = await db.value(
        f"INSERT INTO sign_ups ({', '.join(values)}) VALUES ({marks}) RETURNING id", *values.values()
    )
    await jobs.later("sign_up.answer", {"id": sign_up_id, "base_url": by.tenant.base_url})


@jobs.task("sign_up.answer")
async def answer(payload: dict[str, Any], job: jobs.Job) -> None:
    """Mail the link; to who has the address already, that somebody signed up with it."""
    by = visitor(Tenant(id=job.tenant_id, code="", name=""))
    async with job.scope():
        asked = await db.row(
            "SELECT * FROM sign_ups WHERE id = $1 AND token_hash IS NULL FOR UPDATE", payload["id"]
        )
        if asked is None:
            return
        if await _is_flooded(asked):
            await db.execute("DELETE FROM sign_ups WHERE id = $1", asked["id"])
            return
        person = await people.find_by_email(asked["email"])
        if person is not None:
            await sign_up_mail.tell_holder(person, asked, payload, by=by)
            await db.execute("UPDATE sign_ups SET expires_at = $2 WHERE id = $1", asked["id"], clock.now())
            return
        await sign_up_mail.send_link(asked, payload, by=by)


async def get(token: str) -> Record:
    """What was asked for, by the link that is still good; else `NotValid`."""
    found = await db.row(
        "SELECT * FROM sign_ups WHERE token_hash = $1 AND expires_at > $2",
        sessions.digest(token),
        clock.now(),
    )
    if found is None:
        raise NotValid()
    return found


async def confirm(token: str, password: str, *, by: Actor) -> Record:
    """The address is proved: make the client and its owner, who signs in with this password; returns the client.

    Raises `NotValid`, `Invalid` under "password", and `fraud_checks.Stopped`: then the link is used up too.
    """
    await require_open()
    asked = await get(token)
    if not password:
        raise Invalid({"password": _("Please fill this in.")})
    used = await db.execute("DELETE FROM sign_ups WHERE id = $1", asked["id"])
    if used != "DELETE 1" or await people.find_by_email(asked["email"]) is not None:
        raise NotValid()
    return await _register(asked, password, by=_registrar(by.tenant, asked, by))


async def purge(now: datetime) -> None:
    """Forget what nobody confirmed."""
    await db.execute("DELETE FROM sign_ups WHERE expires_at <= $1", now)


def _registrar(tenant: Tenant, asked: Record, by: Actor) -> Actor:
    """The product itself, at the address the client signed up from."""
    return msgspec.structs.replace(
        system(tenant, name=_("Sign-up")), address=asked["address"], request_id=by.request_id, locale=by.locale
    )


async def _register(asked: Record, password: str, *, by: Actor) -> Record:
    new = NewClient(
        login=await _free_login(asked["email"]),
        email=asked["email"],
        country=asked["country"],
        kind=asked["kind"],
        company_name=asked["company_name"],
        contact_person=asked["contact_person"],
        password=password,
        language=asked["locale"],
        phone=asked["phone"],
        fields=await field_values.usable(asked["fields"]),
        send_welcome=True,
        project_id=await _project(asked["project_id"], by=by),
    )
    made = await fraud_registrations.register(new, by=by, source="sign_up", is_by_hand=False)
    if asked["terms"] is not None:
        owner = await people.find_by_email(asked["email"])
        assert owner is not None
        seen = {"agreed_at": asked["asked_at"], "address": asked["address"]}
        await terms.record_consent(made["id"], owner["id"], asked["terms"], by=by, **seen)
    return made


async def _project(project_id: int | None, *, by: Actor) -> int | None:
    """The project of the host, unless it takes no more clients or the edition has none by now."""
    if project_id is None or not policies.has_feature(by.tenant, "projects"):
        return None
    return project_id if await projects.takes_clients(project_id) else None


async def _free_login(email: str) -> str:
    """A login name that says whose it is and that no other client has."""
    base = NO_LETTER.sub("", email.partition("@")[0]).strip(".+-")[:50]
    base = base if len(base) > 1 else "client"
    taken = {
        row["login_folded"]
        for row in await db.fetch(
            "SELECT login_folded FROM clients WHERE login_folded = ANY($1)",
            [base.lower(), *(f"{base.lower()}{number}" for number in range(2, 100))],
        )
    }
    free = (name for name in (base, *(f"{base}{number}" for number in range(2, 100))) if name.lower() not in taken)
    return next(free, f"{base}-{sessions.new_token()[:8]}")


async def _checked(new: NewSignUp, settings: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    checks = Checks()
    is_company = new.kind == "company"
    _check_asked(checks, new, settings)
    country = checks.country("country", new.country) if settings["country"] == "required" else by.tenant.country
    values = {
        "email": people.checked_email(checks, new.email),
        "kind": new.kind,
        "company_name": checks.text("company_name", new.company_name, longest=200, required=is_company),
        "contact_person": checks.text("contact_person", new.contact_person, longest=200),
        "phone": checks.phone("phone", new.phone, country=country if country in places.COUNTRIES else ""),
        "country": country,
        "terms": await _checked_terms(checks, new.terms),
    }
    own = await field_values.checked(checks, new.fields, is_new=True, is_by_client=True)
    checks.done()
    return values | {"fields": {key: field_values.plain(value) for key, (_field, value) in own.items()}}


def _check_asked(checks: Checks, new: NewSignUp, settings: Mapping[str, Any]) -> None:
    """Whether what is hidden was left out, and what is required is there."""
    if settings["company"] == "hidden" and (new.kind == "company" or new.company_name):
        checks.error("kind", _("This is not one of the choices."))
    if settings["company"] == "required" and new.kind != "company":
        checks.error("company_name", _("Please fill this in."))
    if settings["phone"] == "hidden" and new.phone:
        checks.error("phone", _("There is no such field."))
    if settings["phone"] == "required" and not new.phone.strip():
        checks.error("phone", _("Please fill this in."))
    if settings["country"] == "hidden" and new.country:
        checks.error("country", _("There is no such field."))


async def _checked_terms(checks: Checks, agreed: int | None) -> int | None:
    last = await terms.current()
    if last is None:
        return None
    if agreed != last["number"]:
        checks.error("terms", _("Please read the terms and agree to them."))
    return int(last["number"])


async def _is_flooded(asked: Record) -> bool:
    """Whether somebody fills this mailbox: silently, because the visitor must not learn what is behind it."""
    count = await db.value(
        """SELECT count(*) FROM sign_ups WHERE email_folded = lower($1) AND asked_at > $2
             AND (asked_at, id) < ($3, $4)""",
        asked["email"],
        asked["asked_at"] - ADDRESS_WINDOW,
        asked["asked_at"],
        asked["id"],
    )
    return int(count) >= MAILED_PER_ACCOUNT
