"""The numbers of a payer and what makes one of them right: VAT, registration, bank account, bank.

All offline, from published rules: check digits and formats as python-stdnum has them from the registers of each
country (SIREN and SIRET: INSEE; VAT: the national authorities behind VIES), IBAN (ISO 13616) and BIC (ISO 9362)
as schwifty has them. Nobody is asked whether a number is in use. A number is kept in capitals without spaces,
dots and hyphens; a VAT number of the European Union with the prefix of its country.
"""

import re
from types import MappingProxyType
from typing import Any

import schwifty
from stdnum.util import get_cc_module

from core.i18n import N_

_EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = frozenset(_EU.split(" "))
"""Prefixes of VAT numbers of the member states; Greece is EL (Directive 2006/112/EC, article 215)."""

VAT_PREFIX = MappingProxyType({"GR": "EL", "MC": "FR", "IM": "GB", "GP": "FR", "MQ": "FR", "RE": "FR"})
"""Whose VAT numbers a country has where they are not its own: those of Monaco are French, of Man British."""

NO_VAT = frozenset({"GF", "HK", "MO", "US", "YT"})
"""Countries where a document shows no VAT number of the buyer: there is no VAT."""

FRENCH = frozenset({"FR", "GF", "GP", "MQ", "RE", "YT"})
"""Where companies have a SIREN: France and its overseas departments, each with an ISO code of its own."""

_FRENCH_REGISTERS = ("siret", "siren")
REGISTERS = MappingProxyType(
    {country: (N_("SIREN or SIRET"), _FRENCH_REGISTERS) for country in FRENCH}
    | {
        "AT": (N_("Company register number"), ("businessid",)),
        "AU": (N_("ABN or ACN"), ("abn", "acn")),
        "BE": (N_("Enterprise number"), ("vat",)),
        "BR": (N_("CNPJ or CPF"), ("cnpj", "cpf")),
        "CA": (N_("Business number"), ("bn",)),
        "CH": (N_("UID"), ("uid",)),
        "DK": (N_("CVR number"), ("cvr",)),
        "EE": (N_("Register code"), ("registrikood",)),
        "ES": (N_("NIF"), ("nif",)),
        "FI": (N_("Y-tunnus"), ("ytunnus",)),
        "IN": (N_("PAN"), ("pan",)),
        "IT": (N_("Codice fiscale"), ("codicefiscale",)),
        "JP": (N_("Corporate number"), ("cn",)),
        "MA": (N_("ICE"), ("ice",)),
        "NO": (N_("Organisation number"), ("orgnr",)),
        "PL": (N_("REGON"), ("regon",)),
        "PT": (N_("NIF"), ("nif",)),
        "SE": (N_("Organisation number"), ("orgnr",)),
        "SN": (N_("NINEA"), ("ninea",)),
        "US": (N_("EIN"), ("ein",)),
    }
)
"""What the number of a business is called, and the modules of stdnum that know it: one of them has to agree."""

PATTERNS = MappingProxyType(
    {"GB": (N_("Company number"), r"\d{8}|[A-Z]{2}\d{6}"), "NL": (N_("KVK number"), r"\d{8}")}
)
"""The same where only the form of the number says something."""

NEEDS_REGISTRATION = FRENCH | {"BE"}
"""Where a business cannot be named on a document without its number (Code de commerce R123-237; for Belgium
Code de droit économique III.25)."""

SEPARATORS = re.compile(r"[\s.\-/]+")
GENERIC = re.compile(r"[A-Z0-9]{3,25}")


class Wrong(ValueError):
    """This is no such number."""


def compact(text: str) -> str:
    """The number without what people put between its digits, in capitals."""
    return SEPARATORS.sub("", text.upper())


def vat(text: str, country: str) -> str:
    """The VAT number as it is kept; `Wrong` when it cannot be one of this country. The prefix may be left out."""
    number = _plain(text)
    prefix = VAT_PREFIX.get(country, country)
    if country == "GB" and number.startswith("XI"):
        return _agreed(number, get_cc_module("eu", "vat"))
    if prefix in EU:
        return _european(number, prefix)
    module = get_cc_module(prefix, "vat")
    return _agreed(number, module) if module else _generic(number)


def registration(text: str, country: str) -> str:
    """The number of a business in its country's register; `Wrong` when it cannot be one."""
    number = _plain(text)
    if country in PATTERNS:
        if not re.fullmatch(PATTERNS[country][1], number):
            raise Wrong(text)
        return number
    if country not in REGISTERS:
        return _generic(number)
    where = "FR" if country in FRENCH else country
    for name in REGISTERS[country][1]:
        try:
            return _agreed(number, get_cc_module(where, name))
        except Wrong:
            continue
    raise Wrong(text)


def registration_label(country: str) -> str:
    """What the number is called there, in English, to be translated."""
    found: tuple[str, object] | None = REGISTERS.get(country) or PATTERNS.get(country)
    return found[0] if found else N_("Registration number")


def is_of(vat_number: str, siren_or_siret: str) -> bool:
    """Whether a French VAT number ends in the SIREN; without one of the two, or elsewhere, always."""
    is_french = vat_number.startswith("FR") and bool(siren_or_siret)
    return not is_french or vat_number[4:] == siren_or_siret[:9]


def iban(text: str) -> str:
    """An account number that fits its country's form and check digits."""
    try:
        return str(schwifty.IBAN(_plain(text, longest=34), validate_bban=True))
    except ValueError as error:
        raise Wrong(text) from error


def bic(text: str) -> str:
    """The code of a bank, of 8 or 11 characters."""
    try:
        return str(schwifty.BIC(_plain(text)))
    except ValueError as error:
        raise Wrong(text) from error


def _european(number: str, prefix: str) -> str:
    module = get_cc_module("eu", "vat")
    if number.startswith(prefix):
        try:
            return _agreed(number, module)
        except Wrong:
            # A national number may begin with the same two letters, as the key of a French one can.
            return _agreed(prefix + number, module)
    return _agreed(prefix + number, module)


def _agreed(number: str, module: Any) -> str:
    """The number as the module writes it; `Wrong` when it does not agree."""
    try:
        return compact(module.validate(number)) if module else _generic(number)
    except ValueError as error:
        raise Wrong(number) from error


def _generic(number: str) -> str:
    if not GENERIC.fullmatch(number):
        raise Wrong(number)
    return number


def _plain(text: str, *, longest: int = 30) -> str:
    number = compact(text)
    if not number.isascii() or not number.isalnum() or len(number) > longest:
        raise Wrong(text)
    return number
