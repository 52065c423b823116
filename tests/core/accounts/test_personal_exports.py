"""A copy of personal data: complete, without others' people, ready after its task, gone after seven days."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core import audit, clock, db, hooks, tasks
from core.accounts import (
    clients,
    closing,
    companies,
    contract_papers,
    personal_clearing,
    personal_exports,
    personal_sources,
    personal_zip,
)
from core.accounts.personal_sources import SOURCES
from core.actor import Actor, Impersonator, Tenant
from core.errors import Conflict, Forbidden, ForbiddenInside, NotFound, PermissionMissing
from core.hookspecs import Context
from core.permissions import Permission
from plugins.api import PersonalFile, PersonalPart
from tests import cast
from tests.core.accounts.house import entries, worker
from tests.core.accounts.test_client_merging import add_user, code_of, id_of
from tests.core.accounts.test_companies import new as new_company
from tests.core.at_queue import is_empty, until, workers
from tests.plugins import rogues

pytestmark = pytest.mark.anyio
HOLDS = ("client_id", "person_id", "payer_id")


async def made(settings: Any, code: int, by: Actor) -> dict[str, bytes]:
    """The files of a copy that staff made."""
    async with db.as_tenant(by.tenant.id):
        export_id = await personal_exports.ask(code, by=by)
    async with workers(settings):
        await until(lambda: is_empty(settings))
    async with db.as_tenant(by.tenant.id):
        return unpacked((await personal_exports.download(code, export_id, by=by)).content)


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


async def test_every_table_with_a_client_or_a_person_is_copied_or_left_out_with_a_reason(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        tables = await db.fetch(
            """SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = ANY ($1)""",
            list(HOLDS),
        )
        copied = {source.table: source for source in personal_sources.SOURCES}
        known = copied.keys() | personal_sources.LEFT_OUT.keys()
        assert sorted({row["relname"] for row in tables} - known) == [], "declare these in personal_sources.py"
        texts = await db.fetch(
            """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0
                 AND NOT a.attisdropped AND a.attgenerated = ''
                 AND format_type(a.atttypid, NULL) IN ('text', 'text[]', 'jsonb', 'date')""",
            list(copied),
        )
    missing = []
    for row in texts:
        source = copied[row["relname"]]
        if row["attname"] not in {*source.columns, *source.internal, *source.secret, *source.more}:
            missing.append(f"{row['relname']}.{row['attname']}")
    assert missing == []


async def test_staff_get_all_of_this_client_and_nothing_of_others(database, settings):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code = await code_of("dupont")
        await add_user(await id_of("dupont"), "both", "billing")
        await add_user(await id_of("elodie"), "both", "technical")
        await db.execute("UPDATE clients SET note = '=cmd|x' WHERE code = $1", code)
        await db.execute(
            """INSERT INTO client_files (client_id, name, kind, size, content, uploaded_at)
               SELECT id, 'scan.pdf', 'application/pdf', 4, 'scan', $2 FROM clients WHERE code = $1""",
            code,
            clock.now(),
        )
        await db.execute(
            """WITH n AS (INSERT INTO notifications (kind, client_id, created_at)
                   SELECT 'x.y', id, $2 FROM clients WHERE code = $1 RETURNING id, client_id)
               INSERT INTO deliveries (notification_id, client_id, kind, channel, medium, text, state, created_at,
                                       ended_at)
               SELECT id, client_id, 'x.y', 'mail', 'mail', 'No more? https://nova.example/unsubscribe/aB3_-x=',
                      'sent', $2, $2 FROM n""",
            code,
            clock.now(),
        )
    files = await made(settings, code, alice)
    assert [content for name, content in files.items() if name.endswith("-scan.pdf")] == [b"scan"]
    told = json.loads(files["data.json"])
    assert told["client"][0]["login"] == "dupont"
    assert told["client"][0]["note"] == "=cmd|x"
    assert {user["email"] for user in told["users"]} == {"dupont@client.example", "both@user.example"}
    assert told["groups"][0]["group"] == "VIP circle"
    (mail,) = told["notifications"]
    assert mail["text"] == "No more? https://nova.example/unsubscribe/•••"
    assert any(entry["action"] == "client:created" for entry in told["activity"])
    everything = b"".join(files.values()).decode()
    assert "'=cmd|x" in files["csv/client.csv"].decode()
    for other in ("elodie", "Lefèvre", "tanaka", "mueller"):
        assert other not in everything, other
    assert "password" not in everything.replace("Passwords", "")
    assert f"Personal data of client {code} at Nova" in files["README.txt"].decode()
    async with db.as_tenant(alice.tenant.id):
        (export,) = await personal_exports.of_client(code, by=alice)
        steps = len(SOURCES) + 2  # The files, and what plugins bring.
        assert (export["done"], export["total"], export["state"]) == (steps, steps, "ready")
        assert export["downloaded_at"] is not None
        assert [entry["actor_name"] for entry in await entries("personal_data:downloaded")] == ["Alice"]
        assert await db.value("SELECT count(*) FROM personal_export_parts") == 0
        assert (await tasks.get(export["task_id"], by=alice)).state == "done"


async def test_the_owner_gets_it_without_what_only_the_team_sees(database, settings):
    jean, alice = await cast.who("dupont"), await cast.who("alice")
    async with db.as_tenant(jean.tenant.id):
        await db.execute("UPDATE clients SET note = 'Pays late' WHERE login = 'dupont'")
        await audit.record("client:updated", "client", jean.client.id, by=alice, client_id=jean.client.id,
                           new={"note": "Pays late", "phone": "+331"})  # fmt: skip
        export_id = await personal_exports.ask_own(by=jean)
        with pytest.raises(Conflict, match="being made"):
            await personal_exports.ask_own(by=jean)
    async with workers(settings):
        await until(lambda: is_empty(settings))
    async with db.as_tenant(jean.tenant.id):
        assert len(await personal_exports.own(by=jean)) == 1
        files = unpacked((await personal_exports.download_own(export_id, by=jean)).content)
        with pytest.raises(NotFound):
            await personal_exports.download(await code_of("elodie"), export_id, by=alice)
    told = json.loads(files["data.json"])
    everything = b"".join(files.values()).decode()
    assert told["groups"] == []
    assert "Pays late" not in everything and "Alice" not in everything
    assert any(entry["changes"].get("phone") == [None, "+331"] for entry in told["activity"])


async def a_contract(tenant: Tenant, code: int, number: str, files: Mapping[str, bytes]) -> None:
    """A contract that was sent, with its documents. Each is of a company of its own."""
    async with db.as_tenant(tenant.id):
        new = new_company(f"Company {code} {len(files)}")
        company = await companies.create(new, by=worker(tenant))
        contract = await db.value(
            """INSERT INTO contracts (client_id, payer_id, company_id, state, title, language, number, issued_on,
                   signed_on, digest, created_at)
               SELECT c.id, p.id, $2, 'signed', 'Contract', 'en', $3, $4::date, $4::date, 'x', $5
                 FROM clients c JOIN payers p ON p.client_id = c.id AND p.is_default
                WHERE c.code = $1 RETURNING id""",
            code, company["id"], number, clock.now().date(), clock.now(),
        )  # fmt: skip
        for kind, content in files.items():
            await contract_papers.keep(contract, kind, content)


async def test_the_documents_of_contracts_are_in_it_by_their_numbers(database, settings):
    jean, alice = await cast.who("dupont"), await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code, other = await code_of("dupont"), await code_of("elodie")
    signed = {"sent": b"%PDF-1 sent", "signed": b"\x89PNG\r\n\x1a\nsigned"}
    await a_contract(alice.tenant, code, "C/2026/7", signed)
    await a_contract(alice.tenant, code, "C/2026/7", {"sent": b"%PDF-1 of another company"})
    await a_contract(alice.tenant, other, "C/2026/8", {"sent": b"%PDF-1 of another client"})
    by_staff = await made(settings, code, alice)
    async with db.as_tenant(jean.tenant.id):
        export_id = await personal_exports.ask_own(by=jean)
    async with workers(settings):
        await until(lambda: is_empty(settings))
    async with db.as_tenant(jean.tenant.id):
        by_owner = unpacked((await personal_exports.download_own(export_id, by=jean)).content)
    for files in (by_staff, by_owner):
        papers = {name: content for name, content in files.items() if name.startswith("files/contracts/")}
        assert papers.pop("files/contracts/C-2026-7.pdf") == signed["sent"]
        assert papers.pop("files/contracts/C-2026-7-signed.png") == signed["signed"]
        ((name, content),) = papers.items()
        assert name.endswith("-C-2026-7.pdf") and content == b"%PDF-1 of another company"
        told = json.loads(files["data.json"])["contract-files"]
        assert [(row["number"], row["kind"]) for row in told] == [
            ("C/2026/7", "sent"), ("C/2026/7", "signed"), ("C/2026/7", "sent")
        ]  # fmt: skip


async def test_who_may_not_is_refused(database):
    jean, alice, sam = await cast.who("dupont"), await cast.who("alice"), await cast.who("sam")
    inside = msgspec.structs.replace(jean, impersonator=Impersonator(visit_id=1, staff_id=1, name="Alice"))
    seat = msgspec.structs.replace(jean.client, roles=frozenset({"billing"}))
    async with db.as_tenant(jean.tenant.id):
        with pytest.raises(PermissionMissing):
            await personal_exports.ask(await code_of("dupont"), by=sam)
        with pytest.raises(ForbiddenInside):
            await personal_exports.ask_own(by=inside)
        assert await personal_exports.own(by=inside) == []
        with pytest.raises(Forbidden):
            await personal_exports.ask_own(by=msgspec.structs.replace(jean, client=seat))
        with pytest.raises(NotFound):
            await personal_exports.download(await code_of("dupont"), 1, by=alice)


async def test_a_plugin_adds_its_part_with_files(database, settings):
    def provide_personal_data(ctx: Context, client: Mapping[str, Any]) -> list[PersonalPart]:
        files = [PersonalFile(name="photo.png", content=b"\x89PNG")]
        shown = PersonalPart(name="domains", rows=[{"domain": f"{client['login']}.example"}], files=files)
        return [shown, PersonalPart(name="score", rows=[{"score": 7}], is_internal=True)]

    plugin = rogues.plugin("domains", provide_personal_data=provide_personal_data)
    assert not hooks.load(settings, extra={"domains": plugin})
    try:
        jean, alice = await cast.who("dupont"), await cast.who("alice")
        async with db.as_tenant(alice.tenant.id):
            await db.execute(
                "INSERT INTO plugin_settings (plugin, enabled, updated_at) VALUES ('domains', true, $1)",
                clock.now(),
            )
            code = await code_of("dupont")
        jean, alice = await cast.who("dupont"), await cast.who("alice")
        files = await made(settings, code, alice)
        assert json.loads(files["data.json"])["domains-domains"] == [{"domain": "dupont.example"}]
        assert files["files/domains/photo.png"] == b"\x89PNG"
        assert "domains-score" in json.loads(files["data.json"])
        async with db.as_tenant(jean.tenant.id):
            export_id = await personal_exports.ask_own(by=jean)
        async with workers(settings):
            await until(lambda: is_empty(settings))
        async with db.as_tenant(jean.tenant.id):
            files = unpacked((await personal_exports.download_own(export_id, by=jean)).content)
        assert "domains-score" not in json.loads(files["data.json"])
    finally:
        hooks.load(settings)


async def test_copies_go_after_seven_days_and_when_the_client_is_cleared(database, settings):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code = await code_of("dupont")
    await made(settings, code, alice)
    async with db.as_tenant(alice.tenant.id):
        await personal_exports.purge(clock.now() + timedelta(days=6))
        assert len(await personal_exports.of_client(code, by=alice)) == 1
        await personal_exports.purge(clock.now() + timedelta(days=8))
        assert await personal_exports.of_client(code, by=alice) == []
    await made(settings, code, alice)
    async with db.as_tenant(alice.tenant.id):
        await closing.close([code], "Left", by=alice)
        await personal_clearing.clear(code, str(code), "Asked", by=alice)
        assert await db.value("SELECT count(*) FROM personal_exports") == 0
        with pytest.raises(Conflict, match="cleared already"):
            await personal_exports.ask(code, by=alice)
        assert (await clients.get(code, by=alice))["cleared_at"] is not None


async def test_whoever_lost_the_right_meanwhile_gets_no_copy(database, settings):
    max_, alice = await cast.who("max"), await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        code = await code_of("dupont")
        await personal_exports.ask(code, by=max_)
        await db.execute("UPDATE staff SET role = 'auditor' WHERE id = $1", max_.staff_id)
    async with workers(settings):
        await until(lambda: is_empty(settings))
    async with db.as_tenant(alice.tenant.id):
        (export,) = await personal_exports.of_client(code, by=alice)
        assert export["has_failed"]
        assert Permission.CLIENT_PERSONAL_DATA.value == "client:personal_data"


def test_a_zip_has_a_table_for_each_part_that_has_rows():
    rows = [{"a": 1}, {"b": ["x", "y"], "a": {"c": 2}}]
    files = unpacked(personal_zip.packed("Hello", {"data/x": msgspec.json.encode(rows), "data/y": b"[]"}))
    assert sorted(files) == ["README.txt", "csv/x.csv", "data.json"]
    assert files["csv/x.csv"].decode("utf-8-sig").splitlines() == ["a,b", "1,", '"{""c"":2}","x, y"']
