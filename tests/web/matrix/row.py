"""One row of the table of routes, and how rows are written."""

from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One route and method. `gives` is the answer to whoever may; `by` is who that is.
    `is_member`: the client it names is in the group it names."""

    method: str
    path: str
    area: str
    hosts: str
    needs: str
    feature: str | None = None
    query: str = ""
    send: dict[str, Any] | None = None
    gives: int = 200
    by: str = "alice"
    is_member: bool = False
    kinds: dict[str, str] = {}
    """What the placeholders of this row are the ids of, where that is not the usual."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def is_json(self) -> bool:
        """Whether it speaks JSON and takes keys. The page about the API does not."""
        return self.area == "api" and self.path != "/api/v1/docs"

    @property
    def needs_permission(self) -> bool:
        return self.needs not in ("public", "signed-in") and not self.needs.startswith("portal")


def rows(area: str, hosts: str, *listed: tuple[str, str, dict[str, Any]], **usual: Any) -> list[Row]:
    """The rows of an area. A form that was saved answers with a redirect."""
    made = []
    for line, needs, more in listed:
        method, address = line.split()
        path, _mark, query = address.partition("?")
        given: dict[str, Any] = {"gives": 303 if method == "POST" and area != "api" else 200} | usual | more
        made.append(Row(method=method, path=path, query=query, area=area, hosts=hosts, needs=needs, **given))
    return made


GROUPS, PROJECTS = {"feature": "groups"}, {"feature": "projects"}
CODES = {"codes": ["$client"]}
NEW, GONE = {"gives": 201}, {"gives": 204}
NEW_CLIENT = {"login": "!login", "email": "!email", "country": "FR", "contact_person": "Jean Petit"}
NEW_PASSWORD = "another horse, another staple 77"
PASSWORDS = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
