"""A file of the demo that waits to be imported: clients of another panel, two of them with a mistake."""

from core.accounts.imports import files
from core.actor import Actor
from tenants.demo.cast import DemoProvider

NAMES = {"fr": "clients-a-reprendre.csv", "en": "clients-to-bring-over.csv"}
FILE = """\
Client ID;Username;E-mail;Full name;Phone;Country;Language;Notes
old-101;garnier;paul@garnier.example;Paul Garnier;+33 1 84 60 11 22;France;French;Pays by cheque
old-102;lumen;contact@lumen-studio.example;Lumen Studio;01 84 60 33 44;FR;fr;
old-103;vandamme;els@vandamme.example;Els Van Damme;;Belgique;nl;
old-104;okafor;not an address;Ngozi Okafor;;GB;en;The address is wrong
old-105;schmidt;anna.schmidt@schmidt.example;Anna Schmidt;+49 30 901820;Allemagne;de;
old-106;rossi;rossi@rossi.example;Marco Rossi;;Italie;it;
old-107;garnier;second@garnier.example;Paul Garnier;;FR;fr;The same login name once more
"""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Upload it, as somebody of the team would."""
    name = NAMES.get(provider.locale, NAMES["en"])
    await files.upload("clients", name, FILE.encode(), by=by)
