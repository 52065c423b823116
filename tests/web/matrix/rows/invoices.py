"""Invoices, credit notes and how a company bills, for staff, users and programs."""

from typing import TYPE_CHECKING, Any

from core import actor, clock, db
from core.accounts import clients, contracts
from core.actor import Actor
from core.billing import accounts, expenses, invoice_drafts, invoice_states, invoice_zip
from core.billing.expenses import Charge, Tax
from core.billing.invoice_drafts import NewInvoice
from core.billing.invoice_list import InvoiceFilter
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows
from tests.web.matrix.rows import contracts as contract_rows
from tests.web.matrix.rows import payers

if TYPE_CHECKING:
    from tests.web.matrix.world import World

DRAFT = {"kinds": {"invoice_id": "invoice"}}
ISSUED = {"kinds": {"invoice_id": "issued_invoice"}}
BILLED = {"kinds": {"code": "charged_client"}}
ZIPPED = {"kinds": {"task_id": "zip_task"}}
TERMS = {"due_days": 30, "operations": "services", "version": 0}
PLACEHOLDERS = {"invoice_id": "invoice"}
CREDIT = {"reason": "Slower", "lines": [{"position": 1, "units": 500}]}
CREDIT_FORM = {"reason": "Slower", "lines.1": "5.00", "expected_units": 600}
NEW_INVOICE = {"account_id": "$charged_account", "payer_id": "$charged_payer", "company_id": "$first_company"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/invoices", "invoice:read", {}),
        ("GET /staff/invoices/export", "invoice:read", {}),
        ("POST /staff/invoices/export", "invoice:read", {"gives": 200, "send": {"columns": "number"}}),
        ("GET /staff/clients/{code}/invoices", "invoice:read", {}),
        ("GET /staff/clients/{code}/invoices/new", "invoice:create", BILLED),
        (
            "POST /staff/clients/{code}/invoices",
            "invoice:create",
            BILLED | {"send": NEW_INVOICE | {"kind": "invoice", "expense_ids": ["$charged_expense"]}},
        ),
        ("GET /staff/invoices/{invoice_id}", "invoice:read", {}),
        ("GET /staff/invoices/{invoice_id}/pdf", "invoice:read", {}),
        ("GET /staff/invoices/{invoice_id}/delete", "invoice:create", {}),
        ("POST /staff/invoices/{invoice_id}/delete", "invoice:create", {"send": {}}),
        ("POST /staff/invoices/{invoice_id}/issue", "invoice:issue", {"send": {}}),
        ("POST /staff/invoices/{invoice_id}/void", "invoice:void", ISSUED | {"send": {"reason": "Wrong"}}),
        ("GET /staff/invoices/{invoice_id}/credit", "invoice:void", ISSUED),
        ("POST /staff/invoices/{invoice_id}/credit", "invoice:void", ISSUED | {"send": CREDIT_FORM}),
        ("POST /staff/invoices/zip", "invoice:read", {"send": {}}),
        ("GET /staff/invoices/zip/{task_id}", "invoice:read", ZIPPED),
        ("GET /staff/companies/{company_id}/terms", "company:update", {}),
        ("POST /staff/companies/{company_id}/terms", "company:update", {"send": TERMS}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/invoices", "invoice:read", {}),
        ("POST /api/v1/invoices/export", "invoice:read", {"send": {}}),
        ("POST /api/v1/clients/{code}/invoices", "invoice:create", BILLED | NEW | {"send": NEW_INVOICE}),
        ("GET /api/v1/invoices/{invoice_id}", "invoice:read", {}),
        ("DELETE /api/v1/invoices/{invoice_id}", "invoice:create", GONE),
        ("POST /api/v1/invoices/{invoice_id}/issue", "invoice:issue", {"send": {}}),
        ("POST /api/v1/invoices/{invoice_id}/void", "invoice:void", ISSUED | {"send": {"reason": "Wrong"}}),
        ("GET /api/v1/invoices/{invoice_id}/credit-notes", "invoice:read", {}),
        ("POST /api/v1/invoices/{invoice_id}/credit-notes/preview", "invoice:void", ISSUED | {"send": CREDIT}),
        ("POST /api/v1/invoices/{invoice_id}/credit-notes", "invoice:void", ISSUED | NEW | {"send": CREDIT}),
        ("POST /api/v1/invoices/zip", "invoice:read", {"gives": 202, "send": {}}),
        ("GET /api/v1/invoices/zip/{task_id}", "invoice:read", ZIPPED),
        ("GET /api/v1/invoices/{invoice_id}/pdf", "invoice:read", {}),
        ("GET /api/v1/companies/{company_id}/invoice-terms", "company:read", {}),
        ("PUT /api/v1/companies/{company_id}/invoice-terms", "company:update", {"send": TERMS}),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /invoices", "portal:invoices:read", {}),
        ("GET /invoices/{invoice_id}/pay", "portal:invoices:read", {"kinds": {"invoice_id": "own_invoice"}}),
        ("GET /invoices/{invoice_id}/pdf", "portal:invoices:read", {"kinds": {"invoice_id": "own_invoice"}}),
        by="dupont",
    ),
]
PARAMETERS = {
    "/staff/invoices": "number kind state paid company client project day_from day_to after before",
    "/staff/clients/{code}/invoices/new": "account",
    "/api/v1/invoices": "number kind state paid company client project day_from day_to after before limit",
}
CHANGES_NOTHING = {"/api/v1/invoices/{invoice_id}/credit-notes/preview"}
FILLERS = {
    "invoice_terms": "(company_id) SELECT id FROM companies WHERE tenant_id = {tenant} ON CONFLICT DO NOTHING",
}
RULED = {
    *(f"invoices.{column}" for column in ("kind", "state", "number", "language", "currency", "frozen", "digest")),
    *("invoice_lines.text", "invoice_lines.tax_category", "invoice_lines.tax_reason", "invoice_states.state"),
    "invoice_terms.operations",
}
FILLERS = {
    "invoice_terms": "(company_id) SELECT id FROM companies WHERE tenant_id = {tenant} LIMIT 1 ON CONFLICT DO NOTHING",
}


async def charged(code: int, by: Actor) -> tuple[Any, int]:
    """An expense in the home account of the client of this code, and that account."""
    async with db.as_tenant(by.tenant.id):
        client = await clients.get(code, by=actor.system(by.tenant))
        account = (await accounts.held_by(client["id"]))[0]
        made = Charge(
            key=f"row-{await db.value('SELECT new_id()')}",
            kind="service",
            text="Hosting",
            day=clock.today(by.tenant.timezone),
            net_units=1000,
            tax=Tax(rate=20000, category="S"),
        )
        return account, await expenses.charge(account, made, by=actor.system(by.tenant))


async def drafted(code: int, by: Actor, *, payer_id: int | None = None) -> int:
    account, expense_id = await charged(code, by)
    async with db.as_tenant(by.tenant.id):
        await complete(account["client_id"])
        known, companies = await contracts.parties(
            {"id": account["client_id"], "project_id": account["project_id"]}, by=by
        )
        new = NewInvoice(
            account_id=account["id"],
            payer_id=payer_id or known[0]["id"],
            company_id=next(row["id"] for row in companies if row["is_default"]),
            expense_ids=[expense_id],
        )
        made = await invoice_drafts.create(account["client_id"], new, by=by)
        return int(made["id"])


async def complete(client_id: int) -> None:
    """Nothing is missing of the default company and of the client's payers."""
    await db.execute(
        "UPDATE companies SET registration_number = '73282932000074', street = $1, postcode = '75002', city = 'Paris',"
        " email = 'c@company.example' WHERE is_default AND city = ''",
        contract_rows.ANYWHERE,
    )
    await db.execute(
        "UPDATE payers SET kind = 'individual', country = 'FR', street = $2, postcode = '75002', city = 'Paris'"
        " WHERE client_id = $1 AND city = ''",
        client_id,
        contract_rows.ANYWHERE,
    )


async def charged_client(world: "World", by: Actor) -> int:
    code = await things.client_(world, by)
    await charged(code, by)
    return code


async def invoice(world: "World", by: Actor) -> int:
    return await drafted(await things.client_(world, by), by)


async def issued_invoice(world: "World", by: Actor) -> int:
    invoice_id = await invoice(world, by)
    async with db.as_tenant(by.tenant.id):
        await invoice_states.issue(invoice_id, by=by)
    return invoice_id


async def own_invoice(world: "World", by: Actor) -> int:
    """An issued invoice of the client that a user acts for; of staff, of one that they registered."""
    if by.client is None:
        return await issued_invoice(world, by)
    staff = actor.system(by.tenant)
    # Another payer than the default one, which the user still edits.
    payer_id = await payers.payer_of(by.client.code, world, staff)
    invoice_id = await drafted(by.client.code, staff, payer_id=payer_id)
    async with db.as_tenant(by.tenant.id):
        await invoice_states.issue(invoice_id, by=staff)
    return invoice_id


async def _of_last_charge(column: str, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                f"SELECT {column} FROM expenses e JOIN payers p ON p.client_id = e.client_id AND p.is_default"
                " ORDER BY e.created_at DESC, e.id DESC LIMIT 1"
            )
        )


async def charged_account(_world: "World", by: Actor) -> int:
    return await _of_last_charge("e.account_id", by)


async def charged_payer(_world: "World", by: Actor) -> int:
    return await _of_last_charge("p.id", by)


async def charged_expense(_world: "World", by: Actor) -> int:
    return await _of_last_charge("e.id", by)


async def zip_task(world: "World", by: Actor) -> int:
    """A task of his that has gathered the file of an invoice."""
    invoice_id = await issued_invoice(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute("UPDATE tasks SET ended_at = now(), state = 'done' WHERE kind = 'invoice.zip'")
        task_id = await invoice_zip.start(InvoiceFilter(), by=by)
        await db.execute("UPDATE tasks SET ended_at = now(), state = 'done' WHERE id = $1", task_id)
        assert invoice_id
        return task_id


MAKERS = {
    made.__name__: made
    for made in (
        charged_client,
        invoice,
        issued_invoice,
        zip_task,
        own_invoice,
        charged_account,
        charged_payer,
        charged_expense,
    )
}
