"""Own companies: the one that every provider has, more of them, bank accounts, logos, and their projects."""

import msgspec
import pytest

from core import db
from core.accounts import (
    bank_accounts,
    companies,
    company_fields,
    company_logos,
    numbering,
    project_companies,
    projects,
)
from core.accounts.bank_accounts import AccountValues
from core.accounts.companies import CompanyChanges, NewCompany
from core.accounts.project_companies import Chosen
from core.accounts.projects import NewProject
from core.actor import Actor
from core.clock import today
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from tests.core.accounts.house import entries, open_provider, worker
from tests.web.matrix.rows.project_brands import PIXEL

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
ADDRESS = {"street": "1 rue de la Paix", "postcode": "75002", "city": "Paris", "email": "contact@nova.example"}
SIRET = "73282932000074"
IBAN, OTHER_IBAN = "FR7630006000011234567890189", "BE68539007547034"


def new(name: str, **more: str) -> NewCompany:
    return NewCompany(**({"country": "FR", "registration_number": SIRET} | ADDRESS | {"name": name} | more))


async def add(name: str, *, by: Actor) -> int:
    return int((await companies.create(new(name), by=by))["id"])


async def test_every_provider_has_one_company_that_is_completed_later() -> None:
    tenant = await open_provider(edition="standard")
    by = worker(tenant, "accountant")
    async with db.as_tenant(tenant.id):
        (only,) = await companies.every(by=by)
        assert (only["name"], only["is_default"], company_fields.is_complete(only)) == (tenant.name, True, False)
        with pytest.raises(Invalid) as refused:
            await companies.update(only["id"], CompanyChanges(vat_number="FR00"), version=1, by=by)
        assert set(refused.value.errors) == {
            "registration_number",
            "vat_number",
            "street",
            "postcode",
            "city",
            "email",
        }
        wanted = CompanyChanges(
            registration_number=SIRET, vat_number="FR 44 732 829 320", phone="01 42 68 53 00", **ADDRESS
        )
        saved = await companies.update(only["id"], wanted, version=1, by=by)
        assert (saved["vat_number"], saved["phone"]) == ("FR44732829320", "+33142685300")
        assert company_fields.is_complete(saved)
        with pytest.raises(EditConflict):
            await companies.update(only["id"], CompanyChanges(city="Lyon"), version=1, by=by)
        with pytest.raises(NotInEdition):
            await companies.create(new("Second"), by=worker(tenant))
        with pytest.raises(PermissionMissing):
            await companies.update(
                only["id"], CompanyChanges(city="Lyon"), version=2, by=worker(tenant, "support")
            )


async def test_moving_down_an_edition_keeps_the_others_and_shows_the_default_one() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        second = await add("Second", by=by)
        lower = worker(msgspec.structs.replace(tenant, edition="standard"))
        assert len(await companies.every(by=lower)) == 1
        assert await companies.kept_besides(by=lower) == 1
        for attempt in (companies.get(second, by=lower), bank_accounts.of_company(second, by=lower)):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(NotInEdition):
            await companies.make_default(second, by=lower)
        assert (await companies.get(second, by=by))["name"] == "Second"


async def test_the_default_changes_hands_and_archived_ones_are_offered_no_more() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        first, second = await companies.default(), await add("Second", by=by)
        for act in (companies.archive, companies.delete):
            with pytest.raises(Conflict, match="default company"):
                await act(first["id"], by=by)
        await companies.make_default(second, by=by)
        assert (await companies.default())["id"] == second
        await companies.archive(first["id"], by=by)
        with pytest.raises(Conflict, match="archived"):
            await companies.make_default(first["id"], by=by)
        assert [row["id"] for row in await project_companies.selling(await projects.default_id())] == [second]
        await companies.take_back(first["id"], by=by)
        await companies.delete(first["id"], by=by)
        for action in ("created", "made_default", "archived", "taken_back", "deleted"):
            assert await entries(f"company:{action}"), action


async def test_a_company_that_gave_numbers_stays() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        second = await add("Second", by=by)
        await numbering.give(await companies.get(second, by=by), "invoice", on=today("UTC"))
        assert "issued documents" in await companies.why_it_stays(second, by=by)
        with pytest.raises(Conflict, match="issued documents"):
            await companies.delete(second, by=by)
        with pytest.raises(Invalid, match="marked"):
            await companies.create(new("second"), by=by)


async def test_bank_accounts_are_checked_completed_and_one_is_the_default() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        company = await companies.default()
        for wrong in ("", "FR7630006000011234567890188", "x"):
            with pytest.raises(Invalid) as refused:
                await bank_accounts.add(company["id"], AccountValues(iban=wrong, bic="NOPE"), by=by)
            assert set(refused.value.errors) == {"iban", "bic"}
        first = await bank_accounts.add(
            company["id"], AccountValues(iban="FR76 3000 6000 0112 3456 7890 189"), by=by
        )
        assert (first["iban"], first["holder"], first["bic"], first["is_default"]) == (
            *(IBAN, company["name"], "AGRIFRPPXXX"[: len(first["bic"])]),
            True,
        )
        with pytest.raises(Invalid) as refused:
            await bank_accounts.add(company["id"], AccountValues(iban=IBAN), by=by)
        assert set(refused.value.errors) == {"iban"}
        second = await bank_accounts.add(company["id"], AccountValues(iban=OTHER_IBAN, holder="Other"), by=by)
        assert not second["is_default"]
        await bank_accounts.make_default(second["id"], by=by)
        await bank_accounts.remove(second["id"], by=by)
        (only,) = await bank_accounts.of_company(company["id"], by=by)
        assert (only["id"], only["is_default"]) == (first["id"], True)
        changed = await bank_accounts.update(
            first["id"], AccountValues(iban=IBAN, bank="Bank"), version=only["version"], by=by
        )
        assert changed["bank"] == "Bank"
        with pytest.raises(EditConflict):
            await bank_accounts.update(first["id"], AccountValues(iban=IBAN), version=1, by=by)
        for act in ("added", "made_default", "removed", "updated"):
            assert await entries(f"company:account_{act}"), act


async def test_a_project_sells_through_all_companies_or_those_that_were_chosen() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        first, second, third = (await companies.default())["id"], await add("B", by=by), await add("C", by=by)
        project = await projects.default_id()
        assert [row["id"] for row in await project_companies.selling(project)] == [first, second, third]
        assert (await project_companies.sellers())[project]["id"] == first
        await project_companies.choose(project, Chosen(companies=(second, third), default=third), by=by)
        assert [row["id"] for row in await project_companies.selling(project)] == [third, second]
        assert (await project_companies.sellers())[project]["id"] == third
        assert [row["is_default"] for row in await project_companies.of_company(second, by=by)] == [False]
        for act in (companies.archive, companies.delete):
            with pytest.raises(Conflict, match="1 project sells"):
                await act(second, by=by)
        for wrong in (
            Chosen(companies=(7,)),
            Chosen(companies=(2**70,)),
            Chosen(companies=(second,), default=first),
        ):
            with pytest.raises(Invalid):
                await project_companies.choose(project, wrong, by=by)
        await project_companies.choose(project, Chosen(), by=by)
        assert len(await project_companies.selling(project)) == 3
        assert len(await entries("project:companies_chosen")) == 2


async def test_who_is_limited_to_projects_sees_their_companies_and_changes_none() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        theirs, others = await add("Theirs", by=by), await add("Others", by=by)
        project = (await projects.create(NewProject(name="Theirs"), by=by))["id"]
        await project_companies.choose(project, Chosen(companies=(theirs,)), by=by)
        limited = worker(tenant, "owner", projects=frozenset({project}))
        assert {row["id"] for row in await companies.every(by=limited)} == {
            (await companies.default())["id"],
            theirs,
        }
        with pytest.raises(NotFound):
            await companies.get(others, by=limited)
        with pytest.raises(Forbidden):
            await companies.update(theirs, CompanyChanges(city="Lyon"), version=1, by=limited)
        with pytest.raises(Forbidden):
            await companies.create(new("More"), by=limited)


async def test_a_logo_is_kept_shown_and_removed_and_nothing_crosses_providers() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = (await companies.default())["id"]
    by = worker(nova)
    async with db.as_tenant(nova.id):
        mine = (await companies.default())["id"]
        with pytest.raises(Invalid):
            await company_logos.put(mine, b"<svg>", by=by)
        await company_logos.put(mine, PIXEL, by=by)
        assert (await company_logos.get(mine, by=by))["content"] == PIXEL
        await company_logos.remove(mine, by=by)
        with pytest.raises(NotFound):
            await company_logos.get(mine, by=by)
        for attempt in (
            companies.get(theirs, by=by),
            companies.update(theirs, CompanyChanges(city="Lyon"), version=1, by=by),
            company_logos.put(theirs, PIXEL, by=by),
            bank_accounts.add(theirs, AccountValues(iban=IBAN), by=by),
        ):
            with pytest.raises(NotFound):
                await attempt
