"""What the tests of the core share."""

from collections.abc import Callable
from typing import Any

import pytest

from core import jobs


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers tasks that are forgotten after the test."""
    monkeypatch.setattr(jobs, "TASKS", dict(jobs.TASKS))

    def add(kind: str, run: jobs.Run, **options: Any) -> None:
        jobs.task(kind, **options)(run)

    return add
