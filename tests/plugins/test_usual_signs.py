"""The usual signs of fraud: each is told with its reason, counts as decided, and honest people pass."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core import clock, db, i18n
from core.accounts import fraud_registrations
from core.accounts.clients import NewClient
from core.accounts.fraud_checks import Stopped
from core.actor import system
from core.settings import Settings
from plugins.api import Order
from plugins.fraud import usual_signs
from plugins.fraud.usual_signs import UsualSigns
from plugins.testing_fraud import FraudContract
from tests import cast
from web.kit import fraud_words

USUAL = UsualSigns()


class TestTheContract(FraudContract):
    plugin = usual_signs


def order(vat_number: str = "", payer_country: str = "FR") -> Order:
    return Order(source="portal", currency="EUR", lines=[], vat_number=vat_number, payer_country=payer_country)


@pytest.mark.parametrize(
    ("email", "is_sign"),
    [
        ("a@mailinator.com", True),
        ("a@x.MAILINATOR.com.", True),
        ("a@mine.example", True),
        ("a@gmail.com", False),
    ],
)
def test_disposable_addresses_and_those_on_the_list_are_told(email: str, is_sign: bool) -> None:
    found = usual_signs.of_mail(email, UsualSigns(domains="other.example\n Mine.example \n"))
    assert bool(found) is is_sign


@pytest.mark.parametrize(
    ("phone", "country", "is_sign"),
    [
        ("+33123456789", "FR", False),
        ("+33123456789", "DE", True),
        ("+14165550123", "CA", False),
        ("+441481550123", "GG", False),
        ("+88235501234", "FR", False),
        ("", "FR", False),
    ],
)
def test_a_number_is_of_the_country_where_its_code_serves_it(phone: str, country: str, is_sign: bool) -> None:
    assert bool(usual_signs.of_phone(phone, country, USUAL)) is is_sign


def test_a_vat_number_is_of_the_payers_country_also_where_it_begins_otherwise() -> None:
    assert usual_signs.of_vat(order("EL123456789", "GR"), USUAL) == []
    assert usual_signs.of_vat(order("123456789", "FR"), USUAL) == []
    assert usual_signs.of_vat(order("DE123456789", "FR"), USUAL)[0][0] == "review"
    assert usual_signs.opinion(usual_signs.of_payer("FR", order("", "DE"), USUAL)).verdict == "pass"
    strict = UsualSigns(payer_country="fail")
    assert usual_signs.opinion(usual_signs.of_payer("FR", order("", "DE"), strict)).verdict == "fail"


def test_many_of_one_network_or_domain_are_told_and_those_of_a_large_mail_provider_are_not() -> None:
    def before(count: int, address: str, email: str) -> list[Any]:
        return [{"address": address.format(number), "email": email} for number in range(1, count + 1)]

    far = before(20, "198.51.{}.1", "a@gmail.com")
    assert usual_signs.of_number("203.0.113.9", "b@gmail.com", far, USUAL) == []
    near = before(10, "203.0.113.{}", "a@x{}.example")
    (found,) = usual_signs.of_number("203.0.113.99", "b@mine.example", near, USUAL)
    assert found[1].values == {"count": 11, "name": "203.0.113.0/24"}
    assert usual_signs.of_number("2001:db8::1", "b@mine.example", before(3, "2001:db8::{}", "a@x.example"), USUAL)
    assert usual_signs.of_number("", "b@mine.example", before(11, "", "a@mine.example"), USUAL)


@pytest.mark.anyio
async def test_the_fourth_registration_of_an_address_within_the_hour_is_refused_where_that_is_set(
    database: Settings,
) -> None:
    nova = await cast.tenant("nova")
    by = system(replace(nova, plugins=nova.plugins | {"usual-signs"}), name="Sign-up")

    async def register(number: int) -> Any:
        new = NewClient(login=f"n{number}", email=f"n{number}@gmail.com", country="FR", contact_person="N N")
        here = replace(by, address="198.51.100.7")
        return await fraud_registrations.register(new, source="sign_up", by=here)

    async with db.as_tenant(nova.id):
        await db.execute(
            """INSERT INTO plugin_settings (plugin, enabled, settings, updated_at)
               VALUES ('usual-signs', true, '{"too_many": "fail"}', now())"""
        )
        for number in range(3):
            await register(number)
        with pytest.raises(Stopped):
            await register(3)
        row = await db.row("SELECT * FROM fraud_checks WHERE state = 'stopped'")
        assert row is not None
        with i18n.speaking("fr"):
            (said,) = fraud_words.reasons(row)
        assert said == "4 inscriptions depuis 198.51.100.7 en une heure"
        with clock.moved(timedelta(minutes=61)):
            assert (await register(4))["login"] == "n4"
