"""The schemas of the structs that the API reads and writes, each under a short name of its own.

A schema is called after its struct. Where structs of several modules have the same name, what the module is about
comes first: `Cancelling` of payments is `PaymentCancelling`, `TemplateEdit` of contract templates
`ContractTemplateEdit`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

PLACE = "#/components/schemas/"

Struct = type[msgspec.Struct]
Schema = dict[str, Any]


def of(structs: Iterable[Struct]) -> tuple[dict[Struct, Schema], dict[str, Schema]]:
    """How each struct is referred to, and the schemas of all by their names, in the order of these."""
    ordered = sorted(structs, key=lambda struct: (struct.__name__, struct.__module__))
    references, schemas = msgspec.json.schema_components(ordered, ref_template=PLACE + "{name}")
    names = _short(schemas)
    found = {names[name]: _renamed(schema, names) | {"title": names[name]} for name, schema in schemas.items()}
    return dict(zip(ordered, _renamed(references, names), strict=True)), dict(sorted(found.items()))


def _short(names: Iterable[str]) -> dict[str, str]:
    """Names with dots, which say the module, by what they are to be; the others stay."""
    found = {name: name for name in names if "." not in name}
    for name in sorted(set(names) - set(found)):
        *module, struct = name.split(".")
        short = _joined(_words(_singular(module[-1])), _words(struct))
        whole = "".join(word.capitalize() for part in module for word in part.split("_")) + struct
        found[name] = whole if short in found.values() else short
    return found


def _joined(about: list[str], struct: list[str]) -> str:
    """Both in one, without saying twice what one ends and the other begins with."""
    longest = min(len(about), len(struct))
    shared = next((size for size in range(longest, 0, -1) if about[-size:] == struct[:size]), 0)
    return "".join(about + struct[shared:])


def _words(name: str) -> list[str]:
    """`contract_template` and `ContractTemplate`: Contract, Template."""
    return [word.capitalize() for word in re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+", name)]


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    return plural.removesuffix("s")


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same with the references to the names as they are to be."""
    if isinstance(value, dict):
        return {key: _renamed(part, names) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(part, names) for part in value]
    if isinstance(value, str) and value.startswith(PLACE):
        return PLACE + names[value.removeprefix(PLACE)]
    return value
