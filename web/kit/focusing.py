"""The focus in addresses: every link, form and redirect of a page carries it on, so that a link shares it.

Pages are written as if there were none; what leaves is gone over once, and only while a focus is on. Tags are safe
to find in a finished page: templates escape `<`, `>` and `"` in all that people wrote.
"""

import re
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode

PARAMETER = "focus"
CARRYING = ("/staff", "/account")
"""The areas whose pages carry it."""

TAG = re.compile(r"<(a|area|button|form|input|select|details|div|section|tr)\s[^<>]*>")
ADDRESS = re.compile(r'(\s(?:href|action|formaction|hx-get|hx-post|hx-put|hx-patch|hx-delete))="([^"]*)"')
METHOD = re.compile(r'\smethod="(\w+)"')
LIFTS = " data-lift"
"""An attribute of links that leave the focus."""


def asked(query: str) -> str:
    """The focus that the query of an address asks for, "" for none; of several the last."""
    return dict(parse_qsl(query, errors="replace")).get(PARAMETER, "")


def carries(address: str) -> bool:
    """Whether an address is one of the pages that a focus goes along to."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return any(path == area or path.startswith(f"{area}/") for area in CARRYING)


def carried(address: str, focus: str) -> str:
    """The address with the focus, when it belongs there and says nothing of one."""
    if not focus or not carries(address):
        return address
    before, mark, fragment = address.partition("#")
    path, _mark, query = before.partition("?")
    if PARAMETER in dict(parse_qsl(query, keep_blank_values=True, errors="replace")):
        return address
    return f"{path}?{query}{'&' if query else ''}{PARAMETER}={focus}{mark}{fragment}"


def lifted(path: str, query: str) -> str:
    """The same address without a focus."""
    rest = [(name, value) for name, value in parse_qsl(query, errors="replace") if name != PARAMETER]
    return f"{path}?{urlencode(rest)}" if rest else path


def in_page(page: str, focus: str) -> str:
    """A finished page, or a part of one, whose links and forms all carry the focus."""
    return TAG.sub(lambda found: _tag(found[0], found[1], focus), page) if focus else page


def _tag(tag: str, name: str, focus: str) -> str:
    if LIFTS in tag:
        return tag
    method = METHOD.search(tag)
    if name != "form" or (method and method[1] == "post"):
        return ADDRESS.sub(lambda found: _attribute(found[1], found[2], focus), tag)
    # What a form sends by GET takes the place of the query in its address: the focus has to be one of its fields.
    action = ADDRESS.search(tag)
    is_ours = action is None or carries(unescape(action[2]))
    if (method and method[1] == "dialog") or not is_ours:
        return tag
    return f'{tag}<input type="hidden" name="{PARAMETER}" value="{escape(focus)}">'


def _attribute(name: str, value: str, focus: str) -> str:
    address = unescape(value)
    with_it = carried(address, focus)
    return f'{name}="{value if with_it == address else escape(with_it)}"'
