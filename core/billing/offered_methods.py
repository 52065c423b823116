"""The ways to pay that a provider offers now: what it keeps, with what the plugins that are on can do.

A provider who keeps none offers the usual ones: bank transfer, cash and other to its people, and to its clients
what plugins bring. From the first one on only those that are kept count.
"""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record

from core import db, hooks, i18n, policies
from core.accounts import project_companies
from core.actor import Actor
from core.billing import method_terms
from core.billing.method_terms import BY_HAND, Fee, Method
from core.errors import Invalid
from core.i18n import _
from core.payment_contract import Capabilities, PaymentMethod

FEATURE = "payment_methods_per_company"
WHOLE_ROW = """SELECT m.*, ARRAY(SELECT c.company_id FROM payment_method_companies c WHERE c.method_id = m.id
    ORDER BY c.company_id) AS companies FROM payment_methods m"""


async def brought(*, by: Actor) -> list[tuple[str, PaymentMethod]]:
    """The ways to pay that the plugins of this provider bring, each with the name of its plugin."""
    return await hooks.provide_named("provide_payment_methods", by=by)


async def one_brought(plugin: str, key: str, *, by: Actor) -> PaymentMethod:
    """One of them; `Invalid` under "method" for one that there is not."""
    for name_, found in await brought(by=by):
        if (name_, found.key) == (plugin, key):
            return found
    raise Invalid({"method": _("This is not one of the choices.")})


async def offered(*, by: Actor) -> list[Method]:
    """What the provider offers, in its order: what it keeps, else the usual ones. Asks for no right."""
    found = {(plugin, one.key): one for plugin, one in await brought(by=by)}
    kept = await db.fetch(f"{WHOLE_ROW} ORDER BY m.position, m.id")
    return [_method(row, found) for row in kept] if kept else _usual(found)


async def for_account(account: Mapping[str, Any], *, units: int | None = None, by: Actor) -> list[Method]:
    """Those that apply to an account (its currency, and the company that sells in its project), for staff."""
    (company, *_others) = await project_companies.selling(account["project_id"])
    return method_terms.applying(
        await offered(by=by),
        currency=account["currency"],
        company_id=company["id"],
        units=units,
        per_company=is_per_company(by),
    )


def is_per_company(by: Actor) -> bool:
    """Whether the provider's edition binds methods to companies."""
    return policies.has_feature(by.tenant, FEATURE)


def by_hand(methods: list[Method], method_id: int | None, kind: str) -> Method | None:
    """The one that people mean who record a payment: by its id, else the first of its kind.

    None for one that does not apply.
    """
    for one in methods:
        if one.kind and (one.kind == kind if method_id is None else one.id == method_id):
            return one
    return None


def name(row: Mapping[str, Any]) -> str:
    """What a method that is kept is called in the reader's language."""
    return str(row["name_fr" if i18n.current() == "fr" else "name_en"])


def _usual(found: Mapping[tuple[str, str], PaymentMethod]) -> list[Method]:
    hand = [
        Method(id=None, name=_(BY_HAND[key]), plugin="", method=key, can=Capabilities(), is_for_clients=False)
        for key in BY_HAND
    ]
    return hand + [
        Method(id=None, name=one.title, plugin=plugin, method=key, can=one.can)
        for (plugin, key), one in found.items()
    ]


def _method(row: Record, found: Mapping[tuple[str, str], PaymentMethod]) -> Method:
    plugin = found.get((row["plugin"], row["method"]))
    return Method(
        id=row["id"],
        name=name(row),
        note=row["note_fr" if i18n.current() == "fr" else "note_en"],
        plugin=row["plugin"],
        method=row["method"],
        can=(plugin.can if plugin else None) if row["plugin"] else Capabilities(),
        currencies=frozenset(row["currencies"]),
        fee=Fee(percent=row["fee_percent"], units=row["fee_units"], client=row["fee_bearer"] == "client"),
        least=row["least_units"],
        most=row["most_units"],
        is_on=row["is_on"],
        is_for_clients=row["is_for_clients"],
        companies=frozenset(row["companies"]),
    )
