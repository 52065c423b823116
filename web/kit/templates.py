"""The templates: one environment, strict about names, with the words and formats of the reader's language."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import dates, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core import figures, i18n, places
from core.accounts import personal_tables
from core.i18n import _, ngettext

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parents[1] / "static"
TIMEZONE: ContextVar[str] = ContextVar("timezone", default="UTC")
"""The IANA zone of the provider whose page is rendered."""


@lru_cache(maxsize=512)
def static(path: str) -> str:
    """The address of a static file, with a mark that changes when the file does."""
    mark = sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={mark}"


def day(value: date | datetime | None) -> str:
    """A date as the reader writes it, in the provider's time zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(TIMEZONE.get())).date()
    return figures.day(value)


def moment(value: datetime | None) -> str:
    """A date and time of day as the reader writes it, in the provider's time zone."""
    if value is None:
        return ""
    return dates.format_datetime(value, "medium", tzinfo=_zone(TIMEZONE.get()), locale=i18n.current())


def minute(value: datetime) -> str:
    """The same to the minute, for what people read and do not compare."""
    locale, zone = i18n.current(), _zone(TIMEZONE.get())
    day = dates.format_date(value.astimezone(zone), "medium", locale=locale)
    return (
        str(dates.get_datetime_format("medium", locale=locale))
        .replace("'", "")
        .format(dates.format_time(value, "short", tzinfo=zone, locale=locale), day)
    )


def span(value: timedelta | None) -> str:
    """How long something lasts, roughly, as the reader says it: 3 hours."""
    if value is None:
        return ""
    rough = max(value, timedelta(minutes=1))
    return dates.format_timedelta(rough, granularity="minute", threshold=1.5, locale=i18n.current())


def navigation(menu: Sequence[Mapping[str, Any]]) -> str:
    """The list of links of a menu (web/kit/menus.py), drawn once for each way it looks."""
    return _navigation(msgspec.json.encode(menu, enc_hook=str))


@lru_cache(maxsize=512)
def _navigation(menu: bytes) -> str:
    shell: Any = JINJA.get_template("components/shell.html").module
    drawn: str = shell.navigation(msgspec.json.decode(menu))
    return drawn


def number(value: float) -> str:
    """A number with the reader's separators."""
    return numbers.format_decimal(value, locale=i18n.current())


def mailbox(address: str) -> str:
    """An e-mail address, a dash in place of one that was cleared."""
    return "–" if address.endswith(personal_tables.NOBODY) else address


def country(code: str) -> str:
    """The name of a country in the reader's language."""
    return places.countries(i18n.current()).get(code, code)


def language(code: str) -> str:
    """The name of a language in the reader's language."""
    return places.languages(i18n.current()).get(code, code)


def environment(*, reload: bool = False) -> Environment:
    """The environment of all pages; `reload` looks for changed files on every request."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default_for_string=True, default=True),
        undefined=StrictUndefined,
        auto_reload=reload,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    jinja.globals.update(
        {
            "_": _,
            "gettext": _,
            "ngettext": ngettext,
            "static": static,
            "navigation": navigation,
            "date": day,
            "datetime_": moment,
            "minute_": minute,
            "number": number,
            "span": span,
            "amount": figures.amount,
            "percent": figures.percent,
            "mailbox": mailbox,
            "country_name": country,
            "language_name": language,
        }
    )
    return jinja


JINJA = environment()


def render(name: str, context: Mapping[str, Any], *, block: str | None = None) -> str:
    """A whole page, or only one block of it."""
    template = JINJA.get_template(name)
    if block is None:
        return template.render(context)
    filled = template.new_context(dict(context))
    return "".join(template.blocks[block](filled))


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
