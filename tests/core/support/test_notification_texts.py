"""What a notification says: which text is taken, in which language, and that what is put in stays text."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db, notification_values, rich_text
from core.i18n import N_
from core.notification_kinds import Kind
from core.settings import Settings
from core.support import (
    mass_message_delivery,
    notification_layout,
    notification_markdown,
    notification_templates,
    notification_texts,
    ticket_notices,
)
from core.support.notification_layout import Brand
from core.support.notification_texts import Source
from core.tenant_templates import BadTemplate
from tests import cast

KIND = Kind(
    key="test.kind",
    title="A kind",
    variables={"name": "Who", "link": "Where", "lines": "What"},
    samples={"name": "Zoé", "link": "https://nova.example/x", "lines": []},
    subject=N_("Good morning"),
    text=(
        "Hello {{ name }},\n\n<{{ link }}>\n\n"
        "{% for line in lines %}- {{ line.day }}: {{ line.amount }}\n{% endfor %}"
    ),
)
BRAND = Brand(name='No"va & <Co>', panel="https://nova.example", color="#112233")
DATA: dict[str, Any] = {"name": "Zoé", "link": "https://nova.example/a_b-c*d", "lines": []}
PLAIN = "See this: docs (https://nova.example/docs) <script>"
OWN = "INSERT INTO notification_templates (kind, project_id, language, version, subject, text, made_at, made_by)"


def filled(**data: Any) -> notification_texts.Written:
    return notification_texts.filled(notification_texts.default(KIND, "en"), KIND, DATA | data, BRAND)


def test_a_link_is_one_and_what_people_are_called_is_letters() -> None:
    written = filled(name="**Bob** [win](http://evil.example) <script>alert(1)</script> {{ link }}")
    assert '<a href="https://nova.example/a_b-c*d"' in written.html
    assert "evil.example)" in written.html and 'href="http://evil.example' not in written.html
    assert "<script" not in written.html and "<strong>" not in written.html
    assert written.text.startswith(
        "Hello **Bob** [win](http://evil.example) <script>alert(1)</script> {{ link }},\n"
    )
    assert written.text.endswith("https://nova.example/a_b-c*d\n")


def test_what_somebody_wrote_is_markdown_where_its_name_says_so_and_names_stay_readable() -> None:
    said = "See **this**: [docs](https://nova.example/docs) <script>"
    source = Source(name="x", language="en", subject="x", text="{{ said_markdown }}")
    written = notification_texts.filled(source, KIND, DATA | {"said_markdown": said}, BRAND)
    assert "<strong" in written.html and 'href="https://nova.example/docs"' in written.html
    assert "<script" not in written.html
    short = msgspec.structs.replace(source, text="Own: {{ said }}", short="{{ said }}")
    written = notification_texts.filled(short, KIND, DATA | {"said_markdown": said}, BRAND)
    assert (written.text, written.short) == (f"Own: {PLAIN}\n", PLAIN)
    assert "<strong" not in written.html and "<script" not in written.html
    for plain in ("Dupont & Fils, 12.5 rue d’Or", "F-2026-0042", "jean.dupont@nova.example"):
        assert notification_markdown.escaped({"x": plain})["x"].replace("\\&", "&") == plain


@pytest.mark.parametrize(
    "value",
    [
        *("# a", "- a", "+ a", "1. a", "2) a", "1.", "---", "===", "> a", "a\n---", "a\n# b"),
        *("a\r# b", "a\r\n- b", "    a", "\ta", "a\n\n    b", "a\r\r \tb"),
    ],
)
def test_no_value_becomes_a_block_wherever_it_stands(value: str) -> None:
    escaped = notification_markdown.escaped({"value": value})["value"]
    for text in (escaped, f"Before\n{escaped}", f"Before\n\n{escaped} after", f"{escaped}\nafter"):
        html = rich_text.html(text)
        assert not any(tag in html for tag in ("<h", "<li", "<blockquote", "<table", "<pre")), (text, html)


@given(st.text(max_size=200))
def test_no_value_becomes_a_mark(value: str) -> None:
    escaped = notification_markdown.escaped({"value": value})["value"]
    html = rich_text.html(f"Hello {escaped}.")
    assert "<a" not in html and "<strong" not in html and "<h" not in html and "<li" not in html


def test_days_and_amounts_are_written_as_the_language_does() -> None:
    lines = [
        {"day": notification_values.day(date(2026, 11, 29)), "amount": notification_values.money(123450, "EUR")}
    ]
    kept = msgspec.json.decode(msgspec.json.encode(lines))
    assert "- November 29, 2026: €1,234.50" in filled(lines=kept).text
    french = Source(name="x", language="fr", subject="x", text=KIND.text)
    assert "29 novembre 2026" in notification_texts.filled(french, KIND, DATA | {"lines": kept}, BRAND).text


def test_the_frame_has_the_brand_and_no_style_sheet_is_needed() -> None:
    html = filled().html
    assert "No&#34;va &amp; &lt;Co&gt;" in html or 'No"va &amp; &lt;Co&gt;' in html
    assert "#112233" in html and '<p style="' in html
    shown = notification_layout.html("<p>x</p>", BRAND, title="</title><script>", language="en")
    assert "<script>" not in shown
    logo = msgspec.structs.replace(BRAND, logo='https://nova.example/brand/logo/1"><script>')
    assert '1"><script>' not in notification_layout.html("<p>x</p>", logo, title="x", language="en")


def test_a_subject_ends_no_attribute_of_the_frame() -> None:
    made = notification_layout.html("<p>x</p>", BRAND, title='It" onclick="alert(1)', language="en")
    assert 'aria-label="It onclick=alert(1)"' in made
    assert "<title>It onclick=alert(1)</title>" in made


def test_the_nearest_text_is_taken() -> None:
    own = [
        Source(name=f"{project}/{language}", language=language, project_id=project, subject="x", text="x")
        for project in (None, 7)
        for language in ("fr", "en")
    ]

    def names(kept: list[Source], locale: str) -> list[str]:
        found = notification_texts.chain(kept, KIND, locale=locale, project_id=7, fallback="en")
        return [one.name for one in found]

    assert names(own, "fr") == ["7/fr", "None/fr", "7/en", "None/en", "default/fr", "default/en"]
    assert names(own[1:2], "fr") == ["None/en", "default/fr", "default/en"]
    assert names([], "de") == ["default/en"]


@pytest.mark.anyio
async def test_a_text_that_cannot_be_filled_in_gives_way_to_the_next(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            f"{OWN} VALUES ($1, NULL, 'fr', 1, 'Bonjour', 'Salut {{{{ name }}}}', now(), 'x')", KIND.key
        )
        await db.execute(f"{OWN} VALUES ($1, NULL, 'en', 1, 'Hi', '{{{{ gone }}}}', now(), 'x')", KIND.key)

        async def written(locale: str) -> notification_texts.Written:
            return await notification_texts.written(
                KIND, locale=locale, project_id=None, data=DATA, provider=alice.tenant
            )

        french, english = await written("fr"), await written("en")
    assert (french.text, french.template, french.broken) == ("Salut Zoé\n", "provider/fr/1", "")
    assert (english.subject, english.template) == ("Good morning", "default/en")
    assert english.broken.startswith("provider/en/1: ")


@pytest.mark.parametrize("kind", [ticket_notices.ANSWERED, ticket_notices.OPENED, mass_message_delivery.MESSAGE])
def test_a_text_may_name_what_was_written_without_its_marks(kind: Kind) -> None:
    assert notification_templates.trouble_of(kind, "{{ text }} {{ text_markdown }}") == ""
    assert notification_templates.trouble_of(kind, "{{ texts }}")
    source = Source(name="x", language="en", subject="x", text="{{ text }}")
    told = dict(kind.samples) | {"text_markdown": "It is **fast**"}
    assert notification_texts.filled(source, kind, told, BRAND).text == "It is fast\n"


def test_what_a_kind_comes_with_has_to_be_whole() -> None:
    broken = Source(name="x", language="en", subject="{{ nothing }}", text="x")
    with pytest.raises(BadTemplate):
        notification_texts.filled(broken, KIND, DATA, BRAND)
