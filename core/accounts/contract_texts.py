"""The text of contracts: what a template may name, filling it in, and its parts. Pure: no database.

A name in braces, such as {payer.name}, stands for what is known of the parties. Names are looked up in a list and
put in once: what is put in is text, whatever it contains, and no language that could do anything else is spoken.
"""

import re
from collections.abc import Mapping
from typing import Any

from core.checks import Checks
from core.i18n import N_, _

LONGEST = 60_000
NAME = re.compile(r"\{([a-z]+\.[a-z_]+)\}")
NAMES: Mapping[str, str] = {
    "company.name": N_("Name of the company"),
    "company.legal_form": N_("Its legal form and capital"),
    "company.registration_number": N_("Its registration number"),
    "company.vat_number": N_("Its VAT number"),
    "company.address": N_("Its address, in one line"),
    "company.email": N_("Its e-mail address"),
    "company.phone": N_("Its telephone number"),
    "payer.name": N_("Name of the payer"),
    "payer.contact_person": N_("Its contact person"),
    "payer.registration_number": N_("Its registration number"),
    "payer.vat_number": N_("Its VAT number"),
    "payer.address": N_("Its address, in one line"),
    "payer.email": N_("Its e-mail address"),
    "client.code": N_("The client's code"),
    "client.name": N_("The client's name"),
    "contract.number": N_("Number of the contract"),
    "contract.date": N_("Day it is sent"),
}
"""What can stand in braces, and what it stands for."""
HEADING = "# "


def check(checks: Checks, body: str, *, required: bool = True) -> str:
    """The text as it is kept; notes under "body" what is wrong with it."""
    text = checks.text("body", body, longest=LONGEST, required=required, lines=True)
    unknown = [name for name in NAME.findall(text) if name not in NAMES]
    if unknown:
        checks.error("body", _("There is nothing called {%(name)s}.") % {"name": unknown[0]})
    return text


def filled(body: str, values: Mapping[str, str]) -> str:
    """The text with the values in place of the names; what the values contain is not looked at again."""
    return NAME.sub(lambda found: values.get(found[1], ""), body)


def parts(text: str) -> list[dict[str, Any]]:
    """The headings and paragraphs: an empty line ends a paragraph; a line that begins with "# " is a heading."""
    found: list[dict[str, Any]] = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines: list[str] = []
        for line in block.strip("\n").split("\n"):
            if line.startswith(HEADING):
                found += [_paragraph(lines)] if lines else []
                found.append({"is_heading": True, "text": line.removeprefix(HEADING).strip()})
                lines = []
            elif line.strip() or lines:
                lines.append(line.strip())
        found += [_paragraph(lines)] if lines else []
    return found


def _paragraph(lines: list[str]) -> dict[str, Any]:
    return {"is_heading": False, "lines": lines}
