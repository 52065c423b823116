"""Two clients become one, the owner takes a copy of his data along, and what is left is cleared."""

import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def test_two_clients_are_merged_and_the_old_address_leads_on(open_as: Open, served: Served) -> None:
    owner = served.open_provider("mergers", invented=0)
    page = open_as(f"mergers/{owner}", "/staff/clients")
    old = served.register("mergers", "old-anna", "Anna Alt")
    new = served.register("mergers", "new-anna", "Anna Neu")
    page.goto("/staff/clients")
    page.get_by_label(re.compile(f"Select client {old}")).check()
    page.get_by_label(re.compile(f"Select client {new}")).check()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which of the two stays?")
    page.get_by_role("radio", name=re.compile("Anna Neu")).check()
    page.get_by_role("button", name="Show what happens").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Merge “Anna Alt” into “Anna Neu”")
    expect(main).to_contain_text("What moves")
    expect(main).to_contain_text("What stays behind")
    page.get_by_role("button", name="Merge the clients").click()
    expect(main).to_contain_text("One field wants your attention.")
    pages.field(page, "Anna Alt owned the client that goes and becomes").select_option("billing")
    page.get_by_role("button", name="Merge the clients").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna Neu")
    page.goto(f"/staff/clients/{old}")
    expect(page).to_have_url(re.compile(f"/staff/clients/{new}$"))
    expect(page.locator("body")).to_contain_text(f"The client {old} was merged into this one.")
    page.goto(f"/staff/clients/merge?code={new}&q=nobody")
    expect(main).to_contain_text("No other client was found.")


def test_a_copy_is_downloaded_and_the_client_is_cleared(open_as: Open, served: Served, tmp_path: Path) -> None:
    owner = served.open_provider("clearers", invented=0)
    page = open_as(f"clearers/{owner}", "/staff/clients")
    code = served.register("clearers", "bela", "Bela Bartok")
    page.goto(f"/staff/clients/{code}")
    pages.open_more(page.get_by_role("navigation", name="Parts of this client"))
    page.get_by_role("link", name="Personal data").click()
    page.get_by_role("button", name="Make a copy").click()
    with served.working():
        expect(page.get_by_role("main")).to_contain_text("Ready until")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    target = tmp_path / started.value.suggested_filename
    started.value.save_as(target)
    with zipfile.ZipFile(target) as file:
        assert json.loads(file.read("data.json"))["client"][0]["name"] == "Bela Bartok"
        assert "README.txt" in file.namelist() and "csv/payers.csv" in file.namelist()
    page.goto(f"/staff/clients/close?code={code}")
    pages.field(page, "Reason").fill("Left us")
    page.get_by_role("button", name="Close this client").click()
    page.goto(f"/staff/clients/{code}/personal-data")
    page.get_by_role("link", name="Clear personal data").click()
    expect(page.get_by_role("main")).to_contain_text("This cannot be undone")
    pages.field(page, "Reason").fill("Asked by letter")
    pages.field(page, f"Type the code of the client: {code}").fill("1")
    page.get_by_role("button", name="Clear personal data").click()
    expect(page.get_by_role("main")).to_contain_text("This is not the code of the client.")
    pages.field(page, f"Type the code of the client: {code}").fill(str(code))
    page.get_by_role("button", name="Clear personal data").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Cleared client {code}")
    expect(page.get_by_role("main")).not_to_contain_text("Bartok")
    page.goto("/staff/clients?name=bartok")
    expect(page.get_by_role("main")).to_contain_text("No client fits this filter")
