"""The page of the docs about webhooks, made of the events and their structs. See `reference`."""

from pathlib import Path
from typing import Any

import msgspec

from core.support import webhook_outbox, webhook_sending
from core.support.webhook_data import Data
from core.support.webhook_events import EVENTS

HEAD = Path(__file__).with_name("webhooks_head.md")


def page() -> str:
    """The whole page."""
    lines = [_head(), "| event | | data |", "|---|---|---|"]
    for event in EVENTS.values():
        name = event.data.__name__
        lines.append(f"| `{event.kind}` | {event.title} | [{name}](#{name.lower()}) |")
    lines += ["", "## Data", ""]
    for data in dict.fromkeys(event.data for event in EVENTS.values()):
        lines += _noun(data)
    return "\n".join(lines).rstrip() + "\n"


def _head() -> str:
    delays = ", ".join(_told(seconds) for seconds in webhook_sending.DELAYS)
    known = {
        "ATTEMPTS": webhook_sending.ATTEMPTS,
        "DAYS": webhook_outbox.GIVEN_UP_AFTER.days,
        "DELAYS": delays,
        "OPENS": webhook_sending.OPENS_AT,
        "KEPT": webhook_outbox.KEPT.days,
    }
    text = HEAD.read_text()
    for name, value in known.items():
        text = text.replace(name, str(value))
    return text


def _told(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def _noun(data: type[Data]) -> list[str]:
    schema: dict[str, Any] = msgspec.json.schema(data)["$defs"][data.__name__]
    lines = [f"### {data.__name__}", "", " ".join((data.__doc__ or "").split()), "", "| field | |", "|---|---|"]
    lines += [f"| `{name}` | {_kind(field)} |" for name, field in schema["properties"].items()]
    return [*lines, ""]


def _kind(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    return str(field.get("format") or field["type"]).replace("date-time", "moment").replace("date", "day")
