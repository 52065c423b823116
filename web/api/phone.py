"""Telephone numbers of clients over JSON: where they stand, codes, letting off, and when they are asked for."""

from typing import Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import phone_decisions, phone_projects, phone_settings
from core.accounts.phone_needs import Purpose, Stand
from core.accounts.phone_projects import PhoneProjectChanges
from core.accounts.phone_settings import Asked, PhoneChanges
from core.actor import Actor
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.visit import By

HERE = "/v1/clients/{code:int}/phone"


class PhoneEntry(msgspec.Struct, kw_only=True):
    """Something that happened: a code (*sent*, *verified*, *spent* by wrong tries, *replaced* by a later one,
    *expired*) or a decision (*waived*, *asked*). Keys that may not change clients read `phone` masked, unless it
    is the verified one.
    """

    what: Literal["code", "decision"]
    state: Literal["sent", "verified", "spent", "replaced", "expired", "waived", "asked"]
    phone: str
    tries: int
    at: Moment
    ended_at: Moment | None
    who: str
    ended_by: str
    reason: str


class Phone(msgspec.Struct, kw_only=True):
    """Where a client stands. `needed` is what it has to verify its number for: *order*, *pay*.

    *asked*: staff want it once more. *expired*: it was verified too long ago. `until` is how long it is good, null
    for ever. `history` are the last 50 things that happened, the newest first.
    """

    stand: Stand
    phone: str
    verified_at: Moment | None
    until: Moment | None
    needed: list[Purpose]
    decided_at: Moment | None
    decided_by: str
    reason: str
    history: list[PhoneEntry]


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mobile number to send a code to."""

    phone: str


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The six digits that came by SMS."""

    code: str


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the client is let off."""

    reason: str


class PhoneSettings(msgspec.Struct, kw_only=True):
    """When numbers are asked for, and how codes are limited.

    `registration`: of whom after registration. `per_...` are codes a day: to a number, of a client, from a network
    address, in all. `countries` are those of numbers, as ISO codes; none: all. `holds_days` 0: for ever.
    """

    registration: Asked
    registration_since: Moment | None
    paying: bool
    tries: int
    wait_seconds: int
    minutes: int
    per_number: int
    per_client: int
    per_network: int
    per_day: int
    countries: list[str]
    holds_days: int
    version: int


class PhoneEdit(PhoneChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class PhoneProject(msgspec.Struct, kw_only=True):
    """What a project has otherwise; *usual* is as the provider has it. `products`: whether those that ask do."""

    registration: Literal["usual", "never", "new", "all"]
    registration_since: Moment | None
    paying: Literal["usual", "yes", "no"]
    products: bool
    version: int


class PhoneProjectEdit(PhoneProjectChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get(HERE, **asks(Permission.FRAUD_READ))
async def show(by: By, code: FromPath[int]) -> Phone:
    """Get where a client stands with its telephone number, and what happened."""
    return await _phone(code, by=by)


@post(f"{HERE}/codes", status_code=200, **asks(Permission.PHONE_ASK, body=Number))
async def send(by: By, code: FromPath[int], sent: NamedDependency[Number]) -> Phone:
    """Send a code by SMS; 409 where nothing sends SMS, 429 when one was sent lately or enough today."""
    await phone_decisions.send(code, sent.phone, by=by)
    return await _phone(code, by=by)


@post(f"{HERE}/confirm", status_code=200, **asks(Permission.PHONE_ASK, body=Code))
async def confirm(by: By, code: FromPath[int], sent: NamedDependency[Code]) -> Phone:
    """Try a code; 422 for a wrong one, which counts."""
    await phone_decisions.confirm(code, sent.code, by=by)
    return await _phone(code, by=by)


@post(f"{HERE}/ask", status_code=200, **asks(Permission.PHONE_ASK))
async def ask(by: By, code: FromPath[int]) -> Phone:
    """Have the client verify its number before it orders or pays next; 409 where nothing sends SMS."""
    await phone_decisions.ask(code, by=by)
    return await _phone(code, by=by)


@post(f"{HERE}/waive", status_code=200, **asks(Permission.PHONE_WAIVE, body=Waiver))
async def waive(by: By, code: FromPath[int], sent: NamedDependency[Waiver]) -> Phone:
    """Let the client off, until that is taken back."""
    await phone_decisions.waive(code, sent.reason, by=by)
    return await _phone(code, by=by)


@post(f"{HERE}/take-back", status_code=200, **asks(Permission.PHONE_WAIVE))
async def take_back(by: By, code: FromPath[int]) -> Phone:
    """Ask the client again as any other; 409 when it was not let off."""
    await phone_decisions.take_back(code, by=by)
    return await _phone(code, by=by)


@get("/v1/phone-settings", **asks(Permission.SETTINGS_MANAGE))
async def show_settings(by: By) -> PhoneSettings:
    """Get when telephone numbers are asked for."""
    return answers.of(PhoneSettings, await phone_settings.get(by=by))


@patch("/v1/phone-settings", **asks(Permission.SETTINGS_MANAGE, body=PhoneEdit))
async def update_settings(by: By, sent: NamedDependency[PhoneEdit]) -> PhoneSettings:
    """Change it; 409 when somebody else did since `version` was read."""
    changed = await phone_settings.update(part(PhoneChanges, sent), version=sent.version, by=by)
    return answers.of(PhoneSettings, changed)


@get("/v1/projects/{project_id:int}/phone", **asks(Permission.PROJECT_UPDATE))
async def show_project(by: By, project_id: FromPath[int]) -> PhoneProject:
    """Get where a project asks for telephone numbers otherwise than the provider."""
    return answers.of(PhoneProject, await phone_projects.get(project_id, by=by))


@patch("/v1/projects/{project_id:int}/phone", **asks(Permission.PROJECT_UPDATE, body=PhoneProjectEdit))
async def update_project(
    by: By, project_id: FromPath[int], sent: NamedDependency[PhoneProjectEdit]
) -> PhoneProject:
    """Change it; 409 when somebody else did since `version` was read."""
    changes = part(PhoneProjectChanges, sent)
    return answers.of(PhoneProject, await phone_projects.update(project_id, changes, version=sent.version, by=by))


async def _phone(code: int, *, by: Actor) -> Phone:
    _client, found = await phone_decisions.standing(code, by=by)
    history = [answers.of(PhoneEntry, row) for row in await phone_decisions.history(code, by=by)]
    return answers.of(Phone, found, needed=sorted(found.needed), history=history)


ROUTES: list[Any] = [
    show,
    send,
    confirm,
    ask,
    waive,
    take_back,
    show_settings,
    update_settings,
    show_project,
    update_project,
]
