"""A client's page: fields of the provider's own, notes, files and the timeline, as staff go through them."""

import re
from pathlib import Path

from playwright.sync_api import expect

from core.accounts import field_edits
from core.accounts.field_edits import NewField
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served


def test_a_field_is_defined_filled_in_and_filtered_by(open_as: Open, served: Served) -> None:
    owner = served.open_provider("orchard")
    code = served.register("orchard", "anna", "Anna Bell")
    served.register("orchard", "bert", "Bert Cole")
    page = open_as(f"orchard/{owner}", "/staff/fields")
    page.get_by_role("link", name="New field").first.click()
    expect(page.get_by_role("group", name="Options of a choice")).to_be_hidden()
    pages.field(page, "Name in English").fill("Level")
    pages.field(page, "Name in French").fill("Niveau")
    page.locator("input[value=choice]").check()
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-options")).to_be_visible()
    page.get_by_label("Option 1 in English").fill("Gold")
    page.get_by_label("Option 1 in French").fill("Or")
    page.get_by_role("button", name="More rows").click()
    expect(page.get_by_label("Option 1 in French")).to_have_value("Or")
    page.get_by_label("Option 2 in English").fill("Silver")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The field was added.")
    expect(page.get_by_role("main")).to_contain_text("Gold, Silver")

    page.goto(f"/staff/clients/{code}/edit")
    pages.field(page, "Level").select_option("gold")
    page.get_by_role("button", name="OK").click()
    pages.expect_toast(page, "The client was saved.")
    expect(page.get_by_role("main")).to_contain_text("Your own fields")

    page.goto("/staff/clients")
    expect(pages.rows(page)).to_have_count(2)
    pages.open_panel(page, "Columns")
    page.get_by_role("checkbox", name="Level").check()
    page.get_by_role("button", name="Show these").click()
    assert "Gold" in pages.cells(page, "Level")
    pages.open_panel(page, "Filter")
    panel = page.locator(".filter-panel")
    pages.field(panel, "Level").select_option("gold")
    panel.get_by_role("button", name="Filter", exact=True).click()
    expect(pages.rows(page)).to_have_count(1)
    expect(page.get_by_role("group", name="Filter in force")).to_contain_text("Level: Gold")


def test_a_required_field_stops_the_form_and_stands_beside_its_error(open_as: Open, served: Served) -> None:
    owner = served.open_provider("meadowlark")
    served.within("meadowlark", field_edits.create, NewField(kind="number", label="Seats", is_required=True))
    page = open_as(f"meadowlark/{owner}", "/staff/clients/new")
    pages.field(page, "Login name").fill("carl")
    pages.field(page, "E-mail").fill("carl@client.example")
    pages.field(page, "Contact person").fill("Carl Dunn")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("[id='error-fields.seats']")).to_be_visible()
    expect(pages.field(page, "Seats")).to_be_focused()
    pages.field(page, "Seats").fill("12.5")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The client was registered.")
    expect(page.get_by_role("main")).to_contain_text("12.5")


def test_notes_and_files_are_kept_and_the_timeline_finds_them(open_as: Open, served: Served) -> None:
    owner = served.open_provider("moor")
    code = served.register("moor", "dora", "Dora Ellis")
    page = open_as(f"moor/{owner}", f"/staff/clients/{code}")
    tabs = page.get_by_role("navigation", name="Parts of this client")
    pages.open_more(tabs)
    tabs.get_by_role("link", name="Notes and files").click()
    pages.field(page, "New note").fill("Calls on Mondays")
    page.get_by_label("Pin it above all others").check()
    page.get_by_role("button", name="Add the note").click()
    pages.expect_toast(page, "The note was added.")
    pages.field(page, "New note").fill("Likes tea")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#notes .history > li").first).to_contain_text("Calls on Mondays")

    page.locator("#field-file").set_input_files({"name": "a.html", "mimeType": "text/html", "buffer": b"<b>"})
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#error-file")).to_contain_text("not taken")
    sent = {"name": "Vertrag é.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    page.locator("#field-file").set_input_files(sent)
    page.get_by_role("button", name="Upload").click()
    pages.expect_toast(page, "The file was added.")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Vertrag é.pdf", exact=True).click()
    assert downloading.value.suggested_filename == "Vertrag é.pdf"
    assert Path(downloading.value.path()).read_bytes() == b"%PDF-1.7 x"

    tabs = page.get_by_role("navigation", name="Parts of this client")
    pages.open_more(tabs)
    tabs.get_by_role("link", name="Timeline").click()
    lines = page.locator("#timeline .history > li")
    expect(page.locator("#timeline")).to_contain_text("registered the client")
    pages.field(page, "What").select_option("notes")
    expect(page.locator("#timeline")).not_to_contain_text("registered the client")
    expect(lines).to_have_count(3)
    expect(page.locator("#timeline")).to_contain_text("Likes tea")
    expect(page).to_have_url(re.compile("kind=notes"))
    page.get_by_role("link", name="Cancel filter").click()
    expect(page.locator("#timeline")).to_contain_text("registered the client")
    tabs.get_by_role("link", name="Profile").click()
    expect(page.get_by_role("main")).to_contain_text("Calls on Mondays")


def test_a_french_reader_finds_it_all_in_french(open_as: Open, served: Served) -> None:
    owner = served.open_provider("pommier", locale="fr")
    code = served.register("pommier", "emil", "Emil Faure")
    new = NewField(kind="yes_no", label="Revendeur", labels={"en": "Reseller"})
    served.within("pommier", field_edits.create, new)
    page = open_as(f"pommier/{owner}", f"/staff/clients/{code}/edit", locale="fr-FR")
    expect(pages.field(page, "Revendeur")).to_be_visible()
    for tab, text in (("notes", "Pas encore de notes"), ("timeline", "Chronologie")):
        page.goto(f"/staff/clients/{code}/{tab}")
        expect(page.get_by_role("main")).to_contain_text(text)
