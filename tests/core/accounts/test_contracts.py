"""Contracts: from a draft to a signature, what is frozen, who sees what, and texts that stay text."""

import re
from datetime import date

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, db
from core.accounts import (
    companies,
    contract_list,
    contract_papers,
    contract_states,
    contract_texts,
    contracts,
    payer_documents,
    payers,
    removal,
)
from core.accounts.companies import CompanyChanges
from core.accounts.contract_list import ContractFilter
from core.accounts.contracts import ContractChanges, NewContract
from core.accounts.focus import Focus
from core.accounts.payers import PayerChanges
from core.actor import Tenant
from core.checks import Checks
from core.errors import Conflict, EditConflict, Invalid, NotFound, NotInEdition, PermissionMissing, ReadOnly
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.core.accounts.test_companies import ADDRESS, SIRET
from tests.pdf_text import text_of

pytestmark = pytest.mark.anyio
BODY = "# Between us\n\n{company.name} and {payer.name} agree.\nNumber {contract.number}.\n\nThe end."
EVIL = '#read("/etc/passwd") #panic("x") *bold* $ x $ <label> @ref `raw` \\ {contract.number} {{client.name}}'


async def ready(tenant: Tenant, login: str = "anna") -> tuple[int, NewContract]:
    """A client with a complete payer, a complete company, and a draft between the two."""
    by = worker(tenant)
    client = await add_client(login)
    company, payer = await companies.default(), await payers.default_of(client, by=by)
    wanted = CompanyChanges(registration_number=SIRET, **ADDRESS)
    await companies.update(company["id"], wanted, version=company["version"], by=by)
    address = {name: ADDRESS[name] for name in ("street", "postcode", "city")}
    await payers.update(payer["id"], PayerChanges(**address), version=1, by=by)
    return client, NewContract(
        payer_id=payer["id"], company_id=company["id"], title="Contrat", language="fr", body=BODY
    )


@pytest.mark.usefixtures("database")
async def test_a_contract_goes_from_a_draft_to_a_signature_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        made = await contracts.create(client, new, by=by)
        assert (made["state"], made["number"], made["payer_name"]) == ("draft", "", "Anna")
        changed = await contracts.update(made["id"], ContractChanges(title="Accord"), version=1, by=by)
        assert changed["title"] == "Accord"
        with pytest.raises(EditConflict):
            await contracts.update(made["id"], ContractChanges(title="x"), version=1, by=by)
        sent = await contract_states.send(made["id"], by=by)
        year = clock.today("UTC").year
        assert (sent["state"], sent["number"]) == ("sent", f"CTR-{year}-0001")
        assert sent["frozen"]["parties"][1]["name"] == "Anna"
        with pytest.raises(Invalid) as refused:
            await contract_states.sign(made["id"], date(2020, 1, 1), b"<html>", by=by)
        assert set(refused.value.errors) == {"signed_on", "file"}
        signed = await contract_states.sign(made["id"], clock.today("UTC"), b"%PDF-1.7 scan", by=by)
        assert (signed["state"], signed["signed_on"]) == ("signed", clock.today("UTC"))
        assert (await contract_papers.signed(made["id"], by=by)).content == b"%PDF-1.7 scan"
        with pytest.raises(Invalid):
            await contract_states.cancel(made["id"], " ", by=by)
        await contract_states.cancel(made["id"], "It ended.", by=by)
        steps = [(row["state"], row["reason"]) for row in await contracts.history(made["id"], by=by)]
        assert steps == [("draft", ""), ("sent", ""), ("signed", ""), ("cancelled", "It ended.")]
        for action in (
            "contract_draft:created",
            "contract_draft:updated",
            "contract:sent",
            "contract:signed",
            "contract:cancelled",
        ):
            assert [entry["client_id"] for entry in await entries(action)] == [client], action


@pytest.mark.usefixtures("database")
async def test_what_was_sent_never_changes_whatever_becomes_of_its_parties() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        made = await contracts.create(client, new, by=by)
        row, day = await contracts.find(made["id"]), clock.today("UTC")
        first, said = await contract_papers.printed(row, number="X-1", day=day)
        again, _said = await contract_papers.printed(row, number="X-1", day=day)
        assert first == again
        assert first.startswith(b"%PDF-")
        assert b"pdfaid" in first
        assert "Number X-1." in text_of(first)
        assert said["parts"][0] == {"is_heading": True, "text": "Between us"}
        sent = await contract_states.send(made["id"], by=by)
        kept = await contract_papers.draft(made["id"], by=by)
        assert contract_papers.digest(kept.content) == sent["digest"]
        payer = await payers.get(new.payer_id, by=by)
        await payers.update(new.payer_id, PayerChanges(name="Somebody else"), version=payer["version"], by=by)
        assert (await contract_papers.draft(made["id"], by=by)).content == kept.content
        assert (await contracts.find(made["id"]))["frozen"]["parties"][1]["name"] == "Anna"
        with pytest.raises(ReadOnly):
            await contracts.update(made["id"], ContractChanges(title="x"), version=sent["version"], by=by)
        for act in (contract_states.send, contracts.delete):
            with pytest.raises((ReadOnly, Conflict)):
                await act(made["id"], by=by)
        for sql in (
            "UPDATE contracts SET body = 'x'",
            "DELETE FROM contracts",
            "UPDATE contract_files SET content = 'x'",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                async with db.savepoint():
                    await db.execute(sql)


@pytest.mark.usefixtures("database")
async def test_text_of_people_is_never_markup() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        await db.execute("UPDATE payers SET name = $1, city = $1", EVIL)
        await db.execute("UPDATE companies SET legal_form = $1", EVIL)
        made = await contracts.create(
            client,
            NewContract(
                payer_id=new.payer_id,
                company_id=new.company_id,
                title=EVIL,
                language="en",
                body=EVIL + "\n\n# " + EVIL + "\n{payer.name}",
            ),
            by=by,
        )
        row = await contracts.find(made["id"])
        content, said = await contract_papers.printed(row, number="1", day=date(2026, 11, 28))
        assert said["title"] == EVIL
        assert said["parts"][1]["text"].startswith('#read("/etc/passwd") #panic("x")')
        assert "{{client.name}}" not in said["parts"][0]["lines"][0]
        assert said["parts"][2]["lines"] == [EVIL], "what is put in is not looked at again"
        told = text_of(content)
        assert told.count('#read("/etc/passwd") #panic("x") *bold* $ x $ <label> @ref `raw`') >= 5
        assert "root:x:0" not in told


@pytest.mark.usefixtures("database")
async def test_letters_of_every_script_are_printed() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        made = await contracts.create(client, new, by=by)
        for name in ("株式会社 東京", "Ωμέγα Привет", "שלום", "مرحبا", "🙂 \ue000"):
            await db.execute("UPDATE payers SET name = $1", name)
            content, _said = await contract_papers.printed(made, number="1", day=date(2026, 11, 28))
            assert content.startswith(b"%PDF-"), name


@pytest.mark.usefixtures("database")
async def test_it_is_not_sent_while_something_is_missing_and_no_number_is_lost() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        empty = await contracts.create(
            client, NewContract(payer_id=new.payer_id, company_id=new.company_id, title="A", language="en"), by=by
        )
        with pytest.raises(Conflict, match="no text"):
            await contract_states.send(empty["id"], by=by)
        made = await contracts.create(client, new, by=by)
        await db.execute("UPDATE payers SET city = ''")
        with pytest.raises(Conflict, match="payer is incomplete"):
            await contract_states.send(made["id"], by=by)
        await db.execute("UPDATE payers SET city = 'Paris'")
        await db.execute("UPDATE companies SET city = ''")
        with pytest.raises(Conflict, match="company is incomplete"):
            await contract_states.send(made["id"], by=by)
        await db.execute("UPDATE companies SET city = 'Paris'")
        assert (await contract_states.send(made["id"], by=by))["number"].endswith("-0001")
        with pytest.raises(Conflict, match="Only a contract that was sent"):
            await contract_states.sign(empty["id"], clock.today("UTC"), by=by)
        with pytest.raises(Conflict, match="deleted"):
            await contract_states.cancel(empty["id"], "why", by=by)
        await contracts.delete(empty["id"], by=by)
        await db.execute("UPDATE document_counters SET next = 1")
        second = await contracts.create(client, new, by=by)
        with pytest.raises(Conflict, match="given already"):
            await contract_states.send(second["id"], by=by)


@pytest.mark.usefixtures("database")
async def test_a_contract_counts_as_a_document_of_payer_company_and_client() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        assert not await payer_documents.has_documents(new.payer_id)
        made = await contracts.create(client, new, by=by)
        assert await payer_documents.has_documents(new.payer_id)
        second = await companies.create(
            companies.NewCompany(country="FR", name="B", registration_number=SIRET, **ADDRESS), by=by
        )
        await companies.make_default(second["id"], by=by)
        assert "contract" in await companies.why_it_stays(new.company_id, by=by)
        code = await db.value("SELECT code FROM clients WHERE id = $1", client)
        outcome = await removal.remove([code], by=by)
        assert [refused.reason for refused in outcome.refused] == ["1 document names this client."]
        await contracts.delete(made["id"], by=by)
        assert (await removal.remove([code], by=by)).refused == []


@pytest.mark.usefixtures("database")
async def test_roles_editions_limits_and_the_focus_hold() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        client, new = await ready(tenant)
        made = await contracts.create(client, new, by=by)
        await contract_states.send(made["id"], by=by)
        other, more = await ready(tenant, "bea")
        await contracts.create(other, more, by=by)
        for wrong in (
            NewContract(payer_id=more.payer_id, company_id=new.company_id, title="A", language="fr"),
            NewContract(payer_id=new.payer_id, company_id=7, title="", language="xx", body="{nope.x}"),
        ):
            with pytest.raises(Invalid):
                await contracts.create(client, wrong, by=by)
        with pytest.raises(PermissionMissing):
            await contracts.create(client, new, by=worker(tenant, "auditor"))
        everything = await contract_list.page(ContractFilter(), by=by)
        assert [row["client_name"] for row in everything.rows] == ["Bea", "Anna"]
        assert len((await contract_list.page(ContractFilter(state="sent"), by=by)).rows) == 1
        assert len((await contract_list.page(ContractFilter(number="CTR-"), by=by)).rows) == 1
        first = await contract_list.page(ContractFilter(), by=by, size=1)
        second = await contract_list.page(ContractFilter(), by=by, size=1, after=first.next or "")
        assert [row["client_name"] for row in second.rows] == ["Anna"]
        assert (
            await contract_list.page(ContractFilter(), by=by, size=1, before=second.previous or "")
        ).rows == first.rows
        within = Focus(number=1, client_id=client)
        assert [
            row["client_name"] for row in (await contract_list.page(ContractFilter(), by=by, within=within)).rows
        ] == ["Anna"]
        limited = worker(tenant, projects=frozenset({7}))
        assert (await contract_list.page(ContractFilter(), by=limited)).rows == []
        with pytest.raises(NotFound):
            await contract_papers.draft(made["id"], by=limited)
    lower = Tenant(id=tenant.id, code=tenant.code, name=tenant.name, edition="standard")
    async with db.as_tenant(tenant.id):
        with pytest.raises(NotInEdition):
            await contract_list.page(ContractFilter(), by=worker(lower))
    acme = await open_provider(2)
    async with db.as_tenant(acme.id):
        with pytest.raises(NotFound):
            await contracts.get(made["id"], by=worker(acme))


@given(st.text(max_size=300))
def test_whatever_is_written_becomes_parts_and_nothing_is_lost(text: str) -> None:
    checks = Checks()
    body = contract_texts.check(checks, text, required=False)
    letters = "".join(part.get("text", "") + "".join(part.get("lines", ())) for part in contract_texts.parts(body))
    assert re.sub(r"[\s#]", "", letters) == re.sub(r"[\s#]", "", body)


def test_an_unknown_name_is_told_and_known_ones_are_put_in_once() -> None:
    checks = Checks()
    contract_texts.check(checks, "Dear {payer.nmae}, {payer.name}")
    assert "{payer.nmae}" in checks.errors["body"]
    told = contract_texts.filled("{payer.name} {x} {", {"payer.name": "{client.code}"})
    assert told == "{client.code} {x} {"
