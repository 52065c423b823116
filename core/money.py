"""Amounts: whole numbers of a currency's smallest unit, and the way between them and what people write. Pure."""

import re

from core.i18n import _

_WITHOUT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_FOUR = frozenset(["CLF", "UYW"])
_WRITTEN = re.compile(r"(\d{1,3}(?:\d*|(?:[ \u00a0\u202f]\d{3})+))(?:[.,](\d+))?", re.ASCII)

MOST = 10**15
"""No amount reaches this many minor units."""


class BadAmount(ValueError):
    """A text that is no amount of this currency; the message says why, to people."""


def digits(currency: str) -> int:
    """How many digits a currency has after the point (ISO 4217): EUR 2, JPY 0, KWD 3."""
    return 0 if currency in _WITHOUT else 3 if currency in _THREE else 4 if currency in _FOUR else 2


def parse(text: str, currency: str) -> int:
    """Minor units from what people write, such as `1 250,50`; "" is 0. Raises `BadAmount`."""
    if not text.strip():
        return 0
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise BadAmount(_("This is not an amount, such as 250 or 250.50."))
    places, fraction = digits(currency), found[2] or ""
    if len(fraction.rstrip("0")) > places:
        raise BadAmount(
            _("%(currency)s has %(count)s digits after the point.") % {"currency": currency, "count": places}
        )
    units = int(re.sub(r"\D", "", found[1]) + fraction[:places].ljust(places, "0"))
    if units >= MOST:
        raise BadAmount(_("This is more than can be kept."))
    return units


def written(units: int, currency: str) -> str:
    """Minor units as a form's field has them: `1250.50`, without spaces. `parse` reads it back."""
    places = digits(currency)
    if not places:
        return str(units)
    whole, rest = divmod(units, 10**places)
    return f"{whole}.{rest:0{places}d}"
