"""What went wrong outside, in the reader's language: errors of ours are kept in English, without their names."""

import re

from core.i18n import N_, _

KNOWN = {
    "the host is not known": N_("The host is not known."),
    "this address leads into a private network": N_("This address leads into a private network."),
    "no address": N_("The host has no address."),
}
LATE = re.compile(r"no answer within ([0-9.]+) s")
OURS = re.compile(r"^(?:send_notification: )?(?:(?:NotReached|Late|Refused|NotTaken|NotSetUp): )?")


def said(text: str) -> str:
    """What was noted about an attempt, as people read it; what others answered stays as it came."""
    rest = OURS.sub("", text)
    if late := LATE.fullmatch(rest):
        return _("No answer within %(seconds)s seconds.") % {"seconds": late[1]}
    return _(KNOWN[rest]) if rest in KNOWN else rest
