"""What is typed into the forms about money that is no amount (M9 of `abuse-cases.md`)."""

import pytest

from core import db
from tests import cast
from tests.core.billing import books
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
NO_AMOUNTS = ("-1", "0", "1e18", "NaN", "Infinity", "1e3", "٣", "²", "1.001", "9" * 40, "0x10", "")


async def test_what_is_no_amount_is_refused_by_each_form_and_nothing_is_kept(visitor: Visitor) -> None:
    """M9: in the forms of expenses, payments and transfers."""
    await visitor.sign_in(cast.email("carl"))
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        code = await db.value("SELECT code FROM clients WHERE login = 'dupont'")
        account_id = await books.account_of("dupont")
    for path, form in (
        (f"/staff/clients/{code}/expenses", {"text": "A", "tax_rate": "20", "day": "2026-05-01"}),
        (f"/staff/clients/{code}/payments", {"method": "cash", "day": "2026-05-02"}),
        (f"/staff/accounts/{account_id}/transfer", {"to_id": str(account_id)}),
    ):
        for typed in NO_AMOUNTS:
            answer = await visitor.post(path, form | {"units": typed})
            assert answer.status_code == 422, (path, typed)
    async with db.as_tenant(tenant.id):
        for table in ("expenses", "payments", "ledger_entries"):
            assert await db.value(f"SELECT count(*) FROM {table}") == 0
