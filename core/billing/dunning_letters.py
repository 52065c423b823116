"""The letters that remind a client and the payers of its invoices, each in his language and as plain text: what is
owed since when, and what comes. A payer reads of his own invoices and of nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from babel import dates

from core import db, i18n, mail
from core.accounts import written_as
from core.actor import Actor
from core.billing import dunning, dunning_settings
from core.billing.dunning_settings import LettersTo
from core.billing.dunning_timeline import Planned
from core.billing.dunning_words import amount
from core.i18n import _

MOST_LINES = 40
LINES = f"""
    SELECT coalesce(i.due_on, e.day + $2::int) AS due_on, coalesce(i.number, e.text) AS text,
           sum(e.gross_units - e.covered_units)::bigint AS units, coalesce(p.email, '') AS email,
           min(coalesce(nullif(p.contact_person, ''), p.name)) AS name, min(p.language) AS language
      FROM expenses e LEFT JOIN (
           invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND i.state = 'issued' AND i.kind = 'invoice'
           JOIN payers o ON o.id = i.payer_id JOIN payers p ON p.id = coalesce(o.merged_into_id, o.id))
        ON l.expense_id = e.id AND l.is_live
     WHERE e.account_id = $1 AND e.reversed_at IS NULL AND e.covered_units < e.gross_units
       AND (e.kind = '{dunning.FEE}' OR coalesce(i.due_on, e.day + $2::int) <= $3)
     GROUP BY 1, 2, 4 ORDER BY 1, 2, 4
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
    writer = await written_as.of_project(account["project_id"], by=by)
    coming = [one for one in plan.coming if one.on > day and not one.is_skipped]
    for letter in letters:
        with i18n.speaking(language_of({"language": letter.language}, by=by)):
            place = f"{by.tenant.base_url.rstrip('/')}/balance"
            subject, text = written(letter, coming, account["currency"], day, place=place, sender=writer.name)
        await mail.later(to=letter.to, subject=subject, text=text, kind="dunning", **writer.head)


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
    """One line for what is due on one day under one name."""
    units: dict[tuple[date, str], int] = {}
    for row in rows:
        key = row["due_on"], row["text"]
        units[key] = units.get(key, 0) + row["units"]
    return [{"due_on": due_on, "text": text, "units": sum_} for (due_on, text), sum_ in units.items()]


def _is_address(text: str) -> bool:
    try:
        mail.address(text)
    except mail.BadAddress:
        return False
    return True


def language_of(client: Mapping[str, Any], *, by: Actor) -> str:
    """The client's language where there are texts in it, else the provider's."""
    return str(client["language"] if client["language"] in i18n.LOCALES else by.tenant.locale)


def written(
    letter: Letter, coming: Sequence[Planned], currency: str, day: date, *, place: str, sender: str
) -> tuple[str, str]:
    """Subject and text, in the language in force."""
    owed = letter.lines
    overdue = sum(row["units"] for row in owed if row["due_on"] < day)
    total = sum(row["units"] for row in owed)
    words = {"name": letter.name, "amount": amount(overdue or total, currency), "provider": sender, "place": place}
    if overdue:
        subject = _("Reminder: %(amount)s to be paid to %(provider)s")
        begun = _("Hello %(name)s,\n\n%(amount)s of what we charged you has not been paid in time:")
    else:
        subject = _("%(amount)s are soon to be paid to %(provider)s")
        begun = _("Hello %(name)s,\n\n%(amount)s will be due soon:")
    lines = [_line(row, currency) for row in owed[:MOST_LINES]]
    if len(owed) > MOST_LINES:
        lines.append(_("- and %(count)s more") % {"count": len(owed) - MOST_LINES})
    where = _("You see it all, and how to pay, here:\n%(place)s") % words
    if letter.about:
        where = _("It is about services of %(client)s.") % {"client": letter.about}
    parts = [
        begun % words,
        "\n".join(lines),
        where,
        *follows(coming, about=letter.about),
        _("If you have paid meanwhile, there is nothing to do."),
        sender,
    ]
    return subject % words, "\n\n".join(parts) + "\n"


def follows(coming: Sequence[Planned], *, about: str = "") -> list[str]:
    """What is next besides reminders, in a sentence to the client, or to a payer `about` the client of this name;
    none when nothing is."""
    texts = {
        "fee": _("If nothing is paid, a fee is added on %(day)s."),
        "suspend": _("If nothing is paid, your services are suspended on %(day)s."),
        "end": _("If nothing is paid, your services end on %(day)s."),
    }
    if about:
        texts["suspend"] = _("If nothing is paid, the services of %(client)s are suspended on %(day)s.")
        texts["end"] = _("If nothing is paid, the services of %(client)s end on %(day)s.")
    following = next((one for one in coming if one.step.action != "remind"), None)
    return (
        [] if following is None else [texts[following.step.action] % {"day": _day(following.on), "client": about}]
    )


def _line(row: Mapping[str, Any] | Record, currency: str) -> str:
    return f"- {_day(row['due_on'])}: {row['text']}, {amount(row['units'], currency)}"


def _day(day: date) -> str:
    return str(dates.format_date(day, "long", locale=i18n.current()))
