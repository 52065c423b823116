"""What a provider of the demo keeps of its clients besides: fields of its own, notes, and a letter."""

from datetime import timedelta

from core import clock, db
from core.accounts import field_edits, files
from core.accounts.field_edits import NewField, Option
from core.accounts.files import NewFile
from core.actor import Actor
from tenants.demo.cast import DemoProvider

FIELDS = (
    NewField(
        kind="choice",
        key="found_by",
        label="Comment nous avez-vous connus",
        labels={"en": "How you found us"},
        is_shown=True,
        options=[
            Option(key="friend", label="Recommandation", labels={"en": "A recommendation"}),
            Option(key="search", label="Moteur de recherche", labels={"en": "A search engine"}),
            Option(key="fair", label="Salon", labels={"en": "A fair"}),
        ],
    ),
    NewField(kind="date", key="bound_until", label="Fin d’engagement", labels={"en": "Bound until"}),
    NewField(
        kind="number",
        key="machines",
        label="Machines",
        help="Serveurs dédiés et virtuels, chez nous et ailleurs.",
        helps={"en": "Dedicated and virtual, with us and elsewhere."},
    ),
)
VALUES = {
    "found_by": "text) SELECT $1, id, (ARRAY['friend', 'search', 'fair'])[1 + code % 3] FROM clients"
    " WHERE code % 4 > 0",
    "bound_until": "day) SELECT $1, id, DATE '2027-01-31' + (code % 24 * 30)::int FROM clients WHERE code % 3 = 0",
    "machines": "number) SELECT $1, id, 1 + code % 17 FROM clients WHERE kind = 'company'",
}
NOTES = (
    "Préfère être appelé le matin, jamais le vendredi.",
    "Négocie chaque renouvellement ; voir le courrier joint.",
    "Passe à la facturation annuelle en janvier.",
    "Le serveur de sauvegarde est chez un confrère, à reprendre en 2027.",
)
WRITTEN = """
    WITH latest AS (SELECT id, name, row_number() OVER (ORDER BY code DESC) AS place FROM clients
                     WHERE status = 'active' ORDER BY code DESC LIMIT 12),
         author AS (SELECT s.id, p.name FROM staff s JOIN people p ON p.id = s.person_id
                     WHERE s.role = 'support' ORDER BY s.id LIMIT 1),
         written AS (INSERT INTO client_notes (client_id, text, is_pinned, author_id, author_name, created_at)
                     SELECT l.id, ($1::text[])[1 + (l.place + n) % 4], n = 0, a.id, a.name,
                            $2::timestamptz - (l.place * 3 + n) * $3::interval
                       FROM latest l, author a, generate_series(0, 1) AS n WHERE n = 0 OR l.place % 2 = 1
                     RETURNING *)
    INSERT INTO audit_entries (at, action, actor_kind, actor_id, actor_name, subject_kind, subject_id,
        subject_name, client_id, address)
    SELECT w.created_at, 'note:created', 'staff', w.author_id, w.author_name, 'note', w.id,
           l.name, l.id, '203.0.113.7'
      FROM written w JOIN latest l ON l.id = w.client_id
"""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Define the fields, fill them in, and write some notes; where the provider has own fields."""
    if not provider.has_fields:
        return
    for new in FIELDS:
        field = await field_edits.create(new, by=by)
        await db.execute(
            f"INSERT INTO client_field_values (field_id, client_id, {VALUES[field['key']]}", field["id"]
        )
    await db.execute(WRITTEN, list(NOTES), clock.now(), timedelta(hours=7))
    latest = await db.value("SELECT id FROM clients WHERE status = 'active' ORDER BY code DESC LIMIT 1")
    letter = NewFile(name="Courrier de renouvellement.txt", content="Madame, Monsieur,\n\n…\n".encode())
    await files.create(latest, letter, by=by)
