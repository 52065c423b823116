"""Which fields a payer has and what is right in them: properties, and numbers known to be right or wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import siren as stdnum_siren

from core import places
from core.accounts import payer_fields, payer_numbers
from core.checks import Checks

kinds = st.sampled_from(payer_fields.KINDS)
countries = st.sampled_from(sorted(places.COUNTRIES))
usual = st.sampled_from(["FR", "DE", "GB", "US", "GR", "CH", "IN", "JP", "KE", "IE", "MC", "RE"])
anything = st.fixed_dictionaries({}, optional={name: st.text(max_size=40) for name in payer_fields.ALL})
RIGHT = {"name": "Ada", "street": "1 rue", "city": "Paris", "email": "ada@example.org", "language": "fr"}


def checked(**values: str) -> tuple[dict[str, str], dict[str, str]]:
    checks = Checks()
    return payer_fields.check(checks, RIGHT | values), checks.errors


@given(kinds, countries | usual, anything)
def test_whatever_is_entered_is_kept_or_refused_beside_its_field(
    kind: str, country: str, entered: dict[str, str]
) -> None:
    kept, errors = checked(**(entered | {"kind": kind, "country": country}))
    asked = {field.name for field in payer_fields.fields_of(kind, country)} | {"kind", "country"}
    assert set(kept) == set(payer_fields.ALL)
    assert set(errors) <= asked
    assert all(not kept[name] for name in set(payer_fields.ALL) - asked)
    if not errors:
        assert checked(**kept) == (kept, {}), "what is right stays as it is"
        assert payer_fields.is_complete(kept)


@given(kinds, countries)
def test_what_a_payer_must_have_is_missed(kind: str, country: str) -> None:
    checks = Checks()
    payer_fields.check(checks, {"kind": kind, "country": country})
    fields = payer_fields.fields_of(kind, country)
    must = {field.name for field in fields if field.is_required}
    assert set(checks.errors) == must
    assert len({field.name for field in fields}) == len(fields)


@given(st.from_regex(r"[1-9][0-9]{7}", fullmatch=True), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_siren_is_found(first: str, place: int, more: int) -> None:
    siren = first + luhn.calc_check_digit(first)
    assert payer_numbers.registration(f"{siren[:3]} {siren[3:6]}.{siren[6:]}", "FR") == siren
    digit = str((int(siren[place]) + more) % 10)
    with pytest.raises(payer_numbers.Wrong):
        payer_numbers.registration(siren[:place] + digit + siren[place + 1 :], "FR")


@given(st.from_regex(r"[1-9][0-9]{7}", fullmatch=True), st.from_regex(r"[1-9][0-9]{7}", fullmatch=True))
def test_a_french_vat_number_belongs_to_its_siren_alone(first: str, second: str) -> None:
    siren, other = (number + luhn.calc_check_digit(number) for number in (first, second))
    vat = stdnum_siren.to_tva(siren).replace(" ", "")
    french = {"kind": "company", "country": "FR", "postcode": "75001", "vat_number": vat}
    kept, errors = checked(**french, registration_number=siren)
    assert (errors, kept["vat_number"]) == ({}, f"FR{vat}")
    _kept, errors = checked(**french, registration_number=other)
    assert ("vat_number" in errors) == (siren != other)


@pytest.mark.parametrize(
    ("country", "entered", "kept"),
    [
        ("FR", "fr 44 732 829 320", "FR44732829320"),
        ("FR", "44732829320", "FR44732829320"),
        ("RE", "44732829320", "FR44732829320"),
        ("GR", "094259216", "EL094259216"),
        ("DE", "DE 136,695 976".replace(",", "."), "DE136695976"),
        ("BE", "BE0403019261", "BE0403019261"),
        ("GB", "GB 980 7806 84", "980780684"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("KE", "P051365947M", "P051365947M"),
    ],
)
def test_vat_numbers_are_kept_in_one_form(country: str, entered: str, kept: str) -> None:
    assert payer_numbers.vat(entered, country) == kept
    assert payer_numbers.vat(kept, country) == kept


@pytest.mark.parametrize(
    ("country", "entered"),
    [
        ("FR", "FR45732829320"),
        ("FR", "DE136695976"),
        ("DE", "136695978"),
        ("GB", "123456789"),
        ("KE", "²³"),
        ("KE", "x"),
    ],
)
def test_a_vat_number_that_cannot_be_one_of_the_country_is_wrong(country: str, entered: str) -> None:
    with pytest.raises(payer_numbers.Wrong):
        payer_numbers.vat(entered, country)


@pytest.mark.parametrize(
    ("field", "entered", "kept"),
    [
        ("iban", "fr76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
        ("iban", "FR76 3000 6000 0112 3456 7890 188", ""),
        ("bic", "bnpafrpp", "BNPAFRPP"),
        ("bic", "BNPAZZPP", ""),
    ],
)
def test_accounts_and_banks_are_checked(field: str, entered: str, kept: str) -> None:
    values, errors = checked(kind="individual", country="FR", postcode="75001", **{field: entered})
    assert (values[field] if kept else set(errors)) == (kept or {field})


def test_each_country_asks_for_what_is_its_own() -> None:
    def names(kind: str, country: str) -> set[str]:
        return {field.name for field in payer_fields.fields_of(kind, country)}

    assert "registration_number" in names("company", "FR")
    assert names("individual", "FR").isdisjoint({"registration_number", "vat_number", "contact_person", "region"})
    assert "region" in names("individual", "US")
    assert "vat_number" not in names("company", "US")
    assert "contact_person" not in names("sole_proprietor", "FR")
