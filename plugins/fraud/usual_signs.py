"""The usual signs of fraud, told without asking anybody outside.

Disposable mail addresses, a telephone or a VAT number of another country than was said, and many registrations
within an hour from one address, one network or one mail domain. Each sign counts as the provider decides.
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
import phonenumbers
from disposable_email_domains import blocklist

from plugins import api
from plugins.api import N_, Context, Opinion, Order, Plugin, Reason, Registration, hookimpl, setting

Counts = Literal["pass", "review", "fail"]
ORDER: tuple[Counts, ...] = ("pass", "review", "fail")
HINT = N_("pass: it does not count; review: somebody looks at it; fail: it is refused.")
HOUR = timedelta(hours=1)
MOST_READ = 1000
SHARED = frozenset(
    {
        "aol.com", "free.fr", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hotmail.fr",
        "icloud.com", "laposte.net", "live.com", "mail.com", "me.com", "msn.com", "orange.fr", "outlook.com",
        "outlook.fr", "proton.me", "protonmail.com", "sfr.fr", "t-online.de", "wanadoo.fr", "web.de", "yahoo.com",
        "yahoo.fr",
    }
)  # fmt: skip
"""Mail domains that everybody may have an address at: how many register with one of them says nothing."""
VAT_OF = {"EL": "GR", "XI": "GB"}
"""Beginnings of VAT numbers that are not the country's code."""
ASKED = """SELECT address, email FROM fraud_checks
    WHERE kind = 'registration' AND source <> 'staff' AND created_at > $1
    ORDER BY created_at DESC, id DESC LIMIT $2"""

Sign = tuple[Counts, Reason]


class UsualSigns(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    disposable: Annotated[
        Counts,
        setting(N_("A disposable mail address"), hint=HINT),
    ] = "review"
    domains: Annotated[
        str,
        setting(
            N_("Further mail domains"),
            hint=N_("One a line. They count like disposable ones."),
            multiline=True,
            max_length=4000,
        ),
    ] = ""
    phone_country: Annotated[Counts, setting(N_("A telephone number of another country"), hint=HINT)] = "review"
    vat_country: Annotated[Counts, setting(N_("A VAT number of another country"), hint=HINT)] = "review"
    payer_country: Annotated[Counts, setting(N_("A payer in another country than the client"), hint=HINT)] = "pass"
    too_many: Annotated[Counts, setting(N_("Too many registrations within an hour"), hint=HINT)] = "review"
    per_address: Annotated[int, setting(N_("Most from one network address"), ge=1, le=1000)] = 3
    per_network: Annotated[int, setting(N_("Most from one network"), ge=1, le=1000)] = 10
    per_domain: Annotated[int, setting(N_("Most of one mail domain"), ge=1, le=1000)] = 10


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="usual-signs",
        kind="fraud",
        title=N_("Usual signs of fraud"),
        description=N_(
            "Disposable mail addresses, numbers of other countries, and many registrations within an hour."
        ),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return UsualSigns


@hookimpl
async def check_registration(ctx: Context, client: Mapping[str, Any], registration: Registration) -> Opinion:
    settings: UsualSigns = ctx.settings or UsualSigns()
    signs = [*of_mail(client["email"], settings), *of_phone(client["phone"], client["country"], settings)]
    if registration.source != "staff" and not ctx.dry_run:
        before = await api.fetch(ASKED, ctx.now - HOUR, MOST_READ)
        signs += of_number(registration.address, client["email"], before, settings)
    return opinion(signs)


@hookimpl
def check_order(ctx: Context, client: Mapping[str, Any], order: Order) -> Opinion:
    settings: UsualSigns = ctx.settings or UsualSigns()
    return opinion([*of_vat(order, settings), *of_payer(client["country"], order, settings)])


def opinion(signs: list[Sign]) -> Opinion:
    """The worst of the signs, with the reasons of all that count."""
    counting = [(counts, reason) for counts, reason in signs if counts != "pass"]
    worst: Counts = max((counts for counts, _reason in counting), key=ORDER.index, default="pass")
    return Opinion(verdict=worst, reasons=[reason for _counts, reason in counting])


def of_mail(email: str, settings: UsualSigns) -> list[Sign]:
    """A mail domain, or one that it is below of, that is disposable or on the provider's own list."""
    domain = domain_of(email)
    parts = domain.split(".")
    known = {line.strip().lower() for line in settings.domains.splitlines()}
    for begin in range(len(parts) - 1):
        one = ".".join(parts[begin:])
        if one in blocklist or one in known:
            text = N_("Addresses at %(domain)s are disposable, or on your list")
            return [(settings.disposable, Reason(text=text, values={"domain": domain}))]
    return []


def of_phone(phone: str, country: str, settings: UsualSigns) -> list[Sign]:
    """A number whose country code is not that of the country; some codes serve several countries."""
    if not phone:
        return []
    try:
        code = phonenumbers.parse(phone).country_code or 0
    except phonenumbers.NumberParseException:
        return []
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    if country in regions or not regions or regions == ("001",):
        return []
    text = N_("The telephone number is of %(found)s, the country is %(said)s")
    return [(settings.phone_country, Reason(text=text, values={"found": regions[0], "said": country}))]


def of_vat(order: Order, settings: UsualSigns) -> list[Sign]:
    """A VAT number that begins with another country than the payer's; numbers without a country say nothing."""
    begin = order.vat_number[:2].upper()
    country = VAT_OF.get(begin, begin)
    if not begin.isalpha() or len(begin) < 2 or not order.payer_country or country == order.payer_country:
        return []
    text = N_("The VAT number is of %(found)s, the payer is in %(said)s")
    return [(settings.vat_country, Reason(text=text, values={"found": country, "said": order.payer_country}))]


def of_payer(country: str, order: Order, settings: UsualSigns) -> list[Sign]:
    """A payer elsewhere than the client."""
    if not order.payer_country or order.payer_country == country:
        return []
    text = N_("The payer is in %(found)s, the client in %(said)s")
    return [(settings.payer_country, Reason(text=text, values={"found": order.payer_country, "said": country}))]


def of_number(address: str, email: str, before: list[Mapping[str, Any]], settings: UsualSigns) -> list[Sign]:
    """More within the hour than usual, this one included, from the address, its network, or of the mail domain."""
    domain = domain_of(email)
    kinds = (
        (network(address, 32, 64), [network(row["address"], 32, 64) for row in before], settings.per_address,
         N_("%(count)s registrations from %(name)s within an hour")),
        (network(address, 24, 48), [network(row["address"], 24, 48) for row in before], settings.per_network,
         N_("%(count)s registrations from the network %(name)s within an hour")),
        ("" if domain in SHARED else domain, [domain_of(row["email"]) for row in before], settings.per_domain,
         N_("%(count)s registrations with addresses at %(name)s within an hour")),
    )  # fmt: skip
    found = [(name, 1 + others.count(name), most, text) for name, others, most, text in kinds if name]
    return [
        (settings.too_many, Reason(text=text, values={"count": count, "name": name}))
        for name, count, most, text in found
        if count > most
    ]


def network(address: str, bits: int, bits_of_six: int) -> str:
    """The network of an address: so many bits of an IPv4, or of an IPv6 one; "" for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    found = ipaddress.ip_network((parsed, bits if parsed.version == 4 else bits_of_six), strict=False)
    return str(found.network_address) if found.prefixlen == 32 else str(found)


def domain_of(email: str) -> str:
    """What stands behind the @, folded."""
    return email.rpartition("@")[2].strip().rstrip(".").lower()
