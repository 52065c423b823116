"""How a table says what of it goes into a copy of a client's personal data."""

from collections.abc import Mapping

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a client, whose id is `$1`; the row is `t`. `joins` stand behind the table, `more` are columns
    of them (name to SQL). `secret` are columns that are copied for nobody. `only_internal`: all of it is."""

    name: str
    label: str
    table: str
    columns: tuple[str, ...]
    internal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    joins: str = ""
    more: Mapping[str, str] = {}
    where: str = "t.client_id = $1"
    shown: str = ""
    only_internal: bool = False


PERSON = "JOIN people p ON p.id = t.person_id"
WHO = {"name": "p.name", "email": "p.email"}
