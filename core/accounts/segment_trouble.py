"""Why a saved filter cannot be used now: what it asks for is gone, not in the edition, or not for this viewer.

Such a filter is kept, is shown as broken with the reason, and lets no client through until it is mended.
"""

from core import policies
from core.accounts import field_filter
from core.accounts.client_choices import ClientChoices
from core.accounts.client_filter import ClientFilter, check
from core.actor import Actor
from core.checks import Checks
from core.errors import Forbidden, Invalid
from core.i18n import _


def of(wanted: ClientFilter | None, offered: ClientChoices, *, by: Actor) -> str:
    """The reason, "" when it can be used. None stands for a filter that cannot be read any more."""
    if wanted is None:
        return _("It asks for something that is not known any more.")
    try:
        check(wanted, by=by)
    except Forbidden as refusal:
        return _gated(wanted, by=by) or refusal.message
    except Invalid:
        if wanted.group is None or wanted.group in offered.groups:
            return _("It asks for something that is not known any more.")
    if wanted.group is not None and wanted.group not in offered.groups:
        return _("The account group it asks for was deleted, or is not yours to see.")
    if wanted.project is not None and wanted.project not in offered.projects:
        return _("The project it asks for was deleted, or is not yours to see.")
    if wanted.attitude is not None and wanted.attitude not in offered.attitudes:
        return _("The attitude it asks for was deleted.")
    return ""


async def of_fields(wanted: ClientFilter | None) -> str:
    """The reason that lies in fields which the provider defines: one is gone, or is of another kind now."""
    checks = Checks()
    if wanted is not None:
        await field_filter.asked_of(wanted.custom, checks)
    return _("It asks for a field that is not there any more.") if checks.errors else ""


def _gated(wanted: ClientFilter, *, by: Actor) -> str:
    for field, feature in (("project", "projects"), ("group", "groups")):
        if getattr(wanted, field) is not None and not policies.has_feature(by.tenant, feature):
            edition = (policies.edition_with(feature) or "").capitalize()
            asked = {"project": _("It asks for a project."), "group": _("It asks for an account group.")}[field]
            return f"{asked} " + (
                _("This is part of the %(edition)s edition.") % {"edition": edition}
                if edition
                else _("This is not available to this provider.")
            )
    return ""
