"""Ways to pay of the demo: transfer and a wallet with a fee for clients, cash and other for the team."""

import msgspec

from core import plugin_registry
from core.actor import Actor
from core.billing import payment_methods
from core.billing.payment_methods import MethodValues
from tenants.demo.cast import DemoProvider

TRANSFER = MethodValues(name_en="Bank transfer", name_fr="Virement bancaire", method="bank_transfer")
PLUGIN = frozenset({"bank-transfer"})


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Keep four of them, the first by the plugin when it is there."""
    by = msgspec.structs.replace(by, tenant=msgspec.structs.replace(by.tenant, plugins=by.tenant.plugins | PLUGIN))
    first = TRANSFER
    if plugin_registry.find("bank-transfer") is not None:
        first = msgspec.structs.replace(TRANSFER, plugin="bank-transfer", method="transfer")
    wallet = MethodValues(
        name_en="Wallet",
        name_fr="Porte-monnaie en ligne",
        note_en=f"Send it to pay@{provider.code}.example and name your client code.",
        note_fr=f"Envoyez-le à pay@{provider.code}.example en indiquant votre code client.",
        method="other",
        fee_percent=2_500,
        fee_bearer="client",
    )
    cash = MethodValues(name_en="Cash", name_fr="Espèces", method="cash", is_for_clients=False)
    other = MethodValues(name_en="Other", name_fr="Autre", method="other", is_for_clients=False)
    for one in (first, wallet, cash, other):
        await payment_methods.create(one, by=by)
