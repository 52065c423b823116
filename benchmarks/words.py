"""What invented clients are made of: countries with their share, and the names people have there.

Family names are put together from a beginning and an end, so that there are many of them, common and rare ones.
"""

import msgspec


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


class Names(msgspec.Struct, frozen=True):
    """The names of one language area, the common ones first."""

    given: tuple[str, ...]
    beginnings: tuple[str, ...]
    ends: tuple[str, ...]


LATIN = Names(
    given=_listed(
        "Marie Jean Camille Louis Léa Hugo Chloé Jules Emma Lucas Inès Gabriel Zoé Arthur Manon Paul Sarah Tom"
        " Alice Théo Élodie Maxime Anaïs Antoine Clara Nicolas Margaux Émile Noémie Étienne François Céline"
        " Gaëlle Loïc Sébastien Aurélie Benoît Hélène Jérôme Maëlle Søren Zuzana Björn Małgorzata Joaquín Núria"
    ),
    beginnings=_listed(
        "Mar Du Ber Le Gau Mo Ro Fa Ger Bon Cha Che Per La Gui Ri Lam Ba Ga Vi Mau Bru Col Del Des Fo Gi Hu Jo Ler"
        " Mi No Pi Re Sal Tho Val Vas Wa Zel Bou Cor Dam Fer Gran Her Iz Ju Ka Lu Mül Nau Ott Pes Quin Rou Sch Tor"
        " Ur Ver Weis Yv Zim"
    ),
    ends=_listed(
        "tin pont nard roy thier reau bert bre ard net don son rin croix din chet mand ron teau et las ville nier"
        " court mont gard bois not ques sin vel lier champs fort get quet zel ker mann stein berg ler ner dorf sen"
        " ini elli etti ano ez os eira inho ski czyk ova ard ot eux in"
    ),
)
JAPANESE = Names(
    given=("太郎", "花子", "翔太", "美咲", "健", "陽子", "大輔", "さくら", "蓮", "結衣"),
    beginnings=("田", "山", "佐", "鈴", "高", "伊", "渡", "中", "小", "加", "吉", "松", "井", "木", "林"),
    ends=("中", "本", "藤", "木", "橋", "辺", "村", "林", "田", "上", "口", "川", "野"),
)
CHINESE = Names(
    given=("伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "洋", "艳"),
    beginnings=("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"),
    ends=("",),
)
GREEK = Names(
    given=("Γιώργος", "Μαρία", "Δημήτρης", "Ελένη", "Νίκος", "Κατερίνα", "Γιάννης", "Σοφία"),
    beginnings=("Παπα", "Νικολα", "Γεωργι", "Δημητρ", "Κωνσταντι", "Βασιλει", "Ιωάνν"),
    ends=("δόπουλος", "ίδης", "άκης", "άδης", "όπουλος", "ίου"),
)
CYRILLIC = Names(
    given=("Олександр", "Марія", "Іван", "Ольга", "Дмитро", "Наталія", "Андрій", "Тетяна", "Ганна", "Петро"),
    beginnings=("Шев", "Ковал", "Бонда", "Ткач", "Крав", "Олій", "Мель", "Поно", "Лис", "Сав"),
    ends=("ченко", "енко", "чук", "ник", "рчук", "юк", "ко"),
)
ARABIC = Names(
    given=("محمد", "فاطمة", "يوسف", "خديجة", "عمر", "زينب", "حمزة", "سلمى", "مريم", "علي"),
    beginnings=("بن", "ال", "أبو "),
    ends=("علوي", "إدريسي", "فاسي", "تازي", "بناني", "حسن", "سعيد", "منصور"),
)


class Country(msgspec.Struct, frozen=True):
    """Where clients live: the share of all that do, their language, and how they are called."""

    code: str
    share: float
    language: str
    names: Names = LATIN


COUNTRIES = (
    Country("FR", 0.40, "fr"),
    Country("DE", 0.14, "de"),
    Country("GB", 0.10, "en"),
    Country("US", 0.08, "en"),
    Country("ES", 0.06, "es"),
    Country("CH", 0.05, "fr"),
    Country("IT", 0.04, "it"),
    Country("CA", 0.03, "en"),
    Country("MA", 0.02, "ar", ARABIC),
    Country("JP", 0.02, "ja", JAPANESE),
    Country("GR", 0.015, "el", GREEK),
    Country("BE", 0.01, "fr"),
    Country("UA", 0.01, "uk", CYRILLIC),
    Country("CN", 0.01, "zh", CHINESE),
    Country("PL", 0.005, "pl"),
    Country("SE", 0.005, "sv"),
    Country("PT", 0.0035, "pt"),
    Country("LU", 0.001, "fr"),
    Country("SN", 0.0003, "wo"),
    Country("IS", 0.0001, "en"),
    Country("MC", 0.0001, "fr"),
)
"""The shares add up to 1."""

TRADES = _listed(
    "Atelier Studio Cabinet Agence Consulting Transports Media Boulangerie Librairie Domaine Systems Design"
    " Analytics Werkstatt Officina Bodegas"
)
LEGAL_FORMS = ("SARL", "SAS", "GmbH", "Ltd", "SA", "S.L.", "S.r.l.", "Inc.", "EURL", "AG")

ATTITUDES = (("Normal", 0.90), ("VIP", 0.05), ("Watch", 0.04), ("Do not serve", 0.01))
"""The share of each of the attitudes a provider begins with."""

PROJECTS = (("", 0.60), ("Pro", 0.25), ("Cloud", 0.10), ("Schools", 0.04), ("Labs", 0.01))
"""The first is the provider's own; the others are added under these names."""

GROUPS = (("Newsletter", 1 / 3), ("Partners", 1 / 60), ("VIP circle", 1 / 600), ("Beta testers", 1 / 6000))
"""Account groups with the share of the provider's clients that are members."""
