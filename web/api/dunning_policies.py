"""Dunning policies over JSON, and what holds for all of them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.billing import dunning_policies, dunning_settings
from core.billing.dunning_policies import NewPolicy, PolicyChanges, Recipient
from core.billing.dunning_settings import DunningSettingChanges, LettersTo
from core.billing.dunning_timeline import Step
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.visit import By

Amounts = Annotated[Mapping[str, int], Meta(description="Minor units by currency")]


class Policy(msgspec.Struct, kw_only=True):
    """A policy. `client` is a client's code. Below the amounts of `least` nothing happens."""

    id: int
    name: str
    recipient: Recipient
    project_id: int | None
    group_id: int | None
    client: int | None
    priority: int
    steps: list[Step]
    least: Amounts
    terms_days: int
    notice_days: int
    is_on_workdays: bool
    covers_postpaid: bool
    is_fee_taxed: bool
    created_at: Moment
    version: int


class PolicyList(msgspec.Struct, kw_only=True):
    """All policies, from the provider's to those of single clients."""

    items: list[Policy]


class PolicyEdit(PolicyChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Settings(msgspec.Struct, kw_only=True):
    """What holds for all policies. `yearly` are free days of every year, written in the year 2000.

    Reminders about an invoice go to `letters_to`: its payer, the client, or both. `charges_missed`: what goes on
    after it was not paid is charged for the time it was stopped.

    Clients promise up to `promise_most` by themselves, for `promise_days` at most, again after `promise_every`
    days, once they have been clients for `promise_age` days.
    """

    holidays: list[date]
    yearly: list[date]
    most_stops: int
    promise_most: Amounts
    promise_days: int
    promise_every: int
    promise_age: int
    letters_to: LettersTo
    charges_missed: bool
    version: int


class SettingsEdit(DunningSettingChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read; 0 when nothing was decided yet."""

    version: int


@get("/v1/dunning-policies", **asks(Permission.DUNNING_READ))
async def index(by: By) -> PolicyList:
    """List the dunning policies."""
    return PolicyList(items=[_one(row) for row in await dunning_policies.every(by=by)])


@post("/v1/dunning-policies", **asks(Permission.DUNNING_MANAGE, body=NewPolicy))
async def create(by: By, sent: NamedDependency[NewPolicy]) -> Response[Policy]:
    """Make a dunning policy."""
    made = await dunning_policies.create(sent, by=by)
    return answers.created(_one(made), f"/dunning-policies/{made['id']}")


@get("/v1/dunning-policies/{policy_id:int}", **asks(Permission.DUNNING_READ))
async def show(by: By, policy_id: FromPath[int]) -> Policy:
    """Get one dunning policy."""
    return _one(await dunning_policies.get(policy_id, by=by))


@patch("/v1/dunning-policies/{policy_id:int}", **asks(Permission.DUNNING_MANAGE, body=PolicyEdit))
async def update(by: By, policy_id: FromPath[int], sent: NamedDependency[PolicyEdit]) -> Policy:
    """Change a dunning policy; 409 when somebody else did since `version` was read."""
    return _one(await dunning_policies.update(policy_id, part(PolicyChanges, sent), version=sent.version, by=by))


@delete("/v1/dunning-policies/{policy_id:int}", **asks(Permission.DUNNING_MANAGE))
async def remove(by: By, policy_id: FromPath[int]) -> None:
    """Delete a dunning policy; the next nearest takes its place."""
    await dunning_policies.delete(policy_id, by=by)


@get("/v1/dunning-settings", **asks(Permission.DUNNING_READ))
async def settings(by: By) -> Settings:
    """Get the free days, and how much one run may stop."""
    return answers.of(Settings, msgspec.structs.asdict(await dunning_settings.get(by=by)))


@patch("/v1/dunning-settings", **asks(Permission.DUNNING_MANAGE, body=SettingsEdit))
async def decide(by: By, sent: NamedDependency[SettingsEdit]) -> Settings:
    """Change them; 409 when somebody else did since `version` was read."""
    decided = await dunning_settings.update(part(DunningSettingChanges, sent), version=sent.version, by=by)
    return answers.of(Settings, decided)


def _one(row: Any) -> Policy:
    return answers.of(Policy, row, steps=list(dunning_policies.steps_of(row)))


ROUTES = [index, create, show, update, remove, settings, decide]
