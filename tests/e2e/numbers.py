"""What stands in the addresses of places: looked up among a provider's rows, and made where it has none."""

from datetime import timedelta

from core import caught_mail, clock, db
from core.accounts import invitations, links, sessions
from core.accounts.invitations import NewInvitation
from core.actor import Actor
from tests.e2e import made, talk_places
from tests.e2e.made import OWN
from tests.e2e.served import Served

OWN_OWNER = f"(SELECT person_id FROM memberships WHERE client_id = {OWN} AND is_owner)"
DRAFT = "published_at IS NULL"
NUMBERS = {
    "client": "SELECT max(code) - 4 FROM clients",
    "another": "SELECT max(code) - 7 FROM clients",
    "mine": f"SELECT code FROM clients WHERE id = {OWN}",
    "user": f"SELECT email FROM people WHERE id = {OWN_OWNER}",
    "closed": "SELECT max(code) FROM clients WHERE status = 'closed' AND cleared_at IS NULL",
    "cleared": "SELECT max(code) FROM clients WHERE cleared_at IS NOT NULL",
    "account": f"SELECT max(id) FROM client_projects WHERE client_id = {OWN}",
    "attitude": "SELECT max(id) FROM attitudes WHERE NOT is_default",
    "bank_statement": "SELECT max(id) FROM bank_statements WHERE state = 'read'",
    "bank_table": "SELECT max(id) FROM bank_statements WHERE state = 'columns'",
    "bank_line": "SELECT max(id) FROM bank_lines WHERE state = 'open' AND sure <> ''",
    "bank_account": "SELECT max(id) FROM bank_accounts WHERE company_id = (SELECT min(id) FROM companies)",
    "company": "SELECT min(id) FROM companies",
    "contract": f"SELECT min(id) FROM contracts WHERE state = 'signed' AND client_id = {OWN}",
    "sent_contract": f"SELECT min(id) FROM contracts WHERE state = 'sent' AND client_id = {OWN}",
    "draft": "SELECT min(id) FROM contracts WHERE state = 'draft'",
    "requested": "SELECT min(id) FROM contracts WHERE state = 'requested'",
    "cancelled": "SELECT min(id) FROM contracts WHERE state = 'cancelled'",
    "invoice": f"SELECT max(id) FROM invoices WHERE state = 'issued' AND kind = 'invoice' AND client_id = {OWN}",
    "invoice_draft": "SELECT max(id) FROM invoices WHERE state = 'draft'",
    "void_invoice": "SELECT max(id) FROM invoices WHERE state = 'void'",
    "charged": f"""SELECT max(e.id) FROM expenses e WHERE e.client_id = {OWN} AND e.reversed_at IS NULL
                    AND NOT EXISTS (SELECT FROM invoice_lines l WHERE l.expense_id = e.id AND l.is_live)""",
    "message": "SELECT max(id) FROM mass_messages WHERE state = 'draft'",
    "sent_message": "SELECT max(id) FROM mass_messages WHERE state = 'started'",
    "template": "SELECT min(id) FROM contract_templates",
    "discount": "SELECT min(id) FROM discounts WHERE needs_code AND ended_at IS NULL",
    "dunning_policy": "SELECT min(id) FROM dunning_policies",
    "dunned": """SELECT min(c.code) FROM clients c JOIN dunning_events v ON v.client_id = c.id
                  WHERE c.status = 'active'""",
    "field": "SELECT min(id) FROM client_fields",
    "file": "SELECT max(id) FROM client_files",
    "group": "SELECT min(id) FROM account_groups",
    "ruled": "SELECT min(group_id) FROM group_rules",
    "ruled_client": """SELECT min(c.code) FROM clients c JOIN group_members m ON m.client_id = c.id
                        WHERE m.group_id = (SELECT min(group_id) FROM group_rules)""",
    "host": "SELECT max(id) FROM project_hosts WHERE project_id = (SELECT max(id) FROM projects)",
    "import": "SELECT max(id) FROM imports WHERE check_task_id IS NULL",
    "checked_import": "SELECT max(id) FROM imports WHERE check_task_id IS NOT NULL",
    "key": "SELECT max(id) FROM api_keys WHERE revoked_at IS NULL",
    "member": "SELECT max(id) FROM staff",
    "mate": f"SELECT max(person_id) FROM memberships WHERE client_id = {OWN} AND NOT is_owner",
    "passkey": """SELECT max(k.id) FROM passkeys k JOIN staff s ON s.person_id = k.person_id
                   WHERE s.id = (SELECT min(id) FROM staff WHERE role = 'owner')""",
    "own_role": f"SELECT max(id) FROM client_roles WHERE client_id = {OWN}",
    "note": "SELECT max(id) FROM client_notes",
    "service": f"SELECT max(id) FROM services WHERE client_id = {OWN}",
    "active_service": f"""SELECT max(id) FROM services
                           WHERE state = 'active' AND client_id = {OWN} AND ends_on IS NULL""",
    "ending_service": f"SELECT max(id) FROM services WHERE is_end_own AND client_id = {OWN}",
    "moving_list": """SELECT max(l.id) FROM services s JOIN price_lists l ON l.plan_id = s.plan_id
                       WHERE l.number = 2 AND l.published_at IS NOT NULL""",
    "offer": f"SELECT max(id) FROM offers WHERE state = 'sent' AND client_id = {OWN}",
    "dearer_price": "SELECT max(p.id) FROM prices p WHERE p.units = 1900 AND p.setup_units = 500",
    "service_price": f"""SELECT max(p.id) FROM services s JOIN prices p ON p.id = s.price_id
                          WHERE s.client_id = {OWN}""",
    "payment": f"SELECT max(id) FROM payments WHERE state = 'paid' AND client_id = {OWN}",
    "pending_payment": f"SELECT max(id) FROM payments WHERE state = 'pending' AND client_id = {OWN}",
    "expense": f"SELECT max(id) FROM expenses WHERE client_id = {OWN}",
    "product_type": "SELECT min(id) FROM product_types",
    "price_list": f"SELECT max(id) FROM price_lists WHERE {DRAFT}",
    "published_list": "SELECT max(id) FROM price_lists WHERE published_at IS NOT NULL",
    "plan": f"SELECT max(plan_id) FROM price_lists WHERE {DRAFT}",
    "product": f"SELECT max(n.product_id) FROM plans n JOIN price_lists l ON l.plan_id = n.id WHERE {DRAFT}",
    "list_price": f"SELECT max(p.id) FROM prices p JOIN price_lists l ON l.id = p.price_list_id WHERE {DRAFT}",
    "list_addon": f"""SELECT a.id FROM addon_offers o JOIN price_lists l ON l.id = o.price_list_id
                      JOIN addons a ON a.id = o.addon_id WHERE {DRAFT} ORDER BY a.kind <> 'quantity' LIMIT 1""",
    "payer": "SELECT min(id) FROM payers",
    "own_payer": f"SELECT max(id) FROM payers WHERE client_id = {OWN} AND NOT is_default",
    "personal_copy": f"SELECT max(id) FROM personal_exports WHERE client_id = {OWN}",
    "person": "SELECT max(person_id) FROM memberships WHERE is_owner",
    "project": "SELECT max(id) FROM projects",
    "first_project": "SELECT min(id) FROM projects WHERE is_default",
    "twin": """SELECT max(id) FROM projects
                WHERE NOT is_default AND currency = (SELECT currency FROM projects WHERE is_default)""",
    "role": "SELECT max(id) FROM roles",
    "segment": "SELECT min(id) FROM segments",
    "list_filter": "SELECT min(id) FROM list_filters WHERE list = 'users'",
    "task": "SELECT max(id) FROM tasks",
    "tax_rate": "SELECT max(id) FROM tax_rates",
    "terms": "SELECT max(number) FROM terms",
} | talk_places.NUMBERS

MAKERS = {
    name: getattr(made, {"import": "waiting_import", "terms": "terms_version"}.get(name, name), None)
    for name in NUMBERS
} | talk_places.MAKERS
MESSAGE = (
    b"From: no-reply@localhost\r\nTo: jean@client.example\r\nSubject: Bonjour\r\n\r\nBonjour Jean,\r\n\r\nNova\r\n"
)


def numbers(served: Served, code: str = "nova") -> dict[str, object]:
    """What the addresses of a provider's pages name. What it has none of is made."""
    for name, make in MAKERS.items():
        if make is not None and served.within(code, db.value, NUMBERS[name], by=None) is None:
            served.within(code, make)
    found = {name: served.within(code, db.value, sql, by=None) for name, sql in NUMBERS.items()}
    found |= {name: served.within(code, token) for name, token in TOKENS.items()}
    found["reseller"] = served.within("platform", db.value, "SELECT min(id) FROM resellers", by=None)
    return found | {"provider": code, "mail": caught_mail.keep(served.settings.home, MESSAGE).removesuffix(".eml")}


async def sign_up(by: Actor) -> str:
    """Somebody signed up, and was mailed a link."""
    token = sessions.new_token()
    await db.execute(
        """INSERT INTO sign_ups (token_hash, email, kind, contact_person, country, locale, asked_at, expires_at)
           VALUES ($1, 'nouveau@client.example', 'individual', 'Jean Petit', 'FR', 'fr', $2, $3)""",
        sessions.digest(token),
        clock.now(),
        clock.now() + timedelta(hours=1),
    )
    return token


async def invited(by: Actor) -> str:
    """Somebody was invited to the client whose portal is looked at."""
    token, email = sessions.new_token(), f"agence@{by.tenant.code}.example"
    invitation = await db.value("SELECT id FROM invitations WHERE email = $1", email)
    if invitation is None:
        new = NewInvitation(email=email, roles=("technical",))
        invitation = (await invitations.send(await db.value(f"SELECT {OWN}"), new, by=by))["id"]
    await db.execute("UPDATE invitations SET token_hash = $2 WHERE id = $1", invitation, sessions.digest(token))
    return token


async def link(by: Actor) -> str:
    """Somebody was mailed a link to choose a password."""
    return await links.create("password", await db.value(f"SELECT {OWN_OWNER}"), by=by)


TOKENS = {"sign_up": sign_up, "invited": invited, "link": link}
