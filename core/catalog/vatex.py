"""Why something is exempt from VAT: codes of the VATEX list (EN 16931), kept together with a sentence.

    kept("VATEX-EU-132", "Formation, article 261-4 du CGI") == "VATEX-EU-132 Formation, article 261-4 du CGI"

A line keeps its reason as one text: a code, a sentence, or the code and behind it the sentence.
"""

from collections.abc import Mapping
from types import MappingProxyType

from core.checks import Checks
from core.i18n import N_, _

BEGINNING = "VATEX-"
LONGEST = 200
EXEMPT: Mapping[str, str] = MappingProxyType(
    {
        "VATEX-EU-79-C": N_("Money laid out for the client (article 79 c of Directive 2006/112/EC)"),
        "VATEX-EU-132": N_("Activity in the public interest, exempt (article 132 of Directive 2006/112/EC)"),
        "VATEX-EU-143": N_("Importation, exempt (article 143 of Directive 2006/112/EC)"),
        "VATEX-EU-148": N_("International transport, exempt (article 148 of Directive 2006/112/EC)"),
        "VATEX-EU-151": N_("Diplomacy, international bodies, armed forces: article 151 of Directive 2006/112/EC"),
        "VATEX-EU-151-1A": N_("Diplomatic and consular missions: article 151 (1) a of Directive 2006/112/EC"),
        "VATEX-EU-151-1AA": N_("Bodies of the European Union: article 151 (1) aa of Directive 2006/112/EC"),
        "VATEX-EU-151-1B": N_("International bodies: article 151 (1) b of Directive 2006/112/EC"),
        "VATEX-EU-151-1C": N_("Armed forces of NATO: article 151 (1) c of Directive 2006/112/EC"),
        "VATEX-EU-309": N_("Travel services outside of the Union, exempt (article 309 of Directive 2006/112/EC)"),
    }
)  # fmt: skip
"""Codes of the category E that a provider can choose, in words."""


def choices() -> list[tuple[str, str]]:
    """The codes for a form, in the current language."""
    return [(code, f"{code} – {_(words)}") for code, words in EXEMPT.items()]


def check(checks: Checks, vatex: str, reason: str, *, field: str = "reason") -> tuple[str, str]:
    """A code and a sentence as they are kept; one of them has to be there."""
    if vatex:
        checks.choice("vatex", vatex, tuple(EXEMPT))
    reason = checks.text(field, reason, longest=LONGEST, required=False)
    if not vatex and not reason and field not in checks.errors:
        checks.error(field, _("Documents need a code or a sentence that says why."))
    return vatex, reason


def kept(vatex: str, reason: str) -> str:
    """Both as a line keeps them."""
    return " ".join(part for part in (vatex, reason) if part)


def split(told: str) -> tuple[str, str]:
    """The code and the sentence of what a line keeps, "" for what it lacks."""
    if not told.startswith(BEGINNING):
        return "", told
    code, _space, sentence = told.partition(" ")
    return code, sentence


def words(told: str) -> str:
    """What a line keeps, for people: its sentence, or what its code means."""
    code, sentence = split(told)
    return sentence or _(EXEMPT.get(code, "")) or code
