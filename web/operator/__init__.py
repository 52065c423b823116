"""Pages for the operator and the resellers, on the platform's own host."""

from typing import Any

PATH, HOSTS = "/platform", "platform"

ROUTES: list[Any] = []
