"""The table of every route and method: whose host, which permission and feature, and how to call it.

A new route gets its line in `rows`, or test_table.py fails. In paths and bodies `$client` stands for a client's
code and `$group`, `$project`, ... for an id; the tests put in one's own, another provider's, or one that does not
exist. `!name`, `!email`, ... are new every time. `{code}` and its like in paths are told apart by PLACEHOLDERS.
"""

import importlib
import pkgutil
from typing import Any

from tests.web.matrix import rows
from tests.web.matrix.row import Row

NAMES = sorted(found.name for found in pkgutil.iter_modules(rows.__path__, f"{rows.__name__}."))
MODULES = [importlib.import_module(name) for name in NAMES]


def gathered(name: str) -> list[Any]:
    """What the modules of the rows say under this name, for those that say it."""
    return [getattr(module, name) for module in MODULES if hasattr(module, name)]


def merged(name: str) -> dict[str, Any]:
    """The same of what are mappings, as one; no two of them say different things of one key."""
    whole: dict[str, Any] = {}
    for told in gathered(name):
        unlike = [key for key, value in told.items() if whole.get(key, value) != value]
        assert not unlike, f"{name}: two modules speak of {unlike}"
        whole |= told
    return whole


ROWS: list[Row] = [row for listed in gathered("ROWS") for row in listed]
PLACEHOLDERS: dict[str, str] = merged("PLACEHOLDERS")
"""What an id in a path is the id of. `{code}` is a client's on a provider's host, and a provider's on the
platform's."""


def of(area: str) -> list[Row]:
    """The rows of one area."""
    return [row for row in ROWS if row.area == area]


def named(row: Row) -> list[tuple[str, str]]:
    """The names in the path of a row, each with what it is the id of."""
    names = [part.strip("{}") for part in row.path.split("/") if part.startswith("{")]
    usual = PLACEHOLDERS | {"code": "provider" if row.hosts == "platform" else "client"} | row.kinds
    return [(name, usual[name]) for name in names]
