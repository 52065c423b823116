"""The documents of contracts: what stands in them, printing a draft, and the files of what was sent and signed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any

import msgspec
from asyncpg import Record
from babel import UnknownLocaleError
from babel.dates import format_date

from core import clock, db, i18n, images, places, printing
from core.accounts import contract_texts, contracts
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _

MOST_BYTES = 10 * 1024 * 1024
COMPANY = ("name", "legal_form", "registration_number", "vat_number", "email", "phone")
PAYER = ("name", "contact_person", "registration_number", "vat_number", "email")


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a contract, and what it is called when it is saved."""

    name: str
    media: str
    content: bytes


async def draft(contract_id: int, *, by: Actor) -> Paper:
    """The document: as it was sent, or as it would be, marked as a draft."""
    contract = await contracts.get(contract_id, by=by)
    if contract["number"]:
        return await kept(contract, "sent")
    day = clock.today(by.tenant.timezone)
    content, _said = await printed(contract, number="", day=day)
    return Paper(name=f"contract-{contract_id}.pdf", media="application/pdf", content=content)


async def signed(contract_id: int, *, by: Actor) -> Paper:
    """The signed document that came back; `NotFound` when none was kept."""
    return await kept(await contracts.get(contract_id, by=by), "signed")


async def kept(contract: Mapping[str, Any], kind: str) -> Paper:
    """A file of a contract that the caller may see; `NotFound` when there is none."""
    found = await db.row(
        "SELECT media, content FROM contract_files WHERE contract_id = $1 AND kind = $2", contract["id"], kind
    )
    if found is None:
        raise NotFound()
    name = name_of(contract["number"], kind, found["media"])
    return Paper(name=name, media=found["media"], content=found["content"])


def name_of(number: str, kind: str, media: str) -> str:
    """What the file of a contract is called: by its number, `-signed` for the one that came back."""
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[media]
    plain = "".join(letter if letter.isalnum() else "-" for letter in number)
    return f"{plain}{'-signed' if kind == 'signed' else ''}.{ending}"


async def has_signed(contract_id: int) -> bool:
    """Whether the signed document was kept."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM contract_files WHERE contract_id = $1 AND kind = 'signed')", contract_id
        )
    )


async def keep(contract_id: int, kind: str, content: bytes) -> None:
    """Write a file that `media_of` knows. Asks for no right."""
    await db.execute(
        """INSERT INTO contract_files (contract_id, kind, media, content, created_at)
           VALUES ($1, $2, $3, $4, $5)""",
        contract_id,
        kind,
        media_of(content),
        content,
        clock.now(),
    )


def media_of(content: bytes) -> str:
    """The media type that the first bytes tell, "" for anything that is not taken."""
    kind = images.kind_of(content)
    return "application/pdf" if content.startswith(b"%PDF-") else kind if kind != "image/webp" else ""


def check(checks: Checks, field: str, content: bytes) -> None:
    """Note what is wrong with an uploaded document."""
    if len(content) > MOST_BYTES:
        checks.error(field, _("At most %(count)s MB, please.") % {"count": MOST_BYTES // 1024 // 1024})
    elif not media_of(content):
        checks.error(field, _("This is no PDF, PNG or JPEG file."))


async def printed(contract: Mapping[str, Any], *, number: str, day: date) -> tuple[bytes, dict[str, Any]]:
    """The file, and what it says. Both depend on the contract, its parties, the number and the day alone."""
    company, payer = await contracts.sides(contract)
    client = await db.row("SELECT code, name FROM clients WHERE id = $1", contract["client_id"])
    assert client is not None
    with i18n.speaking(contract["language"]):
        said = _said(contract, company, payer, client, number=number, day=day)
    logo = await images.get(company["logo_id"]) if company["logo_id"] else None
    shown = said | ({"logo": list(logo["content"])} if logo else {})
    content = await printing.pdf("contract", shown, at=datetime.combine(day, time(), UTC))
    return content, said | ({"logo_digest": digest(logo["content"])} if logo else {})


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(content).hexdigest()


def _said(
    contract: Mapping[str, Any], company: Record, payer: Record, client: Record, *, number: str, day: date
) -> dict[str, Any]:
    language = contract["language"]
    dated = _written(day, language)
    values = {f"company.{name}": company[name] for name in COMPANY}
    values |= {f"payer.{name}": payer[name] for name in PAYER}
    values |= {"company.address": ", ".join(_address(company)), "payer.address": ", ".join(_address(payer))}
    values |= {"client.code": str(client["code"]), "client.name": client["name"]}
    values |= {"contract.number": number or "…", "contract.date": dated}
    numbered = _("No. %(number)s of %(day)s") % {"number": number, "day": dated} if number else dated
    return {
        "lang": language,
        "day": [day.year, day.month, day.day],
        "title": contract["title"],
        "heading": f"{contract['title']} {number}".strip(),
        "line": numbered,
        "draft": "" if number else _("Draft: not binding"),
        "parties": [_party(_("Provider"), company, COMPANY), _party(_("Client"), payer, PAYER)],
        "parts": contract_texts.parts(contract_texts.filled(contract["body"], values)),
        "signatures": [
            {"name": party["name"], "hint": _("Place, date and signature")} for party in (company, payer)
        ],
    }


def _party(role: str, row: Record, fields: tuple[str, ...]) -> dict[str, Any]:
    labels = {"registration_number": _("Registration number"), "vat_number": _("VAT number")}
    lines = [
        f"{labels[name]}: {row[name]}" if name in labels else row[name]
        for name in fields
        if name != "name" and row[name]
    ]
    return {"role": role, "name": row["name"], "lines": [*_address(row), *lines]}


def _address(row: Record) -> list[str]:
    """The lines of an address that have something in them, the country last."""
    street = [line.strip() for line in row["street"].split("\n")]
    country = places.countries(i18n.current()).get(row["country"], row["country"])
    lines = [*street, f"{row['postcode']} {row['city']}".strip(), row["region"], country]
    return [line for line in lines if line]


def _written(day: date, language: str) -> str:
    """The day as people of this language write it."""
    try:
        return format_date(day, format="long", locale=language)
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
