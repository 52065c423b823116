"""Where something about a person stands in tables of conversations and fraud protection: see `personal_table`."""

from core.accounts.personal_table import STAFF, Table, empty

TABLES: tuple[Table, ...] = (
    Table(
        name="fraud_checks",
        cleared={"name": "w.client", "seen": "'{}'", "answers": "'[]'"} | empty("email", "address", "reason"),
        kept={"decided_by": STAFF},
        plain=("kind", "source", "verdict", "state"),
    ),
)
