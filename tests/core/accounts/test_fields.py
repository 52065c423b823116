"""The fields that a provider defines: made and changed, filled in for clients, read back, listed and asked for."""

from datetime import date
from decimal import Decimal

import pytest

from core import db
from core.accounts import client_fields, client_list, clients, field_edits, field_filter, field_values
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.accounts.clients import ClientChanges, NewClient
from core.accounts.field_edits import FieldChanges, NewField, Option
from core.errors import Conflict, EditConflict, Invalid, NotFound, PermissionMissing
from core.filters import Conditions
from core.i18n import speaking
from tests.core.accounts.house import entries, open_provider, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

LEVELS = [Option(label="Gold", labels={"fr": "Or"}), Option(label="Silver")]


async def make(by, *new: NewField) -> dict[str, Field]:
    for one in new:
        await field_edits.create(one, by=by)
    return {field.key: field for field in await client_fields.in_use()}


def new_client(login: str, **fields: object) -> NewClient:
    return NewClient(login=login, email=f"{login}@x.example", country="FR", contact_person=login, fields=fields)  # type: ignore[arg-type]


ALL = (
    NewField(kind="text", label="Customer number", labels={"fr": "N° de client"}, is_required=True),
    NewField(kind="number", label="Seats"),
    NewField(kind="choice", label="Level", options=LEVELS),
    NewField(kind="date", label="Contract until"),
    NewField(kind="yes_no", label="Reseller", is_shown=True),
)


async def test_a_field_is_made_changed_moved_and_deleted_and_each_step_is_told() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        made = await field_edits.create(ALL[0], by=by)
        other = await field_edits.create(ALL[2], by=by)
        assert (made["key"], made["version"], made["clients"]) == ("customer_number", 1, 0)
        assert [option["key"] for option in other["options"]] == ["gold", "silver"]
        with speaking("fr"):
            assert [field.label for field in await client_fields.in_use()] == ["N° de client", "Level"]
            assert (await client_fields.in_use())[1].options == {"gold": "Or", "silver": "Silver"}
        changed = await field_edits.update(made["id"], FieldChanges(label="Number"), version=1, by=by)
        assert (changed["label"], changed["version"]) == ("Number", 2)
        with pytest.raises(EditConflict):
            await field_edits.update(made["id"], FieldChanges(label="No"), version=1, by=by)
        await field_edits.move(other["id"], steps=-1, by=by)
        assert [field.key for field in await client_fields.in_use()] == ["level", "customer_number"]
        assert await field_edits.delete(made["id"], by=by) == 0
        for action in ("created", "updated", "moved", "deleted"):
            assert await entries(f"field:{action}")
        with pytest.raises(NotFound):
            await client_fields.get(made["id"], by=by)


async def test_what_cannot_be_a_field_is_refused() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await field_edits.create(ALL[1], by=by)
        for new, wrong in (
            (NewField(kind="text", label=" ", key="x"), "label"),
            (NewField(kind="text", label="Seats"), "key"),
            (NewField(kind="text", label="日本"), "key"),
            (NewField(kind="choice", label="Empty"), "options"),
            (NewField(kind="text", label="Text", options=LEVELS), "options"),
            (NewField(kind="choice", label="Twice", options=[LEVELS[0], LEVELS[0]]), "options"),
            (NewField(kind="text", label="Language", labels={"xx": "?"}), "labels"),
        ):
            with pytest.raises(Invalid) as refusal:
                await field_edits.create(new, by=by)
            assert set(refusal.value.errors) == {wrong}
        with pytest.raises(PermissionMissing):
            await field_edits.create(ALL[0], by=worker(tenant, "support"))


async def test_a_client_keeps_what_was_entered_and_the_audit_tells_old_and_new() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await make(by, *ALL)
        sent = {"customer_number": " K-17 ", "seats": "12.50", "level": "gold", "contract_until": "2027-02-28"}
        client = await clients.create(new_client("anna", **sent, reseller=True), by=by)
        kept = {
            "customer_number": "K-17",
            "seats": Decimal("12.5"),
            "level": "gold",
            "contract_until": date(2027, 2, 28),
            "reseller": True,
        }
        assert await field_values.of(client["id"]) == kept
        assert (await entries("client:created"))[-1]["changes"]["internal"][1]["Level"] == "Gold"
        changes = ClientChanges(version=1, fields={"level": "silver", "seats": None})
        after = await clients.update(client["code"], changes, by=by)
        assert after["version"] == 2
        told = (await entries("client:updated"))[-1]["changes"]
        assert told == {"internal": [{"Level": "Gold", "Seats": "12.5"}, {"Level": "Silver", "Seats": None}]}
        again = await clients.update(client["code"], ClientChanges(version=2, fields={"level": "silver"}), by=by)
        assert again["version"] == 2


async def test_required_fields_are_wanted_by_hand_only() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await make(by, *ALL)
        with pytest.raises(Invalid) as refusal:
            await clients.create(new_client("bert", seats="many", level="lead", nothing="x"), by=by)
        assert set(refusal.value.errors) == {
            f"fields.{key}" for key in ("customer_number", "seats", "level", "nothing")
        }
        client = await clients.create(new_client("bert"), by=by, is_by_hand=False)
        await clients.update(client["code"], ClientChanges(version=1, note="x"), by=by)
        with pytest.raises(Invalid):
            changes = ClientChanges(version=2, fields={"customer_number": ""})
            await clients.update(client["code"], changes, by=by)


async def test_an_option_that_clients_have_stays_and_a_field_is_archived_before_it_is_deleted() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        field = (await make(by, ALL[2]))["level"]
        await clients.create(new_client("carl", level="gold"), by=by)
        with pytest.raises(Invalid) as refusal:
            await field_edits.update(field.id, FieldChanges(options=LEVELS[1:]), version=1, by=by)
        assert "Gold" in refusal.value.errors["options"]
        await field_edits.update(field.id, FieldChanges(options=LEVELS[:1]), version=1, by=by)
        with pytest.raises(Conflict):
            await field_edits.delete(field.id, by=by)
        await field_edits.update(field.id, FieldChanges(is_archived=True), version=2, by=by)
        assert await client_fields.in_use() == []
        assert await field_edits.delete(field.id, by=by) == 1


async def test_lists_show_fields_and_are_filtered_by_them() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await make(by, *ALL)
        for n, login in enumerate(("dora", "emil", "fritz")):
            fields = {"customer_number": f"Kö-{n}", "seats": n * 10, "contract_until": f"2027-0{n + 1}-15"}
            await clients.create(
                new_client(login, **fields, level=("gold", "silver", "gold")[n], reseller=n == 1), by=by
            )
        columns = ("code", "login", "field:seats", "field:level", "field:gone")
        for sort in ("-registered", "login", "-country"):
            for custom, logins in (
                ({"level": "gold"}, {"dora", "fritz"}),
                ({"level": "gold", "seats.from": "5"}, {"fritz"}),
                ({"seats.from": "10", "seats.to": "10"}, {"emil"}),
                ({"customer_number": "ko-"}, {"dora", "emil", "fritz"}),
                ({"customer_number": "kö-2"}, {"fritz"}),
                ({"contract_until.from": "2027-02-01", "contract_until.to": "2027-02-28"}, {"emil"}),
                ({"reseller": "yes"}, {"emil"}),
                ({"reseller": "no", "level": "silver"}, set()),
            ):
                page = await client_list.page(ClientFilter(custom=custom), by=by, sort=sort, columns=columns)
                assert {row["login"] for row in page.rows} == logins, (sort, custom)
        assert dict(page.rows[0])["field:seats"] if page.rows else True
        whole = await client_list.page(
            ClientFilter(name="emil", custom={"level": "silver"}), by=by, columns=columns
        )
        assert whole.rows[0]["field:seats"] == Decimal(10)
        assert "field:gone" not in dict(whole.rows[0])
        for custom in (
            {"level": "lead"},
            {"none": "x"},
            {"seats": "x"},
            {"level.from": "gold"},
            {"seats.upto": "1"},
        ):
            with pytest.raises(Invalid) as refusal:
                await client_list.page(ClientFilter(custom=custom), by=by)
            assert set(refusal.value.errors) == {f"custom.{next(iter(custom))}"}


async def test_common_values_are_paged_in_the_order_of_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.accounts.client_source.FEW", 1)
    monkeypatch.setattr("core.accounts.client_source.FEW_SCATTERED", 1)
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        await make(by, *ALL[1:3])
        for n in range(7):
            await clients.create(new_client(f"c{n}", level="gold", seats=n), by=by)
        for custom in ({"level": "gold"}, {"seats.from": "0"}, {"level": "gold", "seats.from": "0"}):
            for sort, expected in (("-registered", [6, 5, 4, 3, 2, 1, 0]), ("login", [0, 1, 2, 3, 4, 5, 6])):
                seen, after = [], ""
                while True:
                    chosen = ClientFilter(custom=custom)
                    page = await client_list.page(chosen, by=by, sort=sort, size=3, after=after)
                    seen += [int(row["login"][1:]) for row in page.rows]
                    if not (after := page.next or ""):
                        break
                assert seen == expected, (custom, sort)


async def test_a_condition_stands_for_itself_in_a_statement() -> None:
    tenant = await open_provider()
    by = worker(tenant)
    async with db.as_tenant(tenant.id):
        fields = await make(by, *ALL[1:])
        await clients.create(new_client("gina", seats=3, level="gold"), by=by)
        await clients.create(new_client("hans"), by=by)
        for key, operator, value, logins in (
            ("seats", "at_least", Decimal(3), ["gina"]),
            ("seats", "at_most", Decimal(2), []),
            ("level", "is", "gold", ["gina"]),
            ("level", "is_set", None, ["gina"]),
            ("level", "is_not_set", None, ["hans"]),
        ):
            conditions = Conditions()
            conditions.add(field_filter.condition(fields[key], operator, value, conditions))
            sql = f"SELECT c.login FROM clients c WHERE {conditions.sql} ORDER BY 1"
            assert [row["login"] for row in await db.fetch(sql, *conditions.arguments)] == logins
        with pytest.raises(ValueError, match="cannot be asked"):
            field_filter.condition(fields["level"], "at_least", "gold", Conditions())
