"""Invented clients that look real: names, companies, addresses and telephone numbers of their country.

The same seed gives the same clients. Mail goes to `.example` only, a domain that exists nowhere (RFC 2606).
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import phonenumbers
from faker import Faker

from tenants.demo.words import COUNTRIES, GIVEN, LEGAL_FORMS, NOTES, SURNAMES, TRADES, Country

YEARS = 3
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe"})


class DemoClient(msgspec.Struct, frozen=True, kw_only=True):
    """One client and its owner."""

    login: str
    name: str
    kind: str
    contact_person: str
    email: str
    country: str
    language: str
    phone: str
    phone_verified: str
    note: str
    status: str
    attitude: int
    project: int
    group: int | None
    registered_at: datetime
    address: str


def invent(count: int, *, seed: int, home: str, language: str, until: datetime) -> Iterator[DemoClient]:
    """`count` clients in the order of their registration, most of them of the country `home`."""
    dice = random.Random(seed)  # noqa: S311 (nothing secret)
    fakers = _fakers(seed)
    taken: set[str] = set()
    for registered_at in sorted(_moment(dice, until) for _ in range(count)):
        country = _country(dice, home)
        speaker = fakers.get(country.locale)
        person, latin = _person(dice, speaker, country)
        company = _company(dice, speaker, country, latin) if dice.random() < 0.55 else ""
        login = _free(_slug(company or latin), taken, dice)
        phone = _phone(dice, country.code) if dice.random() < 0.8 else ""
        yield DemoClient(
            login=login,
            name=company or person,
            kind="company" if company else "individual",
            contact_person=person,
            email=f"{_slug(latin, '.')}@{login}.example" if company else f"{login}@mail.example",
            country=country.code,
            language=dice.choice(country.languages),
            phone=phone,
            phone_verified=phone if phone and dice.random() < 0.4 else "",
            note=dice.choice(NOTES[language]) if dice.random() < 0.2 else "",
            status="closed" if dice.random() < 0.06 else "active",
            attitude=dice.choices((0, 1, 2, 3), (84, 7, 6, 3))[0],
            project=dice.choices((0, 1, 2), (60, 25, 15))[0],
            group=dice.randrange(12) if dice.random() < 0.6 else None,
            registered_at=registered_at,
            address=f"198.51.100.{dice.randrange(1, 255)}",
        )


def _fakers(seed: int) -> dict[str, Faker]:
    """Who speaks each locale, always the same way."""
    fakers = {country.locale: Faker(country.locale) for country in COUNTRIES if country.locale}
    for number, faker in enumerate(fakers.values()):
        faker.seed_instance(seed * 100 + number)
    return fakers


def _moment(dice: random.Random, until: datetime) -> datetime:
    """Some moment of the last years; there are more of late, as with a business that grows."""
    days = YEARS * 365 * (1 - dice.random() ** 0.7)
    return until - timedelta(days=days, seconds=dice.randrange(86_400))


def _country(dice: random.Random, home: str) -> Country:
    weights = [country.weight * (6 if country.code == home else 1) for country in COUNTRIES]
    return dice.choices(COUNTRIES, weights)[0]


def _person(dice: random.Random, faker: Faker | None, country: Country) -> tuple[str, str]:
    """A name as it is written at home, and in Latin letters."""
    if faker is None:
        name = f"{dice.choice(GIVEN[country.code])} {dice.choice(SURNAMES[country.code])}"
        return name, name
    if country.code == "JP":
        return faker.name(), faker.romanized_name()
    name = f"{faker.first_name()} {faker.last_name()}"
    return name, name


def _company(dice: random.Random, faker: Faker | None, country: Country, latin: str) -> str:
    """A company's name: what the country's generator makes, or a trade and a family."""
    if faker is not None and country.code not in ("JP", "US", "GB", "CA") and dice.random() < 0.5:
        return str(faker.company())
    family = latin.rsplit(" ", 1)[-1]
    trade = dice.choice(TRADES[country.languages[0]])
    name = f"{trade} {family}" if country.languages[0] in ("fr", "es", "it") else f"{family} {trade}"
    return f"{name} {dice.choice(LEGAL_FORMS[country.code])}".strip()


def _phone(dice: random.Random, country: str) -> str:
    """A number that could exist there."""
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return ""
    digits = str(example.national_number)
    for _ in range(50):
        tail = "".join(dice.choice("0123456789") for _ in range(7))
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code, national_number=int(digits[:-7] + tail)
        )
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


def _slug(text: str, joint: str = "-") -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    return _NOT_A_WORD.sub(joint, plain).strip(joint)[:40].strip(joint)


def _free(login: str, taken: set[str], dice: random.Random) -> str:
    while login in taken:
        login = f"{login.rstrip('0123456789')}{dice.randrange(2, 999)}"
    taken.add(login)
    return login
