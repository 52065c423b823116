"""The form of a field that the provider defines: its words in several languages, and its options as rows.

A text has one field for the language the provider speaks (`label`) and one for each other language (`labels.fr`);
an option is a row of `option_key`, `option_label` and `option_<language>`. A row without a name is no option.
"""

from collections.abc import Mapping
from typing import Any

from core import i18n, places
from core.accounts.client_fields import spoken as in_language
from core.accounts.field_edits import Option
from core.actor import Actor
from core.i18n import N_, _
from web.kit.forms import Form
from web.staff import edits

KINDS = {
    "text": (N_("Text"), N_("A line of up to 500 characters")),
    "number": (N_("Number"), N_("With up to six decimals")),
    "choice": (N_("Choice"), N_("One of a list of yours")),
    "date": (N_("Date"), N_("A day")),
    "yes_no": (N_("Yes or no"), N_("Or nothing, while nobody said")),
}
SWITCHES = ("is_required", "is_shown")
SPARE = 3
"""Empty rows below the options."""


def kinds() -> list[tuple[str, str, str]]:
    """The kinds as a choice: key, name, what it means."""
    return [(key, _(name), _(hint)) for key, (name, hint) in KINDS.items()]


def spoken(field: Mapping[str, Any]) -> str:
    """The field's name in the reader's language."""
    return in_language(field["label"], field["labels"])


def listed(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field as the list shows it."""
    options = [in_language(option["label"], option["labels"]) for option in field["options"]]
    name, _hint = KINDS[field["kind"]]
    return {**field, "name": spoken(field), "kind_name": _(name), "option_names": options}


def languages(field: Mapping[str, Any] | None, *, by: Actor) -> dict[str, str]:
    """The names of all languages that a text can be in, the provider's first."""
    named = places.languages(i18n.current())
    return {by.tenant.locale: named[by.tenant.locale]} | {code: named[code] for code in others(field, by=by)}


def others(field: Mapping[str, Any] | None, *, by: Actor) -> list[str]:
    """The languages besides the first one. One that has a text is among them, whatever the provider speaks now."""
    kept = {code for texts in _texts(field) for code in texts}
    return [code for code in i18n.LOCALES if code != by.tenant.locale or code in kept]


def _texts(field: Mapping[str, Any] | None) -> list[Mapping[str, str]]:
    if field is None:
        return []
    return [field["labels"], field["helps"], *(option["labels"] for option in field["options"])]


def filled(field: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a field begins with."""
    values: dict[str, Any] = {name: field[name] for name in ("label", "help", "version", "key", "kind")}
    for name in ("labels", "helps"):
        values |= {f"{name}.{code}": field[name].get(code, "") for code in i18n.LOCALES}
    return values | {name: "1" if field[name] else "" for name in SWITCHES}


def plain(form: Form) -> Form:
    """The form without the rows of options."""
    return Form({name: value for name, value in form.values.items() if not name.startswith("option_")})


def wants_rows(form: Form) -> bool:
    """Whether only more rows are asked for."""
    return bool(form.values.pop("refresh", ""))


def options(form: Form) -> list[Option]:
    """The options that the rows make."""
    found = []
    columns = {name: form.all(name) for name in form.values if name.startswith("option_")}
    for place, label in enumerate(columns.get("option_label", [])):
        row = {name: values[place] if place < len(values) else "" for name, values in columns.items()}
        labels = {
            name.removeprefix("option_"): text
            for name, text in row.items()
            if name not in ("option_key", "option_label") and text.strip()
        }
        if label.strip():
            found.append(Option(label=label, key=row.get("option_key", ""), labels=labels))
    return found


def rows(form: Form, field: Mapping[str, Any] | None, *, by: Actor) -> list[dict[str, str]]:
    """The rows of options as the form shows them, with some empty ones below."""
    if "option_label" in form.values:
        kept = [{"key": it.key, "label": it.label, **it.labels} for it in options(form)]
    else:
        kept = [
            {"key": it["key"], "label": it["label"], **it["labels"]}
            for it in (field or {"options": []})["options"]
        ]
    empty = dict.fromkeys(("key", "label", *others(field, by=by)), "")
    return [empty | row for row in (*kept, *[{}] * SPARE)]


def settled(form: Form, field: Mapping[str, Any]) -> Form:
    """The form after a conflict was shown: where what was saved meanwhile was chosen, that stands."""
    if form.get("keep_options") == "saved":
        for name in [name for name in form.values if name.startswith("option_")]:
            del form.values[name]
        form.values |= _as_columns(field)
    form.values |= {name: "" for name in SWITCHES if name not in form.values}
    return edits.settled(form, filled(field))


def _as_columns(field: Mapping[str, Any]) -> dict[str, list[str]]:
    kept = field["options"]
    columns = {"option_key": [it["key"] for it in kept], "option_label": [it["label"] for it in kept]}
    return columns | {f"option_{code}": [it["labels"].get(code, "") for it in kept] for code in i18n.LOCALES}


def conflict(form: Form, field: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """What differs between the form and what somebody else saved, for `staff/_conflict.html`."""
    named = languages(field, by=by)
    labels = {"label": _("Name"), "help": _("Explanation")}
    for code in others(field, by=by):
        labels |= {f"labels.{code}": _("Name in %(language)s") % {"language": named[code]}}
        labels |= {f"helps.{code}": _("Explanation in %(language)s") % {"language": named[code]}}
    labels |= {"is_required": _("Required"), "is_shown": _("Shown to the client")}
    both = edits.conflict(form, filled(field), labels, _shown)
    yours, saved = [it.label for it in options(form)], [it["label"] for it in field["options"]]
    if yours != saved:
        line = {"name": "options", "label": _("Options"), "yours": ", ".join(yours), "saved": ", ".join(saved)}
        both["fields"].append(line)
    return both


def _shown(name: str, value: Any) -> str:
    return _("Yes") if name in SWITCHES and value else str(value)
