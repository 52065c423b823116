"""The benchmarks run: a tiny one, whose figures mean nothing."""

import json
import subprocess
import sys

import pytest

RUN = """
import json, sys
from benchmarks.list_commands import benchmarks
for arguments in json.loads(sys.argv[1]):
    benchmarks(arguments, standalone_mode=False)
"""
"""All in one process, as each would take seconds to start."""
COMMANDS = {
    "client-list": "--clients 1000 --tenants 10 --seconds 0.03 --rounds 1 --connections 2",
    "palette": "--clients 1000 --tenants 10 --seconds 0.02 --connections 2",
    "group-rules": "--clients 1000 --tenants 10",
    "import": "--clients 800 --rows 300",
    "export": "--clients 800",
    "bulk": "--clients 800",
    "segment": "--clients 800",
    "webhooks": "--clients 800 --turns 1",
    "policies": "",
    "invoices": "--count 8",
}
WITHOUT_DATABASE = ("policies", "invoices")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What each command printed."""
    home = ["--home", str(tmp_path_factory.mktemp("benchmarks"))]
    asked = [
        [name, "--json", *options.split(), *([] if name in WITHOUT_DATABASE else home)]
        for name, options in COMMANDS.items()
    ]
    run = [sys.executable, "-c", RUN, json.dumps(asked)]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    printed = ended.stdout.replace("}\n{", "}\0{").split("\0")
    return dict(zip(COMMANDS, map(json.loads, printed), strict=True))


@pytest.fixture
def report(measured):
    return measured["client-list"]


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
    assert asked.pop() <= 5


def test_every_filter_has_its_time_in_the_database(report):
    assert report["worst_filter_ms"] == max(cost["ms"] for cost in report["database"].values())
    assert report["slowest_single_filter_ms"] <= report["worst_filter_ms"]
    assert all(cost["plan"] for cost in report["database"].values())


def test_the_palette_is_measured_by_what_people_type(measured):
    found = measured["palette"]
    assert {"code", "email", "two_words", "one_letter", "nobody"} <= set(found["search_ms"])
    assert found["slowest_ms"] == max(found["search_ms"].values()) > 0
    assert found["pages"].keys() == found["search_ms"].keys()
    assert all(figures["requests"] > 0 for figures in found["pages"].values())


def test_rules_of_groups_are_measured_over_all_clients_and_over_one(measured):
    found = measured["group-rules"]
    assert {"country", "either_of_two_blocks", "counted", "everybody"} <= set(found["rules"])
    assert found["rules"]["everybody"]["fits"] == 1000 * 10 // 11
    for cost in found["rules"].values():
        assert cost["again_s"] > 0
        assert cost["one_client_ms"] > 0
    assert found["targets"]


def test_webhooks_are_measured_by_verb_and_by_month(measured):
    found = measured["webhooks"]
    assert found["verbs"].keys() == {"no_listener_ms", "no_endpoint_ms", "endpoint_ms"}
    before, told, after = (found["months"][name] for name in ("before", "told", "after"))
    assert before["invoices"] == told["invoices"] == after["invoices"] > 700
    assert (before["events"], told["events"], after["events"]) == (0, told["invoices"], 0)


def test_a_remembered_check_of_rights_is_measured_beside_one_of_casbin(measured):
    found = measured["policies"]
    assert found["remembered_us"].keys() == {"standard", "advanced", "corporate"}
    assert 0 < max(found["remembered_us"].values()) < found["asked_us"]
    assert len(found["targets"]) == 1


def test_invoices_are_printed_with_their_xml_on_all_processors(measured):
    found = measured["invoices"]
    assert found["invoices"] == 8
    assert found["invoices_per_s"] > 0
    assert found["bytes"] > 20_000
    assert set(found["of_it_ms"]) == {"words", "xml", "kept"}
    assert len(found["targets"]) == 1


def test_an_import_is_measured_step_by_step_as_csv_and_xlsx(measured):
    found = measured["import"]
    assert found["formats"].keys() == {"csv", "xlsx"}
    for steps in found["formats"].values():
        assert steps.keys() == {"upload", "check", "run", "again"}
        assert all(step["seconds"] > 0 for step in steps.values())
    assert len(found["targets"]) == 2


def test_an_export_a_bulk_action_and_segments_are_measured(measured):
    exported = measured["export"]["exports"]
    assert exported.keys() == {"csv_800", "xlsx_800"}
    assert all(one["bytes"] > 10_000 for one in exported.values())
    acts = measured["bulk"]["acts"]
    assert {"count", "language", "group_add"} == acts.keys()
    kept = measured["segment"]["segments"]
    assert all(one["page_ms"] > 0 and one["count_ms"] > 0 for one in kept.values())
    assert kept["country"]["clients"] > 40
