"""Statements as banks write them, for tests: the same lines as camt.053, MT940 and CSV."""

from datetime import date

OWN = "FR7630006000011234567890189"
DAY = date(2026, 11, 2)

Row = tuple[int, str, str, str, str]
"""Units, name, IBAN, text, the bank's reference."""


def camt(*lines: Row, account: str = OWN, currency: str = "EUR", day: date = DAY) -> bytes:
    """A camt.053 of version 8 with these lines."""
    entries = "".join(_entry(*line, currency=currency, day=day) for line in lines)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>
<Stmt><Id>S1</Id><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="{currency}">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="{currency}">900.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>""".encode()


def _entry(units: int, name: str, iban: str, text: str, reference: str, *, currency: str, day: date) -> str:
    sign, side = ("CRDT", "Dbtr") if units > 0 else ("DBIT", "Cdtr")
    account = f"<{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct>" if iban else ""
    number = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return f"""<Ntry><Amt Ccy="{currency}">{abs(units) / 100:.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>{number}<NtryDtls><TxDtls>
<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><{side}><Pty><Nm>{name}</Nm></Pty></{side}>{account}
</RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""


def mt940(*lines: Row, account: str = OWN, currency: str = "EUR", day: date = DAY) -> bytes:
    """An MT940 as German banks write it."""
    parts = [f":20:STARTUMS\r\n:25:{account}\r\n:28C:00001/001\r\n:60F:C{day:%y%m%d}{currency}100,00\r\n"]
    for units, name, iban, text, reference in lines:
        sign, amount = "C" if units > 0 else "D", f"{abs(units) // 100},{abs(units) % 100:02d}"
        parts.append(f":61:{day:%y%m%d}{day:%m%d}{sign}{amount}NTRFNONREF//{reference or 'NONREF'}\r\n")
        first, second = text[:27], text[27:54]
        parts.append(f":86:166?00GUTSCHRIFT?20SVWZ+{first}?21{second}\r\n?31{iban}?32{name}\r\n")
    return "".join([*parts, f":62F:C{day:%y%m%d}{currency}900,00\r\n-\r\n"]).encode()


def csv(*lines: Row, day: date = DAY) -> bytes:
    """A table with a decimal comma, and lines about the account above its headings."""
    rows = [f"Konto;{OWN}", "", "Buchungstag;Betrag;Name;IBAN;Verwendungszweck"]
    for units, name, iban, text, _reference in lines:
        sign = "-" if units < 0 else ""
        amount = f"{sign}{abs(units) // 100:,}".replace(",", ".") + f",{abs(units) % 100:02d}"
        rows.append(f'{day:%d.%m.%Y};"{amount}";{name};{iban};{text}')
    return "\n".join(rows).encode()
