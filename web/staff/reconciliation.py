"""The reconciliation of a period: the ledger beside expenses and payments, taxes, takings, and what differs."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Stream

from core import clock, db, figures
from core.billing import payments, reconciliation, reconciliation_files
from core.billing.reconciliation import Report
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import filtered, forms
from web.kit.downloads import attached
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By
from web.staff.account_statements import Span
from web.staff.list_export import format_of

HERE = "/staff/reconciliation"


@get("/reconciliation", **requires(Permission.REPORT_READ))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The report of a period; of this month without one."""
    given, report = forms.query(request), None
    form = Form(given)
    try:
        span = forms.fill(Span, given)
        report = await reconciliation.of(span.day_from, span.day_to, by=by)
        form = Form({"day_from": report.first, "day_to": report.last})
    except Invalid as refusal:
        form = form.refused(refusal)
    return page(
        request,
        "staff/reconciliation.html",
        status=200 if report else 422,
        report=report,
        form=form,
        labels={key: _(label) for key, label in reconciliation.LABELS.items()},
        methods={key: _(label) for key, label in payments.METHODS.items()},
        percent=figures.percent,
        export_action=filtered.link(f"{HERE}/export", given),
    )


@post("/reconciliation/export", status_code=200, **requires(Permission.REPORT_READ))
async def export(request: AnyRequest, by: By) -> Stream:
    """The same as a table."""
    form = format_of(await forms.read(request))
    span = forms.fill(Span, forms.query(request))
    report: Report = await reconciliation.of(span.day_from, span.day_to, by=by)
    file = await reconciliation_files.table(report, form, by=by)
    await db.scope().close(commit=True)
    return attached(file, f"reconciliation-{report.first}-{report.last}-{clock.now():%Y%m%d}", form)


ROUTES: list[Any] = [show, export]
