"""What dunning writes: that something will be due, and reminders in three tones, of which a step may choose."""

from core.i18n import N_
from core.notification_kinds import Kind, declare

VARIABLES = {
    "name": N_("Name of who reads it"),
    "amount": N_("What is owed, or overdue, in all"),
    "lines": N_("What is owed: line.day, line.text, line.amount"),
    "more": N_("How many more lines there are"),
    "about": N_("Name of the client, when its payer reads it"),
    "place": N_("The address where the client sees it all"),
    "next": N_("What comes if nothing is paid: fee, suspend, end, or nothing"),
    "next_day": N_("The day on which that comes"),
}
SAMPLES = {
    "name": "Zoé Dupont",
    "amount": {"_units": 4380, "_currency": "EUR"},
    "lines": [
        {"day": {"_day": "2026-11-02"}, "text": "F-2026-0042", "amount": {"_units": 4380, "_currency": "EUR"}}
    ],
    "more": 0,
    "about": "",
    "place": "https://nova.example/balance",
    "next": "suspend",
    "next_day": {"_day": "2026-12-14"},
}


def _kind(key: str, *, title: str, subject: str, text: str) -> Kind:
    return declare(
        Kind(
            key=key,
            title=title,
            group="dunning",
            variables=VARIABLES,
            samples=SAMPLES,
            channels=("mail", "panel"),
            subject=subject,
            text=text,
        )
    )


DUE_SOON = _kind(
    "dunning.due_soon",
    title=N_("Something will be due soon"),
    subject=N_("{{ amount }} are soon to be paid to {{ provider }}"),
    text=N_(
        "Hello {{ name }},\n\n{{ amount }} will be due soon:\n\n"
        "{% for line in lines %}- {{ line.day }}: {{ line.text }}, {{ line.amount }}\n{% endfor %}"
        "{% if more %}- and {{ more }} more\n{% endif %}\n"
        "{% if about %}It is about services of {{ about }}.{% else %}You see it all, and how to pay, here:\n"
        "<{{ place }}>{% endif %}\n\n"
        "{% if next == 'fee' %}If nothing is paid, a fee is added on {{ next_day }}.{% endif %}"
        "{% if next == 'suspend' %}If nothing is paid, {% if about %}the services of {{ about }} are"
        "{% else %}your services are{% endif %} suspended on {{ next_day }}.{% endif %}"
        "{% if next == 'end' %}If nothing is paid, {% if about %}the services of {{ about }} end"
        "{% else %}your services end{% endif %} on {{ next_day }}.{% endif %}\n\n"
        "If you have paid meanwhile, there is nothing to do.\n\n{{ provider }}"
    ),
)
REMINDER = _kind(
    "dunning.reminder",
    title=N_("Reminder"),
    subject=N_("Reminder: {{ amount }} to be paid to {{ provider }}"),
    text=N_(
        "Hello {{ name }},\n\n{{ amount }} of what we charged you has not been paid in time:\n\n"
        "{% for line in lines %}- {{ line.day }}: {{ line.text }}, {{ line.amount }}\n{% endfor %}"
        "{% if more %}- and {{ more }} more\n{% endif %}\n"
        "{% if about %}It is about services of {{ about }}.{% else %}You see it all, and how to pay, here:\n"
        "<{{ place }}>{% endif %}\n\n"
        "{% if next == 'fee' %}If nothing is paid, a fee is added on {{ next_day }}.{% endif %}"
        "{% if next == 'suspend' %}If nothing is paid, {% if about %}the services of {{ about }} are"
        "{% else %}your services are{% endif %} suspended on {{ next_day }}.{% endif %}"
        "{% if next == 'end' %}If nothing is paid, {% if about %}the services of {{ about }} end"
        "{% else %}your services end{% endif %} on {{ next_day }}.{% endif %}\n\n"
        "If you have paid meanwhile, there is nothing to do.\n\n{{ provider }}"
    ),
)
SECOND = _kind(
    "dunning.second",
    title=N_("Second reminder"),
    subject=N_("Second reminder: {{ amount }} to be paid to {{ provider }}"),
    text=N_(
        "Hello {{ name }},\n\nwe have reminded you before: {{ amount }} of what we charged you has still not "
        "been paid:\n\n"
        "{% for line in lines %}- {{ line.day }}: {{ line.text }}, {{ line.amount }}\n{% endfor %}"
        "{% if more %}- and {{ more }} more\n{% endif %}\n"
        "{% if about %}It is about services of {{ about }}.{% else %}You see it all, and how to pay, here:\n"
        "<{{ place }}>{% endif %}\n\n"
        "{% if next == 'fee' %}If nothing is paid, a fee is added on {{ next_day }}.{% endif %}"
        "{% if next == 'suspend' %}If nothing is paid, {% if about %}the services of {{ about }} are"
        "{% else %}your services are{% endif %} suspended on {{ next_day }}.{% endif %}"
        "{% if next == 'end' %}If nothing is paid, {% if about %}the services of {{ about }} end"
        "{% else %}your services end{% endif %} on {{ next_day }}.{% endif %}\n\n"
        "If you have paid meanwhile, there is nothing to do.\n\n{{ provider }}"
    ),
)
LAST = _kind(
    "dunning.last",
    title=N_("Last reminder"),
    subject=N_("Last reminder: {{ amount }} to be paid to {{ provider }}"),
    text=N_(
        "Hello {{ name }},\n\nthis is our last reminder: {{ amount }} of what we charged you has not been "
        "paid:\n\n"
        "{% for line in lines %}- {{ line.day }}: {{ line.text }}, {{ line.amount }}\n{% endfor %}"
        "{% if more %}- and {{ more }} more\n{% endif %}\n"
        "{% if about %}It is about services of {{ about }}.{% else %}You see it all, and how to pay, here:\n"
        "<{{ place }}>{% endif %}\n\n"
        "{% if next == 'fee' %}If nothing is paid, a fee is added on {{ next_day }}.{% endif %}"
        "{% if next == 'suspend' %}If nothing is paid, {% if about %}the services of {{ about }} are"
        "{% else %}your services are{% endif %} suspended on {{ next_day }}.{% endif %}"
        "{% if next == 'end' %}If nothing is paid, {% if about %}the services of {{ about }} end"
        "{% else %}your services end{% endif %} on {{ next_day }}.{% endif %}\n\n"
        "If you have paid meanwhile, there is nothing to do.\n\n{{ provider }}"
    ),
)

LETTERS = {"reminder": REMINDER, "second": SECOND, "last": LAST}
"""What a step may choose; one that chooses nothing sends the reminder, and before the day it is due, DUE_SOON."""
