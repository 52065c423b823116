"""The pages of conversations: tickets, their settings, notifications, webhooks, fraud checks. See places.py."""

from core import clock, db
from core.actor import Actor
from core.support import response_templates, ticket_messages, ticket_opening, webhook_endpoints, webhook_outbox
from core.support.response_templates import TemplateValues
from core.support.ticket_messages import Reply
from core.support.ticket_opening import NewTicket
from core.support.webhook_endpoints import EndpointValues
from tests.e2e.made import OWN
from tests.e2e.place import Place

NUMBERS = {
    "ticket": f"SELECT max(id) FROM tickets WHERE client_id = {OWN} AND subject = 'Hébergement en panne'",
    "department": "SELECT min(id) FROM departments",
    "ticket_category": "SELECT min(id) FROM ticket_categories",
    "ticket_status": "SELECT min(id) FROM ticket_statuses",
    "response_template": "SELECT min(id) FROM response_templates",
    "delivery": "SELECT max(id) FROM deliveries WHERE state = 'dead'",
    "webhook": "SELECT max(id) FROM webhook_endpoints",
    "webhook_delivery": "SELECT max(id) FROM webhook_deliveries",
    "fraud_check": "SELECT max(id) FROM fraud_checks",
}
STAFF = (
    Place("tickets", "/staff/tickets"),
    Place("tickets-nothing", "/staff/tickets?name=nobodyhere"),
    Place("ticket", "/staff/tickets/{ticket}"),
    Place("ticket-merge", "/staff/tickets/{ticket}/merge"),
    Place("ticket-split", "/staff/tickets/{ticket}/split"),
    Place("client-tickets", "/staff/clients/{mine}/tickets"),
    Place("client-ticket-new", "/staff/clients/{mine}/tickets/new"),
    Place("client-notifications", "/staff/clients/{mine}/notifications"),
    Place("departments", "/staff/departments"),
    Place("department-edit", "/staff/departments/{department}/edit"),
    Place("ticket-categories", "/staff/ticket-categories"),
    Place("ticket-category-edit", "/staff/ticket-categories/{ticket_category}/edit"),
    Place("ticket-statuses", "/staff/ticket-statuses"),
    Place("ticket-status-edit", "/staff/ticket-statuses/{ticket_status}/edit"),
    Place("response-templates", "/staff/response-templates"),
    Place("response-template-edit", "/staff/response-templates/{response_template}/edit"),
    Place("notification-templates", "/staff/notification-templates"),
    Place("notification-templates-missing", "/staff/notification-templates/missing"),
    Place("notification-template", "/staff/notification-templates/invoice.issued"),
    Place("notifications", "/staff/notifications"),
    Place("notification", "/staff/notifications/{delivery}"),
    Place("incoming-mail", "/staff/incoming-mail"),
    Place("incoming-mail-settings", "/staff/settings/incoming-mail"),
    Place("attachment-settings", "/staff/settings/attachments"),
    Place("webhooks", "/staff/webhooks"),
    Place("webhook-new", "/staff/webhooks/new"),
    Place("webhook", "/staff/webhooks/{webhook}"),
    Place("webhook-delivery", "/staff/webhook-deliveries/{webhook_delivery}"),
    Place("fraud-checks", "/staff/fraud-checks"),
    Place("fraud-check", "/staff/fraud-checks/{fraud_check}"),
    Place("fraud-settings", "/staff/settings/fraud"),
)
PORTAL = (
    Place("portal-tickets", "/tickets", who="user"),
    Place("portal-ticket", "/tickets/{ticket}", who="user"),
    Place("portal-ticket-new", "/tickets/new", who="user"),
)


async def ticket(by: Actor) -> None:
    """One with an answer and a note of staff."""
    client_id = await db.value(f"SELECT {OWN}")
    new = NewTicket(subject="Hébergement en panne", text="Bonjour, mon site est **lent** depuis lundi.")
    opened = await ticket_opening.open_ticket(client_id, new, by=by)
    await ticket_messages.reply(opened["id"], Reply(text="Nous regardons."), by=by)
    await ticket_messages.note(opened["id"], "Voir le journal du serveur.", by=by)


async def response_template(by: Actor) -> None:
    body = "Bonjour {{ client.name }}, merci pour votre message."
    await response_templates.create(
        TemplateValues(name="Accueil", audience="all", bodies={"fr": body, "en": body}), by=by
    )


async def delivery(by: Actor) -> None:
    """A mail that its client never got."""
    await db.execute(
        f"""WITH n AS (INSERT INTO notifications (kind, client_id, state, created_at)
                       SELECT 'invoice.issued', {OWN}, 'handed_out', now() RETURNING id, client_id)
            INSERT INTO deliveries (notification_id, client_id, kind, channel, medium, address, subject, text,
                state, reason, created_at, ended_at)
            SELECT id, client_id, 'invoice.issued', 'mail', 'mail', 'jean@client.example', 'Facture', 'Bonjour',
                   'dead', 'refused', now(), now() FROM n"""
    )


async def webhook(by: Actor) -> None:
    values = EndpointValues(url="https://crochet.example/comptoir", description="Comptabilité")
    await webhook_endpoints.create(values, by=by)


async def webhook_delivery(by: Actor) -> None:
    """A test that was given up."""
    endpoint_id = await db.value(NUMBERS["webhook"])
    await webhook_outbox.write_test(endpoint_id)
    await webhook_outbox._spread_some(clock.now())
    await db.execute("UPDATE webhook_deliveries SET state = 'dead', next_at = NULL, ended_at = now()")


async def fraud_check(by: Actor) -> None:
    """An order that waits."""
    await db.execute(
        f"""INSERT INTO fraud_checks (kind, source, verdict, state, client_id, project_id, name, email, seen,
                answers, created_at)
            SELECT 'order', 'staff', 'review', 'waiting', c.id, c.project_id, c.name, c.email,
                jsonb_build_object('client', jsonb_build_object('name', c.name)),
                '[{{"plugin": "usual-signs", "verdict": "review", "reasons": [{{"text": "Numéro étranger"}}]}}]',
                now()
              FROM clients c WHERE c.id = {OWN}"""
    )


MAKERS = {
    made.__name__: made for made in (ticket, response_template, delivery, webhook, webhook_delivery, fraud_check)
}
