"""The page for plugin authors says what the code does: every hook, its arguments, the context, and the door."""

import inspect
import re
from pathlib import Path

from core.hookspecs import Context
from core.plugin_registry import HOOKS
from plugins import api

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()


def rows(title: str) -> dict[str, list[str]]:
    """The first table under a heading: its first column without backticks, and the other ones."""
    part = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \|(.*)\|$", part, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in found}


def test_every_hook_is_documented_with_its_arguments_in_the_order_of_the_code() -> None:
    documented = {hook: re.findall(r"\w+", cells[0]) for hook, cells in rows("The hooks").items()}
    assert documented == {hook: list(inspect.signature(spec).parameters) for hook, spec in HOOKS.items()}
    assert list(documented) == list(HOOKS)


def test_every_hook_says_when_it_is_called() -> None:
    for hook, spec in HOOKS.items():
        assert (spec.__doc__ or "").startswith("Called "), hook


def test_every_field_of_the_context_is_documented() -> None:
    assert set(rows("The context")) == set(Context.__struct_fields__)


def test_the_door_opens_to_what_it_names() -> None:
    assert all(hasattr(api, name) for name in api.__all__)
    for name in ("fetch", "row", "value", "notify", "setting", "speaking", "ngettext", "Veto", "Panel"):
        assert name in api.__all__
        assert name in PAGE
