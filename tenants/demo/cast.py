"""Who appears in the demo: three providers, their staff, the reseller above two of them, and the operator."""

import msgspec

PASSWORD = "quiet-harbour-42"  # noqa: S105 (shown to everybody who starts the demo)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a staff; `project` is the position of the only project he sees."""

    login: str
    name: str
    role: str
    project: int | None = None


class DemoProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider. Its first project is the default one, and the first of its members owns it.

    `accents` are the colours of the brands, in the order of the projects.
    """

    code: str
    name: str
    edition: str
    country: str
    locale: str
    timezone: str
    color: str
    clients: int
    projects: tuple[tuple[str, str, str], ...]
    accents: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    members: tuple[Member, ...]
    is_resold: bool = False
    is_sandbox: bool = False
    signs_up: bool = False
    """Whether clients sign up by themselves."""
    has_fields: bool = False
    """Whether it has fields of its own, notes and files."""
    seed: int

    def email(self, member: Member) -> str:
        """What he signs in with."""
        return f"{member.login}@{self.code}.example"


PROVIDERS = (
    DemoProvider(
        code="nova",
        name="Nova Hébergement",
        edition="corporate",
        country="FR",
        locale="fr",
        timezone="Europe/Paris",
        color="indigo",
        clients=320,
        signs_up=True,
        has_fields=True,
        seed=1,
        projects=(
            ("Nova Hébergement", "https://nova.example", "EUR"),
            ("Nova Pro", "https://pro.nova.example", "EUR"),
            ("Nova Suisse", "https://ch.nova.example", "CHF"),
        ),
        accents=("", "#0f766e", "#b3261e"),
        groups=(
            ("Agences web", "Revendent à leurs propres clients."),
            ("Associations", "Tarif solidaire, sur justificatif."),
            ("Boutiques en ligne", "À prévenir avant toute maintenance."),
            ("Grands comptes", "Un interlocuteur dédié."),
            ("Migration 2026", "Viennent d'un autre hébergeur."),
            ("Serveurs dédiés", "Ont au moins une machine entière."),
        ),
        members=(
            Member(login="owner", name="Camille Durand", role="owner"),
            Member(login="manager", name="Julien Moreau", role="manager"),
            Member(login="support", name="Inès Lambert", role="support"),
            Member(login="pro", name="Hugo Petitjean", role="support", project=1),
            Member(login="accountant", name="Sophie Girard", role="accountant"),
            Member(login="auditor", name="Marc Lefèvre", role="auditor"),
        ),
    ),
    DemoProvider(
        code="acme",
        name="Acme Hosting",
        edition="advanced",
        country="GB",
        locale="en",
        timezone="Europe/London",
        color="orange",
        clients=180,
        seed=2,
        is_resold=True,
        projects=(("Acme Hosting", "https://acme.example", "GBP"),),
        groups=(
            ("Agencies", "Sell on to clients of their own."),
            ("Charities", "Reduced price, on proof."),
            ("Online shops", "To be told before any maintenance."),
            ("Early adopters", "Willing to try what is new."),
        ),
        members=(
            Member(login="owner", name="Grace Whitfield", role="owner"),
            Member(login="manager", name="Tom Ashworth", role="manager"),
            Member(login="support", name="Priya Nair", role="support"),
            Member(login="accountant", name="Daniel Okoro", role="accountant"),
            Member(login="auditor", name="Ruth Bellamy", role="auditor"),
        ),
    ),
    DemoProvider(
        code="petit",
        name="Petit Hébergeur",
        edition="standard",
        country="BE",
        locale="fr",
        timezone="Europe/Brussels",
        color="teal",
        clients=120,
        seed=3,
        is_resold=True,
        is_sandbox=True,
        projects=(("Petit Hébergeur", "https://petit.example", "EUR"),),
        members=(
            Member(login="owner", name="Louise Peeters", role="owner"),
            Member(login="support", name="Maxime Dubois", role="support"),
            Member(login="accountant", name="Nathalie Claes", role="accountant"),
            Member(login="auditor", name="Koen Vermeulen", role="auditor"),
        ),
    ),
)

OPERATOR = ("Alex Martin", "operator@comptoir.example")
RESELLER = "Horizon"
RESELLER_PERSON = ("Nadia Roussel", "horizon@comptoir.example")
RESELLER_EDITIONS = ("standard", "advanced")
RESELLER_FEATURES = ("projects",)
