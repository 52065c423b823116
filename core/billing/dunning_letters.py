"""The letters that remind a client and the payers of its invoices, each in his language and as plain text: what is
owed since when, and what comes. A payer reads of his own invoices and of nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from babel import dates

from core import db, i18n, mail, notification_files, notification_values, notifications
from core.actor import Actor
from core.billing import dunning, dunning_kinds, dunning_settings, invoice_files
from core.billing.dunning_settings import LettersTo
from core.billing.dunning_timeline import Planned
from core.channel_contract import AttachedFile
from core.i18n import _
from core.notification_kinds import Kind
from core.notifications import Recipient

MOST_LINES = 40
LINES = f"""
    SELECT coalesce(i.due_on, e.day + $2::int) AS due_on, coalesce(i.number, e.text) AS text,
           sum(e.gross_units - e.covered_units)::bigint AS units, coalesce(p.email, '') AS email,
           i.id AS invoice_id, min(coalesce(nullif(p.contact_person, ''), p.name)) AS name,
           min(p.language) AS language
      FROM expenses e LEFT JOIN (
           invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND i.state = 'issued' AND i.kind = 'invoice'
           JOIN payers o ON o.id = i.payer_id JOIN payers p ON p.id = coalesce(o.merged_into_id, o.id))
        ON l.expense_id = e.id AND l.is_live
     WHERE e.account_id = $1 AND e.reversed_at IS NULL AND e.covered_units < e.gross_units
       AND (e.kind = '{dunning.FEE}' OR coalesce(i.due_on, e.day + $2::int) <= $3)
     GROUP BY 1, 2, 4, 5 ORDER BY 1, 2, 4, 5
"""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """To whom, with the name and language of who reads it, and the lines of what is owed. `about` is the name of
    the client where somebody else reads it."""

    to: str
    name: str
    language: str
    lines: list[Mapping[str, Any]]
    about: str = ""


async def send(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> None:
    """Write to those whom it concerns with this transaction; `mail.BadAddress`, and to nobody, when the client is
    one of them and his address is none."""
    account, policy = plan.account, plan.policy
    assert policy is not None
    client = await db.row(
        "SELECT name, contact_person, email, language FROM clients WHERE id = $1", account["client_id"]
    )
    assert client is not None
    owed = await db.fetch(LINES, account["id"], policy["terms_days"], max(day, step.due_on))
    letters = addressed(client, owed, (await dunning_settings.decided()).letters_to)
    coming = [one for one in plan.coming if one.on > day and not one.is_skipped]
    for letter in letters:
        mail.address(letter.to)
    for letter in letters:
        await notifications.notify(
            chosen(step, letter, day),
            to=Recipient(
                address=letter.to, name=letter.name, locale=language_of({"language": letter.language}, by=by)
            ),
            data=told(letter, coming, account["currency"], day, place=f"{by.tenant.base_url.rstrip('/')}/balance"),
            client_id=account["client_id"],
            project_id=account["project_id"],
            about=("account", account["id"]),
            by=by,
        )


def chosen(step: Planned, letter: Letter, day: date) -> Kind:
    """What the step says, else what suits: nothing is overdue before the day it is due."""
    if step.step.letter:
        return dunning_kinds.LETTERS[step.step.letter]
    return dunning_kinds.REMINDER if _overdue(letter, day) else dunning_kinds.DUE_SOON


def addressed(client: Mapping[str, Any], owed: Sequence[Mapping[str, Any]], letters_to: LettersTo) -> list[Letter]:
    """Who is written to about which lines, the client first.

    A payer has a letter of his own when his address is another one than the client's; what is no address, and what
    no invoice asks for, is told to the client.
    """
    payers: dict[str, list[Mapping[str, Any]]] = {}
    own = client["email"].casefold()
    for row in owed if letters_to != "client" else ():
        if row["email"].casefold() != own and _is_address(row["email"]):
            payers.setdefault(row["email"].casefold(), []).append(row)
    rest = owed if letters_to == "both" else [row for row in owed if row["email"].casefold() not in payers]
    to_client = Letter(
        to=client["email"],
        name=client["contact_person"] or client["name"],
        language=client["language"],
        lines=_joined(rest),
    )
    to_payers = [
        Letter(to=rows[0]["email"], name=rows[0]["name"], language=rows[0]["language"], lines=rows,
               about=client["name"])
        for rows in payers.values()
    ]  # fmt: skip
    return [to_client, *to_payers] if rest or not payers else to_payers


def _joined(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One line for what is due on one day under one name, and of one invoice where there is one."""
    units: dict[tuple[date, str, int | None], int] = {}
    for row in rows:
        key = row["due_on"], row["text"], row["invoice_id"]
        units[key] = units.get(key, 0) + row["units"]
    return [
        {"due_on": due_on, "text": text, "units": sum_, "invoice_id": invoice_id}
        for (due_on, text, invoice_id), sum_ in units.items()
    ]


def _is_address(text: str) -> bool:
    try:
        mail.address(text)
    except mail.BadAddress:
        return False
    return True


def language_of(client: Mapping[str, Any], *, by: Actor) -> str:
    """The client's language where there are texts in it, else the provider's."""
    return str(client["language"] if client["language"] in i18n.LOCALES else by.tenant.locale)


def told(letter: Letter, coming: Sequence[Planned], currency: str, day: date, *, place: str) -> dict[str, Any]:
    """What the texts of dunning name, and of which invoices the files go with them."""
    following = next((one for one in coming if one.step.action != "remind"), None)
    units = _overdue(letter, day) or sum(row["units"] for row in letter.lines)
    return {
        "name": letter.name,
        "amount": notification_values.money(units, currency),
        "lines": [
            {
                "day": notification_values.day(row["due_on"]),
                "text": row["text"],
                "amount": notification_values.money(row["units"], currency),
                "invoice": row["invoice_id"],
            }
            for row in letter.lines[:MOST_LINES]
        ],
        "more": max(0, len(letter.lines) - MOST_LINES),
        "about": letter.about,
        "place": place,
        "next": "" if following is None else following.step.action,
        "next_day": "" if following is None else notification_values.day(following.on),
    }


@notification_files.made_for(dunning_kinds.DUE_SOON, *dunning_kinds.LETTERS.values())
async def attached(_account_id: int, data: Mapping[str, Any]) -> list[AttachedFile]:
    """The invoices that the lines of a letter name, the one that is due first before the others."""
    named = dict.fromkeys(line.get("invoice") for line in data.get("lines", ()))
    return await invoice_files.attached_of([one for one in named if one is not None])


def _overdue(letter: Letter, day: date) -> int:
    return sum(row["units"] for row in letter.lines if row["due_on"] < day)


def follows(coming: Sequence[Planned]) -> list[str]:
    """What is next besides reminders, in a sentence to the client; none when nothing is."""
    texts = {
        "fee": _("If nothing is paid, a fee is added on %(day)s."),
        "suspend": _("If nothing is paid, your services are suspended on %(day)s."),
        "end": _("If nothing is paid, your services end on %(day)s."),
    }
    following = next((one for one in coming if one.step.action != "remind"), None)
    return [] if following is None else [texts[following.step.action] % {"day": _day(following.on)}]


def _day(day: date) -> str:
    return str(dates.format_date(day, "long", locale=i18n.current()))
