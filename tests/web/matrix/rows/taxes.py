"""Taxes: rates, what is decided, and what VIES answered."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import clients, groups, payer_keeping
from core.accounts.groups import NewGroup
from core.actor import Actor
from core.catalog import group_taxes, tax_rates
from core.catalog.group_taxes import NewGroupTax
from core.catalog.tax_rates import NewTaxRate
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

RATE = {"country": "DE", "from_day": "!day", "payer_kind": "any"}
DECIDED = {"is_liable": "1", "consumers": "origin", "outside": "O", "mention": "!name", "version": "!tax_version"}
PROOFS = {"kinds": {"payer_id": "vat_payer"}}
TREATED = {"group_id": "$group", "from_day": "!day", "reason": "!name"}
PLACEHOLDERS = {"rate_id": "tax_rate", "tax_id": "group_tax"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/taxes", "tax:read", {}),
        ("GET /staff/taxes/settings", "tax:manage", {}),
        ("POST /staff/taxes/settings", "tax:manage", {"send": DECIDED}),
        ("GET /staff/taxes/rates/new", "tax:manage", {}),
        ("POST /staff/taxes/rates", "tax:manage", {"send": RATE | {"rate": "5.5"}}),
        ("GET /staff/taxes/rates/{rate_id}/edit", "tax:manage", {}),
        ("POST /staff/taxes/rates/{rate_id}", "tax:manage", {"send": RATE | {"rate": "7", "version": 1}}),
        ("GET /staff/taxes/rates/{rate_id}/delete", "tax:manage", {}),
        ("POST /staff/taxes/rates/{rate_id}/delete", "tax:manage", {"send": {}}),
        ("GET /staff/taxes/country?code=FR", "tax:read", {}),
        ("GET /staff/taxes/groups/new", "tax:manage", {}),
        ("POST /staff/taxes/groups", "tax:manage", {"send": TREATED}),
        ("GET /staff/taxes/groups/{tax_id}/edit", "tax:manage", {}),
        ("POST /staff/taxes/groups/{tax_id}", "tax:manage", {"send": TREATED | {"rate": "5", "version": 1}}),
        ("GET /staff/taxes/groups/{tax_id}/delete", "tax:manage", {}),
        ("POST /staff/taxes/groups/{tax_id}/delete", "tax:manage", {"send": {}}),
        ("POST /staff/payers/{payer_id}/vat-proofs", "tax:manage", PROOFS | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/taxes?day=2026-07-01", "tax:read", {}),
        ("GET /api/v1/tax-rates", "tax:read", {}),
        ("POST /api/v1/tax-rates", "tax:manage", NEW | {"send": RATE | {"rate": 5500}}),
        ("GET /api/v1/tax-rates/{rate_id}", "tax:read", {}),
        ("PATCH /api/v1/tax-rates/{rate_id}", "tax:manage", {"send": {"rate": 7000, "version": 1}}),
        ("DELETE /api/v1/tax-rates/{rate_id}", "tax:manage", GONE),
        ("GET /api/v1/group-taxes", "tax:read", {}),
        ("POST /api/v1/group-taxes", "tax:manage", NEW | {"send": TREATED}),
        ("GET /api/v1/group-taxes/{tax_id}", "tax:read", {}),
        ("PATCH /api/v1/group-taxes/{tax_id}", "tax:manage", {"send": {"reason": "!name", "version": 1}}),
        ("DELETE /api/v1/group-taxes/{tax_id}", "tax:manage", GONE),
        ("GET /api/v1/tax-settings", "tax:read", {}),
        ("PATCH /api/v1/tax-settings", "tax:manage", {"send": {"mention": "!name", "version": "!tax_version"}}),
        ("GET /api/v1/payers/{payer_id}/vat-proofs", "tax:read", PROOFS),
        ("POST /api/v1/payers/{payer_id}/vat-proofs", "tax:manage", PROOFS),
    ),
]
PARAMETERS = {"/api/v1/taxes": "day", "/staff/taxes/country": "code"}
CHANGES_NOTHING = {"/staff/payers/{payer_id}/vat-proofs", "/api/v1/payers/{payer_id}/vat-proofs"}
"""The tests ask nobody."""
RULED = frozenset(
    {
        "tax_rates.country",
        "tax_rates.payer_kind",
        "tax_rates.tax_class",
        "products.tax_class",
        "products.vatex",
        "products.tax_reason",
        "tax_settings.consumers",
        "tax_settings.outside",
        *(f"vat_proofs.{column}" for column in ("number", "answer", "requester", "consultation")),
    }
)
FILLERS = {
    "tax_rates": "(country, payer_kind, rate, from_day, created_at) VALUES ('ES', 'any', 21000, '2026-01-01', now())",
    "tax_settings": """(includes_tax, consumers, outside, is_liable)
        VALUES (false, 'destination', 'O', true) ON CONFLICT DO NOTHING""",
    "vat_proofs": """(number, answer, day, answered_at)
        VALUES ('DE136695976', 'valid', '2026-07-01', now())""",
}


async def tax_rate_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        new = NewTaxRate(country="IT", rate=22_000, from_day=world.fresh_day())
        return int((await tax_rates.create(new, by=by))["id"])


async def group_tax_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        group_id = (await groups.create(NewGroup(name=world.fresh("group")), by=by))["id"]
        new = NewGroupTax(group_id=group_id, from_day=world.fresh_day(), reason=world.fresh("reason"))
        return int((await group_taxes.create(new, by=by))["id"])


async def vat_payer_(world: "World", by: Actor) -> int:
    new = clients.NewClient(
        login=world.fresh("login"), email=f"{world.fresh()}@client.example", country="DE", contact_person="Jo Doe"
    )
    async with db.as_tenant(by.tenant.id):
        payer = await payer_keeping.default((await clients.create(new, by=by))["id"])
        await db.execute("UPDATE payers SET vat_number = 'DE136695976' WHERE id = $1", payer["id"])
        return int(payer["id"])


MAKERS = {"tax_rate": tax_rate_, "group_tax": group_tax_, "vat_payer": vat_payer_}
