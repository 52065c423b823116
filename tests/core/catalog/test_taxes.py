"""Own rates and what a provider decided: dated, checked, told, and in force for what is sold."""

from datetime import date
from typing import Any

import msgspec
import pytest

from core import db
from core.accounts import companies, payer_keeping
from core.actor import Actor
from core.catalog import tax_rates, tax_settings, taxes, vat_numbers
from core.catalog.tax_rates import NewTaxRate, TaxRateChanges
from core.catalog.tax_settings import TaxSettingChanges
from core.catalog.vies import Answered
from core.errors import EditConflict, Invalid, NotFound, PermissionMissing
from tests.core.accounts.house import add_client, entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]
DAY = date(2026, 11, 28)
NEW_YEAR = date(2027, 1, 1)


async def rate(country: str, day: date, kind: Any = "individual") -> int:
    found = (await tax_rates.on(day))(country, kind)
    assert found is not None
    return found.rate


async def keep(country: str, percent: int, from_day: date, *, by: Actor, **more: Any) -> int:
    new = NewTaxRate(country=country, rate=percent * 1000, from_day=from_day, **more)
    return int((await tax_rates.create(new, by=by))["id"])


async def test_an_own_rate_holds_from_its_first_day_to_its_last_and_then_the_shipped_one_again() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await keep("DE", 16, DAY, until_day=NEW_YEAR, by=worker(tenant))
        days = (date(2026, 11, 27), DAY, NEW_YEAR, date(2027, 1, 2))
        assert [await rate("DE", day) for day in days] == [19_000, 16_000, 16_000, 19_000]


async def test_of_several_the_one_for_the_kind_of_payer_comes_first_and_then_the_later_one() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await keep("CH", 8, date(2020, 1, 1), by=by)
        await keep("CH", 9, date(2026, 1, 1), by=by)
        await keep("CH", 3, date(2020, 1, 1), payer_kind="company", by=by)
        assert (await rate("CH", DAY), await rate("CH", DAY, "company")) == (9_000, 3_000)
        listed = {one.country: one for one in await tax_rates.in_force(DAY, by=by)}
        assert (listed["CH"].individual.rate, listed["CH"].company.is_own) == (9_000, True)
        assert (listed["FR"].individual.rate, listed["FR"].individual.is_own) == (20_000, False)
        assert "MC" not in listed


async def test_a_rate_is_kept_changed_and_removed_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant, "accountant")
    async with db.as_tenant(tenant.id):
        number = await keep("DE", 16, DAY, note="Konjunktur", by=by)
        changed = await tax_rates.update(number, TaxRateChanges(rate=7_500), version=1, by=by)
        assert (changed["rate"], changed["version"], changed["note"]) == (7_500, 2, "Konjunktur")
        assert (await entries("tax_rate:updated"))[0]["changes"] == {"rate": ["16 %", "7.5 %"]}
        with pytest.raises(EditConflict):
            await tax_rates.update(number, TaxRateChanges(rate=1), version=1, by=by)
        await tax_rates.delete(number, by=by)
        assert await tax_rates.every(by=by) == []
        assert (await entries("tax_rate:deleted"))[0]["subject_name"] == "DE 7.5 %"


async def test_what_cannot_be_a_rate_is_refused_beside_its_field() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await keep("DE", 16, DAY, by=by)
        for wrong, field in (
            ({"country": "XX"}, "country"),
            ({"country": "MC"}, "country"),
            ({"rate": 150_000}, "rate"),
            ({"rate": -1}, "rate"),
            ({"from_day": date(1, 1, 1)}, "from_day"),
            ({"until_day": date(2026, 11, 27)}, "until_day"),
            ({"note": "x" * 201}, "note"),
            ({}, "from_day"),
        ):
            given: dict[str, Any] = {"country": "DE", "rate": 1000, "from_day": DAY} | wrong
            with pytest.raises(Invalid) as refusal:
                await tax_rates.create(NewTaxRate(**given), by=by)
            assert set(refusal.value.errors) == {field}


async def test_an_auditor_reads_taxes_and_changes_none_and_support_does_not_see_them() -> None:
    tenant = await open_provider()
    auditor, support = worker(tenant, "auditor"), worker(tenant, "support")
    new = NewTaxRate(country="DE", rate=1000, from_day=DAY)
    async with db.as_tenant(tenant.id):
        assert await tax_rates.every(by=auditor) == []
        assert await tax_settings.get(by=auditor) == tax_settings.Decided()
        for attempt in (
            tax_rates.create(new, by=auditor),
            tax_rates.delete(1, by=auditor),
            tax_settings.update(TaxSettingChanges(), version=0, by=auditor),
            tax_rates.every(by=support),
            tax_settings.get(by=support),
        ):
            with pytest.raises(PermissionMissing):
                await attempt


async def test_rates_of_another_provider_are_not_there() -> None:
    nova, acme = await open_provider(1), await open_provider(2)
    async with db.as_tenant(acme.id):
        theirs = await keep("DE", 16, DAY, by=worker(acme))
    async with db.as_tenant(nova.id):
        assert await rate("DE", DAY) == 19_000
        for number in (theirs, 0, -1, 2**64):
            with pytest.raises(NotFound):
                await tax_rates.delete(number, by=worker(nova))


async def test_what_is_decided_is_kept_and_told_and_two_who_decide_see_each_other() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        before = await tax_settings.get(by=by)
        made = await tax_settings.update(TaxSettingChanges(includes_tax=True), version=before.version, by=by)
        assert (made.includes_tax, made.consumers, made.is_liable) == (True, "destination", True)
        with pytest.raises(EditConflict):
            await tax_settings.update(TaxSettingChanges(), version=before.version, by=by)
        assert (await entries("taxes:decided"))[0]["changes"] == {"includes_tax": [False, True]}


async def test_who_is_not_liable_has_to_say_so_on_documents() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        with pytest.raises(Invalid, match="marked"):
            await tax_settings.update(TaxSettingChanges(is_liable=False), version=0, by=by)
        mention = tax_settings.FRENCH_MENTION
        await tax_settings.update(TaxSettingChanges(is_liable=False, mention=mention), version=0, by=by)
        payer = await payer_keeping.default(await add_client("anna"))
        tax = (await taxes.book(DAY)).tax(payer, await companies.default())
        assert (tax.category, tax.mention) == ("E", mention)


async def test_a_book_knows_rates_settings_and_the_proofs_of_its_payers() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await db.execute("UPDATE companies SET vat_number = 'FR40303265045'")
        client_id = await add_client("acme", country="DE", kind="company")
        await db.execute("UPDATE payers SET vat_number = 'DE136695976' WHERE client_id = $1", client_id)
        payer, company = await payer_keeping.default(client_id), await companies.default()
        assert (await taxes.book(DAY, [payer])).tax(payer, company).reason == "destination"
        for answer in ("invalid", "valid"):
            answered = Answered(answer=answer, consultation="WAPI7")  # type: ignore[arg-type]
            await vat_numbers.keep("DE136695976", answered, requester="FR40303265045", day=DAY)
        tax = (await taxes.book(DAY, [payer])).tax(payer, company)
        assert (tax.reason, tax.proof.consultation if tax.proof else "") == ("reverse_charge", "WAPI7")
        assert msgspec.to_builtins(tax)["proof"]["day"] == "2026-11-28"
