"""Where something about a person can stand, table by table, and what becomes of it when a client is cleared.

Every text column of every table with a `client_id`, `person_id` or `payer_id` is declared here, and of the tables
that hold clients, people and what was sent in their name. A test reads PostgreSQL's catalogue and refuses a column
that is not; another fills all of them, clears the client and looks through the whole database. Tables of
conversations and of fraud protection are in `personal_talk_tables`.
"""

from collections.abc import Mapping

from core.accounts import personal_talk_tables
from core.accounts.personal_table import (
    BOOKS,
    OF_PERSON,
    OF_SERVICE,
    STAFF,
    empty,
)
from core.accounts.personal_table import BY_LAW as BY_LAW
from core.accounts.personal_table import CONTRACT as CONTRACT
from core.accounts.personal_table import GIVEN as GIVEN
from core.accounts.personal_table import OF_CLIENT as OF_CLIENT
from core.accounts.personal_table import Table as Table


def _contract() -> dict[str, str]:
    """What of a contract that was sent stays; drafts and wishes go."""
    return dict.fromkeys(("title", "body", "wish", "number", "frozen", "digest"), CONTRACT)


def _unless_named(*columns: str) -> dict[str, str]:
    """Payers that a document names keep what the document says."""
    return {column: f"CASE WHEN t.id = ANY (w.named) THEN t.{column} ELSE '' END" for column in columns}


def _free(table: str, column: str) -> str:
    """What stands in place of something that nobody else may have."""
    return f"""'cleared-' || t.id || CASE WHEN EXISTS (SELECT FROM {table} o WHERE o.id <> t.id
        AND o.{column}_folded LIKE 'cleared-' || t.id || '%') THEN '-' || new_id() ELSE '' END"""


NOBODY = "@cleared.invalid"
"""How the addresses of those end whose data was cleared. No mail ever goes to `.invalid` (RFC 2606)."""
NOWHERE = f" || '{NOBODY}'"

TABLES: tuple[Table, ...] = (
    *personal_talk_tables.TABLES,
    Table(
        name="audit_entries",
        elsewhere="history.clear_client, as the application may not change the audit",
        plain=("action", "actor_kind", "subject_kind", "request_id"),
    ),
    Table(name="client_field_values", goes=True),
    Table(name="client_files", goes=True),
    Table(name="client_notes", goes=True),
    Table(name="mass_message_recipients", plain=("state", "reason", "language")),
    Table(name="client_words", elsewhere="a trigger of clients"),
    Table(name="person_words", rows=OF_PERSON, elsewhere="a trigger of people"),
    Table(name="payer_words", elsewhere="a trigger of payers"),
    Table(name="sessions", rows=OF_PERSON, goes=True),
    Table(name="personal_exports", goes=True),
    Table(name="passkeys", rows=OF_PERSON, goes=True),
    Table(name="links", rows=OF_PERSON, goes=True),
    Table(name="invitations", goes=True),
    Table(name="membership_roles", goes=True),
    Table(name="client_roles", goes=True),
    Table(
        name="memberships",
        rows=f"{OF_CLIENT} AND NOT t.person_id = ANY (w.people)",
        goes=True,
        plain=("roles",),
    ),
    Table(name="sign_ups", rows="t.email_folded = ANY (w.emails)", goes=True),
    Table(name="client_projects", kept={"opened_by": STAFF}),
    Table(name="consents", cleared=empty("address")),
    Table(name="contracts", rows=f"{OF_CLIENT} AND t.number = ''", goes=True, kept=_contract()),
    Table(
        name="expenses",
        kept=dict.fromkeys(("text", "tax_reason"), BOOKS)
        | dict.fromkeys(("created_by", "reversed_by", "reversed_reason"), STAFF),
        plain=("key", "kind", "currency", "tax_category"),
    ),
    Table(
        name="discounts",
        cleared={"name": "'cleared-' || t.id"},
        plain=("kind", "currency", "recipient", "area", "period_unit", "lasts"),
    ),
    Table(name="discount_uses", plain=("subject",)),
    Table(name="promo_codes", cleared={"code": "'cleared-' || t.id"}),
    Table(
        name="dunning_policies",
        cleared={"name": "'cleared-' || t.id"},
        plain=("recipient", "steps", "least"),
    ),
    Table(name="dunning_events", kept={"policy": BOOKS}, plain=("action", "result", "currency")),
    Table(
        name="promised_payments",
        cleared={"created_by": "CASE WHEN t.is_own THEN w.person ELSE t.created_by END"},
        plain=("state", "currency"),
    ),
    Table(name="dunning_pauses", cleared={"reason": "'–'"}, kept={"created_by": STAFF, "lifted_by": STAFF}),
    Table(name="group_exclusions", kept={"excluded_by": STAFF}),
    Table(name="rule_candidates"),
    Table(name="group_members", kept={"added_by": STAFF}),
    Table(
        name="impersonations",
        cleared={"reason": "'–'", "back": "''"},
        kept={"address": STAFF},
        plain=("ended_by",),
    ),
    Table(
        name="invoices",
        rows=f"{OF_CLIENT} AND t.state = 'draft'",
        goes=True,
        kept=dict.fromkeys(("number", "frozen", "digest"), BY_LAW),
        plain=("kind", "state", "language", "currency"),
    ),
    Table(
        name="vat_proofs",
        rows="""EXISTS (SELECT FROM payers p WHERE p.vat_number = t.number AND p.client_id = ANY (w.clients)
            AND NOT p.id = ANY (w.named))""",
        goes=True,
    ),
    Table(
        name="payers",
        cleared={
            "name": "CASE WHEN t.id = ANY (w.named) THEN t.name ELSE w.client END",
            "email": "'cleared-' || t.id" + NOWHERE,
        }
        | _unless_named("registration_number", "vat_number", "street", "postcode", "city", "region")
        | empty("contact_person", "iban", "bic", "external_id"),
        plain=("kind", "country", "language"),
    ),
    Table(
        name="bank_lines",
        rows="""EXISTS (SELECT FROM client_projects a LEFT JOIN payments p ON p.id = t.payment_id
            WHERE a.id = coalesce(p.account_id, t.account_id) AND a.client_id = ANY (w.clients))""",
        kept=dict.fromkeys(("name", "payer_iban", "text", "reference", "found", "reason"), BOOKS)
        | {"closed_by": STAFF},
        plain=("key", "currency", "state", "why", "sure"),
    ),
    Table(
        name="payments",
        cleared=empty("note"),
        kept={"reference": BOOKS, "created_by": STAFF},
        plain=("key", "method", "state", "currency"),
    ),
    Table(
        name="people",
        rows="t.id = ANY (w.people)",
        cleared={
            "email": _free("people", "email") + NOWHERE,
            "name": "w.person",
            "preferences": "'{}'",
            "password_hash": "NULL",
            "totp_sealed": "NULL",
            "recovery_hashes": "'{}'",
        },
        plain=("locale", "theme"),
    ),
    Table(
        name="services",
        kept=dict.fromkeys(("name", "label", "trace", "addons", "held"), BOOKS) | {"created_by": STAFF},
        plain=("key", "state", "suspended_for", "billing", "period_unit", "currency"),
    ),
    Table(
        name="service_dues",
        rows="EXISTS (SELECT FROM services s WHERE s.id = t.id AND s.client_id = ANY (w.clients))",
        plain=("parked",),
    ),
    Table(
        name="service_changes",
        rows=OF_SERVICE,
        kept=dict.fromkeys(("old_name", "name", "trace", "addons"), BOOKS) | {"created_by": STAFF},
        plain=("state", "period_unit"),
    ),
    Table(name="service_credits", rows=OF_SERVICE, plain=("tax_category",)),
    Table(
        name="offers",
        kept={"note": BOOKS, "reason": BOOKS, "created_by": STAFF, "ended_by": BOOKS},
        plain=("key", "state", "currency"),
    ),
    Table(
        name="offer_lines",
        rows="EXISTS (SELECT FROM offers o WHERE o.id = t.offer_id AND o.client_id = ANY (w.clients))",
        kept=dict.fromkeys(("name", "label", "addons", "quoted", "held"), BOOKS),
    ),
    Table(name="imports", rows="false", elsewhere="personal_traces; the file goes after seven days"),
    Table(name="staff", elsewhere="people of the staff are not cleared", plain=("role", "state")),
    Table(
        name="tasks",
        rows=OF_PERSON,
        cleared={"actor_name": "w.person", "title": "'–'"}
        | empty("address", "reason")
        | dict.fromkeys(("payload", "position", "outcome"), "'{}'"),
        plain=("actor_kind", "kind", "locale", "request_id", "state"),
    ),
    Table(
        name="task_results",
        rows="t.subject_kind = 'client' AND t.subject_id = ANY (w.clients)",
        cleared={"name": "w.client", "reason": "''"},
        plain=("subject_kind", "outcome"),
    ),
    Table(
        name="clients",
        rows="t.id = ANY (w.clients)",
        cleared={
            "login": _free("clients", "login"),
            "name": "w.client",
            "email": _free("clients", "login") + NOWHERE,
        }
        | empty(
            "contact_person",
            "phone",
            "phone_verified",
            "note",
            "registered_address",
            "closed_reason",
            "external_id",
        ),
        plain=("kind", "country", "language", "status"),
    ),
)
"""In the order in which they are seen to: what others refer to comes last."""
BY_NAME = {table.name: table for table in TABLES}

TRACES: Mapping[str, tuple[str, ...]] = {
    "import_errors": ("value", "message"),
    "imports": ("name", "defaults"),
    "job_failures": ("error", "payload"),
    "list_filters": ("filter", "name"),
    "response_templates": ("name", "texts"),
    "segments": ("filter", "name"),
    "task_results": ("name", "reason"),
    "tasks": ("title", "payload", "position", "outcome", "reason"),
}
"""Columns of free form that belong to no client and may name one all the same. There the person is looked for by
name, e-mail and numbers, and only that is taken out."""
JSON = frozenset(
    {
        "imports.defaults",
        "job_failures.payload",
        "list_filters.filter",
        "response_templates.texts",
        "segments.filter",
        "tasks.payload",
        "tasks.position",
        "tasks.outcome",
    }
)


def statements() -> list[str]:
    """What clears everything that the tables declare, one statement a table; all take the arguments of GIVEN."""
    return [_statement(table) for table in TABLES if table.goes or table.cleared]


def _statement(table: Table) -> str:
    if table.goes:
        return f"{GIVEN} DELETE FROM {table.name} t USING w WHERE {table.rows}"
    sets = ", ".join(f"{column} = {value}" for column, value in table.cleared.items())
    return f"{GIVEN} UPDATE {table.name} t SET {sets} FROM w WHERE {table.rows}"
