"""The bank accounts of own companies, and the companies that a project sells through, over JSON."""

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import bank_accounts, project_companies
from core.accounts.bank_accounts import FIELDS, AccountValues
from core.accounts.project_companies import Chosen
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Account(msgspec.Struct, kw_only=True):
    """A bank account of the own company `company_id`."""

    id: int
    company_id: int
    holder: str
    iban: str
    bic: str
    bank: str
    is_default: bool
    created_at: Moment
    version: int


class AccountList(msgspec.Struct, kw_only=True):
    """The accounts of one company, the default one first."""

    items: list[Account]


class AccountEdit(AccountValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the account as it is to be, and the version that was read."""

    version: int


class ProjectCompany(msgspec.Struct, kw_only=True):
    """A company that a project sells through."""

    id: int
    name: str
    is_default: bool


class ProjectCompanyList(msgspec.Struct, kw_only=True):
    """The companies of one project, its default one first; none where it sells through all."""

    items: list[ProjectCompany]


@get("/v1/companies/{company_id:int}/accounts", **asks(Permission.COMPANY_READ))
async def accounts(by: By, company_id: FromPath[int]) -> AccountList:
    """List the bank accounts of a company."""
    found = await bank_accounts.of_company(company_id, by=by)
    return AccountList(items=[answers.of(Account, row) for row in found])


@post("/v1/companies/{company_id:int}/accounts", **asks(Permission.COMPANY_UPDATE, body=AccountValues))
async def add(by: By, company_id: FromPath[int], sent: NamedDependency[AccountValues]) -> Response[Account]:
    """Add a bank account. Bank and BIC are filled in from the IBAN where that tells them."""
    made = await bank_accounts.add(company_id, sent, by=by)
    return answers.created(answers.of(Account, made), f"/bank-accounts/{made['id']}")


@get("/v1/bank-accounts/{bank_account_id:int}", **asks(Permission.COMPANY_READ))
async def show(by: By, bank_account_id: FromPath[int]) -> Account:
    """Get one bank account."""
    return answers.of(Account, await bank_accounts.get(bank_account_id, by=by))


@patch("/v1/bank-accounts/{bank_account_id:int}", **asks(Permission.COMPANY_UPDATE, body=AccountEdit))
async def update(by: By, bank_account_id: FromPath[int], sent: NamedDependency[AccountEdit]) -> Account:
    """Change a bank account; 409 when somebody else did since `version` was read."""
    values = AccountValues(**{name: getattr(sent, name) for name in FIELDS})
    return answers.of(Account, await bank_accounts.update(bank_account_id, values, version=sent.version, by=by))


@delete("/v1/bank-accounts/{bank_account_id:int}", **asks(Permission.COMPANY_UPDATE))
async def remove(by: By, bank_account_id: FromPath[int]) -> None:
    """Take a bank account away."""
    await bank_accounts.remove(bank_account_id, by=by)


@post("/v1/bank-accounts/{bank_account_id:int}/default", status_code=200, **asks(Permission.COMPANY_UPDATE))
async def make_default(by: By, bank_account_id: FromPath[int]) -> Account:
    """From now on documents of the company ask to be paid there."""
    return answers.of(Account, await bank_accounts.make_default(bank_account_id, by=by))


@get("/v1/projects/{project_id:int}/companies", **asks(Permission.PROJECT_READ))
async def of_project(by: By, project_id: FromPath[int]) -> ProjectCompanyList:
    """List the companies that a project sells through."""
    found = await project_companies.of_project(project_id, by=by)
    return ProjectCompanyList(items=[answers.of(ProjectCompany, row) for row in found])


@put("/v1/projects/{project_id:int}/companies", **asks(Permission.PROJECT_UPDATE, body=Chosen))
async def choose(by: By, project_id: FromPath[int], sent: NamedDependency[Chosen]) -> ProjectCompanyList:
    """Choose the companies that a project sells through; without any it sells through all of them."""
    await project_companies.choose(project_id, sent, by=by)
    found = await project_companies.of_project(project_id, by=by)
    return ProjectCompanyList(items=[answers.of(ProjectCompany, row) for row in found])


ROUTES = [accounts, add, show, update, remove, make_default, of_project, choose]
