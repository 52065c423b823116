"""Which fields an own company has in its country, and whether what stands in them can be right. Pure: no database.

It has what a payer that is a company has there, by the same rules (`payer_fields`), and besides a legal form and a
telephone number. What an invoice says about who issues it: article 226 of Directive 2006/112/EC and, in France,
articles R123-237 and R123-238 of the Code de commerce.
"""

from collections.abc import Mapping

from core.accounts import payer_fields
from core.accounts.payer_fields import Field
from core.checks import Checks
from core.i18n import N_

NOT_OF_COMPANIES = frozenset({"contact_person", "language", "iban", "bic"})
"""What a payer has and an own company has not, or elsewhere."""
ALL = ("country", "name", "legal_form", "registration_number", "vat_number", "street", "postcode", "city",
       "region", "email", "phone")  # fmt: skip
"""Every field that any company has."""


def fields_of(country: str) -> list[Field]:
    """The fields that a company has in this country, in the order of a form."""
    shared = [field for field in payer_fields.fields_of("company", country) if field.name not in NOT_OF_COMPANIES]
    name, *others, email = shared
    return [
        name,
        Field(name="legal_form", label=N_("Legal form and capital")),
        *others,
        Field(name=email.name, label=N_("E-mail"), is_required=True),
        Field(name="phone", label=N_("Phone")),
    ]


def check(checks: Checks, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a company as they are to be kept, all of ALL; notes in `checks` what is wrong with them."""
    country = checks.country("country", values.get("country", ""))
    kept = dict.fromkeys(ALL, "") | {"country": country}
    if "country" in checks.errors:
        return kept | {name: values.get(name, "") for name in ALL}
    shared = [field for field in fields_of(country) if field.name not in ("legal_form", "phone")]
    kept |= payer_fields.check_fields(checks, shared, values, country)
    kept["legal_form"] = checks.text("legal_form", values.get("legal_form", ""), longest=200, required=False)
    kept["phone"] = checks.phone("phone", values.get("phone", ""), country=country)
    return kept


def is_complete(values: Mapping[str, str]) -> bool:
    """Whether it could stand on a document: nothing is missing and nothing is wrong."""
    checks = Checks()
    check(checks, {name: values[name] for name in ALL})
    return not checks.errors
