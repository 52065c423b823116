"""What forms of an edit share: the version that was read, and the choice after somebody else saved meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

from web.kit.forms import Form

VERSION = frozenset({"version"})


def listed(form: Form, *names: str) -> Form:
    """The form with these fields as lists, also when one box was ticked; or none of those that were `asked`."""
    asked = form.all("asked")
    form.values.pop("asked", None)
    for name in names:
        if name in form.values or name in asked:
            form.values[name] = form.all(name)
    return form


def version_of(form: Form) -> int:
    """The version the form was filled from; 0, which is no version, for anything that is not one."""
    text = form.get("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def settled(form: Form, saved: Mapping[str, Any]) -> Form:
    """The form after a conflict was shown: where the person chose what was saved meanwhile, that value stands."""
    chosen = {name: form.values.pop(name) for name in list(form.values) if name.startswith("keep_")}
    for name, side in chosen.items():
        field = name.removeprefix("keep_")
        if side == "saved" and field in form.values and field in saved and field not in VERSION:
            form.values[field] = saved[field]
    return form


def conflict(
    form: Form,
    saved: Mapping[str, Any],
    labels: Mapping[str, str],
    shown: Callable[[str, Any], str] = lambda _field, value: str(value),
) -> dict[str, Any]:
    """What differs between the form and what somebody else saved, for `staff/_conflict.html`.

    The form goes on from the version that is there now, so that pressing OK once more is a decision.
    """
    form.values["version"] = saved["version"]
    fields = [
        {
            "name": field,
            "label": label,
            "yours": _shown(field, form.values.get(field), shown),
            "saved": _shown(field, saved[field], shown),
        }
        for field, label in labels.items()
        if _key(form.values.get(field)) != _key(saved[field])
    ]
    return {"fields": fields}


def _key(value: Any) -> Any:
    """What makes two values the same: a list in any order, a text whatever its line ends."""
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(item) for item in value)
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _shown(field: str, value: Any, shown: Callable[[str, Any], str]) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(field, item) for item in value)
    return "" if value is None or value == "" else shown(field, value)
