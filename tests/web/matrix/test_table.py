"""The table is whole and true: every route stands in it, with the permission and feature that guard it."""

from collections.abc import Iterator

import pytest

from tests.web.matrix import table
from tests.web.matrix.table import ROWS
from web.app import create_routes
from web.cli.listings import table_of_routes

pytestmark = pytest.mark.anyio
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def guarded() -> dict[tuple[str, str], dict[str, str]]:
    """What the application answers to, as `comptoir routes --json` prints it."""
    return {(row["method"], row["path"]): row for row in table_of_routes(create_routes())}


def test_every_route_stands_in_the_table_and_every_row_is_a_route(guarded):
    tabled = {(row.method, row.path) for row in ROWS}
    assert sorted(set(guarded) - tabled) == [], "add a line to tests/web/matrix/rows"
    assert sorted(tabled - set(guarded)) == [], "these routes are gone"
    assert len(tabled) == len(ROWS)


def test_permission_feature_area_and_host_are_those_of_the_guard(guarded):
    for row in ROWS:
        found = guarded[row.method, row.path]
        expected = {"permission": row.needs, "feature": row.feature, "area": row.area, "hosts": row.hosts}
        assert {key: found[key] for key in expected} == expected, row.name


def test_the_public_routes_are_these_and_no_others(guarded):
    assert sorted({path for (_method, path), row in guarded.items() if row["permission"] == "public"}) == [
        "/",
        "/account/appearance",
        "/account/language",
        "/brand/accent/{digits}",
        "/brand/logo/{image_id}",
        "/callbacks/{plugin}",
        "/health/live",
        "/health/ready",
        "/inside/leave",
        "/invitation/{token}",
        "/password",
        "/password/{token}",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/sign-in/passkey/options",
        "/sign-out",
        "/sign-up",
        "/sign-up/{token}",
        "/static/{file_path}",
        "/terms",
        "/terms/{number}",
        "/unsubscribe/{token}",
    ]


async def test_a_wrong_method_is_answered_with_405(world):
    alice, key, olga = await world.person("alice"), await world.key_of("alice"), await world.person("olga")
    wrong = []
    for row, method in wrong_methods():
        ids = {name: world.nobodys(kind) for name, kind in table.named(row)}
        somebody = key if row.is_json else olga if row.hosts == "platform" else alice
        path = row.path.format(**ids)
        host = f"{somebody.host}.localhost" if somebody.host else "localhost"
        headers = {"authorization": f"Bearer {key.key}"} if row.is_json else {}
        answer = await world.client.request(method, f"http://{host}{path}", headers=headers)
        if answer.status_code != 405 or "allow" not in answer.headers:
            wrong.append(f"{method} {row.path}: {answer.status_code}")
    assert wrong == []


def wrong_methods() -> Iterator[tuple]:
    """Each path once with every method that it does not have."""
    by_path = {row.path: row for row in ROWS}
    for path, row in by_path.items():
        has = {row.method for row in ROWS if row.path == path}
        yield from ((row, method) for method in METHODS if method not in has)


STRANGE = (
    *("", "/", "//", "/..", "/%00", "/%ff", "/nothing", "/1/2/3/4", "/0", "/-1", "/1e3", "/٣", "/٣٣"),
    *("/" + "9" * 19, "/" + "9" * 40, "/" + "a" * 900),
)


NOTHING = ("/nothing", "/1/2/3/4", "/%ff")
"""Below an address that nothing stands below."""


async def test_an_address_that_does_not_exist_is_a_404_and_never_a_500(world):
    alice, key, olga = await world.person("alice"), await world.key_of("alice"), await world.person("olga")
    wrong, with_more = [], {row.path.split("/{")[0] for row in ROWS if "/{" in row.path}
    for base in sorted({row.path.split("/{")[0].rstrip("/") for row in ROWS}):
        for more in STRANGE if base in with_more else NOTHING:
            somebody = key if base.startswith("/api/v1") else olga if base.startswith("/platform") else alice
            status = await _status(world, somebody, base + more)
            if status >= 500 or (more in ("/nothing", "/1/2/3/4") and status not in (404, 405, 401)):
                wrong.append(f"{base}{more[:20]}: {status}")
    assert wrong == []


async def _status(world, somebody, path: str) -> int:
    host = f"{somebody.host}.localhost" if somebody.host else "localhost"
    headers = {"authorization": f"Bearer {somebody.key}"} if somebody.key else {}
    if somebody.token:
        headers["cookie"] = f"comptoir-session={somebody.token}"
    return (await world.client.get(f"http://{host}{path}", headers=headers)).status_code
