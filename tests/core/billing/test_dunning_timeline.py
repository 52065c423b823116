"""What comes on which day, for any policy, debts and pauses: in order, each step once, never on a closed day."""

from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.billing.dunning_timeline import (
    ORDER,
    Account,
    Calendar,
    Debt,
    Done,
    Pause,
    Planned,
    Rules,
    Step,
    timeline,
)

DUE = date(2026, 3, 2)
PLAIN = Calendar()


def day(offset: int) -> date:
    return DUE + timedelta(days=offset)


def rules(*steps: tuple[int, str], **more: Any) -> Rules:
    return Rules(steps=tuple(Step(day=at, action=act) for at, act in steps), **more)  # type: ignore[arg-type]


def owing(*debts: tuple[int, int], **more: Any) -> Account:
    return Account(currency="EUR", debts=[Debt(due_on=day(at), units=units) for at, units in debts], **more)


def told(planned: list[Planned]) -> list[tuple[int, str]]:
    return [((one.on - DUE).days, one.step.action) for one in planned if not one.is_skipped]


USUAL = rules((-3, "remind"), (7, "remind"), (14, "fee"), (21, "suspend"), (40, "end"))


def test_steps_come_so_many_days_after_the_oldest_debt() -> None:
    found = timeline(USUAL, owing((0, 100), (5, 50)), PLAIN, day(-10))
    assert told(found) == [(-3, "remind"), (7, "remind"), (14, "fee"), (21, "suspend"), (40, "end")]
    assert [one.units for one in found] == [100, 150, 150, 150, 150]


def test_nothing_comes_without_a_debt_and_below_the_smallest_amount() -> None:
    assert timeline(USUAL, owing(), PLAIN, day(0)) == []
    small = msgspec.structs.replace(USUAL, least={"EUR": 120})
    assert timeline(small, owing((0, 100)), PLAIN, day(0)) == []
    assert told(timeline(small, owing((0, 100), (9, 50)), PLAIN, day(0)))[:2] == [(10, "remind"), (14, "fee")]


def test_free_days_move_a_step_to_the_next_working_day() -> None:
    working = rules((5, "remind"), is_on_workdays=True)
    assert told(timeline(working, owing((0, 1)), PLAIN, day(0))) == [(7, "remind")], "5 days after is a Saturday"
    holidays = Calendar(holidays=frozenset({day(7)}), yearly=frozenset({(day(8).month, day(8).day)}))
    assert told(timeline(working, owing((0, 1)), holidays, day(0))) == [(9, "remind")]


def test_paused_days_do_not_count() -> None:
    paused = owing((0, 100), pauses=[Pause(day(3), day(12)), Pause(day(30), day(31))])
    assert told(timeline(USUAL, paused, PLAIN, day(0))) == [
        (0, "remind"),
        (17, "remind"),
        (24, "fee"),
        (33, "suspend"),
        (52, "end"),
    ]


def test_after_an_outage_the_last_reminder_is_sent_alone_and_services_get_their_notice() -> None:
    many = rules((3, "remind"), (7, "remind"), (14, "remind"), (21, "suspend"), (22, "end"), notice_days=5)
    found = timeline(many, owing((0, 100)), PLAIN, day(60))
    assert [(one.step.day, one.is_skipped) for one in found] == [
        (3, True),
        (7, True),
        (14, False),
        (21, False),
        (22, False),
    ]
    assert told(found) == [(60, "remind"), (65, "suspend"), (70, "end")]


def test_one_step_does_not_come_again_within_a_week_for_the_next_debt() -> None:
    before = Done(due_on=day(-1), day=7, action="remind", on=day(6))
    twice = rules((7, "remind"), (20, "remind"))
    assert told(timeline(twice, owing((0, 1), done=[before]), PLAIN, day(7))) == [(13, "remind"), (20, "remind")]


def test_after_the_last_step_the_first_debt_that_became_due_since_leads() -> None:
    once = rules((7, "remind"), (8, "suspend"), notice_days=1)
    found = timeline(once, owing((0, 10), (5, 20), (31, 40)), PLAIN, day(0))
    assert told(found) == [(7, "remind"), (8, "suspend"), (38, "remind"), (39, "suspend")]
    assert [one.units for one in found] == [30, 30, 70, 70]


def test_a_fee_is_an_amount_of_the_currency_or_a_percentage_with_a_limit() -> None:
    fixed = Step(day=1, action="fee", amounts={"EUR": 4000})
    assert (fixed.fee(10, "EUR"), fixed.fee(10, "USD")) == (4000, 0)
    share = Step(day=1, action="fee", percent=5500, most={"EUR": 300})
    assert [share.fee(units, "EUR") for units in (1000, 1009, 9999)] == [55, 55, 300]


STEPS = st.lists(
    st.tuples(st.integers(-20, 60), st.sampled_from(("remind", "fee"))), max_size=6, unique_by=lambda one: one
)
PAUSES = st.lists(
    st.tuples(st.integers(-40, 90), st.integers(0, 15)).map(lambda one: Pause(day(one[0]), day(sum(one)))),
    max_size=4,
)
DEBTS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 500)), min_size=1, max_size=4)


@st.composite
def policies(draw: st.DrawFn) -> Rules:
    """A policy that the product lets be kept: whatever stops services comes after a reminder."""
    notice = draw(st.integers(1, 10))
    steps = {(at, act) for at, act in draw(STEPS) if at >= 0 or act == "remind"}
    reminded = min((at for at, act in steps if act == "remind"), default=None)
    if reminded is not None:
        at = draw(st.integers(max(0, reminded + notice), 90))
        steps |= {(at, "suspend"), (at + draw(st.integers(0, 20)), "end")}
    return rules(
        *steps, notice_days=notice, is_on_workdays=draw(st.booleans()), least={"EUR": draw(st.integers(0, 400))}
    )


@given(policies(), DEBTS, PAUSES, st.integers(-30, 120))
def test_it_is_in_order_each_step_once_and_on_open_days(
    policy: Rules, debts: list[tuple[int, int]], pauses: list[Pause], today: int
) -> None:
    found = timeline(policy, owing(*debts, pauses=pauses), PLAIN, day(today))
    for debt in {one.due_on for one in found}:
        places = [one.step.place for one in found if one.due_on == debt]
        assert places == sorted(set(places)), "about one debt; the next round may begin with a later one"
    assert [one.on for one in found] == sorted(one.on for one in found)
    told_on = None
    for one in found:
        assert one.on >= day(today)
        assert not any(pause.first <= one.on <= pause.last for pause in pauses)
        assert not (policy.is_on_workdays and PLAIN.is_free(one.on))
        if one.step.action == "remind" and not one.is_skipped:
            told_on = one.on
        elif one.step.action in ("suspend", "end"):
            assert told_on is not None and one.on >= told_on + timedelta(days=policy.notice_days)


@given(policies(), DEBTS, PAUSES)
def test_a_run_every_night_does_just_what_was_told_at_the_beginning(
    policy: Rules, debts: list[tuple[int, int]], pauses: list[Pause]
) -> None:
    foreseen = timeline(policy, owing(*debts, pauses=pauses), PLAIN, day(-30))
    done: list[Done] = []
    for offset in range(-30, 260):
        account = owing(*debts, pauses=pauses, done=done)
        for one in timeline(policy, account, PLAIN, day(offset)):
            if one.on == day(offset):
                done.append(
                    Done(
                        due_on=one.due_on,
                        day=one.step.day,
                        action=one.step.action,
                        on=one.on,
                        is_skipped=one.is_skipped,
                    )
                )
    assert [(one.on, one.place, one.is_skipped) for one in done] == [
        (one.on, one.step.place, one.is_skipped) for one in foreseen
    ]
    assert len({(one.due_on, one.place) for one in done}) == len(done)


def test_the_order_on_a_day_is_gentle_first() -> None:
    assert ORDER == ("remind", "fee", "suspend", "end")
