"""Telephone numbers that a code can be sent to, and how one is shown to who need not know it."""

from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType

from core import places
from core.checks import Checks
from core.i18n import _

TAKES_SMS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Premium numbers and the like cost whoever sends to them."""
SENT_TO = places.COUNTRIES | {"XK"}
"""Numbers of no country, such as those of satellites, cost a hundred times as much. Kosovo has no code of ISO."""


def checked(checks: Checks, field: str, text: str, *, country: str, allowed: Collection[str] = ()) -> str:
    """A mobile number as E.164; notes in `checks` why it is none, or of a country that is not `allowed`."""
    if not text.strip():
        checks.error(field, _("Please fill this in."))
        return ""
    number = checks.phone(field, text, country=country if country in places.COUNTRIES else "")
    if field in checks.errors:
        return ""
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed)
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in TAKES_SMS:
        checks.error(field, _("This number takes no SMS. Please give a mobile number."))
    elif region not in SENT_TO:
        checks.error(field, _("We send no codes to numbers of no country, such as those of satellites."))
    elif allowed and region not in allowed:
        checks.error(field, _("We send no codes to numbers of this country. Please give another one, or ask us."))
    return number


def masked(number: str) -> str:
    """Its country and its last two digits: +33 ••• 78."""
    if not number:
        return ""
    try:
        code = f"+{phonenumbers.parse(number).country_code} "
    except phonenumbers.NumberParseException:
        code = ""
    return f"{code}••• {number[-2:]}"
