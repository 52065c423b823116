"""What staff read about kinds of notifications: their groups, and their variables with an example of each."""

from collections.abc import Iterable
from typing import Any

from core import i18n, notification_values, rich_text
from core.i18n import N_, _
from core.notification_kinds import Kind
from core.support import notification_markdown
from core.support.notification_overview import KindLine

GROUPS = {
    "account": N_("Account and sign-in"),
    "billing": N_("Billing"),
    "dunning": N_("Dunning"),
    "services": N_("Services"),
    "team": N_("For the team"),
    "tickets": N_("Tickets"),
}
AUDIENCES = {"client": N_("to clients"), "user": N_("to users"), "staff": N_("to the team")}
COMMON = (
    ("provider", N_("Your name, or that of the brand"), "Nova"),
    ("panel", N_("The address of the portal"), "https://nova.example"),
)


def grouped(lines: Iterable[KindLine]) -> list[tuple[str, list[KindLine]]]:
    """The kinds under the name of their group."""
    found: dict[str, list[KindLine]] = {}
    for line in lines:
        found.setdefault(group(line.kind), []).append(line)
    return list(found.items())


def group(kind: Kind) -> str:
    """The name of its group; what a plugin calls its own is said as it is."""
    return _(GROUPS.get(kind.group, kind.group) or N_("Other"))


def variables(kind: Kind) -> list[dict[str, Any]]:
    """What a text of this kind may name: name, meaning, an example."""
    own = [(name, meaning, kind.samples[name.partition(".")[0]] if name in kind.samples else "")
           for name, meaning in kind.variables.items()]  # fmt: skip
    for plain, marked in notification_markdown.unmarked(kind.variables).items():
        sample = rich_text.plain(_sample(kind.samples.get(marked, "")))
        own.append((plain, N_("The same, without marks of Markdown"), sample))
    common = [one for one in COMMON if one[0] not in kind.variables]
    return [
        {
            "name": name,
            "meaning": _(meaning),
            "sample": _sample(sample),
            "is_list": isinstance(sample, list | tuple),
        }
        for name, meaning, sample in (*own, *common)
    ]


def _sample(value: Any) -> str:
    if isinstance(value, str):
        return _(value) if value else ""
    said = notification_values.said(value, locale=i18n.current())
    if isinstance(said, list):
        return ", ".join(f"{{ {', '.join(one)} }}" if isinstance(one, dict) else str(one) for one in said[:1])
    if isinstance(said, dict):
        return ", ".join(said)
    return str(said)
