"""What the text of a line could name, and whose payment it is then. Pure: what there is was looked up before.

Numbers are compared without spaces and signs, with O as 0 and I and L as 1, as scanners and hurried people write
them; a word of some letters may stand before them without a space.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

SHORTEST, LONGEST = 5, 40
MOST_WORDS = 5
"""A number is at most so many words with nothing but signs between them."""
LETTERS_BEFORE = 4
MOST_NUMBERS = 2_000
WORD = re.compile(r"[A-Z0-9]+")
REFERENCE = re.compile(r"RF([0-9]{2})([0-9]{3,18})")
CODE = re.compile(
    r"(?:CLIENT|CUSTOMER|CUST|KUNDE[A-Z]*|KD[A-Z]*|KNR|COMPTE|ACCOUNT|CLIENTE|CLI)[ .:#°/_-]*"
    r"(?:CODE|NUMBER|NUMERO|NUMMER|NO|NR|N)?[ .:#°/_-]*([0-9]{3,12})(?![0-9])"
)


class Clues(msgspec.Struct, frozen=True):
    """What a text could name: numbers of invoices as `plain_number` has them, clients by reference and by word."""

    numbers: frozenset[str]
    references: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice that could be meant, with what of it is open, and the names it could be paid under."""

    id: int
    number: str
    plain: str
    account_id: int
    currency: str
    gross_units: int
    open_units: int
    company_id: int
    payer: str
    client: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account that could be meant."""

    id: int
    code: int
    currency: str
    client: str
    is_home: bool
    open_units: int


class Facts(msgspec.Struct, kw_only=True):
    """What there is of what could be meant."""

    company_id: int | None = None
    twins: frozenset[int] = frozenset()
    by_number: dict[str, list[Invoice]] = {}
    by_amount: dict[tuple[int, str], list[Invoice]] = {}
    by_iban: dict[str, list[Account]] = {}
    by_code: dict[int, list[Account]] = {}
    accounts: dict[int, Account] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whose payment a line is, why, and how sure; `found` is what was found in its text."""

    account_id: int | None = None
    why: str = ""
    sure: str = ""
    found: str = ""


def plain(text: str) -> str:
    """As `plain_number` has it in the database."""
    return re.sub(r"[^A-Z0-9]", "", _capitals(text)).translate(str.maketrans("OIL", "011"))


def reference_of(code: int) -> str:
    """The reference of a client by which its transfers are known: RF with check digits (ISO 11649)."""
    check = 98 - int(f"{code}271500") % 97
    return f"RF{check:02d}{code}"


def read(text: str) -> Clues:
    """What a text could name."""
    capitals = _capitals(text)
    words = WORD.findall(capitals)
    close = "".join(words)
    references = [code for found in REFERENCE.finditer(close) for code in _codes(found[2], found[0])]
    codes = [int(found[1]) for found in CODE.finditer(capitals)]
    return Clues(_numbers(words), tuple(dict.fromkeys(references)), tuple(dict.fromkeys(codes)))


def decide(line: Mapping[str, Any], clues: Clues, facts: Facts) -> Decision:
    """Whose payment it is, by the best of the clues."""
    ways = (_by_invoice, _by_reference, _by_iban, _by_code, _by_amount)
    decision = next((found for way in ways if (found := way(line, clues, facts)) is not None), Decision())
    if line["id"] in facts.twins:
        return Decision(account_id=decision.account_id, why="twin", sure="guess" if decision.account_id else "")
    return decision


def _by_invoice(line: Mapping[str, Any], clues: Clues, facts: Facts) -> Decision | None:
    found = [invoice for number in sorted(clues.numbers) for invoice in facts.by_number.get(number, ())]
    found = _longest(found)
    if len({invoice.account_id for invoice in found}) > 1 and facts.company_id is not None:
        found = [one for one in found if one.company_id == facts.company_id] or found
    if not found:
        return None
    named = ", ".join(dict.fromkeys(invoice.number for invoice in found))
    right = [invoice for invoice in found if invoice.currency == line["currency"]]
    if not right:
        return Decision(why="currency", found=named)
    if len({invoice.account_id for invoice in right}) > 1:
        fit = [one for one in right if line["units"] in (one.open_units, one.gross_units)]
        if len({one.account_id for one in fit}) != 1:
            return Decision(why="several", found=named)
        return Decision(account_id=fit[0].account_id, why="invoice", sure="likely", found=fit[0].number)
    fits = line["units"] in {one.open_units for one in right} | {sum(one.open_units for one in right)}
    is_telling = any(not one.plain.isdigit() or len(one.plain) >= 8 for one in right)
    sure = "sure" if fits else "likely" if is_telling else "guess"
    return Decision(account_id=right[0].account_id, why="invoice", sure=sure, found=named)


def _by_reference(line: Mapping[str, Any], clues: Clues, facts: Facts) -> Decision | None:
    accounts = [account for code in clues.references for account in facts.by_code.get(code, ())]
    return _of_accounts(line, accounts, "reference", usual="sure", found=", ".join(map(str, clues.references)))


def _by_code(line: Mapping[str, Any], clues: Clues, facts: Facts) -> Decision | None:
    accounts = [account for code in clues.codes for account in facts.by_code.get(code, ())]
    return _of_accounts(line, accounts, "client", usual="likely", found=", ".join(map(str, clues.codes)))


def _by_iban(line: Mapping[str, Any], _clues: Clues, facts: Facts) -> Decision | None:
    accounts = facts.by_iban.get(line["payer_iban"], [])
    return _of_accounts(line, accounts, "iban", usual="likely", found=line["payer_iban"])


def _by_amount(line: Mapping[str, Any], _clues: Clues, facts: Facts) -> Decision | None:
    found = facts.by_amount.get((line["units"], line["currency"]), [])
    name = line["name"].strip().lower()
    named = [invoice for invoice in found if name and name in (invoice.payer, invoice.client)]
    chosen = named or found
    if len({invoice.account_id for invoice in chosen}) != 1:
        return None
    sure = "likely" if named else "guess"
    return Decision(account_id=chosen[0].account_id, why="amount", sure=sure, found=chosen[0].number)


def _of_accounts(
    line: Mapping[str, Any], accounts: list[Account], why: str, *, usual: str, found: str
) -> Decision | None:
    """One of a client's accounts: the only one of the currency, else that which owes so much, else the home."""
    if not accounts:
        return None
    right = [account for account in accounts if account.currency == line["currency"]]
    if not right:
        return Decision(why="currency", found=found)
    if len({account.code for account in right}) > 1:
        fit = [account for account in right if account.open_units == line["units"]]
        if len(fit) != 1:
            return Decision(why="several", found=found)
        return Decision(account_id=fit[0].id, why=why, sure="likely", found=found)
    fit = [account for account in right if account.open_units == line["units"]]
    chosen = (fit or [account for account in right if account.is_home] or right)[0]
    sure = (
        "sure"
        if len(fit) == 1 or (usual == "sure" and len(right) == 1)
        else usual
        if len(right) == 1
        else "likely"
    )
    return Decision(account_id=chosen.id, why=why, sure=sure, found=found)


def _codes(digits: str, whole: str) -> list[int]:
    """The codes that a reference can stand for, whatever digits follow it."""
    every = [int(digits[:size]) for size in range(3, len(digits) + 1) if digits[0] != "0"]
    return [code for code in every if whole.startswith(reference_of(code))]


def _longest(found: list[Invoice]) -> list[Invoice]:
    """Without those whose number is a part of another one's that was found."""
    return [
        one for one in found if not any(one.plain != other.plain and one.plain in other.plain for other in found)
    ]


def _numbers(words: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for first, word in enumerate(words):
        for start in _starts(word):
            whole = word[start:]
            for following in (None, *words[first + 1 : first + MOST_WORDS]):
                whole += following or ""
                if len(whole) > LONGEST:
                    break
                for end in _ends(whole, len(following or word)):
                    _keep(found, whole[:end])
        if len(found) > MOST_NUMBERS:
            break
    return frozenset(found)


def _keep(found: set[str], text: str) -> None:
    number = plain(text)
    if len(number) >= SHORTEST and sum(sign.isdigit() for sign in number) >= 3:
        found.add(number)


def _starts(word: str) -> list[int]:
    """Where a number can begin in a word: at its beginning, at digits behind letters, letters before those."""
    found = {0}
    for at in range(1, len(word)):
        if word[at].isdigit() and not word[at - 1].isdigit():
            found.add(at)
            found |= {at - back for back in range(1, LETTERS_BEFORE + 1) if word[max(0, at - back) : at].isalpha()}
    return sorted(start for start in found if start >= 0)


def _ends(whole: str, last: int) -> list[int]:
    """Where it can end: at the end, or in its last word where letters begin behind digits."""
    ends = [len(whole)]
    for at in range(max(1, len(whole) - last), len(whole)):
        if whole[at].isalpha() and whole[at - 1].isdigit():
            ends.append(at)
    return ends


def _capitals(text: str) -> str:
    return "".join(sign.upper() if sign.isascii() else sign for sign in text)
