"""What an edition has is felt everywhere: menu, form, columns, filter, address; and nothing is lost below it."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import db
from core.accounts import groups, projects
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served

GATES = {"alice": (True, True), "bob": (True, False), "zoe": (False, False)}
"""Who sees groups and projects: Corporate both, Advanced groups, Standard neither."""


def menu(page: Page) -> list[str]:
    return [
        text.strip()
        for text in page.get_by_role("navigation", name="Main menu").get_by_role("link").all_inner_texts()
    ]


def expect_gates(page: Page, *, has_groups: bool, has_projects: bool) -> None:
    """Menu, filter, column chooser, form and addresses agree."""
    page.goto("/staff/clients")
    shown = menu(page)
    assert ("Account groups" in shown, "Projects" in shown) == (has_groups, has_projects)
    assert (page.locator("#filter [name=group]").count(), page.locator("#filter [name=project]").count()) == (
        has_groups,
        has_projects,
    )
    columns = page.locator("[name=columns]").evaluate_all("boxes => boxes.map((box) => box.value)")
    assert ("groups" in columns, "project" in columns) == (has_groups, has_projects)
    assert (page.locator("[formaction='/staff/clients/groups']").count() > 0) == has_groups
    page.goto("/staff/clients/new")
    assert (pages.field(page, "Project").count() > 0) == has_projects
    expect_door(page, "/staff/groups", "Account groups", "Advanced", is_open=has_groups)
    expect_door(page, "/staff/projects", "Projects", "Corporate", is_open=has_projects)


def expect_door(page: Page, path: str, title: str, edition: str, *, is_open: bool) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == (200 if is_open else 403)
    expected = title if is_open else f"Part of the {edition} edition"
    expect(page.get_by_role("heading", level=1)).to_have_text(expected)


@pytest.mark.parametrize("who", GATES)
def test_every_gate_of_the_edition_answers_alike(open_as: Open, who: str) -> None:
    has_groups, has_projects = GATES[who]
    expect_gates(open_as(who), has_groups=has_groups, has_projects=has_projects)


@pytest.mark.parametrize(
    ("who", "path", "edition"),
    [
        ("zoe", "/staff/clients?group=1", "Advanced"),
        ("bob", "/staff/clients?project=1", "Corporate"),
        ("zoe", "/staff/clients/1001/groups", "Advanced"),
        ("zoe", "/staff/groups/new", "Advanced"),
        ("bob", "/staff/projects/new", "Corporate"),
    ],
)
def test_an_address_typed_by_hand_names_the_edition(open_as: Open, who: str, path: str, edition: str) -> None:
    page = open_as(who, path)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Part of the {edition} edition")


def give_edition(page: Page, code: str, edition: str) -> None:
    """The operator changes a provider's edition on its page."""
    page.goto(f"/platform/providers/{code}")
    page.get_by_role("radio", name=re.compile(f"^{edition}")).check()
    page.get_by_role("button", name="Change", exact=True).click()
    pages.expect_toast(page, "was changed")


def test_a_lower_edition_deletes_nothing_and_the_way_back_brings_everything(open_as: Open, served: Served) -> None:
    owner = served.open_provider("ladder")
    project = served.within("ladder", projects.create, projects.NewProject(name="Second brand"))
    group = served.within("ladder", groups.create, groups.NewGroup(name="Kept group"))
    code = served.register("ladder", "climber", "Clara Climber", project_id=project["id"])
    client_id = served.within("ladder", db.value, "SELECT id FROM clients WHERE code = $1", code, by=None)
    served.within("ladder", groups.add, group["id"], [client_id])
    page, operator = open_as(f"ladder/{owner}"), open_as("olga", "/platform")
    expect_gates(page, has_groups=True, has_projects=True)
    give_edition(operator, "ladder", "Standard")
    expect_gates(page, has_groups=False, has_projects=False)
    page.goto(f"/staff/clients/{code}")
    for hidden in ("Second brand", "Kept group"):
        expect(page.get_by_role("main")).not_to_contain_text(hidden)
    page.get_by_role("link", name="Edit").click()
    pages.field(page, "Name").fill("Clara Steady")
    page.get_by_role("button", name="OK").click()
    pages.expect_toast(page, "The client was saved.")
    give_edition(operator, "ladder", "Corporate")
    expect_gates(page, has_groups=True, has_projects=True)
    page.goto(f"/staff/clients/{code}")
    for kept in ("Clara Steady", "Second brand", "Kept group"):
        expect(page.get_by_role("main")).to_contain_text(kept)
