"""Text that a provider writes with variables in it, filled in without trusting it: bounded in time and memory.

MiniJinja with fuel fills in what `core.template_grammar` lets through. The result is plain text or Markdown:
nothing is escaped here, `core.rich_text` does it when the text becomes HTML.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import minijinja

from core.i18n import _
from core.template_grammar import LONGEST, BadTemplate, Tag, tags

__all__ = ["LONGEST", "LONGEST_RESULT", "BadTemplate", "check", "names_in", "render"]

FUEL = 50_000
LONGEST_RESULT = 200_000
DEEPEST_VALUE = 6


def render(source: str, variables: Mapping[str, object]) -> str:
    """The text with its variables filled in; raises `BadTemplate`, also for a variable that is not there."""
    tags(source)
    return _run(_environment(_Counted()), source, _plain(variables))


def check(source: str, names: Collection[str]) -> None:
    """Raise `BadTemplate` unless the template is whole and uses only these variables.

    A name covers all below it: `client` allows `client.name`; `client.name` allows `client.name` and `client`.
    """
    found = tags(source)
    for name in sorted(_names(source)):
        if not any(_covers(known, name) for known in names):
            raise BadTemplate(_("There is no variable “%(name)s” here.") % {"name": name}, _line_of(name, found))


def names_in(source: str) -> set[str]:
    """The variables that a template uses, with dots; raises `BadTemplate`."""
    tags(source)
    return _names(source)


class _Counted:
    """Counts what is written, and refuses what is too much, or no text."""

    def __init__(self) -> None:
        self.written = 0

    def __call__(self, value: Any) -> str:
        if value is not None and not isinstance(value, str | int | float):
            raise BadTemplate(_("Only texts and numbers can be written: use “for” or “join” for a list."))
        text = "" if value is None else str(value)
        self.written += len(text)
        if self.written > LONGEST_RESULT:
            raise BadTemplate(_too_long())
        return text


def _environment(counted: _Counted) -> minijinja.Environment:
    environment = minijinja.Environment(
        debug=False,
        fuel=FUEL,
        pycompat=False,
        undefined_behavior="strict",
        finalizer=counted,
        keep_trailing_newline=True,
    )
    environment.auto_escape_callback = lambda _name: False
    environment.add_filter("join", _join)
    environment.add_filter("truncate", _truncate)
    return environment


def _run(environment: minijinja.Environment, source: str, variables: Any) -> str:
    try:
        text = environment.render_str(source, **variables)
    except minijinja.TemplateError as error:
        raise _told(error) from error
    if len(text) > LONGEST_RESULT:
        raise BadTemplate(_too_long())
    return text


def _told(error: minijinja.TemplateError) -> BadTemplate:
    """The error in our words: those of the library are in English, and for programmers."""
    if error.kind == "OutOfFuel":
        return BadTemplate(_("This template is too much work: use fewer or shorter loops."))
    if error.kind == "UndefinedError":
        return BadTemplate(_("There is no such variable here."), error.line)
    if error.kind == "SyntaxError":
        return BadTemplate(_("This tag is not complete."), error.line)
    return BadTemplate(_("This tag cannot be filled in."), error.line)


def _names(source: str) -> set[str]:
    environment = _environment(_Counted())
    try:
        environment.add_template("checked", source)
        return environment.undeclared_variables_in_template("checked", nested=True)
    except minijinja.TemplateError as error:
        raise _told(error) from error


def _covers(known: str, name: str) -> bool:
    return known == name or name.startswith(f"{known}.") or known.startswith(f"{name}.")


def _line_of(name: str, found: Sequence[Tag]) -> int | None:
    """The line of the first tag that uses a variable."""
    written = f" {name.replace('.', ' . ')} "
    for tag in found:
        if written in f" {' '.join(token.text for token in tag.tokens)} ":
            return tag.line
    return None


def _plain(value: object, deep: int = 0) -> Any:
    """Plain data of what is given: nothing of ours can be reached through it, only read."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if deep < DEEPEST_VALUE and isinstance(value, Mapping):
        return {str(key): _plain(inner, deep + 1) for key, inner in value.items()}
    if deep < DEEPEST_VALUE and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(inner, deep + 1) for inner in value]
    return str(value)


def _join(values: Iterable[object], sign: str = "") -> str:
    """The values in one text; one text stays as it is."""
    if isinstance(values, str):
        return values
    parts = [str(value) for value in values]
    if sum(map(len, parts)) + len(sign) * len(parts) > LONGEST_RESULT:
        raise BadTemplate(_too_long())
    return sign.join(parts)


def _truncate(value: object, longest: int = 100) -> str:
    text = str(value)
    return text if len(text) <= longest else text[: max(longest - 1, 0)].rstrip() + "…"


def _too_long() -> str:
    return _("The filled-in text has more than %(count)s characters.") % {"count": LONGEST_RESULT}
