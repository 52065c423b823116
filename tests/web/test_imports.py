"""Importing on the pages, without scripts: upload, what the columns mean, the check, the import, the errors."""

import re

import pytest

from core import db, sheet_reading
from tests import cast
from tests.core.at_queue import is_empty, until, workers

pytestmark = pytest.mark.anyio
FILE = b"Ref;Login;E-mail;Nom;Pays\nA-1;anna;anna@a.example;Anna A;FR\nA-2;b;nobody;Bob;France\n"


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def upload(somebody, content, name="list.csv", noun="clients"):
    page = await somebody.get("/staff/imports")
    token = re.findall(r'name="_csrf" value="([^"]+)"', page.text)[0]
    return await somebody.client.post(
        "/staff/imports",
        data={"_csrf": token, "noun": noun},
        files={"file": (name, content, "text/csv")},
        follow_redirects=False,
    )


async def worked(database):
    async with workers(database):
        await until(lambda: is_empty(database))


async def test_from_the_file_to_the_clients(alice, database):
    listed = await alice.get("/staff/clients")
    assert 'href="/staff/imports"' in listed.text
    assert "No files yet" in alice.text(await alice.get("/staff/imports"))
    page = await alice.follow(await upload(alice, FILE))
    here = str(page.url.path)
    text = alice.text(page)
    assert "list.csv" in text
    assert "anna@a.example" in text
    selects = re.findall(r'<select[^>]* name="(columns\.\d)".*?</select>', page.text, re.DOTALL)
    assert len(selects) == 5
    chosen = dict(
        re.findall(r'name="(columns\.\d)"(?:(?!</select>).)*<option value="(\w*)" selected', page.text, re.DOTALL)
    )
    assert chosen == {"columns.1": "login", "columns.2": "email", "columns.3": "name", "columns.4": "country"}
    sent = chosen | {"columns.0": "email", "version": "1"}
    refused = await alice.post(f"{here}/check", sent)
    assert refused.status_code == 422
    assert "Another column means this already." in alice.text(refused)
    sent["columns.0"] = "external_id"
    task = await alice.follow(await alice.post(f"{here}/check", sent))
    assert "Check list.csv" in alice.text(task)
    busy = await alice.get(here)
    assert "A task is at work" in alice.text(busy)
    assert (await alice.post(f"{here}/run", {"version": "2"})).status_code == 409
    await worked(database)
    assert "See what was found" in alice.text(await alice.get(str(task.url.path)))
    found = await alice.get(here)
    text = alice.text(found)
    assert "Import one row" in text
    assert "This does not look like an e-mail address." in text
    table = found.text[found.text.index('id="errors"') :]
    assert re.search(r">3</th><td[^>]*>E-mail</td><td[^>]*>nobody</td>", table)
    errors = await alice.post(f"{here}/errors")
    assert "3,E-mail,nobody,This does not look like an e-mail address." in errors.content.decode("utf-8-sig")
    await alice.follow(await alice.post(f"{here}/run", {"version": "2"}))
    await worked(database)
    assert "What became of it" in alice.text(await alice.get(here))
    assert "Imported" in alice.text(await alice.get("/staff/imports"))
    assert "Anna A" in alice.text(await alice.get("/staff/clients"))
    again = await alice.follow(await upload(alice, FILE))
    assert "Filled in as it was for the last file" in alice.text(again)
    gone = await alice.follow(await alice.post(f"{here}/delete"))
    assert "The file was removed." in alice.text(gone)
    assert (await alice.get(here)).status_code == 404


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Please choose a file."),
        (b" \n", "This file is empty."),
        (b"login,email\n", "There is no row below the headings."),
        (b"PK\x03\x04 no zip", "This file cannot be read."),
        (b"\xd0\xcf\x11\xe0old", "This is neither CSV nor XLSX."),
        (b'a,b\n"x,y\n' + b"1,2\n" * 300_000, "a quotation mark before it is not closed"),
        (b"a\n\x81\n", "Save it as UTF-8"),
        (",".join(f"c{n}" for n in range(300)).encode() + b"\n1\n", "The row of headings is too long"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_beside_the_field(alice, content, told):
    answer = await upload(alice, content)
    assert answer.status_code == 422
    assert told in alice.text(answer)
    assert 'id="error-file"' in answer.text
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT count(*) FROM imports") == 0


async def test_too_much_is_refused_before_it_is_read(alice, monkeypatch):
    monkeypatch.setattr(sheet_reading, "MOST_BYTES", 100)
    assert "At most 0 MB" in alice.text(await upload(alice, b"a,b\n" + b"1,2\n" * 100))


async def test_samples_can_be_imported_and_others_see_nothing(alice, visitor):
    sample = await alice.get("/staff/imports/sample?noun=clients")
    assert sample.content.decode("utf-8-sig").startswith("external_id,code,login,kind,name")
    page = await alice.follow(await upload(alice, sample.content))
    assert page.status_code == 200
    assert (await alice.get("/staff/imports/sample?noun=x")).status_code == 404
    assert (await upload(alice, FILE, noun="x")).status_code == 422
    sam = await visitor.another().sign_in(cast.email("sam"))
    assert (await sam.get("/staff/imports")).status_code == 403
