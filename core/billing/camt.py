"""camt.053, the bank's statement as XML (ISO 20022), in any of its versions.

Read by expat as a stream, one entry at a time. A document type, and with it every entity and everything that would
be fetched, is refused before it is looked at.
"""

from datetime import date
from xml.parsers import expat

from core import money
from core.billing.bank_files import LONGEST_NAME, LONGEST_TEXT, Line, Statement, WrongFile, plain, plain_iban
from core.i18n import _

DEEPEST = 64
LONGEST_PIECE = 20_000
NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE"})


class Node:
    """An element: its name without a namespace, its attributes, its text and what is inside."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.inside: list[Node] = []

    def every(self, path: str) -> list["Node"]:
        """The elements at a path of names."""
        found = [self]
        for name in path.split("/"):
            found = [inner for one in found for inner in one.inside if inner.name == name]
        return found

    def first(self, *paths: str) -> str:
        """The text at the first of the paths that has one, "" without."""
        return next((one.text.strip() for path in paths for one in self.every(path) if one.text.strip()), "")


class Reader:
    """Builds what is inside each statement, and lets entries go once their lines are read."""

    def __init__(self) -> None:
        self.open: list[Node] = []
        self.found: list[Statement] = []
        self.has_document = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        node = Node(name.rpartition("|")[2], attributes)
        if len(self.open) >= DEEPEST:
            raise WrongFile(_("This file cannot be read. It may be damaged."))
        if self.open:
            self.open[-1].inside.append(node)
        self.open.append(node)
        if node.name == "BkToCstmrStmt":
            self.has_document = True
        if node.name == "Stmt":
            self.found.append(Statement(account="", lines=[]))

    def text(self, text: str) -> None:
        """Some text of the element that is open."""
        if self.open and len(self.open[-1].text) < LONGEST_PIECE:
            self.open[-1].text += text

    def end(self, _name: str) -> None:
        """An element ends."""
        node = self.open.pop()
        if node.name == "Ntry" and self.found:
            self.found[-1].lines += lines_of(node)
            self.open[-1].inside.remove(node)
        elif node.name == "Stmt" and self.found:
            head(self.found[-1], node)


def read(content: bytes) -> list[Statement]:
    """The statements of a file; `WrongFile` when it is none, or cannot be read."""
    reader = Reader()
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise WrongFile(_("This file cannot be read. It may be damaged.")) from error
    if not reader.has_document or not reader.found:
        raise WrongFile(_("This XML is no statement of an account (camt.053)."))
    return reader.found


def head(statement: Statement, node: Node) -> None:
    """The account, its currency and its balances, once all of a statement was read."""
    statement.account = plain(node.first("Acct/Id/IBAN", "Acct/Id/Othr/Id"), 64)
    statement.currency = node.first("Acct/Ccy") or next((line.currency for line in statement.lines), "")
    for balance in node.every("Bal"):
        kind = balance.first("Tp/CdOrPrtry/Cd")
        if kind in ("OPBD", "PRCD", "CLBD"):
            units, currency = _amount(balance)
            statement.currency = statement.currency or currency
            if kind == "CLBD":
                statement.closing = units
            elif statement.opening is None:
                statement.opening = units


def lines_of(entry: Node) -> list[Line]:
    """The lines of an entry: each of its transactions when they have amounts that add up, else one."""
    if entry.first("Sts/Cd", "Sts") == "PDNG":
        return []
    day = _day(entry)
    units, currency = _amount(entry)
    parts = entry.every("NtryDtls/TxDtls")
    amounts = [_part_amount(part, units, currency) for part in parts]
    if len(parts) > 1 and None not in amounts and sum(amount or 0 for amount in amounts) == units:
        return [
            _line(entry, part, day, amount or 0, currency, n)
            for n, (part, amount) in enumerate(zip(parts, amounts, strict=True))
        ]
    return [_line(entry, parts[0] if len(parts) == 1 else Node("", {}), day, units, currency, 0)]


def _line(entry: Node, part: Node, day: date, units: int, currency: str, number: int) -> Line:
    side = "Dbtr" if units >= 0 else "Cdtr"
    other = "UltmtDbtr" if units >= 0 else "UltmtCdtr"
    reference = next(
        (
            found
            for found in (part.first("Refs/AcctSvcrRef"), entry.first("AcctSvcrRef"), entry.first("NtryRef"))
            if found.upper() not in NO_REFERENCE
        ),
        "",
    )
    names = [f"RltdPties/{who}/{place}" for who in (side, other) for place in ("Pty/Nm", "Nm")]
    told = [one.text for one in part.every("RmtInf/Ustrd")]
    told += [one.text for one in part.every("RmtInf/Strd/CdtrRefInf/Ref")]
    told += [one.text for one in part.every("RmtInf/Strd/RfrdDocInf/Nb")]
    end_to_end = part.first("Refs/EndToEndId")
    if end_to_end.upper() not in NO_REFERENCE:
        told.append(end_to_end)
    if not told:
        told = [entry.first("AddtlNtryInf")]
    return Line(
        day=day,
        units=units,
        currency=currency,
        reference=plain(f"{reference}/{number}" if reference and number else reference, 100),
        name=plain(part.first(*names), LONGEST_NAME),
        iban=plain_iban(part.first(f"RltdPties/{side}Acct/Id/IBAN")),
        text=plain(" ".join(told), LONGEST_TEXT),
    )  # fmt: skip


def _part_amount(part: Node, whole: int, currency: str) -> int | None:
    """What one transaction of several comes to, None when the bank does not say it in this currency."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        for one in part.every(path):
            if one.attributes.get("Ccy", currency) == currency:
                sign = part.first("CdtDbtInd") or ("CRDT" if whole >= 0 else "DBIT")
                return _units(one.text, currency) * (1 if sign == "CRDT" else -1)
    return None


def _amount(node: Node) -> tuple[int, str]:
    found = node.every("Amt")
    if not found:
        raise WrongFile(_("A line of this file has no amount."))
    currency = found[0].attributes.get("Ccy", "")
    sign = 1 if node.first("CdtDbtInd") == "CRDT" else -1
    return sign * _units(found[0].text, currency), currency


def _units(text: str, currency: str) -> int:
    try:
        return money.parse(text.strip(), currency)
    except (ValueError, KeyError) as error:
        raise WrongFile(
            _("“%(text)s” is no amount of money.") % {"text": f"{text[:40]} {currency[:3]}"}
        ) from error


def _day(entry: Node) -> date:
    text = entry.first("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongFile(_("“%(text)s” is no day.") % {"text": text}) from error


def _refuse(*_args: object) -> None:
    raise WrongFile(_("This file declares entities or a document type. No bank's statement does."))
