"""What staff read about kinds of notifications: their groups, and their variables with an example of each."""

from collections.abc import Iterable
from typing import Any

from core import i18n, notification_values
from core.i18n import N_, _
from core.notification_kinds import Kind
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
    return [
        {
            "name": name,
            "meaning": _(meaning),
            "sample": _sample(sample),
            "is_list": isinstance(sample, list | tuple),
        }
        for name, meaning, sample in (*own, *COMMON)
    ]


def _sample(value: Any) -> str:
    said = notification_values.said(value, locale=i18n.current())
    if isinstance(said, list):
        return ", ".join(f"{{ {', '.join(one)} }}" if isinstance(one, dict) else str(one) for one in said[:1])
    if isinstance(said, dict):
        return ", ".join(said)
    return str(said)
