"""Contracts over JSON: of all clients, drafting, sending, signing, cancelling, and their files."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core import keyset
from core.accounts import clients, contract_list, contract_papers, contract_states, contracts
from core.accounts.contract_list import ContractFilter
from core.accounts.contracts import ContractChanges, NewContract
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import addresses, hosts
from web.api import answers, pictures
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit import downloads
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
LARGEST = contract_papers.MOST_BYTES * 4 // 3 + 100_000
State = Literal["draft", "requested", "sent", "signed", "cancelled"]


class Contract(msgspec.Struct, kw_only=True):
    """A contract of the client with the code `client`. `number`, `issued_on` and `digest` (SHA-256 of the PDF)
    come when it is sent; from then on nothing of its text and parties changes."""

    id: int
    client: int
    payer_id: int
    payer_name: str
    company_id: int
    company_name: str
    state: State
    is_requested: bool
    title: str
    language: str
    number: str
    issued_on: date | None
    signed_on: date | None
    digest: str
    wish: str
    created_at: Moment
    version: int


class Step(msgspec.Struct, kw_only=True):
    """That it came into a state: when, by whom, why."""

    state: State
    at: Moment
    actor_kind: str
    actor_name: str
    reason: str


class WholeContract(Contract, kw_only=True):
    """A contract with its text and what became of it."""

    body: str
    history: list[Step]


class ContractPage(msgspec.Struct, kw_only=True):
    """A page of contracts, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Contract]
    next: str | None
    previous: str | None


class ContractQuery(ContractFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Contracts on a page")] = keyset.PAGE


class ContractEdit(ContractChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Sending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the payer is told by mail, with a link to the portal."""

    by_mail: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day of the signature; the signed document (PDF, PNG, JPEG; 10 MB) as Base64 when there is one."""

    signed_on: date
    content: str = ""


class Cancelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it ends."""

    reason: str


@get("/v1/contracts", **asks(Permission.CONTRACT_READ, query=ContractQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[ContractQuery]) -> Response[ContractPage]:
    """List contracts of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await contract_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = ContractPage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post("/v1/clients/{code:int}/contracts", **asks(Permission.CONTRACT_CREATE, body=NewContract))
async def create(by: By, code: FromPath[int], sent: NamedDependency[NewContract]) -> Response[WholeContract]:
    """Draft a contract with a client."""
    client = await clients.get(code, by=by)
    made = await contracts.create(client["id"], sent, by=by)
    return answers.created(await _whole(made, by=by), f"/contracts/{made['id']}")


@get("/v1/contracts/{contract_id:int}", **asks(Permission.CONTRACT_READ))
async def show(by: By, contract_id: FromPath[int]) -> WholeContract:
    """Get one contract with its text and what became of it."""
    return await _whole(await contracts.get(contract_id, by=by), by=by)


@patch("/v1/contracts/{contract_id:int}", **asks(Permission.CONTRACT_UPDATE, body=ContractEdit))
async def update(by: By, contract_id: FromPath[int], sent: NamedDependency[ContractEdit]) -> WholeContract:
    """Change what was not sent yet; 409 when somebody else did since `version` was read."""
    changes = part(ContractChanges, sent)
    return await _whole(await contracts.update(contract_id, changes, version=sent.version, by=by), by=by)


@delete("/v1/contracts/{contract_id:int}", **asks(Permission.CONTRACT_DELETE))
async def remove(by: By, contract_id: FromPath[int]) -> None:
    """Delete a draft; 409 for everything else."""
    await contracts.delete(contract_id, by=by)


@post("/v1/contracts/{contract_id:int}/send", status_code=200, **asks(Permission.CONTRACT_UPDATE, body=Sending))
async def send(by: By, contract_id: FromPath[int], sent: NamedDependency[Sending]) -> WholeContract:
    """Give it its number and freeze it; 409 says what is missing."""
    link = f"{addresses.link(await hosts.primary(by.tenant.id))}/contracts" if sent.by_mail else ""
    return await _whole(await contract_states.send(contract_id, link=link, by=by), by=by)


@post("/v1/contracts/{contract_id:int}/sign", status_code=200, request_max_body_size=LARGEST,
      **asks(Permission.CONTRACT_UPDATE, body=Signature))  # fmt: skip
async def sign(by: By, contract_id: FromPath[int], sent: NamedDependency[Signature]) -> WholeContract:
    """Record that a contract that was sent is signed."""
    content = pictures.read(sent.content)
    try:
        signed = await contract_states.sign(contract_id, sent.signed_on, content, by=by)
    except Invalid as refusal:
        errors = {"content" if name == "file" else name: text for name, text in refusal.errors.items()}
        raise Invalid(errors) from refusal
    return await _whole(signed, by=by)


@post("/v1/contracts/{contract_id:int}/cancel", status_code=200,
      **asks(Permission.CONTRACT_UPDATE, body=Cancelling))  # fmt: skip
async def cancel(by: By, contract_id: FromPath[int], sent: NamedDependency[Cancelling]) -> WholeContract:
    """End a contract, whatever its state; a draft is deleted instead."""
    return await _whole(await contract_states.cancel(contract_id, sent.reason, by=by), by=by)


@get("/v1/contracts/{contract_id:int}/pdf", **asks(Permission.CONTRACT_READ))
async def pdf(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """Get the document as PDF: as it was sent, or marked as a draft."""
    return downloads.file(await contract_papers.draft(contract_id, by=by))


@get("/v1/contracts/{contract_id:int}/signed", **asks(Permission.CONTRACT_READ))
async def signed_file(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """Get the signed document; 404 when none was kept."""
    return downloads.file(await contract_papers.signed(contract_id, by=by))


def _one(row: Record, struct: Any = Contract, **more: Any) -> Any:
    return answers.of(struct, row, client=row["client_code"], **more)


async def _whole(row: Record, *, by: Actor) -> WholeContract:
    steps = [answers.of(Step, step) for step in await contracts.history(row["id"], by=by)]
    whole: WholeContract = _one(row, WholeContract, history=steps)
    return whole


ROUTES = [index, create, show, update, remove, send, sign, cancel, pdf, signed_file]
