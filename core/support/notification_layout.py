"""The frame around what is mailed: the brand's name or logo above, the text, and where it comes from below.

Written in MJML, so that it looks the same in mail programs that know little of CSS; its styles are put on the
elements themselves. The text is HTML that `core.rich_text` has cleaned; all else is escaped here.
"""

import re
from functools import cache

import css_inline
import mrml
import msgspec
from markupsafe import Markup, escape

from core import colors

BODY, TITLE = "@@BODY@@", "@@TITLE@@"
COLORS = {
    "blue": "#1164c8", "azure": "#026ca4", "indigo": "#5058d5", "purple": "#8942c7", "pink": "#be2274",
    "red": "#c3282e", "orange": "#ad4601", "yellow": "#875f01", "lime": "#4e7103", "green": "#027634",
    "teal": "#007463", "cyan": "#067080",
}  # fmt: skip
"""The stylesheet's brand colours, as they are on a light surface."""
MARKS = re.compile(r'[<>&"]')
"""What a title is without: it is written out as it is, and not escaped, in an attribute too."""
FONTS = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
LOGO = '<mj-image src="{logo}" alt="{name}" width="160px" align="left" href="{panel}" padding="0"></mj-image>'
NAME = (
    '<mj-text font-size="20px" font-weight="700" color="{color}" padding="0">'
    '<a href="{panel}" style="color: {color}; text-decoration: none">{name}</a></mj-text>'
)
LAYOUT = """<mjml lang="{language}"><mj-head><mj-title>@@TITLE@@</mj-title>
<mj-attributes><mj-all font-family="{fonts}"></mj-all></mj-attributes>
<mj-style>
.text p, .text ul, .text ol, .text blockquote, .text pre, .text table {{ margin: 0 0 14px; }}
.text h1, .text h2, .text h3, .text h4 {{ margin: 20px 0 10px; line-height: 1.3; color: #1d2530; }}
.text h1 {{ font-size: 20px; }} .text h2 {{ font-size: 18px; }} .text h3 {{ font-size: 16px; }}
.text a {{ color: {color}; word-break: break-word; }}
.text blockquote {{ padding-left: 12px; border-left: 3px solid #d5dae1; color: #4a5461; }}
.text code, .text pre {{ font-family: Consolas, Menlo, monospace; font-size: 13px; }}
.text th, .text td {{ padding: 4px 10px 4px 0; text-align: left; }}
</mj-style></mj-head>
<mj-body background-color="#f2f4f7">
<mj-section padding="28px 24px 14px"><mj-column>{head}</mj-column></mj-section>
<mj-section background-color="#ffffff" border-top="3px solid {color}" padding="24px 24px 12px"><mj-column>
<mj-text css-class="text" font-size="15px" line-height="1.55" color="#2b3440" padding="0">@@BODY@@</mj-text>
</mj-column></mj-section>
<mj-section padding="14px 24px 28px"><mj-column>
<mj-text font-size="12px" line-height="1.5" color="#5b6573" padding="0">{name}<br />
<a href="{panel}" style="color: #5b6573">{panel}</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """In whose name mail is written. `panel` is the address of the portal, `logo` that of a picture, or ""."""

    name: str
    panel: str
    color: str = COLORS["blue"]
    logo: str = ""


def html(body: str, brand: Brand, *, title: str, language: str) -> str:
    """A whole document of HTML around `body`, which is clean HTML already."""
    framed = _framed(brand, language).replace(TITLE, MARKS.sub("", title))
    return _inliner().inline(framed.replace(BODY, body))


def inner(document: str) -> Markup:
    """What stands in the body of a document that `html` made, for a page that shows it. Its styles are inline."""
    begun = document.partition("<body")[2].partition(">")[2]
    return Markup(begun.rpartition("</body>")[0])  # noqa: S704 (made by `html`, out of clean HTML)


def color(accent: str, name: str) -> str:
    """The colour of a brand: its own where it has one, else the provider's, which has a name."""
    return accent if colors.HEX.fullmatch(accent) else COLORS.get(name, COLORS["blue"])


@cache
def _inliner() -> css_inline.CSSInliner:
    """Reaches for nothing outside: a style sheet is loaded from nowhere."""
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _framed(brand: Brand, language: str) -> str:
    words = {name: str(escape(getattr(brand, name))) for name in ("name", "panel", "color", "logo")}
    head = (LOGO if brand.logo else NAME).format(**words)
    source = LAYOUT.format(head=head, fonts=FONTS, language=str(escape(language)), **words)
    return str(mrml.to_html(source).content)
