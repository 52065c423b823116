"""Strange input is refused or taken as it is, and never an error of ours: in filters, forms and JSON."""

import pytest

from tests.web.matrix import table
from tests.web.matrix.references import no_things, own_things, places_of, put_in
from tests.web.matrix.world import VERSIONS, World, about

pytestmark = pytest.mark.anyio

DIGITS = ("٣", "9" * 19, "9" * 40, "-1", "1e3")
TEXTS = ("a\0b", "%_\\'\"><b>\u202eabc", "\ud800", "a" * 10_000)
IN_ADDRESSES = ("a\0b", "%_\\", "\ud800", "a" * 300, *DIGITS)
NUMBERS = (0, -1, 2**31, 2**63, 2**70, 1.5)
TOO_LONG = 10**40
OTHERS = (True, None, [], {}, [1] * 300)
READ = {"", "!today", "!day", *VERSIONS}
"""What is right and looks like a word, and is read as something else."""
PARAMETERS = table.merged("PARAMETERS")
AREAS = sorted({row.area for row in table.ROWS} - {"account"})


async def send_raw(world: World, row, somebody, things, query: str) -> str:
    """The address with this query; what broke, or ""."""
    asked = type(row)(**{field: getattr(row, field) for field in row.__struct_fields__} | {"query": query})
    answer = await world.call(asked, somebody, things=things)
    return f"{row.name}?{query[:60]}: {about(answer)}" if answer.status_code >= 500 else ""


def encoded(text: str) -> str:
    """Percent-encoded, a lone surrogate as the bytes that no UTF-8 has."""
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


async def test_strange_parameters_of_lists_are_refused_or_literal(world):
    wrong = []
    for row in table.ROWS:
        if row.is_write or row.path not in PARAMETERS:
            continue
        things, somebody = await own_things(world, row), await world.for_row(row)
        for parameter in PARAMETERS[row.path].split():
            for text in IN_ADDRESSES:
                wrong.append(await send_raw(world, row, somebody, things, f"{parameter}={encoded(text)}"))
            wrong.append(await send_raw(world, row, somebody, things, f"{parameter}=1&{parameter}=2"))
            wrong.append(await send_raw(world, row, somebody, things, f"{parameter}[]=1"))
    assert not any(wrong), "\n".join(filter(None, wrong))


@pytest.mark.parametrize("area", AREAS)
async def test_strange_values_of_fields_are_refused_or_taken(world, area):
    """One field after the other is strange, the others are right."""
    wrong = []
    for row in table.of(area):
        if not row.send:
            continue
        things, somebody = await own_things(world, row), await world.for_row(row)
        for field in row.send:
            for value in strange_for(row, field):
                body = put_in(await world.filled(row, somebody), things) | {field: value}
                answer = await world.call(row, somebody, things=things, **ready(row, body))
                if answer.status_code >= 500:
                    wrong.append(f"{row.name} {field}={str(value)[:20]!r}: {about(answer)}")
                    break
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("area", AREAS)
async def test_a_number_that_no_row_can_have_names_nothing(world, area):
    """In an address there is nothing; where a form names it, it is refused or passed over."""
    wrong = []
    for row in table.of(area):
        if not any(isinstance(thing, int) for thing in no_things(world, row).values()):
            continue
        somebody = await world.same_for_row(row)
        body = await world.filled(row, somebody)
        usual = no_things(world, row)
        for place in places_of(row):
            if isinstance(usual[place.name], int):
                things = usual | {place.name: TOO_LONG}
                answer = await world.call(row, somebody, things=things, send=put_in(body, things))
                if answer.status_code >= 500 or (place.is_in_path and answer.status_code < 400):
                    wrong.append(f"{row.name} {place.name}: {about(answer)}")
    assert not wrong, "\n".join(wrong)


def strange_for(row, field: str) -> tuple:
    """Every kind of text for what is a number, a day, an id or a choice; where words stand, digits are words.

    Of what JSON has besides, a value of a wrong type is refused as it is read, by one decoder for all: a field
    gets one of them, another field another one.
    """
    usual = row.send[field]
    is_word = isinstance(usual, str) and usual[:1] not in tuple("$0123456789") and usual not in READ
    digits = ("٣", "9" * 40) if is_word else (*DIGITS, "NaN")
    if not row.is_json:
        return (*TEXTS, *digits)
    other = OTHERS[len(row.path + field) % len(OTHERS)]
    if isinstance(usual, int) and not isinstance(usual, bool):
        return (TEXTS[0], DIGITS[-1], *NUMBERS, other)
    return (*TEXTS, *digits, 0, other)


def ready(row, body: dict) -> dict:
    """What httpx can send: a form has no lone surrogates, JSON has them escaped."""
    if row.is_json:
        return {"send": body}
    return {
        "send": {
            field: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for field, value in body.items()
        }
    }
