"""Codes sent and tried in whatever order: what comes of it is what a model without a database says."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock, db
from core.accounts import own_phone, phone_codes
from core.actor import Actor, Tenant
from core.errors import Invalid, TooManyAttempts
from core.settings import Settings
from tests.core.accounts.test_phone_codes import MOBILE, code_of, sending, user, wrong

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tenant(database: Settings) -> Tenant:
    return await sending()


class Model:
    """What codes are, told once more and without a database: of one client, within a day."""

    def __init__(self) -> None:
        self.now, self.sent_at, self.tries, self.is_open, self.sent = 0, -10_000, 0, False, 0

    def send(self) -> bool:
        if self.now < self.sent_at + 60 or self.sent >= 5:
            return False
        self.sent_at, self.tries, self.is_open, self.sent = self.now, 0, True, self.sent + 1
        return True

    def attempt(self, is_right: bool) -> bool:
        if not self.is_open or self.now >= self.sent_at + 600:
            return False
        self.tries += not is_right
        self.is_open = not is_right and self.tries < 5
        return is_right


STEPS = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda tens: tens * 10),
        st.sampled_from(["send", "send", "right", "wrong", "wrong"]),
    ),
    max_size=30,
)


def walked(tenant: Tenant, steps: list[tuple[int, str]], number: int) -> Callable[[], Coroutine[Any, Any, None]]:
    async def walk() -> None:
        async with db.as_tenant(tenant.id):
            await db.execute("DELETE FROM attempts")
            by, model = await user(tenant, f"walker-{number}"), Model()
            for seconds, step in steps:
                model.now += seconds
                with clock.moved(timedelta(seconds=model.now)):
                    await compare(by, model, step)
            raise Undone

    return walk


class Undone(Exception):
    """Nothing of a walk stays."""


async def compare(by: Actor, model: Model, step: str) -> None:
    done = True
    try:
        if step == "send":
            await own_phone.send(MOBILE, by=by)
        else:
            last = await phone_codes.latest(by.client.id)
            code = (await code_of(by)) if last and step == "right" else (await wrong(by)) if last else "000000"
            await own_phone.confirm(code, by=by)
    except (Invalid, TooManyAttempts):
        done = False
    assert done == (model.send() if step == "send" else model.attempt(step == "right")), step


async def test_whatever_is_sent_and_tried_in_whatever_order_is_as_the_model_says(tenant: Tenant) -> None:
    numbers = iter(range(10_000))
    loop, found = asyncio.get_running_loop(), []

    def all_of_them() -> None:
        @settings(deadline=None)
        @given(STEPS)
        def one(steps: list[tuple[int, str]]) -> None:
            asyncio.run_coroutine_threadsafe(alone(walked(tenant, steps, next(numbers))), loop).result(60)

        one()

    async def alone(walk: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with suppress(Undone):
            await walk()
        found.append(1)

    await asyncio.to_thread(all_of_them)
    assert found
