"""Every template compiles and is used and has no script or style inside; every static file and icon is there."""

import re

import pytest

from tests.rules.places import STATIC, TEMPLATES, files, modules, name_of
from web.kit.menus import PLATFORM, STAFF
from web.kit.templates import JINJA, environment

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in files("web/templates/*.html"))
TEXTS = {name: (TEMPLATES / name).read_text() for name in NAMES}
CODE = "\n".join(path.read_text() for path in modules())
REFERENCE = re.compile(r"{%-?\s*(?:extends|include|import|from)\b[^%]*%}")
QUOTED = re.compile(r"[\"']([\w/.-]+)[\"']")
ICON = re.compile(r"\bicon\(\s*\"([\w-]+)\"")
ICON_NAMED = re.compile(r"\"(?:icon|mark)\":\s*\"([\w-]+)\"")


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(name):
    assert environment().get_template(name).name == name


def test_every_template_is_used():
    used = referred_to() | {name for name in NAMES if f'"{name}"' in CODE}
    used |= {name for name in NAMES if re.fullmatch(r"errors/\d+\.html", name) and "errors/{name}.html" in CODE}
    used |= {"errors/edition.html"} if '"edition"' in CODE else set()
    assert sorted(set(NAMES) - used) == []


def test_every_template_that_is_named_is_there():
    named = referred_to() | {quoted for quoted in QUOTED.findall(CODE) if quoted.endswith(".html")}
    assert sorted(name for name in named if name.endswith(".html") and name not in NAMES) == []


def referred_to() -> set[str]:
    """What templates extend, include and import."""
    lines = [line for text in TEXTS.values() for line in REFERENCE.findall(text)]
    return {quoted for line in lines for quoted in QUOTED.findall(line)}


def test_every_macro_is_used():
    """A macro that nobody calls is text that nobody reads."""
    unused = []
    for name, text in TEXTS.items():
        for macro in re.findall(r"{%-?\s*macro (\w+)\(", text):
            calls = sum(len(re.findall(rf"\b{macro}\(", other)) for other in TEXTS.values())
            if calls < 2:
                unused.append(f"{name}: {macro}")
    assert unused == []


def test_nothing_inline():
    """The content security policy would refuse it, and silently."""
    wrong = []
    for name, text in TEXTS.items():
        text = re.sub(r"(?s){#.*?#}", "", text)
        if re.search(r"<style\b|\sstyle=|<script\b(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", text):
            wrong.append(name)
        if "|safe" in text.replace(" ", "") and name not in SAFE_HERE:
            wrong.append(f"{name}: |safe")
    assert wrong == []


SAFE_HERE = {"account/two_factor.html", "portal/money/pay.html"}
"""Show a picture that we drew ourselves."""


def test_every_text_of_a_template_is_marked_for_translation():
    """Letters between tags stand in `_()`, but for names."""
    bare = []
    for name, text in TEXTS.items():
        shown = re.sub(r"(?s){#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->|<(code|kbd|title|pre)\b.*?</\1>", " ", text)
        for words in re.findall(r">([^<>=]*)<", shown):
            if re.search(r"[A-Za-z]{3,}", re.sub(r"&\w+;", "", words)) and words.strip() not in AS_THEY_ARE:
                bare.append(f"{name}: {words.strip()[:60]}")
    assert bare == []


AS_THEY_ARE = {"Comptoir", "English", "Français", "OpenAPI", "Schemas", "TOTP", "body"}


def test_every_icon_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    everything = [*TEXTS.values(), CODE]
    named = {icon for text in everything for pattern in (ICON, ICON_NAMED) for icon in pattern.findall(text)}
    named |= set(re.findall(r"icons\.svg#([\w-]+)", "\n".join(everything)))
    named |= {entry[2] for sections in (STAFF, PLATFORM) for _title, entries in sections for entry in entries}
    assert sorted(named - sprite) == []


def test_every_static_file_is_referred_to():
    texts = "\n".join([*TEXTS.values(), CODE])
    texts += "\n".join(path.read_text() for path in files("web/static/*.css", "web/static/*.js"))
    unused = [
        name_of(path)
        for path in files("web/static/*")
        if path.name not in texts and not re.match(r"LICENSE|README", path.name)
    ]
    assert unused == []


def test_every_static_file_that_is_named_is_there():
    named = {name for text in TEXTS.values() for name in re.findall(r"static\(['\"]([^'\"]+)['\"]\)", text)}
    assert [name for name in named if not (STATIC / name).exists()] == []
    for path in files("web/static/*.js"):
        for name in re.findall(r"from \"(\.[^\"]+)\"|import \"(\.[^\"]+)\"", path.read_text()):
            assert (path.parent / (name[0] or name[1])).exists(), name_of(path)


def test_the_environment_knows_its_globals():
    assert {"_", "ngettext", "static", "date", "datetime_", "number"} <= set(JINJA.globals)
