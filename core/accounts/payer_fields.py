"""Which fields a payer has, by kind and country, and whether what stands in them can be right. Pure: no database.

Where the rules come from: what an invoice must say about the buyer is article 226 of Directive 2006/112/EC (full
name and address, VAT number under reverse charge) and, in France, articles L441-9 and R123-237 of the Code de
commerce (name, address, SIREN of a business). Postcodes have the forms of the Universal Postal Union; where a
country is not listed any postcode is taken, and none is asked for. Numbers: `payer_numbers`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import msgspec

from core import i18n, places
from core.accounts import payer_numbers
from core.accounts.payer_numbers import FRENCH, Wrong
from core.checks import Checks
from core.i18n import N_, _

KINDS = ("individual", "company", "sole_proprietor")
BUSINESSES = frozenset({"company", "sole_proprietor"})
LONGEST = MappingProxyType(
    {"name": 200, "contact_person": 200, "street": 300, "postcode": 20, "city": 120, "region": 120}
)


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split(" "))


_FIVE, _FOUR, _SIX = r"\d{5}", r"\d{4}", r"\d{6}"
POSTCODES: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(FRENCH | _codes("DE DZ EE ES FI HR IT KR MA MC MX MY TH TR UA"), _FIVE)
    | dict.fromkeys(_codes("AT AU BE BG CH CY DK HU LI LU NO NZ SI TN ZA"), _FOUR)
    | dict.fromkeys(["CN", "IN", "RO", "RU", "SG"], _SIX)
    | dict.fromkeys(["CZ", "GR", "SE", "SK"], r"\d{3} ?\d{2}")
    | {
        "BR": r"\d{5}-?\d{3}",
        "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
        "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
        "JP": r"\d{3}-?\d{4}",
        "LT": r"(LT-)?\d{5}",
        "LV": r"(LV-)?\d{4}",
        "MT": r"[A-Z]{3} ?\d{4}",
        "NL": r"\d{4} ?[A-Z]{2}",
        "PL": r"\d{2}-\d{3}",
        "PT": r"\d{4}-\d{3}",
        "US": r"\d{5}(-\d{4})?",
    }
)
"""Countries whose addresses have a postcode, and its form."""

STATE, PROVINCE, REGION = N_("State"), N_("Province"), N_("Region")
REGIONS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    dict.fromkeys(["AU", "BR", "IN", "MX", "MY", "NG", "US"], (STATE, True))
    | dict.fromkeys(["CA", "CN", "IT"], (PROVINCE, True))
    | dict.fromkeys(["AR", "ES", "ID", "TH", "TR", "VN"], (PROVINCE, False))
    | dict.fromkeys(["CL", "CO", "EG", "RU", "UA"], (REGION, False))
    | {"JP": (N_("Prefecture"), True), "IE": (N_("County"), False)}
)
"""Countries whose addresses name what lies between city and country: what it is called, and if it must be."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a payer of some kind and country. `label` is in English, to be translated."""

    name: str
    label: str
    is_required: bool = False


def fields_of(kind: str, country: str) -> list[Field]:
    """The fields that this kind of payer has in this country, in the order of a form."""
    return list(_fields_of(kind, country))


@lru_cache(maxsize=1024)
def _fields_of(kind: str, country: str) -> tuple[Field, ...]:
    is_business = kind in BUSINESSES
    found = [Field(name="name", label=N_("Company name") if kind == "company" else N_("Name"), is_required=True)]
    if kind == "company":
        found.append(Field(name="contact_person", label=N_("Contact person")))
    if is_business:
        must = country in payer_numbers.NEEDS_REGISTRATION
        label = payer_numbers.registration_label(country)
        found.append(Field(name="registration_number", label=label, is_required=must))
    if is_business and country not in payer_numbers.NO_VAT:
        found.append(Field(name="vat_number", label=N_("VAT number")))
    found += [
        Field(name="street", label=N_("Street and number"), is_required=True),
        Field(name="postcode", label=N_("Postcode"), is_required=country in POSTCODES),
        Field(name="city", label=N_("City"), is_required=True),
    ]
    if country in REGIONS:
        label, must = REGIONS[country]
        found.append(Field(name="region", label=label, is_required=must))
    return (
        *found,
        Field(name="email", label=N_("E-mail for documents"), is_required=True),
        Field(name="language", label=N_("Language of documents"), is_required=True),
        Field(name="iban", label=N_("IBAN")),
        Field(name="bic", label=N_("BIC")),
    )


ALL = ("kind", "country", "name", "contact_person", "registration_number", "vat_number", "street", "postcode",
       "city", "region", "email", "language", "iban", "bic")  # fmt: skip
"""Every field that any payer has."""


def check(checks: Checks, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a payer as they are to be kept, all of ALL; notes in `checks` what is wrong with them.

    What this kind of payer does not have in this country becomes "". Values that are right come back unchanged
    when they are checked again.
    """
    kind = checks.choice("kind", values.get("kind", ""), KINDS)
    country = checks.country("country", values.get("country", ""))
    if checks.errors:
        return {name: values.get(name, "") for name in ALL} | {"kind": kind, "country": country}
    return (
        dict.fromkeys(ALL, "")
        | {"kind": kind, "country": country}
        | check_fields(checks, _fields_of(kind, country), values, country)
    )


def check_fields(
    checks: Checks, fields: Iterable[Field], values: Mapping[str, str], country: str
) -> dict[str, str]:
    """The values of these fields in this country, as they are to be kept; notes in `checks` what is wrong."""
    kept = {field.name: _checked(checks, field, values.get(field.name, ""), country) for field in fields}
    vat, registration = kept.get("vat_number", ""), kept.get("registration_number", "")
    is_known = country in FRENCH and not checks.errors
    if is_known and not payer_numbers.is_of(vat, registration):
        checks.error("vat_number", _("This VAT number belongs to another SIREN."))
    return kept


def is_complete(values: Mapping[str, str]) -> bool:
    """Whether it could stand on a document: nothing is missing and nothing is wrong."""
    checks = Checks()
    check(checks, {name: values[name] for name in ALL})
    return not checks.errors


def _checked(checks: Checks, field: Field, value: str, country: str) -> str:
    name = field.name
    if name == "email":
        return checks.email(name, value)
    if name == "language":
        return checks.language(name, value)
    if not value and not field.is_required:
        return ""
    text = checks.text(
        name, value, longest=LONGEST.get(name, 60), required=field.is_required, lines=name == "street"
    )
    if not text or name in checks.errors or name in LONGEST:
        return _postcode(checks, text, country) if name == "postcode" and text else text
    try:
        return _number(name, text, country)
    except Wrong:
        checks.error(name, _wrong(field, country))
        return text


def _number(name: str, text: str, country: str) -> str:
    if name == "vat_number":
        return payer_numbers.vat(text, country)
    if name == "registration_number":
        return payer_numbers.registration(text, country)
    return payer_numbers.iban(text) if name == "iban" else payer_numbers.bic(text)


def _postcode(checks: Checks, text: str, country: str) -> str:
    postcode = " ".join(text.upper().split())
    if country in POSTCODES and not re.fullmatch(POSTCODES[country], postcode, re.ASCII):
        checks.error("postcode", _wrong(Field(name="postcode", label=N_("Postcode")), country))
    return postcode


def _wrong(field: Field, country: str) -> str:
    """What to say of a number that cannot be one."""
    if field.name in ("iban", "bic"):
        return _("This is not a valid %(number)s; please check every character.") % {"number": _(field.label)}
    where = places.countries(i18n.current()).get(country, country)
    return _("%(number)s: not valid in %(country)s; please check every character.") % {
        "number": _(field.label),
        "country": where,
    }
