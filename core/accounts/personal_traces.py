"""What names a person where no row belongs to him: in tasks, failed jobs, saved filters, the queue, kept answers.

It is looked for by what is known of the person: e-mail addresses, phone numbers, full names, streets. A name of
one word is no trace, as it would be found in what is about somebody else.
"""

import asyncio
import re
from collections.abc import Iterable

import msgspec

from core import caught_mail, db, mail
from core.accounts.personal_tables import JSON, TRACES

SHORTEST = 6
AROUND = "[[:alnum:]._%+-]"
KNOWN = """
SELECT DISTINCT text FROM (
    SELECT unnest(ARRAY[c.email, c.name, c.contact_person, c.phone, c.phone_verified]) FROM clients c
     WHERE c.id = ANY ($1::bigint[])
    UNION ALL SELECT unnest(ARRAY[p.email, p.name]) FROM people p WHERE p.id = ANY ($2::bigint[])
    UNION ALL SELECT unnest(ARRAY[y.email, y.name, y.contact_person, y.street, y.iban]) FROM payers y
     WHERE y.client_id = ANY ($1::bigint[]) AND NOT y.id = ANY ($3::bigint[])
    UNION ALL SELECT i.email FROM invitations i WHERE i.client_id = ANY ($1::bigint[])
) known (text) WHERE text <> ''
"""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What names the person: `texts` in full, and `pattern` for PostgreSQL, "" when there is nothing."""

    texts: list[str]
    pattern: str

    @property
    def emails(self) -> list[str]:
        """The e-mail addresses among them, in lower case."""
        return [text.lower() for text in self.texts if "@" in text]


async def known(clients: list[int], people: list[int], named: list[int]) -> Known:
    """What names the people of these clients, before it is cleared."""
    found = [row["text"] for row in await db.fetch(KNOWN, clients, people, named)]
    texts = [text for text in found if len(text) >= SHORTEST and re.search(r"[\s@\d]", text)]
    return Known(texts=texts, pattern=pattern_of(texts))


def pattern_of(texts: Iterable[str]) -> str:
    """A regular expression of PostgreSQL for any of these texts, as they are and as JSON writes them."""
    written = set(texts) | {msgspec.json.encode(text).decode()[1:-1] for text in texts}
    listed = sorted(map(_escaped, written), key=len, reverse=True)
    return f"(?<!{AROUND})({'|'.join(listed)})(?!{AROUND})" if listed else ""


async def clear(found: Known, clients: list[int], shown: str) -> None:
    """Take out what names the person. `shown` is, as JSON, what plugins see of the client from now on."""
    await db.execute("SELECT queue.clear_client($1, $2::text::jsonb, $3)", clients, shown, found.pattern)
    await db.execute(
        """UPDATE job_failures f SET payload = queue.without_person(f.payload, $1, $2::text::jsonb)
           WHERE f.payload #>> '{arguments,client,id}' = ANY ($1::bigint[]::text[])""",
        clients,
        shown,
    )
    if not found.pattern:
        return
    await db.execute("DELETE FROM import_keys WHERE key ~* $1", found.pattern)
    for table, columns in TRACES.items():
        for column in columns:
            cast = "::jsonb" if f"{table}.{column}" in JSON else ""
            await db.execute(
                f"""UPDATE {table} SET {column} = regexp_replace({column}::text, $1, '•••', 'gi'){cast}
                    WHERE {column}::text ~* $1""",
                found.pattern,
            )
    for text in (*found.texts, *map(str, clients)):
        await db.execute(
            """UPDATE idempotent_answers SET body = convert_to('{}', 'UTF8')
               WHERE position(convert_to($1, 'UTF8') IN body) > 0""",
            text,
        )
    await asyncio.to_thread(caught_mail.forget, mail.home(), found.emails)


def _escaped(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text)
