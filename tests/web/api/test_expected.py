"""What is said of a value that cannot be: in words of the reader's language, with the place inside of it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from core import i18n
from core.errors import Invalid
from web.api.reading import fill

LIMITED = Annotated[int, Meta(ge=1, le=200)]
MOMENT = Annotated[datetime, Meta(tz=True)]
A_MOMENT = "A moment with its zone is expected here, such as 2026-11-23T09:30:00Z."


class Words(msgspec.Struct, forbid_unknown_fields=True):
    subject: str


CASES: list[tuple[Any, Any, str]] = [
    (MOMENT, "tomorrow", A_MOMENT),
    (MOMENT, "2026-11-23T09:30:00", A_MOMENT),
    (MOMENT | None, 5, A_MOMENT),
    (date, "tomorrow", "A date is expected here, such as 2026-11-23."),
    (LIMITED, 0, "At least 1, please."),
    (LIMITED, 201, "At most 200, please."),
    (LIMITED, "1", "A whole number is expected here."),
    (Annotated[list[int], Meta(min_length=1, max_length=2)], [], "At least 1 in the list, please."),
    (Annotated[list[int], Meta(min_length=1, max_length=2)], [1, 2, 3], "At most 2 in the list, please."),
    (Annotated[str, Meta(max_length=2)], "abc", "At most 2 characters, please."),
    (list[str], ["a", 1], "[1]: A text is expected here."),
    (dict[str, Words], {"fr": 1}, "[…]: An object is expected here."),
    (dict[str, Words], {"fr": {}}, "[…]: “subject” is missing."),
    (dict[str, Words], {"fr": {"subject": "a", "x": 1}}, "[…]: There is no field “x”."),
    (dict[str, Words], {"fr": {"subject": 1}}, "[…].subject: A text is expected here."),
    (dict[int, str], {"x": "a"}, "A whole number is expected as the name of each entry."),
    (dict[int, Literal["a"]], {"1": "b"}, "[…]: This is not one of the choices."),
    (bytes, "é", "A text in Base64 is expected here."),
    (bool | None, "yes", "True or false is expected here."),
]


def said(kind: Any, value: Any) -> str:
    """What is said of this value in a field of this kind."""
    struct = msgspec.defstruct("Sent", [("field", kind)])
    with pytest.raises(Invalid) as refusal:
        fill(struct, {"field": value}, strict=True)
    return refusal.value.errors["field"]


@pytest.mark.parametrize(("kind", "value", "text"), CASES)
def test_what_would_have_been_right_is_said_in_words(kind: Any, value: Any, text: str) -> None:
    assert said(kind, value) == text


def test_nothing_of_it_is_left_in_english_for_who_reads_french() -> None:
    with i18n.speaking("fr"):
        for kind, value, text in CASES:
            assert said(kind, value) != text
            assert not {"`", "Expected", "Invalid", "Object"} & set(said(kind, value).replace("`", " ` ").split())
