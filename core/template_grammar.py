"""The small language of templates that providers write: which tags, filters and signs there are, and no others.

It is a part of Jinja's: `{{ client.name }}`, `{{ name|default("you") }}`, `{% if %}`, `{% for %}`. Nothing can be
called, computed, set, included or defined, so nothing can grow: what a template costs is seen before it is run.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.errors import Invalid
from core.i18n import _

LONGEST = 50_000
MOST_TAGS = 1_000
MOST_TOKENS = 60
DEEPEST = 10
LONGEST_LOOP = 2_000
"""Characters of text between `for` and `endfor`: fuel does not see how long the text is that a loop repeats."""
FILTERS = frozenset(
    {"capitalize", "default", "first", "join", "last", "length", "lower", "title", "trim", "truncate", "upper"}
)
HEADS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})
WORDS = frozenset({"and", "elif", "else", "if", "in", "is", "not", "or"})
TESTS = frozenset({"defined", "none", "not", "undefined"})

_OPENING = re.compile(r"\{\{|\{%|\{#")
_TOKEN = re.compile(
    r"\s*(?:(?P<end>-?(?:%\}|\}\}))"
    r"|(?P<string>'[^'\\\n{}]*'|\"[^\"\\\n{}]*\")"
    r"|(?P<number>\d{1,9}(?:\.\d{1,9})?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<=|>=|[<>.|()\[\],]))"
)


class BadTemplate(Invalid):
    """The template cannot be used: what is wrong in words, and the line, when it is one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        told = _("Line %(line)s: %(message)s") % {"line": line, "message": message} if line else message
        super().__init__({"": told})
        self.message = told
        self.line = line


class Token(NamedTuple):
    """One word, text, number or sign of a tag."""

    kind: str
    text: str


class Tag(NamedTuple):
    """What stands between `{{` and `}}` or `{%` and `%}`; `before` counts the characters of text before it."""

    line: int
    opening: str
    tokens: Sequence[Token]
    before: int


def tags(source: str) -> list[Tag]:
    """The tags of a template, each looked at by itself and in its place; raises `BadTemplate`."""
    if len(source) > LONGEST:
        raise BadTemplate(_("At most %(count)s characters, please.") % {"count": LONGEST})
    found = list(_read(source))
    if len(found) > MOST_TAGS:
        raise BadTemplate(_("At most %(count)s tags, please.") % {"count": MOST_TAGS}, found[-1].line)
    for tag in found:
        _check_tag(tag)
    _check_nesting(found)
    return found


def _read(source: str) -> Iterator[Tag]:
    position = text = 0
    while (opening := _OPENING.search(source, position)) is not None:
        line = source.count("\n", 0, opening.start()) + 1
        text += opening.start() - position
        if opening[0] == "{#":
            position = source.find("#}", opening.end()) + 2
            if position == 1:
                raise BadTemplate(_("This comment has no end."), line)
            continue
        tokens, position = _tokens(source, opening, line)
        yield Tag(line, opening[0], tokens, text)
        text = 0


def _tokens(source: str, opening: re.Match[str], line: int) -> tuple[list[Token], int]:
    position = opening.end() + source.startswith("-", opening.end())
    closing = "}}" if opening[0] == "{{" else "%}"
    tokens: list[Token] = []
    while (match := _TOKEN.match(source, position)) is not None and len(tokens) <= MOST_TOKENS:
        position = match.end()
        if match.lastgroup == "end":
            if not match["end"].endswith(closing):
                break
            return tokens, position
        tokens.append(Token(str(match.lastgroup), match[str(match.lastgroup)]))
    if len(tokens) > MOST_TOKENS:
        raise BadTemplate(_("This tag is too long."), line)
    rest = source[position:].lstrip()[:1]
    if not rest or rest == "\n":
        raise BadTemplate(_("This tag has no end."), line)
    raise BadTemplate(_("“%(sign)s” cannot be used here.") % {"sign": rest}, line)


def _check_tag(tag: Tag) -> None:
    tokens = tag.tokens
    if not tokens:
        raise BadTemplate(_("This tag is empty."), tag.line)
    if tag.opening == "{%" and tokens[0].text not in HEADS:
        raise BadTemplate(_("There is no tag “%(name)s”.") % {"name": tokens[0].text}, tag.line)
    if sum(token.text in ("(", "[") for token in tokens) > DEEPEST:
        raise BadTemplate(_("This tag is too long."), tag.line)
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else Token("", "")
        trouble = _trouble(token, before, tokens[:place])
        if trouble:
            raise BadTemplate(trouble, tag.line)


def _trouble(token: Token, before: Token, earlier: Sequence[Token]) -> str:
    """What is wrong with a token after those before it, or ""."""
    if before.text == "|" and before.kind == "sign" and token.text not in FILTERS:
        return _("There is no filter “%(name)s”.") % {"name": token.text}
    if before == Token("name", "is") and token.text not in TESTS:
        return _("There is no test “%(name)s”.") % {"name": token.text}
    if token == Token("sign", "(") and _is_value(before) and not _is_filter(earlier):
        return _("Nothing can be called here.")
    if token == Token("sign", "[") and not _is_value(before):
        return _("Lists cannot be written here.")
    if before == Token("sign", "[") and token.kind != "number":
        return _("Only a number may stand in brackets.")
    if token == Token("sign", ",") and not _is_loop_head(earlier):
        return _("“%(sign)s” cannot be used here.") % {"sign": ","}
    return ""


def _is_value(token: Token) -> bool:
    if token.kind == "name":
        return token.text not in WORDS
    return token.kind in ("string", "number") or token.text in (")", "]")


def _is_filter(earlier: Sequence[Token]) -> bool:
    return len(earlier) > 1 and earlier[-2] == Token("sign", "|")


def _is_loop_head(earlier: Sequence[Token]) -> bool:
    return len(earlier) == 2 and earlier[0] == Token("name", "for")


def _check_nesting(found: Sequence[Tag]) -> None:
    """Blocks are closed, not too deep (`elif` counts), and loops do not repeat long texts."""
    open_blocks: list[str] = []
    looped = 0
    for tag in found:
        if "for" in open_blocks:
            looped += tag.before
        if looped > LONGEST_LOOP:
            raise BadTemplate(
                _("At most %(count)s characters inside loops, please.") % {"count": LONGEST_LOOP}, tag.line
            )
        head = tag.tokens[0].text if tag.opening == "{%" else ""
        if head in ("if", "elif", "for"):
            open_blocks.append(head)
        elif head in ("endif", "endfor"):
            _close(open_blocks, head.removeprefix("end"), tag.line)
        if len(open_blocks) > DEEPEST:
            raise BadTemplate(_("Tags may stand %(count)s deep, not more.") % {"count": DEEPEST}, tag.line)
    if open_blocks:
        raise BadTemplate(_("“%(name)s” has no end.") % {"name": open_blocks[-1]})


def _close(open_blocks: list[str], kind: str, line: int) -> None:
    while open_blocks and open_blocks[-1] == "elif":
        open_blocks.pop()
    if not open_blocks or open_blocks.pop() != kind:
        raise BadTemplate(_("This ends nothing: “%(name)s”.") % {"name": f"end{kind}"}, line)
