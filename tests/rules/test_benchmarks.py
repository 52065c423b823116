"""The benchmarks run: a tiny one, whose figures mean nothing."""

import json
import subprocess
import sys

import pytest

TINY = ("--clients", "2000", "--tenants", "10", "--seconds", "0.5", "--rounds", "1", "--connections", "4")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    home = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "client-list", "--json", *TINY, "--home", str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_every_page_that_is_promised_is_measured(report):
    wanted = {"name_prefix", "word", "code", "group_small", "group_large", "deep_page"}
    assert wanted <= set(report["pages"])
    for figures in (report["first_page"], report["template_from_memory"], *report["pages"].values()):
        assert figures["requests"] > 0
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
        assert figures["requests_per_s"] > 0


def test_the_page_costs_more_than_its_template_alone(report):
    assert 0 < report["ratio"] < 1.5
    assert report["growth"] > 0


def test_a_page_asks_a_handful_of_queries_whatever_its_length(report):
    asked = set(report["queries_per_page"].values())
    assert len(asked) == 1
    assert asked.pop() <= 4


def test_every_filter_has_its_time_in_the_database(report):
    assert report["worst_filter_ms"] == max(cost["ms"] for cost in report["database"].values())
    assert report["slowest_single_filter_ms"] <= report["worst_filter_ms"]
    assert all(cost["plan"] for cost in report["database"].values())
