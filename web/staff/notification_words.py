"""How what became of a delivery is said to people."""

from collections.abc import Mapping
from typing import Any

from core import i18n, places
from core.i18n import N_, _
from core.support.deliveries import REASONS

LABELS = {
    "state": N_("State"),
    "kind": N_("Kind"),
    "channel": N_("Channel"),
    "client": N_("Client's code"),
    "address": N_("Address"),
}


def named(words: Mapping[str, str]) -> dict[str, str]:
    """Marked texts in the reader's language."""
    return {key: _(text) for key, text in words.items()}


def reason_of(row: Mapping[str, Any]) -> str:
    """Why it was not sent, or not yet; "" when there is nothing to say."""
    reason = row["reason"]
    return _(REASONS[reason]) if reason in REASONS else str(reason)


def template_name(name: str) -> str:
    """Which text was used, of what `Written.template` names: default/fr, provider/fr/3, project/fr/1."""
    whose, _slash, rest = name.partition("/")
    language, _slash, version = rest.partition("/")
    said = {"language": places.languages(i18n.current()).get(language, language), "version": version}
    if whose == "default":
        return _("The usual text (%(language)s)") % said
    if whose == "provider":
        return _("Your own text (%(language)s), version %(version)s") % said
    return _("The project’s text (%(language)s), version %(version)s") % said if whose == "project" else name
