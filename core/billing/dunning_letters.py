"""The letter that reminds a client, in his language and as plain text: what is owed since when, and what comes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from asyncpg import Record
from babel import dates

from core import db, i18n, mail
from core.accounts import written_as
from core.actor import Actor
from core.billing import dunning
from core.billing.dunning_timeline import Planned
from core.billing.dunning_words import amount
from core.i18n import _

MOST_LINES = 40
LINES = f"""
    SELECT coalesce(i.due_on, e.day + $2::int) AS due_on, coalesce(i.number, e.text) AS text,
           sum(e.gross_units - e.covered_units)::bigint AS units
      FROM expenses e LEFT JOIN (invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND i.state = 'issued'
                                 AND i.kind = 'invoice') ON l.expense_id = e.id AND l.is_live
     WHERE e.account_id = $1 AND e.reversed_at IS NULL AND e.covered_units < e.gross_units
       AND (e.kind = '{dunning.FEE}' OR coalesce(i.due_on, e.day + $2::int) <= $3)
     GROUP BY 1, 2 ORDER BY 1, 2
"""


async def send(plan: dunning.Plan, step: Planned, day: date, *, by: Actor) -> None:
    """Write to the client with this transaction; `mail.BadAddress` when his address is none."""
    account, policy = plan.account, plan.policy
    assert policy is not None
    client = await db.row(
        "SELECT name, contact_person, email, language FROM clients WHERE id = $1", account["client_id"]
    )
    assert client is not None
    owed = await db.fetch(LINES, account["id"], policy["terms_days"], max(day, step.due_on))
    writer = await written_as.of_project(account["project_id"], by=by)
    with i18n.speaking(language_of(client, by=by)):
        subject, text = written(
            client["contact_person"] or client["name"],
            owed,
            [one for one in plan.coming if one.on > day and not one.is_skipped],
            account["currency"],
            day,
            place=f"{by.tenant.base_url.rstrip('/')}/balance",
            sender=writer.name,
        )
    await mail.later(to=client["email"], subject=subject, text=text, kind="dunning", **writer.head)


def language_of(client: Mapping[str, Any], *, by: Actor) -> str:
    """The client's language where there are texts in it, else the provider's."""
    return str(client["language"] if client["language"] in i18n.LOCALES else by.tenant.locale)


def written(
    name: str,
    owed: Sequence[Mapping[str, Any] | Record],
    coming: Sequence[Planned],
    currency: str,
    day: date,
    *,
    place: str,
    sender: str,
) -> tuple[str, str]:
    """Subject and text, in the language in force."""
    overdue = sum(row["units"] for row in owed if row["due_on"] < day)
    total = sum(row["units"] for row in owed)
    words = {"name": name, "amount": amount(overdue or total, currency), "provider": sender, "place": place}
    if overdue:
        subject = _("Reminder: %(amount)s to be paid to %(provider)s")
        begun = _("Hello %(name)s,\n\n%(amount)s of what we charged you has not been paid in time:")
    else:
        subject = _("%(amount)s are soon to be paid to %(provider)s")
        begun = _("Hello %(name)s,\n\n%(amount)s will be due soon:")
    lines = [_line(row, currency) for row in owed[:MOST_LINES]]
    if len(owed) > MOST_LINES:
        lines.append(_("- and %(count)s more") % {"count": len(owed) - MOST_LINES})
    parts = [
        begun % words,
        "\n".join(lines),
        _("You see it all, and how to pay, here:\n%(place)s") % words,
        *follows(coming),
        _("If you have paid meanwhile, there is nothing to do."),
        sender,
    ]
    return subject % words, "\n\n".join(parts) + "\n"


def follows(coming: Sequence[Planned]) -> list[str]:
    """What is next besides reminders, in a sentence to the client; none when nothing is."""
    texts = {
        "fee": _("If nothing is paid, a fee is added on %(day)s."),
        "suspend": _("If nothing is paid, your services are suspended on %(day)s."),
        "end": _("If nothing is paid, your services end on %(day)s."),
    }
    following = next((one for one in coming if one.step.action != "remind"), None)
    return [] if following is None else [texts[following.step.action] % {"day": _day(following.on)}]


def _line(row: Mapping[str, Any] | Record, currency: str) -> str:
    return f"- {_day(row['due_on'])}: {row['text']}, {amount(row['units'], currency)}"


def _day(day: date) -> str:
    return str(dates.format_date(day, "long", locale=i18n.current()))
