"""A fraud check of the tests: it says what it is told to say, and remembers what it was shown."""

from types import SimpleNamespace
from typing import Any

from plugins.api import Opinion, Plugin, Reason, hookimpl

NAME = "suspicious"


class Suspicious:
    """Set `registration` and `order` to a verdict, or to an exception that is raised."""

    def __init__(self) -> None:
        self.registration: Any = "pass"
        self.order: Any = "pass"
        self.seen: list[Any] = []

    def plugin(self, name: str = NAME) -> SimpleNamespace:
        """The plugin that says it."""

        def provide_plugin() -> Plugin:
            return Plugin(name=name, kind="fraud", title="Suspicious")

        def check_registration(client: Any, registration: Any) -> Opinion:
            return self._say(self.registration, client, registration)

        def check_order(client: Any, order: Any) -> Opinion:
            return self._say(self.order, client, order)

        return SimpleNamespace(
            provide_plugin=hookimpl(provide_plugin),
            check_registration=hookimpl(check_registration),
            check_order=hookimpl(check_order),
        )

    def _say(self, told: Any, client: Any, about: Any) -> Opinion:
        self.seen.append((client, about))
        if isinstance(told, Exception):
            raise told
        reasons = [] if told == "pass" else [Reason(text="%(name)s looks odd", values={"name": client["name"]})]
        return Opinion(verdict=told, reasons=reasons)
