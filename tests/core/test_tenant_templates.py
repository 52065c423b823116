"""Templates of providers are filled in, and what they try beyond that is refused at once (abuse case X3)."""

import re
import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tenant_templates
from core.tenant_templates import BadTemplate

LONG = "y" * 100_000
DATA = {
    "client": {"name": "Ann", "company": None, "id": 7},
    "invoice": {"number": "F-1", "items": [{"text": "Web", "price": "10 €"}, {"text": "Mail", "price": "2 €"}]},
    "numbers": list(range(1000)),
    "long": LONG,
}
ATTACKS = [
    "{{ ''.__class__ }}",
    "{{ client.__class__.__mro__ }}",
    "{{ client['__class__'] }}",
    "{{ client.items }}",
    "{{ client.items() }}",
    "{{ config }}",
    "{{ debug() }}",
    "{{ range(999999999) }}",
    "{{ namespace(a=1) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'layout.html' %}",
    "{% macro m() %}{{ m() }}{% endmacro %}",
    "{% set a = 'x' %}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% for a in numbers %}{% for b in numbers %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in long %}{% for b in long %}x{% endfor %}{% endfor %}",
    "{% for a in numbers %}{{ long }}{% endfor %}",
    "{% for a in numbers %}" + "z" * 1_990 + "{% endfor %}",
    "{% for a in numbers %}" + "z" * 40_000 + "{% endfor %}",
    "{{ 'x' * 1000000000 }}",
    "{{ 'x' ** 9 }}",
    "{{ long ~ long ~ long }}",
    "{{ [long, long] }}",
    "{{ numbers|join('" + "a" * 40_000 + "') }}",
    "{{ long|replace('y', long) }}",
    "{{ '%0999999999d'|format(1) }}",
    "{{ " + "(" * 40_000,
    "{{ " + "not " * 12_000 + "client }}",
    "{{ client" + ".a" * 20_000 + " }}",
    "{% if client %}" * 3_000,
    "{% if client %}" + "{% elif client %}" * 900 + "{% endif %}",
    "{{" * 500_000,
    "{{ client.name }}" * 60_000,
    "{#" * 25_000,
    "{% for a in numbers recursive %}{{ loop(numbers) }}{% endfor %}",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_an_attack_is_refused_in_little_time_and_memory(attack: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(BadTemplate) as refused:
        tenant_templates.render(attack, DATA)
    assert refused.value.message
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Dear {{ client.name }}{{ client.company }},", "Dear Ann,"),
        ("{% if client.id > 5 and client.name == 'Ann' %}big{% else %}small{% endif %}", "big"),
        (
            "{% for item in invoice.items %}{{ loop.index }} {{ item.text }}: {{ item.price }}\n{% endfor %}",
            "1 Web: 10 €\n2 Mail: 2 €\n",
        ),
        ("{{ client.company|default('nobody', true) }}".replace(", true", ""), ""),
        (
            "{{ client.name|upper }} {{ numbers|length }} {{ numbers|last }} {{ long|truncate(4) }}",
            "ANN 1000 999 yyy…",
        ),
        ("{{ client.nothing|default('none') }}{% if client.nothing is defined %}x{% endif %}", "none"),
        ("{# a note #}<b>{{ '<i>' }}</b>", "<b><i></b>"),
        ("{{ invoice.items[0].text }} {{- ' x' }}", "Web x"),
        ("no tags { } % #", "no tags { } % #"),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    assert tenant_templates.render(template, DATA) == text


@pytest.mark.parametrize(
    ("template", "line", "word"),
    [
        ("Dear {{ client.name }},\n{{ client.nmae }}", 2, "client.nmae"),
        ("a\n\n{{ ticket }}", 3, "ticket"),
        ("{{ client.name", 1, "end"),
        ("{% if client.name %}\nx", None, "if"),
        ("x\n{% endif %}", 2, "endif"),
        ("{{ client.name|shout }}", 1, "shout"),
        ("{% for x in invoice.items %}{{ y.z }}{% endfor %}", 1, "y.z"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(template: str, line: int | None, word: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        tenant_templates.check(template, {"client.name", "invoice"})
    assert (refused.value.line, word in refused.value.message) == (line, True)
    assert refused.value.errors == {"": refused.value.message}


def test_a_name_allows_what_is_below_it_and_what_leads_to_it() -> None:
    tenant_templates.check(
        "{% if client %}{{ client.name }}{% for l in invoice.items %}{{ l.x }}{% endfor %}{% endif %}",
        {"client.name", "invoice"},
    )
    assert tenant_templates.names_in("{{ a.b }}{% for c in d.e %}{{ c.f }}{{ loop.index }}{% endfor %}") == {
        "a.b",
        "d.e",
    }


PIECES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    " client.name ",
    " if ",
    " for x in numbers ",
    " endif ",
    " endfor ",
    "|",
    "upper",
    "(",
    ")",
    "'",
    '"',
    "x",
    "\n",
    ".",
    "-",
    " not ",
    " is ",
    "defined",
    "[",
    "0",
    "]",
    " else ",
    ",",
]


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_filled_in_or_refused(source: str) -> None:
    try:
        text = tenant_templates.render(source, DATA)
    except BadTemplate as refused:
        text = refused.message
    assert isinstance(text, str)
    assert len(text) <= tenant_templates.LONGEST_RESULT


@given(st.text().filter(lambda text: not re.search(r"\{[{%#]", text)))
def test_text_without_tags_stays_as_it_is(source: str) -> None:
    assert tenant_templates.render(source, {}) == source
