"""The PDF of a quote: printed like a pro forma, in the payer's language, by the company that sells there."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from asyncpg import Record

from core import clock, figures, i18n, printing
from core.accounts import payer_keeping, project_companies
from core.accounts.contract_papers import Paper
from core.actor import Actor
from core.billing import invoice_making, invoice_papers, offers, totals
from core.billing.invoice_content import Content, Party
from core.billing.offers import Line
from core.catalog import price_words
from core.catalog.pricing import Price
from core.i18n import _


async def of(offer: Mapping[str, Any], *, by: Actor) -> Paper:
    """The file of a quote that the caller may see."""
    payer = await payer_keeping.default(offer["client_id"])
    (company, *_others) = await project_companies.selling(offer["project_id"])
    listed, day = await offers.lines(offer["id"]), offer["sent_on"] or clock.today(by.tenant.timezone)
    logo = await invoice_making.logo_of(company)
    language = payer["language"] if payer["language"] in i18n.LOCALES else i18n.DEFAULT_LOCALE
    with i18n.speaking(language):
        shown = _said(offer, listed, company, payer, day)
    if logo:
        shown["logo"] = list(logo)
    at = datetime.combine(day, time(), UTC)
    content = await asyncio.to_thread(printing.made, "invoice", shown, at=at)
    return Paper(name=f"quote-{offer['number']}.pdf", media="application/pdf", content=content.content)


def _said(
    offer: Mapping[str, Any], listed: Sequence[Line], company: Record, payer: Record, day: date
) -> dict[str, Any]:
    """What stands in the file, in the current language."""
    found = tuple(line for one in listed for line in _lines(one))
    content = Content(
        kind="proforma",
        number="",
        language=i18n.current(),
        currency=offer["currency"],
        issued_on=day,
        due_on=None,
        seller=Party(**{name: company[name] for name in invoice_making.SELLER}),
        buyer=Party(**{name: payer[name] for name in invoice_making.BUYER}),
        client_code=str(offer["client_code"]),
        lines=found,
        totals=totals.of(found),
        accounts=(),
        operations="services",
        is_vat_on_debits=False,
        logo_digest="",
    )
    title = _("Quote")
    facts = [(_("Document no."), str(offer["number"])), (_("Date"), figures.day(day))]
    until = figures.day(offer["valid_until"]) if offer["valid_until"] else ""
    return invoice_papers.said(content) | {
        "title": title,
        "heading": f"{title} {offer['number']}",
        "mark": "" if offer["state"] != "draft" else _("Draft: not sent"),
        "facts": facts + ([(_("Valid until"), until)] if until else []),
        "about": offer["note"].split("\n") if offer["note"] else [],
        "payment": [_("Taxes are those of the day on which it is accepted.")],
        "mentions": [],
    }


def _lines(one: Line) -> list[totals.Line]:
    """What is paid at first: setting up and the first period, which says what each later one costs."""
    title = f"{one.row['name']} · {one.row['label']}" if one.row["label"] else one.row["name"]
    told, made = title, one.quote
    if made.recurring is not None:
        each = figures.amount(made.recurring.net, made.recurring.currency)
        told += " – " + _("then %(amount)s without VAT each period") % {"amount": each}
    found = [_line(told, made.opening)]
    if made.setup is not None:
        found.append(_line(_("Set-up: %(name)s") % {"name": title}, made.setup))
    return found


def _line(text: str, price: Price) -> totals.Line:
    return totals.Line(
        text=text,
        net_units=price.net,
        discount_units=price.discount,
        tax_rate=price.tax.rate,
        tax_category=price.tax.category,
        tax_reason=price_words.kept_reason(price.tax),
        tax_units=price.tax_units,
    )
