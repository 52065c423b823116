"""Sign-up over JSON: its settings, the versions of the terms, and who agreed to them."""

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import clients, sign_up_settings, terms
from core.accounts.sign_up_settings import Asked, SignUpChanges
from core.accounts.terms import NewTerms
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.visit import By


class SignUpSettings(msgspec.Struct, kw_only=True):
    """Whether clients may sign up by themselves, and what they are asked besides name and e-mail."""

    is_open: bool
    company: Asked
    phone: Asked
    country: Asked
    version: int


class SignUpEdit(SignUpChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Terms(msgspec.Struct, kw_only=True):
    """One version of the terms of service. `consents` counts the people who agreed to it."""

    number: int
    text_en: str
    text_fr: str
    published_at: Moment
    published_by: str
    consents: int = 0


class TermsList(msgspec.Struct, kw_only=True):
    """All versions, the newest first: that is the one in force."""

    items: list[Terms]


class Consent(msgspec.Struct, kw_only=True):
    """Somebody agreed to version `number` of the terms for a client."""

    number: int
    name: str
    email: str
    agreed_at: Moment
    address: str


class ConsentList(msgspec.Struct, kw_only=True):
    """All of a client, the newest first."""

    items: list[Consent]


@get("/v1/sign-up", **asks(Permission.SETTINGS_MANAGE))
async def show(by: By) -> SignUpSettings:
    """Get the settings of the sign-up."""
    return answers.of(SignUpSettings, await sign_up_settings.get(by=by))


@patch("/v1/sign-up", **asks(Permission.SETTINGS_MANAGE, body=SignUpEdit))
async def update(by: By, sent: NamedDependency[SignUpEdit]) -> SignUpSettings:
    """Change them; 409 when somebody else did since `version` was read."""
    changed = await sign_up_settings.update(part(SignUpChanges, sent), version=sent.version, by=by)
    return answers.of(SignUpSettings, changed)


@get("/v1/terms", **asks(Permission.SETTINGS_MANAGE))
async def versions(by: By) -> TermsList:
    """List the versions of the terms."""
    return TermsList(items=[answers.of(Terms, row) for row in await terms.every(by=by)])


@post("/v1/terms", **asks(Permission.SETTINGS_MANAGE, body=NewTerms))
async def publish(by: By, sent: NamedDependency[NewTerms]) -> Response[Terms]:
    """Put a new version in force; 409 when it says the same as the one there is."""
    return answers.created(answers.of(Terms, await terms.publish(sent, by=by)), "/terms")


@get("/v1/clients/{code:int}/consents", **asks(Permission.CLIENT_READ))
async def consents(by: By, code: FromPath[int]) -> ConsentList:
    """List who agreed to which terms for a client."""
    client = await clients.get(code, by=by)
    found = await terms.consents_of(client["id"], by=by)
    return ConsentList(items=[answers.of(Consent, row) for row in found])


ROUTES = [show, update, versions, publish, consents]
