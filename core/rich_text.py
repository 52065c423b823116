"""Text that people write in Markdown: as HTML that is safe to show to anybody, and as plain text.

Two fences stand one behind the other. The Markdown reader takes no HTML and no links but those of the web and of
mail; what it wrote is then cleaned by nh3, which knows a short list of tags and nearly no attributes.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

LONGEST = 50_000
MOST_MARKS = 2_000
MOST_BRACKETS = 100
"""Characters, signs that may be marks, and `[`: a text with more, a pasted log or an attack, is shown as typed."""
TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
    ),
    *("s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
LINK = re.compile(r"(?:https?://[^\s/\\]|mailto:[^\s/\\])[^\s\\]*", re.IGNORECASE)
MARK = re.compile(r"[!&*<>\[\\\]_`|~\n]")
LINKS_REL = "noopener noreferrer nofollow ugc"


@lru_cache(maxsize=256)
def html(markdown: str) -> Markup:
    """The text as HTML. Nothing in it runs, loads, submits or looks like a part of the page."""
    if _is_too_much(markdown):
        lines = Markup("<br>\n").join(markdown.splitlines())
        return Markup("<p>%s</p>") % lines
    cleaned = nh3.clean(
        _READER.render(markdown),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=LINKS_REL,
    )
    return Markup(cleaned)  # noqa: S704 (cleaned the line before)


def plain(markdown: str) -> str:
    """The text without its marks, for the plain half of a mail, an SMS or a list: links as `text (address)`."""
    if _is_too_much(markdown):
        return markdown
    blocks = [_block(token) for token in _READER.parse(markdown)]
    return re.sub(r"\n{3,}", "\n\n", "".join(blocks)).strip()


def _is_too_much(markdown: str) -> bool:
    if len(markdown) > LONGEST or markdown.count("[") > MOST_BRACKETS:
        return True
    return sum(1 for _mark in MARK.finditer(markdown)) > MOST_MARKS


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if LINK.fullmatch(value) else None
    return value if name == "rel" or value.isdecimal() else None


def _image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, _env: Any) -> str:
    """An image becomes a link to it: nobody is told who read the text, and when."""
    token = tokens[index]
    text = renderer.renderInlineAsText(token.children, options, _env) or str(token.attrs["src"])
    return str(Markup('<a href="%s">%s</a>') % (token.attrs["src"], text))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    reader.enable(["table", "strikethrough"])
    reader.add_render_rule("image", _image)
    return reader


_READER = _reader()

_AROUND = {
    "heading_close": "\n\n",
    "hr": "----\n\n",
    "list_item_open": "- ",
    "ordered_list_close": "\n",
    "bullet_list_close": "\n",
    "paragraph_close": "\n\n",
    "td_close": "\t",
    "th_close": "\t",
    "tr_close": "\n",
}


def _block(token: Token) -> str:
    if token.type == "inline":
        return _inline(token.children or [])
    if token.type in ("fence", "code_block"):
        return f"{token.content}\n"
    if token.type == "paragraph_close" and token.hidden:
        return "\n"
    if token.type == "list_item_open" and token.info:
        return f"{token.info}. "
    return _AROUND.get(token.type, "")


def _inline(children: Sequence[Token]) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in children:
        if token.type == "link_open":
            links.append((str(token.attrs["href"]), len(parts)))
        elif token.type == "link_close":
            address, start = links.pop()
            parts.append(
                "" if "".join(parts[start:]) in (address, address.removeprefix("mailto:")) else f" ({address})"
            )
        elif token.type == "image":
            parts.append(f"{token.content} ({token.attrs['src']})".strip())
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
