"""Online payments of the demo, and what a gateway said about them. It is not there, so it cannot be asked."""

from core import clock, db
from core.actor import Actor
from core.billing import attempt_news, payment_differences
from core.billing.payment_differences import Found
from core.payment_contract import Standing, Told
from tenants.demo.cast import DemoProvider

PLUGIN = "demo-gateway"
SAID = (
    (Standing.SUCCEEDED, 100),
    (Standing.AUTHORIZED, 100),
    (Standing.FAILED, 100),
    (Standing.PENDING, 100),
    (Standing.SUCCEEDED, 60),
)
"""What the gateway says of each, and of how much of a hundred."""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Some attempts of the first accounts, one of which was paid in part; and a payment that nobody began."""
    accounts = await db.fetch(
        """SELECT a.id, p.currency FROM client_projects a JOIN projects p ON p.id = a.project_id
             JOIN clients c ON c.id = a.client_id
            WHERE c.status = 'active' AND a.is_postpaid ORDER BY a.id LIMIT $1""",
        len(SAID),
    )
    for number, (account, (standing, share)) in enumerate(zip(accounts, SAID, strict=False), start=1):
        units, currency = 1_200 * number, account["currency"]
        attempt_id = await db.value(
            """INSERT INTO payment_attempts (account_id, plugin, method, key, state, currency, units, created_at,
                   created_by, touched_at) VALUES ($1, $2, 'card', $3, 'started', $4, $5, $6, $7, $6)
               RETURNING id""",
            account["id"],
            PLUGIN,
            f"demo-{provider.code}-{number}",
            currency,
            units,
            clock.now(),
            by.name,
        )
        told = Told(
            standing=standing, gateway_id=f"pay_{number:04d}", units=units * share // 100, currency=currency
        )
        await attempt_news.apply(attempt_id, told, "callback", by=by)
    if accounts:
        nobodys = Told(
            standing=Standing.SUCCEEDED, gateway_id="pay_0099", units=4_900, currency=accounts[0]["currency"]
        )
        await payment_differences.add(PLUGIN, Found(kind="nobody", told=nobodys), "callback")
