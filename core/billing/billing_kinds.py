"""What billing tells clients: documents, money that came, services that stop and go on, balances that run out."""

from typing import Any

from core.i18n import N_
from core.notification_kinds import Kind, declare

AMOUNT: dict[str, Any] = {"_units": 4380, "_currency": "EUR"}
NAME = N_("Name of who reads it")
NUMBER = N_("Number of the document")
LINK = N_("The address where the client sees it")

INVOICE_ISSUED = declare(
    Kind(
        key="invoice.issued",
        title=N_("Invoice issued"),
        description=N_("To the payer, else to the client, for each invoice."),
        group="billing",
        channels=("mail", "panel"),
        variables={
            "name": NAME,
            "number": NUMBER,
            "amount": N_("What it comes to, tax included"),
            "due_on": N_("The day it is due"),
            "corrects": N_("Number of the invoice that it corrects"),
            "link": LINK,
        },
        samples={
            "name": "Zoé Dupont",
            "number": "F-2026-0042",
            "amount": AMOUNT,
            "due_on": {"_day": "2026-12-14"},
            "corrects": "",
            "link": "https://nova.example/invoices/42",
        },
        subject=N_("Invoice {{ number }} of {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nyour invoice {{ number }} of {{ amount }} is there"
            "{% if due_on %}, to be paid until {{ due_on }}{% endif %}:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("Invoice {{ number }}: {{ amount }}"),
    )
)
CREDIT_NOTE_ISSUED = declare(
    Kind(
        key="credit_note.issued",
        title=N_("Credit note issued"),
        group="billing",
        channels=("mail", "panel"),
        variables=INVOICE_ISSUED.variables,
        samples=INVOICE_ISSUED.samples | {"number": "A-2026-0003", "corrects": "F-2026-0042", "due_on": ""},
        subject=N_("Credit note {{ number }} of {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nwe have credited {{ amount }} of the invoice {{ corrects }}. The credit note "
            "{{ number }} is here:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("Credit note {{ number }}: {{ amount }}"),
    )
)
PAYMENT_RECEIVED = declare(
    Kind(
        key="payment.received",
        title=N_("Payment received"),
        group="billing",
        channels=("mail", "panel"),
        variables={"name": NAME, "amount": N_("What came in"), "day": N_("The day it came"), "link": LINK},
        samples={
            "name": "Zoé Dupont",
            "amount": AMOUNT,
            "day": {"_day": "2026-11-29"},
            "link": "https://nova.example/balance",
        },
        subject=N_("We have received {{ amount }}"),
        text=N_(
            "Hello {{ name }},\n\nthank you: {{ amount }} came in on {{ day }}. You see your account here:\n\n"
            "<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("{{ amount }} received"),
    )
)
SERVICE_VARIABLES = {
    "name": NAME,
    "service": N_("What the service is called"),
    "reason": N_("Why, as it was written down"),
    "link": LINK,
}
SERVICE_SAMPLES = {
    "name": "Zoé Dupont",
    "service": "Web M · dupont.example",
    "reason": "",
    "link": "https://nova.example/services/7",
}
SERVICE_SUSPENDED = declare(
    Kind(
        key="service.suspended",
        title=N_("Service suspended"),
        group="services",
        channels=("mail", "panel"),
        variables=SERVICE_VARIABLES,
        samples=SERVICE_SAMPLES,
        subject=N_("{{ service }} is suspended"),
        text=N_(
            "Hello {{ name }},\n\nyour service {{ service }} is suspended. You see what is open, and how to pay, "
            "here:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("{{ service }} is suspended"),
    )
)
SERVICE_RESUMED = declare(
    Kind(
        key="service.resumed",
        title=N_("Service goes on"),
        group="services",
        channels=("mail", "panel"),
        variables=SERVICE_VARIABLES,
        samples=SERVICE_SAMPLES,
        subject=N_("{{ service }} is there again"),
        text=N_(
            "Hello {{ name }},\n\nyour service {{ service }} is there again:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("{{ service }} is there again"),
    )
)
PRICE_CHANGES = declare(
    Kind(
        key="service.price_changes",
        title=N_("Price of a service changes"),
        description=N_("When services are moved to another price list: once for each, ahead of the day."),
        group="services",
        channels=("mail", "panel"),
        variables={
            "name": NAME,
            "service": N_("What the service is called"),
            "old": N_("What a period costs now, less discounts"),
            "new": N_("What it costs then, less discounts"),
            "day": N_("The day from which the new price holds"),
            "link": LINK,
        },
        samples={
            "name": "Zoé Dupont",
            "service": "Web M · dupont.example",
            "old": {"_units": 990, "_currency": "EUR"},
            "new": {"_units": 1190, "_currency": "EUR"},
            "day": {"_day": "2027-01-01"},
            "link": "https://nova.example/services/7",
        },
        subject=N_("The price of {{ service }} changes on {{ day }}"),
        text=N_(
            "Hello {{ name }},\n\nfrom {{ day }} on your service {{ service }} costs {{ new }} a period by our "
            "price list, instead of {{ old }}. You see it here:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("{{ service }}: {{ new }} instead of {{ old }} from {{ day }} on"),
    )
)
LOW_BALANCE = declare(
    Kind(
        key="account.low_balance",
        title=N_("Balance runs out"),
        description=N_("Once a fortnight, when what comes in the next week is more than the account holds."),
        group="billing",
        channels=("mail", "panel"),
        variables={
            "name": NAME,
            "balance": N_("What the account holds"),
            "day": N_("The day on which it runs out"),
            "link": LINK,
        },
        samples={
            "name": "Zoé Dupont",
            "balance": AMOUNT,
            "day": {"_day": "2026-12-04"},
            "link": "https://nova.example/balance",
        },
        subject=N_("Your balance at {{ provider }} runs out on {{ day }}"),
        text=N_(
            "Hello {{ name }},\n\nyour account holds {{ balance }}, which lasts until {{ day }}. So that your "
            "services go on, please top it up in time:\n\n<{{ link }}>\n\n{{ provider }}"
        ),
        short=N_("Your balance runs out on {{ day }}"),
    )
)
