"""Percents as whole numbers of thousandths: 5.5 % is 5500. What people write, and how it is written. Pure."""

import re

from core.i18n import _

WHOLE = 100_000
"""100 %."""
_WRITTEN = re.compile(r"(\d{1,3})(?:[.,](\d{1,3}))?\s*%?", re.ASCII)


class BadPercent(ValueError):
    """A text that is no percentage; the message says why, to people."""


def parse(text: str) -> int:
    """Thousandths of a percent from what people write, such as `5,5` or `20 %`. Raises `BadPercent`."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise BadPercent(_("This is not a percentage, such as 20 or 5.5."))
    part = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    if part > WHOLE:
        raise BadPercent(_("From 0 to 100 percent, please."))
    return part


def written(part: int) -> str:
    """Thousandths of a percent as a field of a form has them: `5.5`. `parse` reads it back."""
    whole, rest = divmod(part, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
