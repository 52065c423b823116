"""The clock can be moved for a block, days with it, and stands right again after it."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock


def test_a_moved_clock_moves_moments_and_days_and_comes_back() -> None:
    before = clock.now()
    with clock.moved(timedelta(days=-400)):
        there = clock.now()
        assert before - timedelta(days=400) <= there < before - timedelta(days=399)
        assert clock.today("UTC") == there.date()
        with clock.moved(timedelta(hours=1)):
            assert clock.now() > before
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_it_comes_back_when_the_block_fails() -> None:
    with pytest.raises(RuntimeError), clock.moved(timedelta(days=9)):
        raise RuntimeError
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
