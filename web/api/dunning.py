"""What dunning did and will do to a client, over JSON; and pausing it."""

from datetime import date
from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import clients
from core.actor import Actor
from core.billing import (
    accounts,
    dunning,
    dunning_pauses,
    dunning_run,
    promise_endings,
    promise_making,
    promised_payments,
)
from core.billing.dunning_pauses import NewPause
from core.billing.dunning_timeline import Action
from core.billing.promised_payments import NewPromise
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Coming(msgspec.Struct, kw_only=True):
    """A step that comes `on` a day, `step_day` days after `due_on`, as long as nothing is paid.

    `overdue` is what is overdue then, in minor units.
    """

    on: date
    due_on: date
    action: Action
    step_day: int
    overdue: int


class Happened(msgspec.Struct, kw_only=True):
    """A step that was done, or skipped. `units` was overdue, or is the fee; `services` were stopped."""

    id: int
    account_id: int
    at: Moment
    on_day: date
    due_on: date
    action: Action
    step_day: int
    result: Literal["done", "skipped"]
    policy: str
    currency: str
    units: int
    services: int
    expense_id: int | None


class AccountPlan(msgspec.Struct, kw_only=True):
    """One account: its policy (null: nothing happens), what is overdue today, and what comes."""

    account_id: int
    project_id: int
    currency: str
    policy_id: int | None
    overdue: int
    coming: list[Coming]


class Pause(msgspec.Struct, kw_only=True):
    """Days on which nothing happens, both included."""

    id: int
    from_day: date
    until_day: date
    reason: str
    created_at: Moment
    created_by: str
    lifted_at: Moment | None


class Promise(msgspec.Struct, kw_only=True):
    """So much of an account is promised until a day; `left_units` of it are not paid. `is_own`: by the client."""

    id: int
    account_id: int
    state: Literal["open", "kept", "broken", "withdrawn"]
    currency: str
    units: int
    left_units: int
    from_day: date
    until_day: date
    is_own: bool
    created_at: Moment
    created_by: str


class Dunning(msgspec.Struct, kw_only=True):
    """Dunning of a client: what comes in each account, what was done, the pauses and promised payments.

    The newest come first.
    """

    accounts: list[AccountPlan]
    done: list[Happened]
    pauses: list[Pause]
    promises: list[Promise]


class DunningPreview(msgspec.Struct, kw_only=True):
    """What a run would do today: so many steps by action; `held` accounts are beyond what one run may stop.

    `is_cut`: only the first accounts were looked at.
    """

    day: date
    counts: dict[str, int]
    held: int
    is_cut: bool


class DunningStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`is_confirmed`: the run may stop as many accounts as it has to."""

    is_confirmed: bool = False


class DunningBegun(msgspec.Struct, kw_only=True):
    """The task in which the run goes on."""

    task_id: int


@get("/v1/dunning-run", **asks(Permission.DUNNING_RUN))
async def preview(by: By) -> DunningPreview:
    """Say what a dunning run would do today. Changes nothing."""
    found = await dunning_run.preview(by=by)
    return DunningPreview(day=found.day, counts=found.counts, held=found.held, is_cut=found.is_cut)


@post("/v1/dunning-run", status_code=202, **asks(Permission.DUNNING_RUN, body=DunningStart))
async def start(by: By, sent: NamedDependency[DunningStart]) -> DunningBegun:
    """Start the dunning run; 409 when one is at work, or there is no policy."""
    return DunningBegun(task_id=await dunning_run.start(is_confirmed=sent.is_confirmed, by=by))


@get("/v1/clients/{code:int}/dunning", **asks(Permission.DUNNING_READ))
async def of_client(by: By, code: FromPath[int]) -> Dunning:
    """Say what dunning did and will do to a client."""
    return await _of((await clients.get(code, by=by))["id"], by=by)


@post("/v1/clients/{code:int}/dunning/pauses", **asks(Permission.DUNNING_PAUSE, body=NewPause))
async def pause(by: By, code: FromPath[int], sent: NamedDependency[NewPause]) -> Response[Pause]:
    """Pause dunning of a client from today until a day; 409 while it is paused."""
    client = await clients.get(code, by=by)
    made = await dunning_pauses.create(client["id"], sent, by=by)
    return answers.created(answers.of(Pause, made), f"/clients/{client['code']}/dunning")


@post("/v1/dunning-pauses/{pause_id:int}/lift", status_code=200, **asks(Permission.DUNNING_PAUSE))
async def lift(by: By, pause_id: FromPath[int]) -> Pause:
    """Lift a pause: dunning goes on today; 409 when it is over."""
    return answers.of(Pause, await dunning_pauses.lift(pause_id, by=by))


@post("/v1/balances/{account_id:int}/promises", **asks(Permission.DUNNING_PAUSE, body=NewPromise))
async def promise(by: By, account_id: FromPath[int], sent: NamedDependency[NewPromise]) -> Response[Promise]:
    """Note what a client promised to pay; 409 while a promise of the account is open."""
    made = await promise_making.create(account_id, sent, by=by)
    code = (await accounts.get(account_id, by=by))["code"]
    return answers.created(answers.of(Promise, made), f"/clients/{code}/dunning")


@post("/v1/promises/{promise_id:int}/withdraw", status_code=200, **asks(Permission.DUNNING_PAUSE))
async def withdraw(by: By, promise_id: FromPath[int]) -> Promise:
    """Take a promise back: dunning goes on; 409 when it is not open."""
    return answers.of(Promise, await promise_endings.withdraw(promise_id, by=by))


async def _of(client_id: int, *, by: Actor) -> Dunning:
    return Dunning(
        accounts=[_plan(plan) for plan in await dunning.of_client(client_id, by=by)],
        done=[answers.of(Happened, row) for row in await dunning.history(client_id, by=by)],
        pauses=[answers.of(Pause, row) for row in await dunning_pauses.of(client_id, by=by)],
        promises=[answers.of(Promise, row) for row in await promised_payments.of(client_id, by=by)],
    )


def _plan(plan: dunning.Plan) -> AccountPlan:
    policy: Any = plan.policy
    return AccountPlan(
        account_id=plan.account["id"],
        project_id=plan.account["project_id"],
        currency=plan.account["currency"],
        policy_id=policy["id"] if policy else None,
        overdue=plan.overdue,
        coming=[
            Coming(on=one.on, due_on=one.due_on, action=one.step.action, step_day=one.step.day, overdue=one.units)
            for one in plan.coming
            if not one.is_skipped
        ],
    )


ROUTES = [of_client, pause, lift, preview, start, promise, withdraw]
