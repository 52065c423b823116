"""What becomes of a contract: it is sent, signed, cancelled. Each is a row that says who, when and why.

Sending gives it a number of its company, freezes text and parties, and keeps the file that the client gets; the
database refuses to change any of it afterwards.
"""

from datetime import date
from typing import Any

import asyncpg
from asyncpg import Record

from core import audit, clock, db, mail, notifications
from core.accounts import account_kinds, company_fields, contract_papers, contracts, numbering, payer_fields
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid
from core.i18n import _
from core.notifications import Recipient

LONGEST_REASON = 500


async def why_not_sent(contract: Record) -> str:
    """What is missing before it can be sent, "" when nothing is."""
    company, payer = await contracts.sides(contract)
    if not contract["body"].strip():
        return _("It has no text yet.")
    if payer["merged_into_id"] is not None or not payer_fields.is_complete(payer):
        return _("The payer is incomplete, or was merged into another one.")
    if company["archived_at"] is not None or not company_fields.is_complete(company):
        return _("The company is incomplete or archived.")
    return ""


async def send(contract_id: int, *, link: str = "", by: Actor) -> Record:
    """Give it its number, freeze it, and keep its file. With a `link` to the portal the payer is told by mail."""
    client, row = await contracts.locked(contract_id, by=by)
    contracts.require_unsent(row)
    if reason := await why_not_sent(row):
        raise Conflict(reason)
    company, payer = await contracts.sides(row)
    day = clock.today(by.tenant.timezone)
    (number,) = await numbering.give(company, "contract", on=day)
    content, said = await contract_papers.printed(row, number=number, day=day)
    await contract_papers.keep(contract_id, "sent", content)
    digest = contract_papers.digest(content)
    sent = {"state": "sent", "number": number, "issued_on": day, "frozen": said, "digest": digest}
    await _move(client, row, sent, by=by)
    if link:
        await _tell(client, row, payer, number, link, by=by)
    return await contracts.find(contract_id)


async def sign(contract_id: int, signed_on: date, content: bytes = b"", *, by: Actor) -> Record:
    """Record that both have signed, with the signed document when there is one."""
    client, row = await contracts.locked(contract_id, by=by)
    if row["state"] != "sent":
        raise Conflict(_("Only a contract that was sent can be signed."))
    checks = Checks()
    if not row["issued_on"] <= signed_on <= clock.today(by.tenant.timezone):
        checks.error("signed_on", _("A day from the one it was sent until today, please."))
    if content:
        contract_papers.check(checks, "file", content)
    checks.done()
    if content:
        await contract_papers.keep(contract_id, "signed", content)
    await _move(client, row, {"state": "signed", "signed_on": signed_on}, by=by)
    return await contracts.find(contract_id)


async def cancel(contract_id: int, reason: str, *, by: Actor) -> Record:
    """End it, whatever its state; `Invalid` under "reason" when none is given. A draft is deleted instead."""
    client, row = await contracts.locked(contract_id, by=by)
    if row["state"] in ("draft", "cancelled"):
        raise Conflict(_("A draft is deleted, and what is cancelled stays so."))
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    await _move(client, row, {"state": "cancelled"}, reason=told, by=by)
    return await contracts.find(contract_id)


async def _move(client: Record, row: Record, values: dict[str, Any], *, reason: str = "", by: Actor) -> None:
    """Bring a locked contract into another state, and say so in its history and in the audit."""
    places = ", ".join(f"{column} = ${place}" for place, column in enumerate(values, start=2))
    try:
        async with db.savepoint():
            sql = f"UPDATE contracts SET {places}, version = version + 1 WHERE id = $1"
            await db.execute(sql, row["id"], *values.values())
    except asyncpg.UniqueViolationError as error:
        message = _("The number %(number)s was given already. Change the company's pattern of numbers.")
        raise Conflict(message % {"number": values.get("number", "")}) from error
    await contracts.note(row["id"], values["state"], reason=reason, by=by)
    old = {"contract_state": row["state"]}
    new = {"contract_state": values["state"]} | ({"reason": reason} if reason else {})
    new |= {name: values[name] for name in ("number", "signed_on") if name in values}
    title = f"{row['title']} {values.get('number', row['number'])}".strip()
    await audit.record(f"contract:{values['state']}", "contract", row["id"], by=by, name=title,
                       client_id=client["id"], old=old, new=new)  # fmt: skip


async def _tell(client: Record, row: Record, payer: Record, number: str, link: str, *, by: Actor) -> None:
    try:
        mail.address(payer["email"])
    except mail.BadAddress as error:
        raise Invalid({"": _("The payer's address takes no mail.")}) from error
    await notifications.notify(
        account_kinds.CONTRACT,
        to=Recipient(address=payer["email"], name=payer["name"], locale=row["language"]),
        data={"name": payer["name"], "title": row["title"], "number": number, "link": link},
        client_id=client["id"],
        project_id=client["project_id"],
        about=("contract", row["id"]),
        by=by,
    )
