"""Which discounts reach a client, and what `discount_rules` has to know of him: groups, codes, what began when.

    book = await discount_book.of([client_id], day=day)
    reach = book.reach(client_id, "service-17")
    asked = Asked(..., client_id=client_id, group_ids=reach.group_ids, codes=reach.codes, begun=reach.begun)
    found = pricing.price(asked, reach.discounts, tax, includes_tax=...)
    await discount_book.begin([Begun(...)])                # in the transaction that charges it

A book is read once for as many clients as there are. Without the feature, discounts for groups reach nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from core import clock, db, policies
from core.accounts import access
from core.actor import Actor, Tenant
from core.catalog import discount_fields
from core.catalog.discount_rules import Discount
from core.permissions import Permission

SHOWN_AFTER = timedelta(days=31)
"""So long after its last day a discount is still told in traces, as one that is over."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What reaches one client for one subject, and his facts for `Asked`."""

    discounts: tuple[Discount, ...]
    group_ids: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()
    begun: Mapping[int, int] = {}


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """That a subject gets a discount, from its period with this number on if it has not begun before."""

    discount_id: int
    client_id: int
    subject: str
    number: int
    day: date


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The discounts of a provider on a day and, of some clients, their groups and what they have."""

    discounts: tuple[Discount, ...]
    groups: Mapping[int, frozenset[int]]
    taken: Mapping[str, frozenset[int]]
    begun: Mapping[str, Mapping[int, int]]

    def reach(self, client_id: int | None, subject: str = "", codes: Collection[int] = ()) -> Reach:
        """What reaches a client; `codes` are discounts that a word just opened, as `promo_codes.take` answers."""
        groups = self.groups.get(client_id or 0, frozenset())
        held = self.taken.get(subject, frozenset()) | frozenset(codes)
        begun = self.begun.get(subject, {})
        return Reach(
            discounts=tuple(one for one in self.discounts if _reaches(one, client_id, groups, held, begun)),
            group_ids=groups,
            codes=held,
            begun=begun,
        )


async def of(client_ids: Sequence[int] = (), subjects: Sequence[str] = (), *, day: date, tenant: Tenant) -> Book:
    """The book of these clients and subjects. Needs no permission."""
    has_groups = policies.has_feature(tenant, discount_fields.FEATURE)
    found = await db.fetch(
        """SELECT * FROM discounts WHERE ended_at IS NULL
              AND (recipient = 'all' OR client_id = ANY($1::bigint[]) OR ($2 AND group_id IN
                   (SELECT group_id FROM group_members WHERE client_id = ANY($1::bigint[]))))
              AND (lasts <> 'days' OR until_day IS NULL OR until_day >= $3)
           ORDER BY id""",
        list(client_ids),
        has_groups,
        day - SHOWN_AFTER,
    )
    taken, begun = await _uses(subjects)
    return Book(
        discounts=tuple(discount_fields.of_row(row) for row in found),
        groups=await _groups(client_ids) if has_groups else {},
        taken=taken,
        begun=begun,
    )


async def of_client(client_id: int, *, day: date, by: Actor) -> Reach:
    """What reaches one client, without a subject. A discount that a code opens is among them, closed."""
    policies.require(by, Permission.DISCOUNT_READ)
    await access.client(client_id, by=by)
    book = await of([client_id], day=day, tenant=by.tenant)
    groups = book.groups.get(client_id, frozenset())
    reaching = [one for one in book.discounts if _is_for(one, client_id, groups)]
    return Reach(discounts=tuple(reaching), group_ids=groups)


async def begin(given: Iterable[Begun]) -> None:
    """Write down what got which discount, all in one statement; what had it already stays as it began."""
    rows = list(given)
    await db.execute(
        """INSERT INTO discount_uses (discount_id, client_id, subject, begun, day, at)
           SELECT m.discount_id, m.client_id, m.subject, m.number, m.day, $6
           FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::date[])
                AS m (discount_id, client_id, subject, number, day)
           ON CONFLICT (tenant_id, subject, discount_id)
               DO UPDATE SET begun = EXCLUDED.begun WHERE discount_uses.begun IS NULL""",
        [one.discount_id for one in rows],
        [one.client_id for one in rows],
        [one.subject for one in rows],
        [one.number for one in rows],
        [one.day for one in rows],
        clock.now(),
    )


def _reaches(
    discount: Discount,
    client_id: int | None,
    groups: frozenset[int],
    held: frozenset[int],
    begun: Mapping[int, int],
) -> bool:
    """Whether it belongs into the trace: it is for the client, and where it needs a code the client has one."""
    has_code = not discount.needs_code or discount.id in held or discount.id in begun
    return has_code and _is_for(discount, client_id, groups)


def _is_for(discount: Discount, client_id: int | None, groups: frozenset[int]) -> bool:
    if discount.recipient == "all":
        return True
    if discount.recipient == "client":
        return client_id is not None and discount.recipient_id == client_id
    return discount.recipient_id in groups


async def _groups(client_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    found = await db.fetch(
        """SELECT client_id, array_agg(group_id) AS ids FROM group_members
           WHERE client_id = ANY($1::bigint[]) GROUP BY client_id""",
        list(client_ids),
    )
    return {row["client_id"]: frozenset(row["ids"]) for row in found}


async def _uses(subjects: Sequence[str]) -> tuple[dict[str, frozenset[int]], dict[str, dict[int, int]]]:
    """By subject, the discounts that a code opened, and those that began with the number of the period."""
    taken: defaultdict[str, set[int]] = defaultdict(set)
    begun: defaultdict[str, dict[int, int]] = defaultdict(dict)
    if subjects:
        found = await db.fetch(
            "SELECT subject, discount_id, code_id, begun FROM discount_uses WHERE subject = ANY($1::text[])",
            list(subjects),
        )
        for row in found:
            if row["code_id"] is not None:
                taken[row["subject"]].add(row["discount_id"])
            if row["begun"] is not None:
                begun[row["subject"]][row["discount_id"]] = row["begun"]
    return {subject: frozenset(ids) for subject, ids in taken.items()}, dict(begun)
