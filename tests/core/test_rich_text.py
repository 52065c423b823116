"""Whatever somebody writes, its HTML is inert: a short list of tags, safe links, nothing else."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import rich_text

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example/x)",
    "[x](/staff/clients/1/impersonate)",
    "[x](http:/\\evil.example)",
    '[x](https://a.b "onmouseover=alert(1)")',
    '[x](https://a.b/"onmouseover=alert(1)//)',
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.gif)",
    "![x](javascript:alert(1))",
    '!["onerror=alert(1)](https://a.b/x)',
    "[x]: javascript:alert(1)\n\n[x]",
    "```html onclick=x\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\n```',
    "<a href=javascript:alert(1)>x</a>",
    "<div hx-get=/logout hx-trigger=load>x</div>",
    "<form action=/x><input autofocus onfocus=alert(1)></form>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example/>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "\u2028<script>alert(1)</script>",
    "{{ ''.__class__ }}",
    "<x onclick=alert(1) id=main class=btn style=position:fixed data-x=1>",
    "[a](<javascript:alert(1)>)",
    "| <img src=x onerror=alert(1)> | [x](javascript:1) |\n|-|-|\n| a | b |",
]
PIECES = [
    *CORPUS,
    "[",
    "](",
    ")",
    "!",
    "*",
    "_",
    "`",
    "<",
    ">",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "|",
    "\\",
    "&",
    " x ",
]


class _Inert(HTMLParser):
    """Notes what a browser would see that is not on the list."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in rich_text.TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if (tag, name) == ("a", "href"):
            fine = value.lower().startswith(("http://", "https://", "mailto:"))
        elif (tag, name) == ("a", "rel"):
            fine = value == rich_text.LINKS_REL
        else:
            fine = (tag, name) == ("ol", "start") and value.isdecimal()
        if not fine:
            self.wrong.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data}")


def _wrong_in(markdown: str) -> list[str]:
    reader = _Inert()
    reader.feed(rich_text.html(markdown))
    reader.close()
    return reader.wrong


@pytest.mark.parametrize("text", CORPUS)
def test_nothing_of_the_corpus_of_attacks_lives(text: str) -> None:
    assert _wrong_in(text) == []
    assert _wrong_in(f"# {text}\n\n- {text}\n\n> *{text}*") == []


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_no_text_becomes_anything_that_is_not_on_the_list(text: str) -> None:
    assert _wrong_in(text) == []
    assert isinstance(rich_text.plain(text), str)


def test_what_people_write_looks_as_they_meant_it() -> None:
    shown = rich_text.html(
        "Dear **Ann**,\nsee [the page](https://a.example/?x=1&y=2).\n\n1. one\n2. two\n\n~~gone~~"
    )
    assert "<strong>Ann</strong>,<br>" in shown
    assert f'<a href="https://a.example/?x=1&amp;y=2" rel="{rich_text.LINKS_REL}">the page</a>' in shown
    assert "<ol>\n<li>one</li>" in shown
    assert "<s>gone</s>" in shown


def test_an_image_is_a_link_so_that_reading_tells_nobody() -> None:
    shown = rich_text.html("![our rack](https://a.example/rack.png)")
    assert "<img" not in shown
    assert ">our rack</a>" in shown


def test_plain_text_has_no_marks_and_keeps_addresses() -> None:
    text = rich_text.plain(
        "# Hello\n\n**Ann**, see [the page](https://a.example) or <https://b.example>\n\n- one\n- two"
    )
    assert text == "Hello\n\nAnn, see the page (https://a.example) or https://b.example\n\n- one\n- two"


@pytest.mark.parametrize(
    "attack",
    [
        "[" * 50_000,
        "[[[[a](" * 7_000,
        "![a](" * 39 + " x y" * 12_000,
        "[a](" * 99 + "x" * 49_000,
        ">" * 50_000,
        "*a **a " * 7_000,
        "a|b\n-|-\n" * 6_000,
        "|a" * 900 + "\n" + "|-" * 900 + "\n",
        "a\n" * 25_000,
        "`" * 50_000,
        "<!--" * 12_000,
        "x" * 10_000_000,
    ],
)
def test_no_text_keeps_the_server_busy(attack: str) -> None:
    started = time.process_time()
    assert _wrong_in(attack) == []
    rich_text.plain(attack)
    assert time.process_time() - started < 2
