"""What roles of users bring: pure, and always the more permissive one."""

import pytest

from core.accounts import rights


@pytest.mark.parametrize("role", [role for role in rights.BUILT_IN if role != "owner"])
def test_what_any_role_allows_the_member_may(role: str) -> None:
    assert rights.of([role]) < rights.of(["owner"])
    assert rights.of([role, "billing"]) == rights.of([role]) | rights.of(["billing"])
    assert rights.of([role], ["users:manage", "gone:right"]) == rights.of([role]) | {"users:manage"}


def test_nobody_gives_what_he_lacks() -> None:
    assert rights.covers(rights.of(["owner"]), rights.of(["billing"]))
    assert not rights.covers(rights.of(["billing"]), rights.of(["technical"]))
