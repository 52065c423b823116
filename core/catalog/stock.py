"""How many of a product are left. What is sold is taken, what comes back is given back; the last one goes once."""

from core import db
from core.errors import Conflict, NotFound
from core.i18n import _


async def take(product_id: int, count: int = 1) -> int | None:
    """Take so many in the transaction of what they are for; returns what is left, None where it has no end.

    `Conflict` when there are fewer. Others who take of the same product wait until the transaction ends.
    """
    taken = await db.row(
        "UPDATE products SET stock = stock - $2 WHERE id = $1 AND (stock IS NULL OR stock >= $2) RETURNING stock",
        product_id,
        count,
    )
    if taken is None:
        await _refuse(product_id)
    return None if taken is None else taken["stock"]


async def give_back(product_id: int, count: int = 1) -> None:
    """Give so many back, where they are counted at all."""
    await db.execute("UPDATE products SET stock = stock + $2 WHERE id = $1", product_id, count)


async def _refuse(product_id: int) -> None:
    left = await db.row("SELECT stock FROM products WHERE id = $1", product_id)
    if left is None:
        raise NotFound()
    raise Conflict(_("There are not as many left of this product: %(count)s.") % {"count": left["stock"]})
