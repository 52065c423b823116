"""Registering a client through the fraud checks: by signing up, by staff, over the API. Imports go past them."""

from typing import Any

import msgspec
from asyncpg import Record

from core.accounts import clients, fraud_checks
from core.accounts.clients import NewClient
from core.accounts.fraud_checks import Check
from core.actor import Actor
from core.fraud_hookspecs import Registration, Source

HOOK = "check_registration"


async def register(new: NewClient, *, by: Actor, source: Source | None = None, is_by_hand: bool = True) -> Record:
    """`clients.create`, and what plugins think of it. `fraud_checks.Stopped` when they refuse: nothing is made.

    A client that people should look at is made all the same; its orders are held until they have decided.
    """
    door = source or fraud_checks.source_of(by)
    async with fraud_checks.undone_when_stopped(by=by):
        made = await clients.create(new, by=by, is_by_hand=is_by_hand)
        if await fraud_checks.is_due(HOOK, door, by=by):
            await fraud_checks.keep(await _check(made, door, by=by), by=by)
    return made


async def _check(made: Record, source: Source, *, by: Actor) -> Check:
    client = clients.shown(made)
    registration = Registration(source=source, address=by.address)
    answers = await fraud_checks.asked(HOOK, by=by, client=client, registration=registration)
    seen: dict[str, Any] = {"client": client, "registration": msgspec.to_builtins(registration)}
    return Check(kind="registration", source=source, client=client, seen=seen, answers=answers)
