"""The provider's own companies over JSON, their logos and the numbers of their documents."""

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import clock
from core.accounts import companies, company_fields, company_logos, numbering
from core.accounts.companies import CompanyChanges, NewCompany
from core.checks import Checks
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers, pictures
from web.api.answers import Moment
from web.api.pictures import Logo
from web.api.reading import asks, part
from web.kit.visit import By


class Company(msgspec.Struct, kw_only=True):
    """An own company. Fields that its country does not have are "".

    `is_complete`: nothing is missing, so that it can issue documents. Patterns of numbers: {year}, {series} and
    {number:5}. One that is archived is offered no more.
    """

    id: int
    country: str
    name: str
    legal_form: str
    registration_number: str
    vat_number: str
    street: str
    postcode: str
    city: str
    region: str
    email: str
    phone: str
    series: str
    invoice_pattern: str
    credit_note_pattern: str
    contract_pattern: str
    has_logo: bool
    is_default: bool
    is_complete: bool
    archived_at: Moment | None
    created_at: Moment
    version: int


class CompanyList(msgspec.Struct, kw_only=True):
    """The companies, the default one first; the only one where the edition has no more."""

    items: list[Company]


class CompanyEdit(CompanyChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class CompanyField(msgspec.Struct, kw_only=True):
    """A field of a company. `label` is in the language of the request."""

    name: str
    label: str
    is_required: bool


class CompanyFieldList(msgspec.Struct, kw_only=True):
    """The fields that a company has in a country, besides `country` and its patterns of numbers."""

    items: list[CompanyField]


class CompanyFieldQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company's country."""

    country: str


class NextNumbers(msgspec.Struct, kw_only=True):
    """What the next documents would be called; no number is given by asking."""

    invoice: list[str]
    credit_note: list[str]
    contract: list[str]


@get("/v1/companies", **asks(Permission.COMPANY_READ))
async def index(by: By) -> CompanyList:
    """List your own companies."""
    return CompanyList(items=[_one(row) for row in await companies.every(by=by)])


@post("/v1/companies", **asks(Permission.COMPANY_CREATE, body=NewCompany))
async def create(by: By, sent: NamedDependency[NewCompany]) -> Response[Company]:
    """Add a company. Which fields are needed depends on its country: see `/companies/fields`."""
    made = await companies.create(sent, by=by)
    return answers.created(_one(made), f"/companies/{made['id']}")


@get("/v1/companies/fields", **asks(Permission.COMPANY_READ, query=CompanyFieldQuery))
async def fields(asked: NamedDependency[CompanyFieldQuery]) -> CompanyFieldList:
    """List the fields that a company has in a country, and which of them it must have."""
    checks = Checks()
    country = checks.country("country", asked.country)
    checks.done()
    return CompanyFieldList(
        items=[
            CompanyField(name=field.name, label=_(field.label), is_required=field.is_required)
            for field in company_fields.fields_of(country)
        ]
    )


@get("/v1/companies/{company_id:int}", **asks(Permission.COMPANY_READ))
async def show(by: By, company_id: FromPath[int]) -> Company:
    """Get one company."""
    return _one(await companies.get(company_id, by=by))


@patch("/v1/companies/{company_id:int}", **asks(Permission.COMPANY_UPDATE, body=CompanyEdit))
async def update(by: By, company_id: FromPath[int], sent: NamedDependency[CompanyEdit]) -> Company:
    """Change a company; 409 when somebody else did since `version` was read."""
    changes = part(CompanyChanges, sent)
    return _one(await companies.update(company_id, changes, version=sent.version, by=by))


@delete("/v1/companies/{company_id:int}", **asks(Permission.COMPANY_DELETE))
async def remove(by: By, company_id: FromPath[int]) -> None:
    """Delete a company; 409 when it is the default one, issued documents, or a project sells through it."""
    await companies.delete(company_id, by=by)


@post("/v1/companies/{company_id:int}/default", status_code=200, **asks(Permission.COMPANY_UPDATE))
async def make_default(by: By, company_id: FromPath[int]) -> Company:
    """From now on documents are issued by this company unless another is chosen."""
    return _one(await companies.make_default(company_id, by=by))


@post("/v1/companies/{company_id:int}/archive", status_code=200, **asks(Permission.COMPANY_UPDATE))
async def archive(by: By, company_id: FromPath[int]) -> Company:
    """Offer a company no more; 409 when it is the default one or a project sells through it."""
    return _one(await companies.archive(company_id, by=by))


@delete("/v1/companies/{company_id:int}/archive", status_code=200, **asks(Permission.COMPANY_UPDATE))
async def take_back(by: By, company_id: FromPath[int]) -> Company:
    """Offer an archived company again."""
    return _one(await companies.take_back(company_id, by=by))


@get("/v1/companies/{company_id:int}/numbers", **asks(Permission.COMPANY_READ))
async def numbers(by: By, company_id: FromPath[int]) -> NextNumbers:
    """Say what the next three documents of each kind would be called."""
    company = await companies.get(company_id, by=by)
    return NextNumbers(**await numbering.upcoming(company_id, company, on=clock.today(by.tenant.timezone)))


@get("/v1/companies/{company_id:int}/logo", **asks(Permission.COMPANY_READ))
async def logo(by: By, company_id: FromPath[int]) -> Logo:
    """Get the logo; 404 when there is none."""
    return Logo(content=pictures.written((await company_logos.get(company_id, by=by))["content"]))


@post("/v1/companies/{company_id:int}/logo", status_code=204, **asks(Permission.COMPANY_UPDATE, body=Logo))
async def put_logo(by: By, company_id: FromPath[int], sent: NamedDependency[Logo]) -> None:
    """Give a company a logo in place of the one it had."""
    content = pictures.read(sent.content)
    try:
        await company_logos.put(company_id, content, by=by)
    except Invalid as refusal:
        raise Invalid({"content": refusal.errors["logo"]}) from refusal


@delete("/v1/companies/{company_id:int}/logo", **asks(Permission.COMPANY_UPDATE))
async def remove_logo(by: By, company_id: FromPath[int]) -> None:
    """Take the logo of a company away."""
    await company_logos.remove(company_id, by=by)


def _one(row: Record) -> Company:
    return answers.of(
        Company, row, has_logo=row["logo_id"] is not None, is_complete=company_fields.is_complete(row)
    )


ROUTES = [index, create, fields, show, update, remove, make_default, archive, take_back, numbers, logo, put_logo,
          remove_logo]  # fmt: skip
