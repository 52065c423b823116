"""Taxes: who sells to whom decides the rate, the category and the reason."""

from datetime import date
from typing import Any

import msgspec
import pytest
from eu_vat_rates_data import dataset

from core.catalog import tax_rules
from core.catalog.tax_rules import Buyer, Proof, Rate, Seller, Tax, decide
from core.places import COUNTRIES

DAY = date(2026, 11, 28)
FRANCE = Seller(country="FR", vat_number="FR40303265045")
PROOF = Proof(number="DE136695976", answer="valid", day=DAY, consultation="WAPI1")


def shipped(country: str, _kind: str) -> Rate | None:
    return tax_rules.shipped(country)


def told(tax: Tax) -> tuple[int, str, str, str]:
    return tax.rate, tax.category, tax.reason, tax.country


def of(country: str, kind: Any = "individual", seller: Seller = FRANCE, rates: Any = shipped, **more: Any) -> Any:
    return told(decide(seller, Buyer(country=country, kind=kind, **more), rates))


def test_in_the_sellers_own_country_everybody_pays_its_rate() -> None:
    assert of("FR") == of("FR", "company", vat_number="FR83404833048") == (20_000, "S", "domestic", "FR")


def test_a_consumer_of_another_member_state_pays_its_rate_or_the_sellers_as_it_was_set() -> None:
    assert of("DE") == (19_000, "S", "destination", "DE")
    assert of("FI") == (25_500, "S", "destination", "FI")
    at_home = msgspec.structs.replace(FRANCE, consumers="origin")
    assert of("DE", seller=at_home) == (20_000, "S", "origin", "FR")


def test_a_company_with_a_proven_number_owes_the_tax_itself_and_the_proof_is_kept() -> None:
    buyer = Buyer(country="DE", kind="company", vat_number="DE136695976", proof=PROOF)
    found = decide(FRANCE, buyer, shipped)
    assert told(found) == (0, "AE", "reverse_charge", "DE")
    assert (found.vatex, found.proof, found.included) == ("VATEX-EU-AE", PROOF, 20_000)


@pytest.mark.parametrize(
    ("buyer", "seller"),
    [
        ({"proof": None}, {}),
        ({"proof": msgspec.structs.replace(PROOF, answer="invalid")}, {}),
        ({"proof": msgspec.structs.replace(PROOF, number="DE129274202")}, {}),
        ({"kind": "individual"}, {}),
        ({"country": "AT"}, {}),
        ({}, {"vat_number": ""}),
    ],
)
def test_without_a_proof_of_its_own_number_a_company_pays_as_everybody_does(buyer: Any, seller: Any) -> None:
    given = {"country": "DE", "kind": "company", "vat_number": "DE136695976", "proof": PROOF} | buyer
    found = decide(msgspec.structs.replace(FRANCE, **seller), Buyer(**given), shipped)
    assert (found.category, found.reason) == ("S", "destination")


def test_a_greek_number_begins_with_el() -> None:
    proof = msgspec.structs.replace(PROOF, number="EL094259216")
    assert of("GR", "company", vat_number="EL094259216", proof=proof) == (0, "AE", "reverse_charge", "GR")
    assert [tax_rules.country_of(number) for number in ("EL1", "DE1", "GB1", "CHE1", "")] == [
        "GR",
        "DE",
        "",
        "",
        "",
    ]


def test_outside_of_the_union_nothing_is_charged_unless_the_seller_is_registered_there() -> None:
    assert of("CH") == (0, "O", "outside", "CH")
    assert of("US", "company") == (0, "O", "outside", "US")
    export = msgspec.structs.replace(FRANCE, outside="G")
    found = decide(export, Buyer(country="US", kind="company"), shipped)
    assert (found.category, found.vatex) == ("G", "VATEX-EU-G")

    def own(country: str, _kind: str) -> Rate | None:
        return Rate(rate=8_100, is_own=True) if country == "CH" else tax_rules.shipped(country)

    assert of("CH", rates=own) == (8_100, "S", "registered", "CH")


def test_a_seller_outside_of_the_union_charges_at_home_only() -> None:
    swiss = Seller(country="CH", vat_number="CHE107787577")
    assert of("CH", seller=swiss) == (8_100, "S", "domestic", "CH")
    assert of("FR", "company", seller=swiss, vat_number="FR83404833048") == (0, "O", "outside", "FR")


def test_one_who_is_not_liable_charges_nobody_and_says_why() -> None:
    small = Seller(country="FR", is_liable=False, mention="TVA non applicable, art. 293 B du CGI")
    for country in ("FR", "DE", "US"):
        found = decide(small, Buyer(country=country, kind="individual"), shipped)
        assert told(found) == (0, "E", "not_liable", "FR")
        assert (found.vatex, found.mention) == (tax_rules.FRANCHISE, small.mention)
    german = msgspec.structs.replace(small, country="DE")
    assert decide(german, Buyer(country="DE", kind="individual"), shipped).vatex == ""


def test_monaco_has_the_vat_of_france_and_man_that_of_britain() -> None:
    assert of("MC") == (20_000, "S", "domestic", "FR")
    assert of("IM", seller=Seller(country="GB")) == (20_000, "S", "domestic", "GB")


def test_where_no_rate_is_known_nothing_is_charged_and_the_reason_says_so() -> None:
    assert of("US", seller=Seller(country="US")) == (0, "O", "no_rate", "US")


def test_a_rate_of_zero_has_a_category_of_its_own() -> None:
    assert of("FR", rates=lambda *_: Rate(rate=0, is_own=True)) == (0, "Z", "domestic", "FR")


@pytest.mark.parametrize("kind", ["individual", "company"])
def test_every_country_has_an_answer(kind: Any) -> None:
    for seller in ("FR", "CH", "US", "GR"):
        for country in COUNTRIES:
            found = decide(Seller(country=seller), Buyer(country=country, kind=kind), shipped)
            assert (found.rate > 0) == (found.category == "S")


def test_the_rates_that_come_with_the_product_are_those_of_all_member_states() -> None:
    members = {code for code, told in dataset["rates"].items() if told["eu_member"]}
    assert len(members) == 27
    rates = [tax_rules.shipped(code) for code in members]
    assert all(rate is not None and 15_000 <= rate.rate <= 27_000 for rate in rates)
