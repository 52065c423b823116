"""The provider's own companies, their bank accounts, and the projects that sell through them."""

import base64
from typing import TYPE_CHECKING

from core import db
from core.accounts import bank_accounts, companies, company_logos
from core.accounts.bank_accounts import AccountValues
from core.accounts.companies import NewCompany
from core.actor import Actor
from tests.web.matrix.row import GONE, NEW, PROJECTS, rows
from tests.web.matrix.rows.project_brands import PIXEL

if TYPE_CHECKING:
    from tests.web.matrix.world import World

COMPANIES = {"feature": "companies"}
ADDRESS = {"street": "Hauptstraße 1", "postcode": "10115", "city": "Berlin"}
PATTERNS = {
    "series": "A",
    "invoice_pattern": "R{year}-{number}",
    "credit_note_pattern": "G{number}",
    "contract_pattern": "V{number:4}",
}
SENT = {"country": "DE", "name": "!name", "email": "!email"} | ADDRESS | PATTERNS
ACCOUNT = {"iban": "DE89 3704 0044 0532 0130 00"}
PLACEHOLDERS = {"company_id": "company", "bank_account_id": "bank_account"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/companies", "company:read", {}),
        ("GET /staff/companies/new", "company:create", COMPANIES),
        ("POST /staff/companies", "company:create", COMPANIES | {"send": SENT}),
        ("GET /staff/companies/{company_id}", "company:read", {}),
        ("GET /staff/companies/{company_id}/edit", "company:update", {}),
        ("POST /staff/companies/{company_id}", "company:update", {"send": SENT | {"version": 2}}),
        ("POST /staff/companies/{company_id}/default", "company:update", {"send": {}}),
        ("POST /staff/companies/{company_id}/archive", "company:update", {"send": {}}),
        ("POST /staff/companies/{company_id}/take-back", "company:update", {"send": {}}),
        ("GET /staff/companies/{company_id}/delete", "company:delete", COMPANIES),
        ("POST /staff/companies/{company_id}/delete", "company:delete", COMPANIES | {"send": {}}),
        ("GET /staff/companies/{company_id}/logo", "company:read", {}),
        ("POST /staff/companies/{company_id}/logo", "company:update", {"send": {"logo": "no file"}, "gives": 422}),
        ("POST /staff/companies/{company_id}/logo/remove", "company:update", {"send": {}}),
        ("GET /staff/companies/{company_id}/accounts/new", "company:update", {}),
        ("POST /staff/companies/{company_id}/accounts", "company:update", {"send": ACCOUNT}),
        ("GET /staff/bank-accounts/{bank_account_id}/edit", "company:update", {}),
        ("POST /staff/bank-accounts/{bank_account_id}", "company:update", {"send": ACCOUNT | {"version": 1}}),
        ("POST /staff/bank-accounts/{bank_account_id}/default", "company:update", {"send": {}}),
        ("GET /staff/bank-accounts/{bank_account_id}/remove", "company:update", {}),
        ("POST /staff/bank-accounts/{bank_account_id}/remove", "company:update", {"send": {}}),
        ("GET /staff/projects/{project_id}/companies", "project:update", PROJECTS),
        (
            "POST /staff/projects/{project_id}/companies",
            "project:update",
            PROJECTS | {"send": {"companies": ["$company"]}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/companies", "company:read", {}),
        ("POST /api/v1/companies", "company:create", COMPANIES | NEW | {"send": SENT}),
        ("GET /api/v1/companies/fields?country=FR", "company:read", {}),
        ("GET /api/v1/companies/{company_id}", "company:read", {}),
        ("PATCH /api/v1/companies/{company_id}", "company:update", {"send": SENT | {"version": 2}}),
        ("DELETE /api/v1/companies/{company_id}", "company:delete", COMPANIES | GONE),
        ("POST /api/v1/companies/{company_id}/default", "company:update", {}),
        ("POST /api/v1/companies/{company_id}/archive", "company:update", {}),
        ("DELETE /api/v1/companies/{company_id}/archive", "company:update", {}),
        ("GET /api/v1/companies/{company_id}/numbers", "company:read", {}),
        ("GET /api/v1/companies/{company_id}/logo", "company:read", {}),
        (
            "POST /api/v1/companies/{company_id}/logo",
            "company:update",
            GONE | {"send": {"content": base64.b64encode(PIXEL).decode()}},
        ),
        ("DELETE /api/v1/companies/{company_id}/logo", "company:update", GONE),
        ("GET /api/v1/companies/{company_id}/accounts", "company:read", {}),
        ("POST /api/v1/companies/{company_id}/accounts", "company:update", NEW | {"send": ACCOUNT}),
        ("GET /api/v1/bank-accounts/{bank_account_id}", "company:read", {}),
        ("PATCH /api/v1/bank-accounts/{bank_account_id}", "company:update", {"send": ACCOUNT | {"version": 1}}),
        ("DELETE /api/v1/bank-accounts/{bank_account_id}", "company:update", GONE),
        ("POST /api/v1/bank-accounts/{bank_account_id}/default", "company:update", {}),
        ("GET /api/v1/projects/{project_id}/companies", "project:read", PROJECTS),
        (
            "PUT /api/v1/projects/{project_id}/companies",
            "project:update",
            PROJECTS | {"send": {"companies": ["$company"]}},
        ),
    ),
]
PARAMETERS = {"/api/v1/companies/fields": "country"}
CHANGES_NOTHING = (
    "/staff/companies/{company_id}/logo",
    "/staff/companies/{company_id}/take-back",
    "/api/v1/companies/{company_id}/archive",
)
FILLERS = {
    "document_counters": "(tenant_id, company_id, kind, series, year, next) SELECT tenant_id, id, 'invoice', '', 2026, 5 FROM companies WHERE tenant_id = {tenant} AND is_default ON CONFLICT DO NOTHING",
    "project_companies": "(tenant_id, project_id, company_id, is_default) SELECT p.tenant_id, p.id, c.id, true FROM projects p JOIN companies c ON c.tenant_id = p.tenant_id AND c.is_default WHERE p.tenant_id = {tenant} AND p.is_default",
}
RULED = {"companies.country", "document_counters.kind"}


async def company(world: "World", by: Actor) -> int:
    new = NewCompany(
        name=world.fresh("company"), country="DE", email=f"{world.fresh()}@company.example", **ADDRESS
    )
    async with db.as_tenant(by.tenant.id):
        made = await companies.create(new, by=by)
        await company_logos.put(made["id"], PIXEL, by=by)
        return int(made["id"])


async def bank_account(world: "World", by: Actor) -> int:
    """The second account of a new company, which is not its default."""
    company_id = await company(world, by)
    async with db.as_tenant(by.tenant.id):
        await bank_accounts.add(company_id, AccountValues(iban="BE68539007547034"), by=by)
        made = await bank_accounts.add(company_id, AccountValues(iban="FR7630006000011234567890189"), by=by)
        return int(made["id"])


MAKERS = {"company": company, "bank_account": bank_account}
