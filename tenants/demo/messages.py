"""Messages to clients of the demo: one that is written, one that waits for its hour, and one that goes to a few as
soon as a worker is there.
"""

from datetime import timedelta

from core import clock, db
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.support import mass_message_sending, mass_messages
from core.support.mass_messages import MessageValues, Words

WORKS = {
    "fr": Words(
        subject="Maintenance du réseau dimanche",
        text="Bonjour {{ client.contact }},\n\nnous travaillerons sur le réseau **dimanche de 2 h à 4 h**. "
        "Vos sites pourront être lents pendant quelques minutes.\n\nPardon pour la gêne,\n{{ staff.name }}",
    ),
    "en": Words(
        subject="Network maintenance on Sunday",
        text="Dear {{ client.contact }},\n\nwe will be working on our network **on Sunday from 2 to 4 a.m.** "
        "Your sites may be slow for some minutes.\n\nSorry for the inconvenience,\n{{ staff.name }}",
    ),
}
NEWS = {
    "fr": Words(
        subject="Nos nouveaux serveurs sont là",
        text="Bonjour {{ client.contact }},\n\nnos nouvelles machines sont **deux fois plus rapides**. "
        "Répondez à ce message pour y passer.",
    ),
    "en": Words(
        subject="Our new servers are here",
        text="Dear {{ client.contact }},\n\nour new machines are **twice as fast**. "
        "Answer this message to move there.",
    ),
}
MOVED = {
    "fr": Words(
        subject="Votre serveur a déménagé",
        text="Bonjour {{ client.contact }},\n\nvotre serveur est maintenant dans notre **nouvelle salle**. "
        "Rien à faire de votre côté.\n\nL’équipe technique",
    ),
    "en": Words(
        subject="Your server has moved",
        text="Dear {{ client.contact }},\n\nyour server is in our **new room** now. "
        "There is nothing to do for you.\n\nThe technical team",
    ),
}
LATER = timedelta(days=3)


async def furnish(*, by: Actor) -> None:
    """A message about works to everybody, in three days; one to the first clients now; and a draft with news for
    companies."""
    category = await db.value("SELECT min(id) FROM ticket_categories")
    everybody = Choice(filter=ClientFilter(status="active"))
    works = await mass_messages.create(MessageValues(category=category, texts=WORKS), everybody, by=by)
    await mass_message_sending.send(works, version=1, at=clock.now() + LATER, by=by)
    codes = await db.fetch("SELECT code FROM clients WHERE status = 'active' ORDER BY code LIMIT 5")
    first = Choice(codes=tuple(row["code"] for row in codes))
    moved = await mass_messages.create(MessageValues(category=category, texts=MOVED), first, by=by)
    await mass_message_sending.send(moved, version=1, by=by)
    news = MessageValues(category=category, texts=NEWS, is_news=True, only_matching=True)
    companies = Choice(filter=ClientFilter(kind="company", status="active"))
    if await db.value("SELECT EXISTS (SELECT FROM clients WHERE kind = 'company' AND status = 'active')"):
        await mass_messages.create(news, companies, by=by)
