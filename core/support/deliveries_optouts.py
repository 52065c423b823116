"""What people do not want to be told any more. Service messages come in any case."""

from piccolo.columns import BigInt, Text, Timestamptz

from core import db
from core.notification_kinds import Medium


class OptOut(db.Owned, tablename="notification_optouts"):
    """One kind by one medium, for a person, or for an address where no person is known."""

    kind = Text()
    medium = Text()
    person_id = BigInt(null=True)
    address_folded = Text()
    created_at = Timestamptz()


async def has(kind: str, medium: Medium, person_id: int | None, address: str) -> bool:
    """Whether the person, or whoever reads this address, has opted out of this kind by this medium."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM notification_optouts WHERE kind = $1 AND medium = $2
               AND (person_id = $3 OR (person_id IS NULL AND address_folded = lower($4))))""",
            kind,
            medium,
            person_id,
            address,
        )
    )
