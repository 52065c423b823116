"""Writes the pages of the docs that repeat the code: settings, commands, roles. `python -m tests.rules.reference`

test_docs.py compares them, so that none of them is ever out of date.
"""

import ast
import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import click
import msgspec

from core import plugin_registry, policies
from core import settings as settings_module
from core.accounts import roles
from core.permission_words import DESCRIPTIONS
from core.permissions import FEATURES, Permission, feature_of
from core.settings import PREFIX, Settings
from tests.rules import reference_webhooks
from tests.rules.places import DOCS
from web.cli import comptoir

WRITTEN = "<!-- Written by `python -m tests.rules.reference`; change the code, not this page. -->"


def settings_page() -> str:
    """Every variable with its default and what it is for, in the order of the code."""
    lines = [
        "# Settings",
        "",
        WRITTEN,
        "",
        "One environment variable each; an unknown one is an error at start.",
        "",
    ]
    lines += ["| variable | default | |", "|---|---|---|"]
    texts = _field_texts()
    for field in msgspec.structs.fields(Settings):
        default = f"`{field.default}`" if field.default not in ("", ()) else ""
        lines.append(f"| `{PREFIX}{field.name.upper()}` | {default} | {_cell(texts[field.name])} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = ["# Commands", "", WRITTEN, ""]
    lines += ["Each takes `--help`. Exit status: 0 done, 1 refused or not well, 2 asked for wrongly.", ""]
    for name, command in _commands("comptoir", comptoir):
        arguments = [
            one.make_metavar(_context(command)) for one in command.params if isinstance(one, click.Argument)
        ]
        lines += [f"## `{' '.join([name, *arguments])}`", "", " ".join((command.help or "").split()), ""]
        options = [one for one in command.params if isinstance(one, click.Option)]
        lines += [f"- `{_option(one)}`{_told(one)}" for one in options] + ([""] if options else [])
    return "\n".join(lines).rstrip() + "\n"


def roles_page() -> str:
    """Who may what, edition by edition."""
    plugin_registry.load()
    policies.load(plugin_registry.editions())
    editions = policies.editions()
    lines = ["# Roles, permissions and editions", "", WRITTEN, ""]
    lines += [
        "What the built-in roles of a provider may. ● in every edition; a name: from this edition on. A provider",
        "makes roles of its own from the same permissions. An API key may what both its scopes and its maker's",
        "role allow.",
        "",
    ]
    lines += _matrix([one for one in Permission if one in roles.ASSIGNABLE], policies.PROVIDER_ROLES)
    lines += ["", "## On the platform", ""]
    lines += _matrix([one for one in Permission if one not in roles.ASSIGNABLE], policies.PLATFORM_ROLES)
    lines += ["", "A reseller's rights reach as far as his own providers, and what he was granted.", ""]
    lines += ["## Features of the editions", "", f"| feature | | {' | '.join(one.title for one in editions)} |"]
    lines += ["|---|---|" + "---|" * len(editions)]
    for feature, text in FEATURES.items():
        marks = ["●" if feature in policies.features_of(one.name) else "" for one in editions]
        lines.append(f"| `{feature}` | {text} | {' | '.join(marks)} |")
    lines += ["", "The platform, or a reseller who has it himself, grants or takes single features per provider."]
    return "\n".join(lines) + "\n"


PAGES: dict[Path, Callable[[], str]] = {
    DOCS / "settings.md": settings_page,
    DOCS / "commands.md": commands_page,
    DOCS / "roles.md": roles_page,
    DOCS / "webhooks.md": reference_webhooks.page,
}


def _matrix(permissions: list[Permission], named: tuple[str, ...]) -> list[str]:
    lines = [f"| permission | | {' | '.join(named)} |", "|---|---|" + "---|" * len(named)]
    for permission in permissions:
        marks = [_mark(permission, role) for role in named]
        lines.append(f"| `{permission}` | {DESCRIPTIONS[permission]} | {' | '.join(marks)} |")
    return lines


def _mark(permission: Permission, role: str) -> str:
    if role in policies.PLATFORM_ROLES:
        return "●" if _enforced(policies.PLATFORM_EDITION, role, permission) else ""
    having = [one for one in policies.editions() if _enforced(one.name, role, permission)]
    if not having:
        return ""
    return "●" if len(having) == len(policies.editions()) else having[0].title


def _enforced(edition: str, role: str, permission: Permission) -> bool:
    feature = feature_of(permission)
    has_feature = (
        edition == policies.PLATFORM_EDITION or feature is None or feature in policies.features_of(edition)
    )
    return has_feature and policies._policies.enforce(edition, role, permission)


def _field_texts() -> dict[str, str]:
    """The text under each field of Settings."""
    tree = ast.parse(Path(settings_module.__file__).read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    texts = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            texts[field.target.id] = text.value.value  # type: ignore[union-attr, attr-defined]
    return texts


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The command, or those of a group, by their full names."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for child in command.list_commands(_context(command)):
        found = command.get_command(_context(command), child)
        assert found is not None
        yield from _commands(f"{name} {child}", found)


def _context(command: click.Command) -> click.Context:
    return click.Context(command)


def _option(option: click.Option) -> str:
    names = "/".join([option.opts[-1], *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.name.upper() if option.name else ''}"


def _told(option: click.Option) -> str:
    told = [option.help or "", "Required." if option.required else ""]
    if option.show_default and not option.is_flag:
        told.append(f"Default: {option.default}.")
    text = " ".join(part for part in told if part)
    return f": {text}" if text else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    os.environ.pop("COMPTOIR_HOME", None)
    for page, write in PAGES.items():
        page.write_text(write())
