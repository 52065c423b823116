"""How account groups are taxed: making, editing and removing a treatment; they are listed on the page of taxes."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.accounts import groups
from core.actor import Actor
from core.catalog import group_taxes, percents, vatex
from core.catalog.group_taxes import GroupTaxChanges, NewGroupTax
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/taxes"


class GroupTaxForm(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment as it is written: percents, not their thousandths; empty is exempt."""

    group_id: int
    from_day: date
    rate: str = ""
    vatex: str = ""
    reason: str = ""
    until_day: date | None = None


@get("/taxes/groups/new", **requires(Permission.TAX_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form, from today on."""
    policies.require_feature(by, group_taxes.FEATURE)
    begun = {"from_day": clock.today(by.tenant.timezone)}
    return await _form(request, Form(begun | forms.query(request)), by=by)


@post("/taxes/groups", status_code=200, **requires(Permission.TAX_MANAGE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Keep a treatment."""
    form = await forms.read(request)
    try:
        await group_taxes.create(NewGroupTax(**_read(form)), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}#groups", toast=_("It was saved. New prices follow it."))


@get("/taxes/groups/{tax_id:int}/edit", **requires(Permission.TAX_MANAGE))
async def edit(request: AnyRequest, by: By, tax_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    row = await group_taxes.get(tax_id, by=by)
    return await _form(request, Form(_written(row)), row=row, by=by)


@post("/taxes/groups/{tax_id:int}", status_code=200, **requires(Permission.TAX_MANAGE))
async def update(request: AnyRequest, by: By, tax_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    row = await group_taxes.get(tax_id, by=by)
    form = edits.settled(await forms.read(request), _written(row))
    try:
        changes = GroupTaxChanges(**_read(form))
        await group_taxes.update(tax_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), row=row, by=by, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, _written(conflict.current), _labels())
        return await _form(request, form, row=row, conflict=both, by=by, status=409)
    return redirect(request, f"{HERE}#groups", toast=_("It was saved. New prices follow it."))


@get("/taxes/groups/{tax_id:int}/delete", **requires(Permission.TAX_MANAGE))
async def confirm(request: AnyRequest, by: By, tax_id: FromPath[int]) -> Response[str]:
    """Ask."""
    row = await group_taxes.get(tax_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Tax the group “%(name)s” as all others?") % {"name": row["group_name"]},
        text=_("Or as the treatment before said, if there was one. What was priced already stays."),
        refused="",
        action=f"{HERE}/groups/{tax_id}/delete",
        ok=_("Remove the treatment"),
        back=HERE,
        crumbs=[(_("Taxes"), HERE)],
    )


@post("/taxes/groups/{tax_id:int}/delete", status_code=200, **requires(Permission.TAX_MANAGE))
async def delete(request: AnyRequest, by: By, tax_id: FromPath[int]) -> Response[None]:
    """Remove it."""
    await group_taxes.delete(tax_id, by=by)
    return redirect(request, f"{HERE}#groups", toast=_("The treatment was removed."))


def _read(form: Form) -> dict[str, Any]:
    """What the form says, its rate in thousandths of a percent or None."""
    read = msgspec.structs.asdict(form.into(GroupTaxForm, ignore=edits.VERSION))
    try:
        return read | {"rate": percents.parse(read["rate"]) if read["rate"].strip() else None}
    except percents.BadPercent as error:
        raise Invalid({"rate": str(error)}) from error


def _written(row: Any) -> dict[str, Any]:
    return dict(row) | {"rate": "" if row["rate"] is None else percents.written(row["rate"])}


def _labels() -> dict[str, str]:
    return {
        "group_id": _("Account group"),
        "rate": _("Rate"),
        "vatex": _("Code of the exemption"),
        "reason": _("Legal reason"),
        "from_day": _("First day"),
        "until_day": _("Last day"),
    }


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, row: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    known = await groups.names(by=by) if policies.allows(by, Permission.GROUP_READ) else {}
    return page(
        request,
        "staff/group_taxes/form.html",
        status=status,
        form=form,
        row=row,
        conflict=conflict,
        group_choices=list(known.items()),
        code_choices=vatex.choices(),
    )


ROUTES = [new, create, edit, update, confirm, delete]
