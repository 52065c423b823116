"""The benchmark of a question of rights: how long a check takes that was asked before, and one that was not."""

import os
import platform
import timeit
from functools import partial
from itertools import product
from statistics import median
from typing import Any

from core import plugin_registry, policies
from core.actor import Actor, Tenant
from core.permissions import Permission

MICROSECONDS = 5.0
"""What is to be reached by a check that is remembered."""
TRIES = 400
"""Many short ones: of those, some are not disturbed by what else the machine does."""
CHECKS = 100
"""In each try."""
EDITIONS = ("standard", "advanced", "corporate")


def measure() -> dict[str, Any]:
    """Measure with the installed editions, and return the figures ready for JSON. Needs no database."""
    plugin_registry.load()
    policies.load(plugin_registry.editions())
    found = {edition: _remembered(edition) for edition in EDITIONS}
    return {
        "benchmark": "policies",
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "remembered_us": found,
        "asked_us": _asked(),
        "targets": {
            f"a remembered check within {MICROSECONDS:.0f} µs": max(found.values()) <= MICROSECONDS,
        },
    }


def _staff(edition: str, role: str = "support") -> Actor:
    tenant = Tenant(id=1, code="bench", name="Bench", edition=edition, granted=frozenset({"groups"}))
    return Actor(kind="staff", tenant=tenant, name="Somebody", role=role)


def _remembered(edition: str) -> float:
    """Microseconds of one check, of the best try."""
    by = _staff(edition)
    policies.allows(by, Permission.GROUP_READ)
    tries = timeit.repeat(lambda: policies.allows(by, Permission.GROUP_READ), number=CHECKS, repeat=TRIES)
    return round(min(tries) / CHECKS * 1e6, 3)


def _asked() -> float:
    """Microseconds of a check that casbin answers: the median of every role with every permission, each once."""
    times = []
    for role, permission in product(policies.PROVIDER_ROLES, Permission):
        times.append(timeit.timeit(partial(policies.allows, _staff("corporate", role), permission), number=1))
    return round(median(times) * 1e6, 1)
