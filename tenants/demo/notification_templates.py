"""Words of the demo's providers for what they send; and silence while its past is made up."""

from core import db, policies
from core.actor import Actor
from core.support import notification_templates
from core.support.notification_templates import Place, TemplateText

MADE_UP = ("credit_note.issued", "invoice.issued", "payment.received", "service.resumed", "service.suspended")
"""What happens by the hundred while years go by; nobody is told of that."""
TEXTS = {
    "en": TemplateText(
        subject="Your invoice {{ number }} from {{ provider }}",
        text=(
            "Dear {{ name }},\n\nthank you for hosting with us. Your invoice **{{ number }}** comes to "
            "**{{ amount }}**{% if due_on %} and is due on {{ due_on }}{% endif %}.\n\n<{{ link }}>\n\n"
            "Questions? Just answer this mail.\n\nThe team of {{ provider }}"
        ),
        short="Invoice {{ number }}: {{ amount }}",
    ),
    "fr": TemplateText(
        subject="Votre facture {{ number }} de {{ provider }}",
        text=(
            "Bonjour {{ name }},\n\nmerci de votre confiance. Votre facture **{{ number }}** s’élève à "
            "**{{ amount }}**{% if due_on %}, à régler avant le {{ due_on }}{% endif %}.\n\n<{{ link }}>\n\n"
            "Une question ? Répondez à ce message.\n\nL’équipe {{ provider }}"
        ),
        short="Facture {{ number }} : {{ amount }}",
    ),
}


async def hush() -> None:
    """Tell nobody what is made up from here on."""
    await db.execute("INSERT INTO notification_switches (kind, is_on) SELECT unnest($1::text[]), false", MADE_UP)


async def furnish(*, by: Actor) -> None:
    """From here on all is told; invoices in words of the provider's own, in two languages, and for one brand."""
    await db.execute("DELETE FROM notification_switches WHERE kind = ANY($1::text[])", MADE_UP)
    for language, text in TEXTS.items():
        await notification_templates.save("invoice.issued", Place(language=language), text, version=0, by=by)
    brand = await db.value("SELECT id FROM projects WHERE NOT is_default ORDER BY id LIMIT 1")
    if brand is not None and policies.has_feature(by.tenant, "projects"):
        place = Place(language="fr", project_id=brand)
        await notification_templates.save("invoice.issued", place, TEXTS["fr"], version=0, by=by)
