"""Over JSON: the reconciliation of a period."""

from litestar import get
from litestar.di import NamedDependency

from core.billing import reconciliation
from core.billing.reconciliation import Report
from core.permissions import Permission
from web.api.account_statements import Span
from web.api.reading import asks
from web.kit.visit import By


@get("/v1/reconciliation", **asks(Permission.REPORT_READ, query=Span))
async def show(by: By, asked: NamedDependency[Span]) -> Report:
    """Get what the ledger says of a period beside what expenses and payments say; of this month without one."""
    return await reconciliation.of(asked.day_from, asked.day_to, by=by)


ROUTES = [show]
