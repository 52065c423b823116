"""The trace of a price in words: which discount won and why, which tax and why, what was rounded."""

from fractions import Fraction

from core import figures, i18n, money, places
from core.catalog import vatex
from core.catalog.discount_rules import Considered
from core.catalog.pricing import Price, Rounding
from core.catalog.tax_rules import Tax
from core.i18n import N_, _

WON = {
    "only": N_("it is the only one that applies"),
    "priority": N_("it has the higher priority"),
    "recipient": N_("it is for a narrower recipient"),
    "area": N_("it is for a narrower area"),
    "larger": N_("it takes off more"),
    "older": N_("it is the older one"),
}
LOST = {
    "priority": N_("the other one has the higher priority"),
    "recipient": N_("the other one is for a narrower recipient"),
    "area": N_("the other one is for a narrower area"),
    "larger": N_("the other one takes off more"),
    "older": N_("the other one is older"),
}
OUT = {
    "other_client": N_("it is for another client"),
    "other_group": N_("it is for a group that the client is not in"),
    "other_product": N_("it is for another product"),
    "other_plan": N_("it is for another plan"),
    "other_period": N_("it is for another period"),
    "other_currency": N_("it is in another currency"),
    "needs_code": N_("it needs a promo code"),
    "not_yet": N_("its days have not come yet"),
    "over": N_("its days are over"),
    "periods_over": N_("the periods that it lasts are over"),
    "not_first_order": N_("this is not the client’s first order"),
    "too_few": N_("these are too few pieces"),
    "too_little": N_("the amount is too small"),
    "lowers_nothing": N_("it lowers nothing here"),
}
REASONS = {
    "not_liable": N_("The seller is not liable for VAT"),
    "domestic": N_("At home: the rate of %(country)s"),
    "reverse_charge": N_("Reverse charge: the buyer owes the tax in %(country)s"),
    "destination": N_("European Union: the rate of the buyer’s country, %(country)s"),
    "origin": N_("European Union: the rate of the seller’s country, %(country)s"),
    "registered": N_("The seller is registered there: the rate of %(country)s"),
    "outside": N_("Outside the European Union: no tax is charged"),
    "no_rate": N_("No rate is known for %(country)s: no tax is charged"),
    "zero": N_("The product is taxed at zero"),
    "exempt": N_("The product is exempt: %(why)s"),
    "group": N_("Clients of the group “%(group)s”: %(why)s"),
}
LOWER = {"reduced": N_("reduced rate"), "super_reduced": N_("super-reduced rate")}
CLASSES = {
    "standard": N_("Standard rate"),
    "reduced": N_("Reduced rate"),
    "super_reduced": N_("Super-reduced rate"),
    "zero": N_("Zero rate"),
    "exempt": N_("Exempt"),
}
ROUNDED = {
    "line": N_("The line “%(line)s” was rounded from %(exact)s to %(amount)s"),
    "discount": N_("The discount was rounded from %(exact)s to %(amount)s"),
    "special": N_("The special price was rounded from %(exact)s to %(amount)s"),
    "tax": N_("The tax was rounded from %(exact)s to %(amount)s"),
    "net": N_("The amount without tax was rounded from %(exact)s to %(amount)s"),
}


def considered(one: Considered) -> str:
    """Why a discount won, lost or does not apply."""
    words = {"won": WON, "lost": LOST, "out": OUT}[one.outcome]
    return _(words[one.why])


def reason(tax: Tax) -> str:
    """Why the tax is what it is."""
    country = places.countries(i18n.current()).get(tax.country, tax.country)
    why = _exemption(tax)
    told = _(REASONS[tax.reason]) % {"country": country, "group": tax.group, "why": why}
    if tax.category not in ("S", "Z") or tax.reason in ("zero", "group"):
        return told
    if tax.rate_of in LOWER:
        return _("%(reason)s (%(class)s)") % {"reason": told, "class": _(LOWER[tax.rate_of])}
    if tax.tax_class in LOWER:
        message = _("%(reason)s (standard: no %(class)s is known there)")
        return message % {"reason": told, "class": _(LOWER[tax.tax_class])}
    return told


def tax_class(name: str) -> str:
    """What a product is taxed as, in the reader's language."""
    return _(CLASSES[name])


def _exemption(tax: Tax) -> str:
    """The legal reason of who or what is treated in its own way."""
    return vatex.words(vatex.kept(tax.vatex, tax.mention))


def evidence(tax: Tax) -> str:
    """The proof of a reverse charge, "" for another tax."""
    if tax.proof is None:
        return ""
    return _("VIES confirmed %(number)s on %(day)s, receipt %(receipt)s") % {
        "number": tax.proof.number,
        "day": figures.day(tax.proof.day),
        "receipt": tax.proof.consultation or "–",
    }


def kept_reason(tax: Tax) -> str:
    """What an expense and a document keep as the reason: a sentence, a VATEX code, or a code with its sentence."""
    if tax.reason == "not_liable":
        return tax.mention or tax.vatex
    return vatex.kept(tax.vatex, tax.mention)


def roundings(price: Price) -> list[str]:
    """What was rounded, from what to what."""
    return [_rounding(one, price.currency) for one in price.roundings]


def _rounding(one: Rounding, currency: str) -> str:
    """The exact number with four digits more than the currency has."""
    digits = money.digits(currency) + 4
    scaled = round(Fraction(one.exact) * 10_000)
    whole, rest = divmod(scaled, 10**digits)
    return _(ROUNDED[one.what]) % {
        "line": one.line,
        "exact": f"{whole}.{rest:0{digits}d}",
        "amount": figures.amount(one.units, currency),
    }
