"""Discounts of the demo: for all, for a group, for one client, and one that a promo code opens; one is over."""

from datetime import timedelta

from core import clock, db, policies
from core.actor import Actor
from core.catalog import discounts, promo_codes
from core.catalog.discount_fields import FEATURE, NewDiscount
from core.catalog.promo_codes import NewPromoCode


async def furnish(*, by: Actor) -> None:
    """Make them; the one for a group only where the edition has it."""
    today = clock.today(by.tenant.timezone)
    french = by.tenant.locale == "fr"
    yearly = NewDiscount(
        name="Paiement annuel" if french else "Paid by the year",
        kind="percent",
        percent=10_000,
        period_count=1,
        period_unit="year",
    )
    welcome = NewDiscount(
        name="Bienvenue" if french else "Welcome",
        kind="percent",
        percent=25_000,
        needs_code=True,
        is_first_order=True,
        lasts="periods",
        periods=3,
    )
    over = NewDiscount(
        name="Rentrée" if french else "Back to school",
        kind="amount",
        units=500,
        currency="EUR",
        from_day=today - timedelta(days=90),
        until_day=today - timedelta(days=60),
    )
    for new in (yearly, over):
        await discounts.create(new, by=by)
    opened = await discounts.create(welcome, by=by)
    await promo_codes.create(opened["id"], NewPromoCode(code="BIENVENUE" if french else "WELCOME"), by=by)
    await promo_codes.create(opened["id"], NewPromoCode(code="SALON-2026", most_uses=50, most_per_client=1), by=by)
    await _narrower(french, by=by)


async def _narrower(french: bool, *, by: Actor) -> None:
    """For one client, and for a group."""
    code = await db.value(
        "SELECT min(code) FROM clients WHERE status = 'active' AND cleared_at IS NULL AND merged_into_id IS NULL"
    )
    if code is not None:
        name = "Geste commercial" if french else "Goodwill"
        new = NewDiscount(
            name=name, kind="percent", percent=15_000, recipient="client", client=code, lasts="forever"
        )
        await discounts.create(new, by=by)
    group_id = await db.value("SELECT min(id) FROM account_groups")
    if group_id is not None and policies.has_feature(by.tenant, FEATURE):
        name = "Remise du groupe" if french else "For the group"
        new = NewDiscount(name=name, kind="percent", percent=5_000, recipient="group", group_id=group_id)
        await discounts.create(new, by=by)
