"""The OpenAPI document: who may read it, and that it says what the API does."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from core import db, freshness
from core.settings import Settings
from tests import cast
from tests.web.api.conftest import key_of
from tests.web.api.test_refusals import OPERATIONS
from web.app import create_app

ROOT = Path(__file__).parents[3]


class Served(threading.Thread):
    """The application on a port of its own, with a key of Alice's."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.settings, self.key, self.ready = settings, "", threading.Event()
        self.server = uvicorn.Server(
            uvicorn.Config(create_app(settings), port=0, log_level="error", lifespan="off")
        )

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        await db.start(self.settings)
        self.key = await key_of("alice")
        serving = asyncio.create_task(self.server.serve())
        while not self.server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self.ready.set()
        await serving
        await db.stop()
        freshness.MEMORY.forget(None)

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    thread = Served(settings)
    thread.start()
    assert thread.ready.wait(20)
    yield thread
    thread.server.should_exit = True
    thread.join(20)


def test_schemathesis_finds_nothing(served: Served) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"http://127.0.0.1:{served.port}/api/v1/openapi.json"),
        *("-H", "Host: nova.localhost", "-H", f"Authorization: Bearer {served.key}"),
        *("--checks", "all", "--max-examples", "4", "--seed", "7", "--workers", "1", "--no-shrink"),
        *("--request-timeout", "60"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--suppress-health-check", "all", "--warnings", "off"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


@pytest.mark.anyio
async def test_the_document_has_every_route_with_its_right_and_its_refusals(caller):
    document = (await (await caller("alice")).get("/openapi.json")).json()
    described = {
        (method.upper(), path.removeprefix("/api/v1"), operation.get("x-permission"))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert described == set(OPERATIONS)
    operations = [op for operations in document["paths"].values() for op in operations.values()]
    assert len({op["operationId"] for op in operations}) == len(operations)
    assert all({"401", "403", "404"} <= set(op["responses"]) and op["summary"] for op in operations)
    assert document["components"]["schemas"]["NewClient"]["additionalProperties"] is False


def referred(part):
    """Every `$ref` of the document, and of the mappings from a tag to its schema."""
    if isinstance(part, dict):
        yield from (part[key] for key in part if key == "$ref")
        yield from part.get("mapping", {}).values() if "propertyName" in part else ()
        part = part.values()
    if not isinstance(part, str | int | float | bool | None):
        for inner in part:
            yield from referred(inner)


@pytest.mark.anyio
async def test_every_reference_leads_to_a_schema_with_a_short_name_of_its_own(caller):
    document = (await (await caller("alice")).get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    used = set(referred(document))
    assert len(used) > 400
    assert used == {f"#/components/schemas/{name}" for name in schemas}
    assert not [name for name in schemas if not name.isalnum() or len(name) > 30]
    assert not [name for name, schema in schemas.items() if schema["title"] != name]


@pytest.mark.anyio
async def test_structs_of_one_name_are_told_apart_by_what_their_module_is_about(caller):
    document = (await (await caller("alice")).get("/openapi.json")).json()
    paths, schemas = document["paths"], document["components"]["schemas"]

    def taken(path):
        body = paths[f"/api/v1{path}"]["post"]["requestBody"]["content"]["application/json"]
        name = body["schema"]["$ref"].rsplit("/", 1)[1]
        return name, set(schemas[name]["properties"])

    assert taken("/payments/{payment_id}/cancel") == ("PaymentCancelling", {"reason"})
    assert taken("/services/{service_id}/cancel") == ("ServiceCancelling", {"when", "reason"})
    assert taken("/contracts/{contract_id}/send") == ("ContractSending", {"by_mail"})
    assert taken("/messages/{message_id}/send") == ("MessageSending", {"version", "at"})


@pytest.mark.anyio
async def test_signed_in_staff_reads_the_document_and_the_page(visitor):
    assert (await visitor.get("/api/v1/openapi.json")).status_code == 401
    page = await visitor.get("/api/v1/docs")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/api/v1/docs")
    await visitor.sign_in(cast.email("ada"))
    document = await visitor.get("/api/v1/openapi.json")
    assert document.json()["openapi"] == "3.1.0"
    page = await visitor.get("/api/v1/docs")
    assert page.status_code == 200
    for _method, path, _permission in OPERATIONS:
        assert f"/api/v1{path}" in page.text
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert not [tag for tag in page.text.split("<script")[1:] if " src=" not in tag.partition(">")[0]]


@pytest.mark.anyio
async def test_a_wrong_key_does_not_fall_back_to_the_session(visitor):
    await visitor.sign_in(cast.email("alice"))
    answer = await visitor.get("/api/v1/openapi.json", headers={"Authorization": "Bearer comptoir_wrong"})
    assert answer.status_code == 401


def test_the_handbook_lists_every_route_with_its_right():
    text = (ROOT / "docs/api.md").read_text()
    for method, path, permission in OPERATIONS:
        right = "any key" if permission == "signed-in" else permission
        assert f"| {method} | /api/v1{path} | {right} |" in text
