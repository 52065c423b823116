"""Tickets over JSON: files in Base64, and mail that is read when asked for."""

from base64 import b64encode

import pytest

from core import hooks
from core.support import incoming_reading
from tests.core.accounts.test_links import queued

pytestmark = pytest.mark.anyio
SENT = b"the log of the mail server\n"
FILE = {"name": "log.txt", "content": b64encode(SENT).decode()}


async def test_a_ticket_is_opened_with_files_that_are_given_out_as_they_came(caller):
    alice = await caller("alice")
    made = await alice.post(
        "/clients/1001/tickets", json={"subject": "Mail", "text": "See below", "files": [FILE]}
    )
    assert made.status_code == 201, made.text
    (kept,) = made.json()["messages"][0]["files"]
    assert (kept["name"], kept["size"]) == ("log.txt", len(SENT))
    assert (await alice.get(f"/ticket-files/{kept['id']}")).content == SENT
    answered = await alice.post(f"/tickets/{made.json()['id']}/messages", json={"text": "And", "files": [FILE]})
    assert [file["name"] for file in answered.json()["files"]] == ["log.txt"]


async def test_a_file_that_is_not_taken_opens_no_ticket(caller):
    alice = await caller("alice")
    for wrong in (
        {"name": "a.exe", "content": FILE["content"]},
        {"name": "a.txt", "content": ""},
        {"name": "a.txt", "content": "é"},
        {"name": "a.txt"},
        "a.txt",
    ):
        sent = {"subject": "Mail", "text": "See below", "files": [wrong]}
        refused = await alice.post("/clients/1001/tickets", json=sent)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["files"]), wrong
    assert (await alice.get("/tickets")).json()["items"] == []


async def test_mail_is_read_when_asked_for_where_a_plugin_reads_it(caller, database, monkeypatch):
    alice = await caller("alice")
    assert (await alice.post("/incoming-mail/read")).status_code == 409
    monkeypatch.setattr(hooks, "heard", lambda _hook, *, by: ["mailbox"])
    read = await alice.post("/incoming-mail/read")
    assert (read.status_code, read.content) == (204, b"")
    assert incoming_reading.JOB in {job["kind"] for job in await queued(database)}
