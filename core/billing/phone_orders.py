"""Orders and the telephone number: what is ordered may ask for a verified one, and so may the project it is in."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import db
from core.accounts import phone_needs
from core.actor import Actor


async def require(account: Mapping[str, Any], product_ids: Sequence[int], *, by: Actor) -> None:
    """Nothing, unless the client has to prove its number before it orders these: then `PhoneNeeded`.

    `account` is the one they are ordered into. Staff are not held up, but inside a client's account.
    """
    asks = await db.value(
        "SELECT bool_or(asks_phone) FROM products WHERE id = ANY($1::bigint[])", list(product_ids)
    )
    await phone_needs.require(
        account["client_id"], "order", asks=bool(asks), project_id=account["project_id"], by=by
    )
