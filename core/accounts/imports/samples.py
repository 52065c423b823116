"""Small files to begin with: a heading for every field there is, and a row that shows what goes in it."""

from typing import IO

from core import sheets
from core.accounts.imports import fields
from core.accounts.imports.fields import Noun
from core.actor import Actor

EXAMPLES = {
    "client": "1001",
    "client_external_id": "A-17",
    "contact": "Jean Dupont",
    "country": "FR",
    "description": "Clients since the first year",
    "email": "jean@dupont.example",
    "external_id": "A-17",
    "kind": "company",
    "language": "fr",
    "login": "dupont",
    "name": "Dupont SARL",
    "phone": "+33 1 23 45 67 89",
    "postcode": "75002",
    "city": "Paris",
    "registered": "2021-05-17",
    "role": "billing",
    "street": "1 rue de la Paix",
}


async def of(noun: Noun, *, by: Actor) -> IO[bytes]:
    """The file, as CSV at its beginning, with what the edition has."""
    known = [field for field in (await fields.every(noun)).values() if fields.is_in_edition(field, by=by)]
    writer = sheets.writer("csv")
    writer.rows([[field.key for field in known], [EXAMPLES.get(field.key, "") for field in known]])
    return writer.end()
