"""What a column of a file can mean, and how it is found by its heading.

A heading is understood when it is the key that our exports write, the field's name in any language of ours, or one
of the words that other systems use. Letters' case, accents and signs between words do not matter.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from core import i18n, policies
from core.accounts import client_fields, client_list
from core.actor import Actor
from core.errors import NotFound, NotInEdition
from core.i18n import N_, _
from core.permissions import Permission


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field. `label` is in English, to be translated, unless it is the provider's own; `words`: other headings.

    `has_default`: what new ones get whose cell is empty can be chosen.
    """

    key: str
    label: str
    words: tuple[str, ...] = ()
    feature: str | None = None
    has_default: bool = False
    is_own: bool = False

    @property
    def text(self) -> str:
        """The label in the reader's language."""
        return self.label if self.is_own else _(self.label)


class Noun(msgspec.Struct, frozen=True, kw_only=True):
    """What can be imported. `rights`: what it asks for besides `client:import`."""

    key: str
    label: str
    fields: tuple[Field, ...]
    rights: tuple[Permission, ...]


def _field(key: str, label: str, *words: str, feature: str | None = None, has_default: bool = False) -> Field:
    return Field(key=key, label=label, words=words, feature=feature, has_default=has_default)


CLIENT = _field("client", N_("Client’s code"), "client code", "code client", "client number", "numéro client")
CLIENT_EXTERNAL = _field(
    "client_external_id", N_("Client’s external id"), "client id", "customer id", "clientid", "id client"
)
LANGUAGE = _field("language", N_("Language"), "lang", "locale", has_default=True)
COUNTRY = _field("country", N_("Country"), "country code", "code pays", has_default=True)
KIND = _field("kind", N_("Kind"), "type", has_default=True)
EXTERNAL = _field("external_id", N_("External id"), "id", "client id", "customer id", "reference", "référence")
EMAIL = _field("email", N_("E-mail"), "mail", "email address", "adresse e-mail", "courriel")

CLIENTS = Noun(
    key="clients",
    label=N_("Clients"),
    rights=(Permission.CLIENT_CREATE, Permission.CLIENT_UPDATE, Permission.CLIENT_READ),
    fields=(
        EXTERNAL,
        _field("code", N_("Code"), "client code", "customer number", "numéro client"),
        _field("login", N_("Login name"), "username", "user name", "login", "identifiant de connexion"),
        KIND,
        _field("name", N_("Name"), "company name", "company", "full name", "société", "raison sociale"),
        _field("contact", N_("Contact person"), "contact", "contact name"),
        EMAIL,
        _field("phone", N_("Phone"), "phone number", "telephone", "mobile"),
        COUNTRY,
        LANGUAGE,
        _field("note", N_("Note"), "notes", "comment", "remark", "commentaire"),
        _field("registered", N_("Registered"), "created", "created at", "registration date", "date created"),
        _field("attitude", N_("Attitude"), has_default=True),
        _field("project", N_("Project"), "brand", feature="projects", has_default=True),
        _field("groups", N_("Groups"), "group", "account groups", "client group", feature="groups"),
    ),
)
GROUPS = Noun(
    key="groups",
    label=N_("Account groups"),
    rights=(Permission.GROUP_READ, Permission.GROUP_CREATE, Permission.GROUP_UPDATE),
    fields=(_field("id", N_("Id")), _field("name", N_("Name"), "group"), _field("description", N_("Description"))),
)
USERS = Noun(
    key="users",
    label=N_("Users"),
    rights=(Permission.CLIENT_READ, Permission.USER_READ, Permission.USER_INVITE, Permission.USER_UPDATE),
    fields=(
        CLIENT_EXTERNAL,
        CLIENT,
        EMAIL,
        _field("name", N_("Name"), "full name"),
        _field("role", N_("Role"), "roles", "rights", has_default=True),
        LANGUAGE,
    ),
)
PAYERS = Noun(
    key="payers",
    label=N_("Payers"),
    rights=(Permission.CLIENT_READ, Permission.PAYER_READ, Permission.PAYER_CREATE, Permission.PAYER_UPDATE),
    fields=(
        _field("external_id", N_("External id")),
        _field("id", N_("Id")),
        CLIENT_EXTERNAL,
        CLIENT,
        KIND,
        COUNTRY,
        _field("name", N_("Name"), "company name", "company", "raison sociale"),
        _field("contact_person", N_("Contact person"), "contact"),
        _field("registration_number", N_("Registration number"), "siren", "siret", "company number"),
        _field("vat_number", N_("VAT number"), "vat", "vat id", "tax id", "tva"),
        _field("street", N_("Street and number"), "address", "address 1", "street", "adresse"),
        _field("postcode", N_("Postcode"), "zip", "zip code", "postal code"),
        _field("city", N_("City"), "town"),
        _field("region", N_("Region"), "state", "province"),
        _field("email", N_("E-mail for documents"), "email", "billing email"),
        LANGUAGE,
        _field("iban", N_("IBAN")),
        _field("bic", N_("BIC"), "swift"),
    ),
)
NOUNS = {noun.key: noun for noun in (CLIENTS, GROUPS, USERS, PAYERS)}


def noun_of(key: str, *, by: Actor) -> Noun:
    """The noun with this key, when `by` may import it; raises what is missing."""
    policies.require(by, Permission.CLIENT_IMPORT)
    noun = NOUNS.get(key)
    if noun is None:
        raise NotFound()
    for right in noun.rights:
        policies.require(by, right)
    return noun


def nouns(*, by: Actor) -> list[Noun]:
    """What `by` may import."""
    return [
        noun
        for noun in NOUNS.values()
        if all(policies.allows(by, right) for right in (Permission.CLIENT_IMPORT, *noun.rights))
    ]


async def every(noun: Noun) -> dict[str, Field]:
    """The fields of the noun with those that the provider defines, by key; also those the edition lacks."""
    own = await client_fields.in_use() if noun is CLIENTS else []
    fields = [*noun.fields, *(_own(field) for field in own)]
    return {field.key: field for field in fields}


def is_in_edition(field: Field, *, by: Actor) -> bool:
    """Whether the provider's edition has the field."""
    return field.feature is None or policies.has_feature(by.tenant, field.feature)


def why_not(field: Field, *, by: Actor) -> str:
    """Which edition has the field, when this one lacks it; else ""."""
    if field.feature is None or is_in_edition(field, by=by):
        return ""
    return NotInEdition(field.feature, policies.edition_with(field.feature)).message


def guessed(headings: Iterable[str], fields: Iterable[Field]) -> list[str]:
    """The key of the field that each heading means, "" for none; each field once."""
    known: dict[str, str] = {}
    for field in fields:
        for word in (field.key, *_spoken(field), *field.words):
            known.setdefault(folded(word), field.key)
    found: list[str] = []
    for heading in headings:
        key = known.get(folded(heading), "")
        found.append(key if key and key not in found else "")
    return found


@lru_cache(10_000)
def folded(text: str) -> str:
    """A heading as it is compared."""
    bare = "".join(
        sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign)
    )
    return re.sub(r"[^\w:]+|_", "", bare)


def _spoken(field: Field) -> tuple[str, ...]:
    if field.is_own:
        return (field.label,)
    return tuple(i18n.catalogue(locale).gettext(field.label) for locale in i18n.LOCALES)


def _own(field: client_fields.Field) -> Field:
    return Field(key=client_list.column_of(field), label=field.label, is_own=True, words=(field.key,))
