"""Payers over JSON: of all clients, of one, a client's only one, and merging two."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.accounts import access, clients, payer_documents, payer_fields, payer_list, payer_merging, payers
from core.accounts.payer_list import PayerFilter
from core.accounts.payers import NewPayer, PayerChanges
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
Kind = Literal["individual", "company", "sole_proprietor"]


class Payer(msgspec.Struct, kw_only=True):
    """A payer of the client with the code `client`. Fields that its kind does not have in its country are "".

    `is_complete`: nothing is missing, so that a document can name it. `merged_into_id`: it was merged, and that
    one stands for it.
    """

    id: int
    client: int
    kind: Kind
    country: str
    name: str
    contact_person: str
    registration_number: str
    vat_number: str
    street: str
    postcode: str
    city: str
    region: str
    email: str
    language: str
    iban: str
    bic: str
    is_default: bool
    is_complete: bool
    has_documents: bool
    merged_into_id: int | None
    created_at: Moment
    version: int


class PayerList(msgspec.Struct, kw_only=True):
    """The payers of one client, the default one first."""

    items: list[Payer]


class PayerPage(msgspec.Struct, kw_only=True):
    """A page of payers. `next` and `previous` are cursors for `after` and `before`, null at an end."""

    items: list[Payer]
    next: str | None
    previous: str | None


class PayerQuery(PayerFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place; by name."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Payers on a page")] = payer_list.PAGE


class PayerEdit(PayerChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class PayerMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payer of the same client that stays."""

    into: int


class PayerMergePreview(msgspec.Struct, kw_only=True):
    """What merging would do. `differing` are the fields in which the two differ; those of `stays` stay."""

    gone: Payer
    stays: Payer
    differing: list[str]
    documents: int
    becomes_default: bool


class PayerField(msgspec.Struct, kw_only=True):
    """A field of a payer. `label` is in the language of the request."""

    name: str
    label: str
    is_required: bool


class PayerFieldList(msgspec.Struct, kw_only=True):
    """The fields that a kind of payer has in a country, besides `kind` and `country`."""

    items: list[PayerField]


class PayerFieldQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of payer and its country."""

    kind: Kind
    country: str


@get("/v1/payers", **asks(Permission.PAYER_READ, query=PayerQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[PayerQuery]) -> Response[PayerPage]:
    """List payers of all clients, by name.

    `search` are beginnings of words of the name or the contact person, all of which must match, or a whole VAT or
    registration number.
    """
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await payer_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = PayerPage(items=await _several(page.rows), next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@get("/v1/payers/fields", **asks(Permission.PAYER_READ, query=PayerFieldQuery))
async def fields(asked: NamedDependency[PayerFieldQuery]) -> PayerFieldList:
    """List the fields that a kind of payer has in a country, and which of them it must have."""
    checks = Checks()
    country = checks.country("country", asked.country)
    checks.done()
    return PayerFieldList(
        items=[
            PayerField(name=field.name, label=_(field.label), is_required=field.is_required)
            for field in payer_fields.fields_of(asked.kind, country)
        ]
    )


@get("/v1/clients/{code:int}/payers", **asks(Permission.PAYER_READ))
async def of_client(by: By, code: FromPath[int]) -> PayerList:
    """List the payers of one client."""
    client = await clients.get(code, by=by)
    found = await payers.of_client(client["id"], by=by)
    return PayerList(items=await _several([dict(row) | {"client_code": code} for row in found]))


@post("/v1/clients/{code:int}/payers", **asks(Permission.PAYER_CREATE, body=NewPayer))
async def create(by: By, code: FromPath[int], sent: NamedDependency[NewPayer]) -> Response[Payer]:
    """Add a payer to a client.

    Which fields are needed depends on its kind and country: see `/payers/fields`. What the kind does not have in
    the country is left empty.
    """
    client = await clients.get(code, by=by)
    made = await payers.create(client["id"], sent, by=by)
    return answers.created(await _one(made, by=by), f"/payers/{made['id']}")


@get("/v1/clients/{code:int}/payer", **asks(Permission.CLIENT_READ))
async def of_default(by: By, code: FromPath[int]) -> Payer:
    """Get the default payer of a client: its only one where the edition has no more."""
    client = await clients.get(code, by=by)
    return await _one(await payers.default_of(client["id"], by=by), by=by)


@patch("/v1/clients/{code:int}/payer", **asks(Permission.CLIENT_UPDATE, body=PayerEdit))
async def update_default(by: By, code: FromPath[int], sent: NamedDependency[PayerEdit]) -> Payer:
    """Change the default payer of a client; 409 when somebody else did since `version` was read."""
    client = await clients.get(code, by=by)
    saved = await payers.update_default(client["id"], part(PayerChanges, sent), version=sent.version, by=by)
    return await _one(saved, by=by)


@get("/v1/payers/{payer_id:int}", **asks(Permission.PAYER_READ))
async def show(by: By, payer_id: FromPath[int]) -> Payer:
    """Get one payer, also one that was merged."""
    return await _one(await payers.get(payer_id, by=by), by=by)


@patch("/v1/payers/{payer_id:int}", **asks(Permission.PAYER_UPDATE, body=PayerEdit))
async def update(by: By, payer_id: FromPath[int], sent: NamedDependency[PayerEdit]) -> Payer:
    """Change a payer; 409 when somebody else did since `version` was read."""
    return await _one(await payers.update(payer_id, part(PayerChanges, sent), version=sent.version, by=by), by=by)


@delete("/v1/payers/{payer_id:int}", **asks(Permission.PAYER_DELETE))
async def remove(by: By, payer_id: FromPath[int]) -> None:
    """Delete a payer; 409 while documents name it or it is the default one."""
    await payers.delete(payer_id, by=by)


@post("/v1/payers/{payer_id:int}/default", status_code=200, **asks(Permission.PAYER_UPDATE))
async def make_default(by: By, payer_id: FromPath[int]) -> Payer:
    """From now on documents of the client name this payer."""
    return await _one(await payers.make_default(payer_id, by=by), by=by)


@get("/v1/payers/{payer_id:int}/merge", **asks(Permission.PAYER_MERGE, query=PayerMerge))
async def preview(by: By, payer_id: FromPath[int], asked: NamedDependency[PayerMerge]) -> PayerMergePreview:
    """Say what merging a payer into another one would do."""
    found = await payer_merging.preview(payer_id, asked.into, by=by)
    return PayerMergePreview(
        gone=await _one(found.gone, by=by),
        stays=await _one(found.stays, by=by),
        differing=found.differing,
        documents=found.documents,
        becomes_default=found.becomes_default,
    )


@post("/v1/payers/{payer_id:int}/merge", status_code=200, **asks(Permission.PAYER_MERGE, body=PayerMerge))
async def merge(by: By, payer_id: FromPath[int], sent: NamedDependency[PayerMerge]) -> Payer:
    """Merge a payer into another one of its client, and answer with that. It cannot be undone."""
    return await _one(await payer_merging.merge(payer_id, sent.into, by=by), by=by)


async def _one(row: Any, *, by: Actor) -> Payer:
    client = await access.client(row["client_id"], by=by)
    return (await _several([dict(row) | {"client_code": client["code"]}]))[0]


async def _several(found: list[Any]) -> list[Payer]:
    named = await payer_documents.counts([row["id"] for row in found])
    return [
        answers.of(
            Payer,
            row,
            client=row["client_code"],
            is_complete=payer_fields.is_complete(row),
            has_documents=bool(named[row["id"]]),
        )
        for row in found
    ]


ROUTES = [
    index,
    fields,
    of_client,
    create,
    of_default,
    update_default,
    show,
    update,
    remove,
    make_default,
    preview,
    merge,
]
