"""Bank statements of the demo: one whose sure payments are recorded, and a table that waits for its columns."""

from datetime import date, timedelta

from asyncpg import Record

from core import clock, db, plugin_registry, plugin_settings
from core.actor import Actor
from core.billing import bank_clues, bank_lines, bank_recording, bank_uploads
from core.billing.bank_lines import LineFilter
from tenants.demo.cast import DemoProvider

PAYERS = ("FR1420041010050500013M02606", "DE89370400440532013000", "ES9121000418450200051332")
OPEN = """
    SELECT i.number, i.currency, o.units, p.name, c.code FROM invoices i JOIN payers p ON p.id = i.payer_id
      JOIN clients c ON c.id = i.client_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(e.gross_units - e.covered_units), 0)::bigint AS units
           FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id WHERE l.invoice_id = i.id AND l.is_live) o
     WHERE i.kind = 'invoice' AND i.state = 'issued' AND o.units > 0 ORDER BY i.created_at DESC, i.id DESC LIMIT 4
"""
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties>
<{side}><Pty><Nm>{name}</Nm></Pty></{side}><{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct></RltdPties>
<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""
STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Import what a bank would give, where the provider has an account at one and invoices are open."""
    account = await db.row("SELECT id, iban FROM bank_accounts ORDER BY created_at, id LIMIT 1")
    owed = await db.fetch(OPEN)
    if account is None or not owed:
        return
    if plugin_registry.find("bank-transfer") is not None:
        await plugin_settings.enable("bank-transfer", by=by)
    today = clock.today(provider.timezone)
    content = _statement(account["iban"], owed, today)
    (made,) = await bank_uploads.upload("releve-novembre.xml", content, by=by)
    if await db.value("SELECT EXISTS (SELECT FROM bank_lines WHERE state = 'open' AND sure = 'sure')"):
        await bank_recording.accept(made["id"], "sure", by=by)
    strangers = [row for row in (await bank_lines.page(LineFilter(state="open"), by=by)).rows if not row["why"]]
    if len(strangers) > 1:
        await bank_lines.set_aside(strangers[0]["id"], "Remboursement", by=by)
    table = f"Date;Libellé;Débit;Crédit\n{today:%d/%m/%Y};VIR RECU {owed[0]['name']};;12,00\n"
    await bank_uploads.upload("export.csv", table.encode(), bank_account_id=account["id"], by=by)


def _statement(iban: str, owed: list[Record], today: date) -> bytes:
    currency = owed[0]["currency"]
    texts = (
        lambda row: f"FACTURE {row['number']}",
        lambda row: f"fact. {row['number'].replace('-', ' ')} acompte",
        lambda row: f"virement {bank_clues.reference_of(row['code'])}",
        lambda _row: "merci",
    )
    lines = [
        (row["units"] if place != 1 else row["units"] // 2, row["name"], texts[place](row))
        for place, row in enumerate(owed)
    ]
    lines += [
        (4200, "M. Inconnu", "cotisation"),
        (1900, "Assurances du Port", "remboursement"),
        (-45_000, "Bailleur", "loyer"),
    ]
    entries = "".join(
        ENTRY.format(
            currency=currency,
            amount=f"{abs(units) // 100}.{abs(units) % 100:02d}",
            sign="CRDT" if units > 0 else "DBIT",
            side="Dbtr" if units > 0 else "Cdtr",
            day=today - timedelta(days=2 + place % 3),
            reference=f"B{today:%y%m}{place:04d}",
            name=name.replace("&", "&amp;").replace("<", "&lt;"),
            iban=PAYERS[place % len(PAYERS)],
            text=text,
        )
        for place, (units, name, text) in enumerate(lines)
    )
    return STATEMENT.format(iban=iban, currency=currency, entries=entries).encode()
