"""What VIES says about the VAT numbers of payers: asked by jobs, kept as proof, asked again when it is old.

A proof is a row that nobody changes: the number, the answer, the day, who asked, and the receipt of VIES. The
latest one of a number counts. Without a proof, or with a service that does not answer, a company pays tax as
everybody does.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from asyncpg import Record
from eu_vat_rates_data import dataset
from piccolo.columns import Date, Text, Timestamptz

from core import audit, clock, db, jobs, policies
from core.accounts import access, companies, payer_keeping
from core.actor import Actor
from core.catalog import tax_rules, vies
from core.catalog.tax_rules import Proof
from core.catalog.vies import Asks
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission

OLD = timedelta(days=30)
"""After so long a number is asked about again."""
GIVEN_UP = timedelta(days=3)
"""For so long a job waits for a service that does not answer; the next look begins anew."""
AGAIN = timedelta(minutes=30)
MOST_AT_ONCE = 200
"""So many numbers of a provider are asked for in one look, so that nobody takes VIES for himself."""
asks: Asks = vies.ask
"""Who is asked. Tests put another one here."""


class VatProof(db.Owned, tablename="vat_proofs", append_only=True):
    """What VIES answered about a number on a day."""

    number = Text()
    answer = Text()
    requester = Text()
    consultation = Text()
    day = Date()
    answered_at = Timestamptz()


async def of_payer(payer_id: int, *, by: Actor) -> list[Record]:
    """What was answered about a payer's number, the latest first; at most 20."""
    policies.require(by, Permission.TAX_READ)
    payer = await _payer(payer_id, by=by)
    return await db.fetch(
        "SELECT * FROM vat_proofs WHERE number = $1 ORDER BY answered_at DESC, id DESC LIMIT 20",
        payer["vat_number"],
    )


async def proofs(numbers: Collection[str]) -> dict[str, Proof]:
    """The latest proof of each of these numbers that has one. Needs no permission."""
    found = await db.fetch(
        """SELECT DISTINCT ON (number) number, answer, day, consultation FROM vat_proofs
           WHERE number = ANY($1::text[]) ORDER BY number, answered_at DESC, id DESC""",
        list(numbers),
    )
    return {row["number"]: Proof(**row) for row in found}


async def ask_later(payer_id: int, *, by: Actor) -> bool:
    """Have VIES asked about a payer's number; `Conflict` when it has none of the European Union.

    False where this installation asks nobody: then nothing happens.
    """
    policies.require(by, Permission.TAX_MANAGE)
    payer = await _payer(payer_id, by=by)
    if not tax_rules.country_of(payer["vat_number"]):
        raise Conflict(_("VIES knows the VAT numbers of the European Union only."))
    if not vies.is_asked():
        return False
    await jobs.later("vat_number.ask", {"number": payer["vat_number"]}, key=payer["vat_number"])
    await audit.record("vat_number:asked", "payer", payer_id, by=by, name=payer["name"],
                       client_id=payer["client_id"], new={"vat_number": payer["vat_number"]})  # fmt: skip
    return True


async def look(now: datetime) -> None:
    """Ask about the numbers that have no proof, or an old one. For the housekeeping, in a provider's scope."""
    if not vies.is_asked():
        return
    found = await db.fetch(
        """SELECT p.vat_number AS number FROM payers p
           LEFT JOIN LATERAL (SELECT max(v.answered_at) AS at FROM vat_proofs v WHERE v.number = p.vat_number) l
                ON true
           WHERE p.vat_number <> '' AND p.kind <> 'individual' AND p.merged_into_id IS NULL
             AND left(p.vat_number, 2) = ANY($1::text[]) AND (l.at IS NULL OR l.at < $2)
           GROUP BY p.vat_number ORDER BY min(l.at) NULLS FIRST, p.vat_number LIMIT $3""",
        _prefixes(),
        now - OLD,
        MOST_AT_ONCE,
    )
    for row in found:
        await jobs.later("vat_number.ask", {"number": row["number"]}, key=row["number"])


@jobs.task("vat_number.ask")
async def ask(payload: dict[str, Any], job: jobs.Job) -> None:
    """Ask about one number, outside of any transaction, and keep the answer."""
    number = str(payload["number"])
    async with job.scope():
        requester = (await companies.default())["vat_number"]
    try:
        answered = await asks(number, requester=requester if tax_rules.country_of(requester) else "")
    except vies.NoAnswer as error:
        if clock.now() - job.asked_at > GIVEN_UP:
            raise jobs.Permanent(f"VIES: {error}") from error
        raise jobs.NotNow(AGAIN) from error
    async with job.scope():
        await keep(number, answered, requester=requester, day=await _today(job.tenant_id))


async def keep(number: str, answered: vies.Answered, *, requester: str, day: date) -> None:
    """Keep an answer as proof."""
    await db.execute(
        """INSERT INTO vat_proofs (number, answer, requester, consultation, day, answered_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        number,
        answered.answer,
        requester,
        answered.consultation,
        day,
        clock.now(),
    )


async def _payer(payer_id: int, *, by: Actor) -> Record:
    """A payer of a client that `by` may see; every edition has them."""
    payer = await payer_keeping.find(payer_id)
    await access.client(payer["client_id"], by=by)
    return payer


def _prefixes() -> list[str]:
    """The beginnings of VAT numbers of the European Union."""
    members = [code for code, told in dataset["rates"].items() if told["eu_member"]]
    return [tax_rules.GREEK if code == "GR" else code for code in members]


async def _today(tenant_id: int) -> date:
    zone = await db.value("SELECT timezone FROM providers WHERE id = $1", tenant_id)
    return clock.today(zone)
