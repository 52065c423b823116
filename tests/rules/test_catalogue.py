"""Every text of the product is translated: not missing, not empty, not guessed, with the same placeholders."""

import re

import pytest

from tests.rules import catalogue

NAMED = re.compile(r"%\((\w+)\)[sd]|%[sd]|{(\w*)}")


@pytest.fixture(scope="module")
def wanted():
    return {message.id: message for message in catalogue.extracted() if message.id}


@pytest.fixture(scope="module", params=catalogue.TRANSLATED)
def translated(request):
    return {message.id: message for message in catalogue.kept(request.param) if message.id}


def test_the_search_for_texts_finds_them(wanted):
    """Of code, of templates, of constants, and with a plural."""
    ids = set(wanted)
    assert {"Please fill this in.", "Skip to content", "Register clients"} <= ids
    assert ("One client was deleted.", "%(count)s clients were deleted.") in ids


def test_every_text_is_in_the_catalogue_and_nothing_else_is(wanted, translated):
    how = "run python -m tests.rules.catalogue and translate"
    assert [text for text in wanted if text not in translated] == [], how
    assert [text for text in translated if text not in wanted] == [], how


def test_every_text_is_translated(wanted, translated):
    texts = [message for message in translated.values() if message.id in wanted]
    assert [one.id for one in texts if not all(words(one.string))] == []
    assert [one.id for one in texts if one.fuzzy] == []


def test_placeholders_are_the_same(translated):
    wrong = []
    for message in translated.values():
        originals = [placeholders(text) for text in words(message.id)]
        for text in words(message.string):
            if text and placeholders(text) not in originals:
                wrong.append(f"{message.id}: {text}")
    assert wrong == []


def words(text) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def placeholders(text: str) -> set[str]:
    return {found[0] for found in NAMED.finditer(text.replace("%%", ""))}


def test_the_edges_are_the_same(translated):
    """Spaces and line ends at the ends of a text are part of the page."""
    wrong = []
    for message in translated.values():
        for original, text in zip(words(message.id), words(message.string), strict=False):
            if text and (original[:1].isspace(), original[-1:].isspace()) != (
                text[:1].isspace(),
                text[-1:].isspace(),
            ):
                wrong.append(original)
    assert wrong == []
