"""How a table says where something about a person stands in it, and what becomes of it when a client is cleared.

In SQL the row is `t`, and `w` holds what is being cleared: `clients`, `people` (those who are in no other client
and not of the staff), `named` (payers that a document names), `emails`, `client` and `person` (what stands in
place of a name).
"""

from collections.abc import Mapping

import msgspec

from core.i18n import N_

GIVEN = """WITH w AS (SELECT $1::bigint[] AS clients, $2::bigint[] AS people, $3::bigint[] AS named,
    $4::text[] AS emails, $5::text AS client, $6::text AS person)"""

OF_CLIENT = "t.client_id = ANY (w.clients)"
OF_SERVICE = "EXISTS (SELECT FROM services s WHERE s.id = t.service_id AND s.client_id = ANY (w.clients))"
OF_PERSON = "t.person_id = ANY (w.people)"

BY_LAW = N_("An accounting document names it, and such documents are kept by law.")
BOOKS = N_("What was charged and paid is kept with the books, by law.")
CONTRACT = N_("A contract that was sent is kept as it is, and so is what became of it.")
STAFF = N_("It names a member of the staff, not of the client.")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table. `rows` says which rows are meant.

    `goes`: these rows are deleted; nothing else needs to be said of them. Otherwise every text column is in one of
    `cleared` (column to what it gets), `kept` (column to the reason, which people read) and `plain` (says nothing
    of a person: a kind, a state, a language). `elsewhere` names who sees to it.
    """

    name: str
    rows: str = OF_CLIENT
    goes: bool = False
    cleared: Mapping[str, str] = {}
    kept: Mapping[str, str] = {}
    plain: tuple[str, ...] = ()
    elsewhere: str = ""


def empty(*columns: str) -> dict[str, str]:
    """Columns that get an empty text."""
    return dict.fromkeys(columns, "''")
