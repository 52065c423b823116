"""Where something about a person stands in tables of conversations and fraud protection: see `personal_table`."""

from core.accounts.personal_table import OF_CLIENT, OF_PERSON, STAFF, Table, empty

TABLES: tuple[Table, ...] = (
    Table(
        name="fraud_checks",
        cleared={"name": "w.client", "seen": "'{}'", "answers": "'[]'"} | empty("email", "address", "reason"),
        kept={"decided_by": STAFF},
        plain=("kind", "source", "verdict", "state"),
    ),
    Table(name="deliveries", rows=f"{OF_CLIENT} OR {OF_PERSON}", goes=True),
    Table(name="notification_optouts", rows=f"{OF_PERSON} OR t.address_folded = ANY (w.emails)", goes=True),
    Table(name="notifications", rows=f"{OF_CLIENT} OR {OF_PERSON}", goes=True),
)
