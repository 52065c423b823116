"""What a copy of a client's personal data is made of, table by table.

Every table with a `client_id`, `person_id` or `payer_id` is read by one of SOURCES or stands in LEFT_OUT with the
reason; a test reads PostgreSQL's catalogue and refuses one that is in neither, and a text column of a table in
SOURCES that is neither copied nor secret. `internal` is what only the provider's own people see: it is in the
copies they make, not in those that the client's owner asks for. Of a person only what is this client's is told.
Tables of conversations and of fraud protection are in `personal_talk_sources`.
"""

from collections.abc import Mapping
from typing import Any

from core import db
from core.accounts import own_log, personal_talk_sources
from core.accounts.personal_source import PERSON, WHO
from core.accounts.personal_source import Source as Source
from core.i18n import N_

SOURCES: tuple[Source, ...] = (
    Source(
        name="client",
        label=N_("Client"),
        table="clients",
        columns=(
            "code", "login", "kind", "name", "contact_person", "email", "country", "language", "phone",
            "phone_verified", "phone_verified_at", "status", "registered_at", "registered_address", "closed_at",
            "merged_at", "cleared_at",
        ),
        internal=("note", "external_id", "closed_reason"),
        where="$1 IN (t.id, t.merged_into_id)",
    ),
    Source(
        name="fields",
        label=N_("Further fields"),
        table="client_field_values",
        columns=("text", "number", "day"),
        joins="JOIN client_fields f ON f.id = t.field_id",
        more={"field": "f.label"},
        shown="f.is_shown",
    ),
    Source(
        name="users",
        label=N_("Users"),
        table="memberships",
        columns=("roles", "created_at"),
        joins=PERSON,
        more=WHO | {"language": "p.locale"},
    ),
    Source(name="roles", label=N_("Roles"), table="client_roles", columns=("name", "rights", "created_at")),
    Source(
        name="invitations",
        label=N_("Invitations"),
        table="invitations",
        columns=("email", "roles", "invited_by", "sent_at", "expires_at"),
    ),
    Source(
        name="payers",
        label=N_("Payers"),
        table="payers",
        columns=(
            "kind", "name", "contact_person", "registration_number", "vat_number", "street", "postcode", "city",
            "region", "country", "email", "language", "iban", "bic", "is_default", "created_at", "merged_at",
        ),
        internal=("external_id",),
    ),
    Source(
        name="projects",
        label=N_("Accounts in projects"),
        table="client_projects",
        columns=("opened_at",),
        internal=("opened_by", "credit_limit"),
        joins="JOIN projects j ON j.id = t.project_id",
        more={"project": "j.name"},
    ),
    Source(
        name="groups",
        label=N_("Account groups"),
        table="group_members",
        columns=("added_at", "added_by"),
        joins="JOIN account_groups g ON g.id = t.group_id",
        more={"group": "g.name"},
        only_internal=True,
    ),
    Source(
        name="consents",
        label=N_("Consents to the terms"),
        table="consents",
        columns=("number", "agreed_at", "address"),
        joins=PERSON,
        more=WHO,
    ),
    Source(
        name="contracts",
        label=N_("Contracts"),
        table="contracts",
        columns=(
            "number", "title", "state", "language", "body", "wish", "created_at", "issued_on", "signed_on",
            "frozen", "digest",
        ),
    ),
    Source(
        name="contract-files",
        label=N_("Documents of contracts"),
        table="contract_files",
        columns=("created_at", "id", "kind", "media"),
        joins="JOIN contracts k ON k.id = t.contract_id",
        more={"number": "k.number"},
        where="k.client_id = $1",
    ),
    Source(
        name="expenses",
        label=N_("Expenses"),
        table="expenses",
        columns=(
            "day", "text", "kind", "period_start", "period_end", "currency", "discount_units", "net_units",
            "tax_rate", "tax_category", "tax_reason", "tax_units", "gross_units", "covered_units", "created_at",
            "reversed_at",
        ),
        internal=("created_by", "reversed_by", "reversed_reason"),
        secret=("key",),
    ),
    Source(
        name="dunning",
        label=N_("Reminders, and what followed"),
        table="dunning_events",
        columns=("on_day", "at", "due_on", "step_day", "action", "result", "currency", "units", "services"),
        internal=("policy",),
    ),
    Source(
        name="promised-payments",
        label=N_("Promised payments"),
        table="promised_payments",
        columns=(
            "state", "currency", "units", "left_units", "from_day", "until_day", "ended_on", "created_at",
            "created_by",
        ),
    ),
    Source(
        name="dunning-pauses",
        label=N_("Pauses of dunning"),
        table="dunning_pauses",
        columns=("from_day", "until_day", "reason", "created_at", "created_by", "lifted_at", "lifted_by"),
        only_internal=True,
    ),
    Source(
        name="quotes",
        label=N_("Quotes"),
        table="offers",
        columns=("number", "state", "currency", "note", "valid_until", "sent_on", "reason", "created_at"),
        internal=("created_by", "ended_at", "ended_by"),
        secret=("key",),
    ),
    Source(
        name="services",
        label=N_("Services"),
        table="services",
        columns=(
            "name", "label", "state", "billing", "period_count", "period_unit", "currency", "addons", "ends_on",
            "full_units", "discount_units", "discount_until", "setup_units", "anchor", "trial_until", "created_at",
        ),
        internal=("created_by", "suspended_for", "trace", "held"),
        joins="JOIN service_dues d ON d.id = t.id",
        more={"next_on": "d.next_on"},
        secret=("key",),
    ),
    Source(
        name="invoices",
        label=N_("Invoices"),
        table="invoices",
        columns=(
            "kind", "state", "number", "language", "currency", "issued_on", "due_on", "discount_units",
            "net_units", "tax_units", "gross_units", "frozen", "digest", "created_at",
        ),
        where="t.client_id = $1 AND t.state <> 'draft'",
    ),
    Source(
        name="invoice-files",
        label=N_("Invoices as PDF"),
        table="invoice_files",
        columns=("created_at", "id"),
        joins="JOIN invoices k ON k.id = t.invoice_id",
        more={"number": "k.number"},
        where="k.client_id = $1",
    ),
    Source(
        name="payments",
        label=N_("Payments"),
        table="payments",
        columns=(
            "day", "method", "state", "currency", "units", "refunded_units", "allocated_units", "reference",
            "created_at",
        ),
        internal=("note", "created_by"),
        secret=("key",),
    ),
    Source(
        name="notes",
        label=N_("Notes"),
        table="client_notes",
        columns=("text", "author_name", "created_at", "edited_by", "edited_at"),
        only_internal=True,
    ),
    Source(
        name="files",
        label=N_("Files"),
        table="client_files",
        columns=("id", "name", "kind", "size", "uploader_name", "uploaded_at"),
        only_internal=True,
    ),
    *personal_talk_sources.SOURCES,
    Source(
        name="sessions",
        label=N_("Sessions"),
        table="sessions",
        columns=("created_at", "seen_at", "address", "agent"),
        joins=PERSON,
        more=WHO,
    ),
    Source(
        name="visits",
        label=N_("Visits of support"),
        table="impersonations",
        columns=("started_at", "ended_at", "reason"),
        internal=("address", "back", "ended_by"),
    ),
    Source(
        name="activity",
        label=N_("Activity"),
        table="audit_entries",
        columns=("at", "action", "actor_kind", "subject_kind", "subject_name"),
        internal=("request_id",),
        more={
            "actor_name": "CASE WHEN $2 OR t.actor_kind IN ('user', 'visitor') THEN t.actor_name ELSE '' END",
            "address": "CASE WHEN $2 OR t.actor_kind IN ('user', 'visitor') THEN t.address ELSE '' END",
            "changes": "CASE WHEN $2 THEN t.changes ELSE t.changes - $3::text[] END",
        },
        shown="""(t.actor_kind IN ('user', 'visitor') OR t.impersonation_id IS NOT NULL
            OR t.action = ANY ($4::text[]) OR t.action LIKE ANY ($5::text[]))""",
    ),
)  # fmt: skip

_WORDS = "words for the search, made of a name that is copied"
LEFT_OUT: Mapping[str, str] = personal_talk_sources.LEFT_OUT | {
    "client_words": _WORDS,
    "discount_uses": "which service had which discount: the prices say it, in expenses and documents",
    "discounts": "what the provider gives off, which its own people decide",
    "dunning_policies": "when the provider reminds, which its own people decide",
    "group_exclusions": "which groups a rule does not put it into: the provider's own business",
    "imports": "files of the provider, about many clients",
    "links": "tokens, of which only a hash is kept",
    "membership_roles": "ids only; roles and users are copied",
    "passkeys": "a person's own means to sign in, told in his account",
    "payer_words": _WORDS,
    "person_words": _WORDS,
    "personal_exports": "the copies themselves",
    "promo_codes": "words that open discounts, made by the provider",
    "rule_candidates": "clients that rules have yet to look at",
    "staff": "people of the provider, not of the client",
    "tasks": "what people of the provider had done to many clients",
}


async def read(source: Source, client_id: int, *, is_internal: bool) -> list[dict[str, Any]]:
    """The rows of a source, for the provider's own people or for the client."""
    if source.only_internal and not is_internal:
        return []
    wanted = (*source.columns, *(source.internal if is_internal else ()))
    listed = [*(f"{sql} AS {name}" for name, sql in source.more.items()), *(f"t.{name}" for name in wanted)]
    shown = f" AND {source.shown}" if source.shown and not is_internal else ""
    families = [f"{family}%" for family in own_log.FAMILIES]
    rows = await db.fetch(
        f"""WITH w AS (SELECT $1::bigint, $2::boolean, $3::text[], $4::text[], $5::text[])
            SELECT {", ".join(listed)} FROM {source.table} t {source.joins}
            WHERE {source.where}{shown} ORDER BY {wanted[0] if not source.more else "1, 2"}""",
        client_id,
        is_internal,
        sorted(own_log.HIDDEN),
        list(own_log.ACTIONS),
        families,
    )
    return [dict(row) for row in rows]
