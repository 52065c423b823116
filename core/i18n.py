"""The language of the person who reads: gettext catalogues, chosen per request or job by a context variable."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALES = ("en", "fr")
DEFAULT_LOCALE = "en"
CATALOGUES = Path(__file__).parent / "locale"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


def current() -> str:
    """The locale in force: one of LOCALES."""
    return _locale.get()


def set_current(locale: str) -> None:
    """Speak this language until the end of the request or task; an unknown one becomes English."""
    _locale.set(locale if locale in LOCALES else DEFAULT_LOCALE)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speak this language inside the block."""
    token = _locale.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    try:
        yield
    finally:
        _locale.reset(token)


def _(message: str) -> str:
    """The message in the current language. Parameters are filled in afterwards, with `%`."""
    return catalogue(_locale.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of the message that goes with the number `n`."""
    return catalogue(_locale.get()).ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 (the name gettext users know)
    """Marks a constant for the catalogue; it is translated where it is used."""
    return message


@cache
def catalogue(locale: str) -> NullTranslations:
    """The messages of one language, compiled in memory on first use."""
    path = CATALOGUES / locale / "LC_MESSAGES" / "comptoir.po"
    if locale == DEFAULT_LOCALE or not path.exists():
        return NullTranslations()
    return _compile(path)


def _compile(path: Path) -> Translations:
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return Translations(compiled, domain="comptoir")
