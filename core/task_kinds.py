"""What tasks are made of: the task as its kind reads it, what one step gives back, and the kinds there are."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from core import clock
from core.actor import Actor

STALLED = timedelta(minutes=10)

State = Literal["waiting", "running", "done", "cancelled", "failed"]
Outcome = Literal["done", "skipped", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("done", "skipped", "failed")


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task as pages show it and its kind reads it. `total`, `done`, `skipped` and `failed` count rows.

    `due_at` is when one that is for later may begin.
    """

    id: int
    kind: str
    title: str
    payload: dict[str, Any]
    position: dict[str, Any]
    outcome: dict[str, Any]
    state: State
    reason: str
    total: int
    done: int
    skipped: int
    failed: int
    is_cancel_asked: bool
    actor_kind: str
    actor_name: str
    person_id: int | None
    api_key_id: int | None
    locale: str
    address: str
    request_id: str
    created_at: datetime
    started_at: datetime | None
    touched_at: datetime
    ended_at: datetime | None
    due_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits or runs."""
        return self.ended_at is None

    @property
    def handled(self) -> int:
        """How many rows have a result."""
        return self.done + self.skipped + self.failed

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100; 100 only when it has ended well."""
        if self.state == "done":
            return 100
        return min(99, self.handled * 100 // self.total) if self.total else 0

    @property
    def is_stalled(self) -> bool:
        """Whether nothing has been heard of it for long, so that it may be begun again where it stopped."""
        return self.is_open and self.touched_at < clock.now() - STALLED

    @property
    def may_go_on(self) -> bool:
        """Whether it can be begun again where it stopped."""
        can_pause = self.kind in KINDS and KINDS[self.kind].can_pause
        return self.state == "failed" or self.is_stalled or (self.state == "cancelled" and can_pause)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row: a client by `id`, `code` and `name`, or a line of a file by `code`."""

    outcome: Outcome = "done"
    reason: str = ""
    kind: str = "client"
    id: int | None = None
    code: int | None = None
    name: str = ""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """What one step did. `position` is where the next one goes on; `total` corrects the count if it is given.

    `done` and `skipped` count rows without a result of their own.
    """

    results: list[Result] = []
    done: int = 0
    skipped: int = 0
    position: dict[str, Any] = {}
    is_last: bool = False
    total: int | None = None
    outcome: dict[str, Any] = {}


Step = Callable[[Task, Actor], Awaitable[Chunk]]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How tasks of one kind are done, and what people call it. `can_pause`: one that was stopped may go on."""

    name: str
    label: str
    step: Step
    can_pause: bool = False


KINDS: dict[str, Kind] = {}


def kind(name: str, label: str, *, can_pause: bool = False) -> Callable[[Step], Step]:
    """Register the step of a kind, as a decorator. A step runs inside a transaction of the task's tenant."""

    def register(step: Step) -> Step:
        if name in KINDS:
            raise ValueError(f"there is a task of the kind {name!r} already")
        KINDS[name] = Kind(name=name, label=label, step=step, can_pause=can_pause)
        return step

    return register
