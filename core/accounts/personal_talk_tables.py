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
    Table(name="phone_codes", goes=True),
    Table(
        name="phone_decisions",
        cleared=empty("reason"),
        kept={"decided_by": STAFF, "ended_by": STAFF},
        plain=("kind",),
    ),
    Table(
        name="ticket_attachments",
        rows="""EXISTS (SELECT FROM ticket_messages m JOIN tickets k ON k.id = m.ticket_id
            WHERE m.id = t.message_id AND k.client_id = ANY (w.clients))""",
        goes=True,
    ),
    Table(
        name="ticket_drafts",
        rows="EXISTS (SELECT FROM tickets k WHERE k.id = t.ticket_id AND k.client_id = ANY (w.clients))",
        goes=True,
    ),
    Table(
        name="ticket_messages",
        rows="EXISTS (SELECT FROM tickets k WHERE k.id = t.ticket_id AND k.client_id = ANY (w.clients))",
        cleared={
            "text": "'–'",
            "author_name": "CASE WHEN t.side = 'client' THEN w.person ELSE t.author_name END",
        },
        plain=("key", "side", "origin"),
    ),
    Table(
        name="tickets",
        cleared={
            "subject": "'–'",
            "opened_by": "CASE WHEN t.opened_side = 'client' THEN w.person ELSE t.opened_by END",
        },
        plain=("key", "state", "priority", "language", "opened_side"),
    ),
    Table(name="webhook_events", goes=True),
)
