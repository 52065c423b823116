"""The response templates of the demo, for all of a provider's team."""

from core.actor import Actor
from core.support import response_templates
from core.support.response_templates import TemplateValues
from tenants.demo.cast import DemoProvider

FOR_INVOICE_FR = "{% if invoice.number %} pour la facture **{{ invoice.number }}**{% endif %}"
FOR_INVOICE = "{% if invoice.number %} for invoice **{{ invoice.number }}**{% endif %}"
TEMPLATES: tuple[tuple[dict[str, str], dict[str, str], dict[str, str]], ...] = (
    (
        {"fr": "Paiement reçu", "en": "Payment received"},
        {"fr": "Votre paiement", "en": "Your payment"},
        {
            "fr": "Bonjour {{ client.contact }},\n\n"
            f"nous avons bien reçu votre paiement{FOR_INVOICE_FR}. Merci !\n\n{{{{ staff.name }}}}",
            "en": "Hello {{ client.contact }},\n\n"
            f"we have received your payment{FOR_INVOICE}. Thank you!\n\n{{{{ staff.name }}}}",
        },
    ),
    (
        {"fr": "Transfert de nom de domaine", "en": "Domain transfer"},
        {},
        {
            "fr": "Bonjour {{ client.contact }},\n\npour transférer le domaine, il nous faut :\n\n"
            "- le code de transfert,\n- le domaine déverrouillé là où il est.\n\n{{ staff.name }}",
            "en": "Hello {{ client.contact }},\n\nto move the domain name we need:\n\n"
            "- its transfer code,\n- the domain name unlocked where it is now.\n\n{{ staff.name }}",
        },
    ),
)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Add them, named in the provider's language."""
    for names, subjects, bodies in TEMPLATES:
        name = names.get(provider.locale, names["en"])
        new = TemplateValues(name=name, audience="all", subjects=subjects, bodies=bodies)
        await response_templates.create(new, by=by)
