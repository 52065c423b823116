"""The docs say what the code does: settings, commands, roles, routes; and every link in them leads somewhere."""

import re

import pytest

from core import policies, sealing
from core.permissions import FEATURES, Permission
from core.settings import variables
from tests.rules import reference
from tests.rules.places import DOCS, ROOT, files, name_of
from web.app import create_routes
from web.cli.listings import table_of_routes

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.name)
def test_pages_that_repeat_the_code_are_up_to_date(page):
    assert page.read_text() == reference.PAGES[page](), "run python -m tests.rules.reference"


def test_writing_the_pages_leaves_the_key_and_the_editions_of_the_process():
    sealed, allowed = sealing.seal("secret", bound_to="here"), policies.features_of("corporate")
    for write in reference.PAGES.values():
        write()
    assert sealing.unseal(sealed, bound_to="here") == "secret"
    assert policies.features_of("corporate") == allowed


def test_every_setting_is_documented():
    text = (DOCS / "settings.md").read_text()
    assert [name for name in variables() if f"`{name}`" not in text] == []


def test_no_page_names_a_setting_that_there_is_not():
    named = {name for page in pages() for name in re.findall(r"COMPTOIR_[A-Z_]+[A-Z]", page.read_text())}
    assert named - set(variables()) <= {"COMPTOIR_TEST_POSTGRES"}


def test_every_permission_and_feature_is_documented():
    text = (DOCS / "roles.md").read_text()
    assert [name for name in (*Permission, *FEATURES) if f"`{name}`" not in text] == []


def test_every_route_of_the_api_is_documented():
    text = (DOCS / "api.md").read_text()
    missing = []
    for row in table_of_routes(create_routes()):
        path = row["path"].removeprefix("/api/v1")
        if row["area"] == "api" and f"{path}`" not in text and f"{path} " not in text:
            missing.append(f"{row['method']} {row['path']}")
    assert missing == []


def test_every_link_in_the_docs_leads_to_a_file():
    dead = []
    for page in pages():
        for target, _anchor in LINK.findall(page.read_text()):
            if target and not (page.parent / target).exists():
                dead.append(f"{name_of(page)}: {target}")
    assert dead == []


def test_the_indexes_name_every_page():
    index, decisions = (DOCS / "README.md").read_text(), (DOCS / "decisions" / "README.md").read_text()
    for page in files("docs/*.md"):
        if page.parent == DOCS and page.name != "README.md":
            assert f"({page.name})" in index, f"docs/README.md does not name {page.name}"
        if page.parent == DOCS / "decisions" and page.name != "README.md":
            assert f"({page.name})" in decisions, f"docs/decisions/README.md does not name {page.name}"


def test_there_is_a_fragment_for_this_version():
    assert [path for path in files("docs/changes/*.md") if path.name != "README.md"]


def pages():
    return [path for path in files("*.md") if path.parent == ROOT or DOCS in path.parents]
