"""Checks of input, field by field, that report every error at once.

checks = Checks()
name = checks.text("name", new.name, longest=100)
checks.done()                      # raises Invalid with all the errors
"""

import re
import unicodedata
from collections.abc import Container

import phonenumbers

from core import places
from core.errors import Invalid
from core.i18n import _

EMAIL = re.compile(
    r"[^\s@<>\"(),:;\\\[\]]+@[^\s@<>\"(),:;\\\[\].-][^\s@<>\"(),:;\\\[\]]*\.[^\s@<>\"(),:;\\\[\].]+"
)
NAME_OF_ACCOUNT = re.compile(r"[\w][\w.@+-]*")


class Checks:
    """Collects errors by field; every method returns the value as it is to be kept."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def error(self, field: str, message: str) -> None:
        """Note what is wrong with a field; the first error of a field stays."""
        self.errors.setdefault(field, message)

    def done(self) -> None:
        """Raise `Invalid` when there was any error."""
        if self.errors:
            raise Invalid(self.errors)

    def text(self, field: str, value: str, *, longest: int, required: bool = True, lines: bool = False) -> str:
        """Trimmed text (NFC) of at most `longest` characters, no control ones; `lines` allows new lines."""
        text = (value if value.isascii() else unicodedata.normalize("NFC", value)).replace("\r\n", "\n").strip()
        if not text and required:
            self.error(field, _("Please fill this in."))
        elif len(text) > longest:
            self.error(field, _("At most %(count)s characters, please.") % {"count": longest})
        elif not text.isprintable() and any(_is_forbidden(letter, lines) for letter in text):
            self.error(field, _("This contains characters that cannot be kept."))
        return text

    def login(self, field: str, value: str) -> str:
        """The name somebody signs in with: letters and digits of any script and `. @ + - _`, 2 to 64."""
        login = self.text(field, value, longest=64)
        if field not in self.errors and (len(login) < 2 or not NAME_OF_ACCOUNT.fullmatch(login)):
            self.error(field, _("Two characters or more: letters, digits and . @ + - _"))
        return login

    def email(self, field: str, value: str) -> str:
        """An address that mail can be sent to (RFC 5321: at most 254 characters)."""
        email = self.text(field, value, longest=254)
        if field not in self.errors and (not EMAIL.fullmatch(email) or ".." in email):
            self.error(field, _("This does not look like an e-mail address."))
        return email

    def country(self, field: str, value: str) -> str:
        """ISO 3166-1 alpha-2."""
        return self.choice(field, value.upper(), places.COUNTRIES)

    def language(self, field: str, value: str) -> str:
        """One of `places.LANGUAGES`."""
        return self.choice(field, value, places.LANGUAGES)

    def choice(self, field: str, value: str, choices: Container[str]) -> str:
        """One of the choices."""
        if value not in choices:
            self.error(field, _("Please choose one.") if not value else _("This is not one of the choices."))
        return value

    def phone(self, field: str, value: str, *, country: str) -> str:
        """A telephone number as E.164, or ""; a national one is read as of `country`."""
        if not value.strip():
            return ""
        try:
            number = phonenumbers.parse(value, country or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number) or len(value) > 40:
            self.error(field, _("This does not look like a telephone number. Begin with + and the country."))
            return value
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_forbidden(letter: str, lines: bool) -> bool:
    if letter in "\n\t":
        return not lines
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in BIDI_OVERRIDES


BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the reading direction of what follows, and make one text look like another."""
