"""What the demo shows to users of clients: somebody who can sign in, open sign-up, and terms they agreed to.

Where sign-up is open, users also do with their services what can be done.
"""

from core import clock, db, policies
from core.accounts import passwords, payers, portal_settings, sign_up_settings
from core.accounts.portal_settings import PortalChanges
from core.accounts.sign_up_settings import SignUpChanges
from core.actor import Actor
from tenants.demo import users
from tenants.demo.cast import PASSWORD, DemoProvider

USER = "user"
"""The user's address begins so, at the provider's own domain."""

COMPANY = {
    "kind": "company",
    "country": "FR",
    "registration_number": "73282932000074",
    "vat_number": "FR44732829320",
    "street": "12 rue des Lilas",
    "postcode": "69003",
    "city": "Lyon",
}
PERSON = {
    "kind": "individual",
    "country": "BE",
    "name": "Lucie Peeters",
    "street": "Rue Neuve 7",
    "postcode": "1000",
    "city": "Bruxelles",
    "email": "lucie.peeters@mail.example",
    "language": "fr",
}

TERMS = (
    "1. We host what you entrust to us and keep it running as well as we can.\n"
    "2. You pay what you ordered by the date on the invoice.\n"
    "3. You put nothing on our machines that the law forbids.\n"
    "4. Either of us may end this at the end of a paid period.\n",
    "1. Nous hébergeons ce que vous nous confiez et le maintenons en service de notre mieux.\n"
    "2. Vous payez ce que vous avez commandé à la date indiquée sur la facture.\n"
    "3. Vous ne déposez sur nos machines rien que la loi interdise.\n"
    "4. Chacun de nous peut mettre fin au contrat au terme d’une période payée.\n",
)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Let the owner of one client sign in; open sign-up with its terms where clients sign up by themselves."""
    hashed = await passwords.hashed(PASSWORD)
    client_id = await db.value(
        "SELECT id FROM clients WHERE status = 'active' ORDER BY code DESC LIMIT 1",
    )
    await db.execute(
        """UPDATE people SET email = $1, password_hash = $2, password_changed_at = $3, locale = $4 WHERE id = (
               SELECT person_id FROM memberships WHERE client_id = $5 AND is_owner)""",
        email(provider),
        hashed,
        clock.now(),
        provider.locale,
        client_id,
    )
    await users.furnish(provider, client_id, hashed, by=by)
    await _give_payers(client_id, by=by)
    if provider.signs_up:
        await _open(by=by)


async def _give_payers(client_id: int, *, by: Actor) -> None:
    """A payer that documents can name; and another one, where a client has several."""
    await payers.update_default(client_id, payers.PayerChanges(**COMPANY), version=1, by=by)
    if policies.has_feature(by.tenant, payers.FEATURE):
        await payers.create(client_id, payers.NewPayer(**PERSON), by=by)


def email(provider: DemoProvider) -> str:
    """What the user signs in with."""
    return f"{USER}@{provider.code}.example"


async def _open(*, by: Actor) -> None:
    await sign_up_settings.update(SignUpChanges(is_open=True), version=1, by=by)
    everything = PortalChanges(may_renew=True, may_change=True, may_cancel=True)
    await portal_settings.update(everything, version=1, by=by)
    english, french = TERMS
    await db.execute(
        """INSERT INTO terms (number, text_en, text_fr, published_at, published_by)
           SELECT 1, $1, $2, min(registered_at) - interval '1 day', $3 FROM clients""",
        english,
        french,
        by.name,
    )
    await db.execute(
        """INSERT INTO consents (client_id, person_id, number, agreed_at, address)
           SELECT c.id, m.person_id, 1, c.registered_at, c.registered_address
             FROM clients c JOIN memberships m ON m.client_id = c.id AND m.is_owner"""
    )
