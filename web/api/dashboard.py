"""Over JSON: the business in figures, as the start page of the staff has it."""

from litestar import get

from core.billing import dashboard
from core.billing.dashboard import Dashboard
from core.permissions import Permission
from web.api.reading import asks
from web.kit.visit import By


@get("/v1/dashboard", **asks(Permission.REPORT_READ))
async def show(by: By) -> Dashboard:
    """Get recurring revenue, what was won and lost, receivables by age, and what is due today."""
    return await dashboard.of(by=by)


ROUTES = [show]
