"""Keeps the catalogues of translations up to date. `python -m tests.rules.catalogue`

Takes up new messages, drops those that are gone, keeps every translation, and writes the files sorted and without
line numbers, so that a change of code changes few lines of them. test_catalogue.py says what is missing.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from core.i18n import CATALOGUES, DEFAULT_LOCALE, LOCALES
from tests.rules.places import PACKAGES, ROOT

KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false"}}
TRANSLATED = [locale for locale in LOCALES if locale != DEFAULT_LOCALE]


def path_of(locale: str) -> Path:
    """Where the catalogue of a language is kept."""
    return CATALOGUES / locale / "LC_MESSAGES" / "comptoir.po"


def extracted() -> Catalog:
    """Every message of the code and the templates."""
    catalogue = Catalog(project="Comptoir", domain="comptoir")
    for package in PACKAGES:
        found = extract_from_dir(ROOT / package, METHODS, OPTIONS, keywords=KEYWORDS)
        for _file, _line, message, _comments, context in found:
            catalogue.add(message, context=context)
    return catalogue


def kept(locale: str) -> Catalog:
    """The catalogue of a language as it is."""
    with path_of(locale).open("rb") as source:
        return read_po(source, locale=locale, domain="comptoir")


def update(locale: str) -> None:
    """Bring the catalogue of a language up to the code."""
    catalogue = kept(locale) if path_of(locale).exists() else Catalog(locale=locale, domain="comptoir")
    found = extracted()
    found.creation_date = catalogue.creation_date  # Two changes at once would differ by nothing else.
    catalogue.update(found, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    written = BytesIO()
    write_po(written, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    path_of(locale).parent.mkdir(parents=True, exist_ok=True)
    path_of(locale).write_bytes(written.getvalue())


if __name__ == "__main__":
    for locale in TRANSLATED:
        update(locale)
