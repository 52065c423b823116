"""A few payers by what somebody types, for the search over everything: quick however many there are."""

from asyncpg import Record

from core import db, policies
from core.accounts import access, payer_numbers
from core.actor import Actor
from core.filters import LAST, Conditions
from core.permissions import Permission

MOST_READ = 3_000
"""So many payers with the rarest word are looked at; what many are called is found by a second word."""

FOUND = """
    WITH asked AS MATERIALIZED (
        SELECT word COLLATE "C" AS word, row_number() OVER (ORDER BY length(word) DESC, word) AS place
          FROM words_of({text}) AS word LIMIT 8),
    first AS MATERIALIZED (
        SELECT w.payer_id FROM asked a JOIN payer_words w ON w.word >= a.word AND w.word < a.word || {last}
         WHERE a.place = 1 LIMIT {most_read})
    SELECT DISTINCT p.id, p.name, p.name_folded, p.kind, c.code AS client_code, c.name AS client_name
      FROM (SELECT payer_id FROM first UNION
            SELECT v.id FROM payers v WHERE v.vat_number = {number} AND v.vat_number <> '' UNION
            SELECT r.id FROM payers r WHERE r.registration_number = {number} AND r.registration_number <> '') found
      JOIN payers p ON p.id = found.payer_id JOIN clients c ON c.id = p.client_id
     WHERE p.merged_into_id IS NULL AND {visible}
       AND (p.vat_number = {number} OR p.registration_number = {number} OR NOT EXISTS (
            SELECT FROM asked a WHERE a.place > 1 AND NOT EXISTS (
                SELECT FROM payer_words w
                 WHERE w.payer_id = p.id AND w.word >= a.word AND w.word < a.word || {last})))
     ORDER BY p.name_folded, p.id LIMIT {most}
"""


async def few(text: str, most: int, *, by: Actor) -> list[Record]:
    """Up to `most` payers by beginnings of words, or by a whole VAT or registration number.

    Rows: id, name, kind, client_code, client_name.
    """
    policies.require(by, Permission.PAYER_READ)
    policies.require(by, Permission.CLIENT_READ)
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    sql = FOUND.format(
        text=conditions.bind(text),
        last=conditions.bind(LAST),
        number=conditions.bind(payer_numbers.compact(text)),
        most_read=f"{MOST_READ:d}",
        most=f"{most:d}",
        visible=conditions.sql,
    )
    return await db.fetch(sql, *conditions.arguments)
