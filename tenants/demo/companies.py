"""The companies of the demo's providers: who sells, with numbers that could be real and are nobody's."""

from core.accounts import bank_accounts, companies, project_companies
from core.accounts.bank_accounts import AccountValues
from core.accounts.companies import CompanyChanges, NewCompany
from core.accounts.project_companies import Chosen
from core.actor import Actor

FIRST: dict[str, dict[str, str]] = {
    "nova": {
        "country": "FR",
        "name": "Nova Hébergement SAS",
        "legal_form": "SAS au capital de 50 000 €",
        "registration_number": "732 829 320 00074",
        "vat_number": "FR 44 732 829 320",
        "street": "12 quai de la Fosse",
        "postcode": "44000",
        "city": "Nantes",
        "email": "contact@nova.example",
        "phone": "+33 2 40 12 34 56",
        "series": "NH",
        "invoice_pattern": "F-{year}-{number:5}",
        "credit_note_pattern": "AV-{year}-{number:5}",
        "contract_pattern": "{series}-C{year}-{number:4}",
    },
    "acme": {
        "country": "GB",
        "name": "Acme Hosting Ltd",
        "legal_form": "Private limited company",
        "registration_number": "01234567",
        "street": "4 Canal Street",
        "postcode": "M1 3HE",
        "city": "Manchester",
        "email": "hello@acme.example",
    },
}
SECOND = NewCompany(
    country="CH",
    name="Nova Suisse Sàrl",
    legal_form="Sàrl au capital de 20 000 CHF",
    registration_number="CHE-107.787.577",
    street="3 rue du Rhône",
    postcode="1204",
    city="Genève",
    email="contact@ch.nova.example",
    series="CH",
    invoice_pattern="{series}-{year}-{number:5}",
    credit_note_pattern="{series}-AV-{year}-{number:5}",
    contract_pattern="{series}-C{year}-{number:4}",
)
IBANS = {"nova": "FR7630006000011234567890189", "acme": "GB29NWBK60161331926819"}
SWISS_IBAN, SWISS_PROJECT = "CH9300762011623852957", 2


async def furnish(code: str, project_ids: list[int], *, by: Actor) -> None:
    """Complete the company of a provider; Nova has a second one, which sells in Switzerland."""
    if code not in FIRST:
        return
    first = await companies.default()
    await companies.update(first["id"], CompanyChanges(**FIRST[code]), version=first["version"], by=by)
    await bank_accounts.add(first["id"], AccountValues(iban=IBANS[code]), by=by)
    if code == "nova":
        swiss = (await companies.create(SECOND, by=by))["id"]
        await bank_accounts.add(swiss, AccountValues(iban=SWISS_IBAN), by=by)
        await project_companies.choose(project_ids[SWISS_PROJECT], Chosen(companies=(swiss, first["id"])), by=by)
