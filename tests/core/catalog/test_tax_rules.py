"""Taxes: who sells to whom decides the rate, the category and the reason."""

from datetime import date
from typing import Any

import msgspec
import pytest
from eu_vat_rates_data import dataset

from core.catalog import price_words, tax_rules
from core.catalog.tax_rules import Buyer, Proof, Rate, Seller, Sold, Tax, Treatment, decide
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


def lower(rate_class: Any) -> Any:
    def rate(country: str, _kind: str) -> Rate | None:
        return tax_rules.shipped(country, rate_class) or tax_rules.shipped(country)

    return rate


def test_a_product_of_a_lower_class_is_taxed_at_that_rate_of_the_country_or_at_the_standard_one() -> None:
    reduced = Sold(tax_class="reduced")
    at_home = decide(FRANCE, Buyer(country="FR", kind="individual"), lower("reduced"), reduced)
    assert (*told(at_home), at_home.included) == (5_500, "S", "domestic", "FR", 5_500)
    danish = decide(FRANCE, Buyer(country="DK", kind="individual"), lower("reduced"), reduced)
    assert (danish.rate, danish.tax_class, danish.rate_of) == (25_000, "reduced", "standard")
    super_reduced = Sold(tax_class="super_reduced")
    assert decide(FRANCE, Buyer(country="FR", kind="company"), lower("super_reduced"), super_reduced).rate == 2_100


def test_what_is_zero_or_exempt_is_so_where_a_tax_would_be_charged_and_nothing_is_inside_of_its_price() -> None:
    school = Sold(tax_class="exempt", vatex="VATEX-EU-132", reason="Article 261-4 du CGI")
    for buyer in (Buyer(country="FR", kind="individual"), Buyer(country="DE", kind="individual")):
        found = decide(FRANCE, buyer, shipped, school)
        assert (found.rate, found.category, found.reason, tax_rules.inside(found)) == (0, "E", "exempt", 0)
        assert price_words.kept_reason(found) == "VATEX-EU-132 Article 261-4 du CGI"
        zero = decide(FRANCE, buyer, shipped, Sold(tax_class="zero"))
        assert (zero.rate, zero.category, tax_rules.inside(zero)) == (0, "Z", 0)
    abroad = Buyer(country="DE", kind="company", vat_number="DE136695976", proof=PROOF)
    assert decide(FRANCE, abroad, shipped, school).category == "AE"
    assert decide(FRANCE, Buyer(country="US", kind="company"), shipped, school).category == "O"


def test_a_group_that_is_treated_in_its_own_way_stands_before_the_class_of_the_product() -> None:
    embassy = Treatment(group="Embassies", vatex="VATEX-EU-151-1A")
    home, abroad = Buyer(country="FR", kind="company"), Buyer(country="US", kind="company")
    found = decide(FRANCE, home, shipped, Sold(tax_class="zero"), embassy)
    assert (found.category, found.reason, found.group, found.vatex) == ("E", "group", "Embassies", embassy.vatex)
    assert tax_rules.inside(found) == 20_000, "the price with tax is told to them without it"
    assert decide(FRANCE, abroad, shipped, treatment=embassy).category == "O"
    small = msgspec.structs.replace(FRANCE, is_liable=False, mention="no VAT")
    assert decide(small, home, shipped, treatment=embassy).reason == "not_liable"
    charity = Treatment(group="Charities", rate=2_100, reason="Article 298 septies du CGI")
    found = decide(FRANCE, home, shipped, treatment=charity)
    assert (found.rate, found.category, price_words.kept_reason(found)) == (2_100, "S", charity.reason)
    assert "Charities" in price_words.reason(found)


def test_the_reduced_rates_chosen_here_are_among_those_of_the_library() -> None:
    for country, rate in tax_rules.REDUCED.items():
        assert rate in tax_rules.reduced(country)
