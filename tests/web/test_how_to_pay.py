"""How to pay, in the portal: the account of the company that sells, the reference, and the code."""

import re

import pytest

from core import db, hooks, plugin_settings
from core.accounts import bank_accounts, companies
from core.accounts.bank_accounts import AccountValues
from core.billing import bank_clues
from core.settings import Settings
from plugins.payments import bank_transfer
from tests import cast
from tests.core.billing import bills, statement_files
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def number(database: Settings) -> str:
    """The number of an invoice that is open, at a provider where clients pay by transfer."""
    hooks.load(database, extra={"bank-transfer": bank_transfer})
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await plugin_settings.enable("bank-transfer", by=alice)
        company = await companies.default()
        await bank_accounts.add(company["id"], AccountValues(iban=statement_files.OWN), by=alice)
        await db.execute("UPDATE client_projects SET is_postpaid = true")
        return str((await bills.issued(1000, by=alice))["number"])


async def test_a_client_sees_account_reference_and_code(visitor: Visitor, number: str) -> None:
    await visitor.sign_in(cast.email("dupont"))
    assert 'href="/pay"' in (await visitor.get("/balance")).text
    async with db.as_tenant((await cast.tenant("nova")).id):
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
    shown = (await visitor.get("/pay")).text
    assert bank_clues.reference_of(code) in shown and "FR76 3000 6000 0112 3456 7890 189" in shown
    assert "12,00" in shown and 'class="qr"' in shown
    invoice = re.findall(r'href="(/invoices/\d+/pay)"', (await visitor.get("/invoices")).text)[0]
    assert number in (await visitor.get(invoice)).text
    assert (await visitor.get("/invoices/4503599627370496/pay")).status_code == 404


async def test_nobody_elses_invoice_is_shown(visitor: Visitor, number: str) -> None:
    await visitor.sign_in(cast.email("dupont"))
    mine = re.findall(r'href="(/invoices/\d+/pay)"', (await visitor.get("/invoices")).text)[0]
    await visitor.sign_in(cast.email("mueller"))
    assert (await visitor.get(mine)).status_code == 404
    assert "Nothing to pay" in (await visitor.get("/pay")).text
    assert number not in (await visitor.get("/invoices")).text
