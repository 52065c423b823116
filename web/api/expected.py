"""What would have been right in place of a value that a program sent, in words of the reader's language."""

import re
from collections.abc import Mapping

from core.i18n import N_, _

BY_TYPE: Mapping[str, str] = {
    "str": N_("A text is expected here."),
    "bool": N_("True or false is expected here."),
    "int": N_("A whole number is expected here."),
    "float": N_("A number is expected here."),
    "date": N_("A date is expected here, such as 2026-11-23."),
    "datetime": N_("A moment with its zone is expected here, such as 2026-11-23T09:30:00Z."),
    "bytes": N_("A text in Base64 is expected here."),
    "array": N_("A list is expected here."),
    "object": N_("An object is expected here."),
    "key": N_("A whole number is expected as the name of each entry."),
}
WHOLE_NUMBER = BY_TYPE["int"]
OF_OTHERS = N_("This is not what is expected here.")

SAID: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"at `key` in"), BY_TYPE["key"]),
    (re.compile(r"Expected `(?:int|float)` >= (?P<limit>\S+)"), N_("At least %(limit)s, please.")),
    (re.compile(r"Expected `(?:int|float)` <= (?P<limit>\S+)"), N_("At most %(limit)s, please.")),
    (re.compile(r"Expected `array` of length <= (?P<limit>\d+)"), N_("At most %(limit)s in the list, please.")),
    (re.compile(r"Expected `array` of length >= (?P<limit>\d+)"), N_("At least %(limit)s in the list, please.")),
    (re.compile(r"Expected `str` of length <= (?P<limit>\d+)"), N_("At most %(limit)s characters, please.")),
    (re.compile(r"Expected `str` of length >= (?P<limit>\d+)"), N_("At least %(limit)s characters, please.")),
    (re.compile(r"Invalid RFC3339 encoded date$"), BY_TYPE["date"]),
    (re.compile(r"Invalid RFC3339|with a timezone"), BY_TYPE["datetime"]),
    (re.compile(r"Invalid base64"), BY_TYPE["bytes"]),
    (re.compile(r"Invalid enum value"), N_("This is not one of the choices.")),
    (re.compile(r"missing required field `(?P<limit>[^`]*)`"), N_("“%(limit)s” is missing.")),
    (re.compile(r"unknown field `(?P<limit>[^`]*)`"), N_("There is no field “%(limit)s”.")),
)
"""What msgspec says, and what is said instead."""
TYPE = re.compile(r"Expected `(\w+)")
PLACE = re.compile(r" - at `\$(?P<place>[^`]+)`$")


def told(error: str) -> str:
    """What msgspec says of a value, in words; of one inside of another the place of it comes first."""
    place = PLACE.search(error)
    said = PLACE.sub("", error)
    inside = place["place"].lstrip(".").replace("[...]", "[…]") if place else ""
    return f"{inside}: {_words(said)}" if inside else _words(said)


def _words(said: str) -> str:
    for pattern, text in SAID:
        if found := pattern.search(said):
            return _(text) % found.groupdict()
    found = TYPE.search(said)
    return _(BY_TYPE.get(found[1], OF_OTHERS) if found else OF_OTHERS)
