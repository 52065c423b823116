"""The words the demo's clients are made of: where they live, what they do, and what is noted about them."""

import msgspec


class Country(msgspec.Struct, frozen=True):
    """Where clients come from; `locale` is Faker's, "" where the names stand below."""

    code: str
    locale: str
    languages: tuple[str, ...]
    weight: int


COUNTRIES = (
    Country("FR", "fr_FR", ("fr",), 8),
    Country("BE", "fr_BE", ("fr", "nl"), 5),
    Country("CH", "fr_CH", ("fr", "de"), 4),
    Country("DE", "de_DE", ("de",), 6),
    Country("ES", "es_ES", ("es",), 4),
    Country("IT", "it_IT", ("it",), 4),
    Country("GB", "en_GB", ("en",), 6),
    Country("US", "en_US", ("en",), 6),
    Country("CA", "fr_CA", ("fr", "en"), 4),
    Country("JP", "ja_JP", ("ja",), 2),
    Country("PT", "pt_PT", ("pt",), 2),
    Country("PL", "pl_PL", ("pl",), 2),
    Country("MA", "", ("fr", "ar"), 3),
    Country("SN", "", ("fr",), 3),
)

GIVEN = {
    "MA": ("Youssef", "Fatima-Zahra", "Mehdi", "Salma", "Hamza", "Khadija", "Omar", "Imane", "Anass", "Zineb"),
    "SN": ("Mamadou", "Awa", "Cheikh", "Fatou", "Ousmane", "Aminata", "Ibrahima", "Mariama", "Moussa", "Ndèye"),
}
SURNAMES = {
    "MA": ("El Amrani", "Benjelloun", "Alaoui", "Bennani", "Tazi", "El Idrissi", "Chraïbi", "Berrada", "Lahlou"),
    "SN": ("Diop", "Ndiaye", "Fall", "Sow", "Faye", "Gueye", "Sarr", "Diallo", "Mbaye", "Cissé"),
}

TRADES = {
    "fr": (
        "Atelier",
        "Boulangerie",
        "Cabinet",
        "Studio",
        "Librairie",
        "Menuiserie",
        "Agence",
        "Domaine",
        "Transports",
    ),
    "de": ("Webdesign", "Maschinenbau", "Buchhandlung", "Elektrotechnik", "Architekten", "Verlag", "Weingut"),
    "es": ("Taller", "Bodegas", "Estudio", "Librería", "Consultoría", "Talleres"),
    "it": ("Studio", "Officina", "Libreria", "Cantina", "Pasticceria", "Agenzia"),
    "en": ("Consulting", "Analytics", "Books", "Outdoor", "Robotics", "Media", "Bakery", "Legal", "Architects"),
    "ja": ("Design", "Systems", "Trading", "Works", "Studio"),
    "pt": ("Oficina", "Consultoria", "Livraria", "Estúdio"),
    "pl": ("Studio", "Drukarnia", "Meble", "Transport"),
}

LEGAL_FORMS = {
    "FR": ("SARL", "SAS", "EURL", "SA"),
    "BE": ("SRL", "SA"),
    "CH": ("Sàrl", "SA", "GmbH"),
    "DE": ("GmbH", "AG", "UG", "KG"),
    "ES": ("S.L.", "S.A."),
    "IT": ("S.r.l.", "S.p.A."),
    "GB": ("Ltd", "LLP"),
    "US": ("LLC", "Inc."),
    "CA": ("Inc.", "Ltée"),
    "JP": ("KK", "GK"),
    "PT": ("Lda", "SA"),
    "PL": ("sp. z o.o.", "S.A."),
    "MA": ("SARL", "SA"),
    "SN": ("SARL", "SUARL"),
}

NOTES = {
    "fr": (
        "Préfère être appelé l'après-midi.",
        "Demande toujours la facture au format papier.",
        "Migration depuis un autre hébergeur terminée en mars.",
        "Contact technique : l'agence qui gère le site.",
        "A demandé un devis pour un serveur dédié.",
        "Paie à 45 jours, accord de la direction.",
        "Deux boutiques en ligne, pics de trafic en décembre.",
        "Ne pas envoyer de SMS la nuit.",
    ),
    "en": (
        "Prefers to be called in the afternoon.",
        "Always asks for a purchase order number on documents.",
        "Moved over from another host in March.",
        "Technical contact is the agency that runs the site.",
        "Asked for a quote for a dedicated server.",
        "Pays at 45 days, agreed by the management.",
        "Two shops, with peaks of traffic in December.",
        "Please no text messages at night.",
    ),
}
