"""A brand from its first day: colour, logo, a host name that is proven, and what refuses to be one."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from core import db
from tenants import name_proof
from tenants.name_proof import Answer
from tests.core.at_queue import until, workers
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.web.matrix.rows.project_brands import PIXEL

HOST = "shop.bright.example"


@pytest.fixture
def zone() -> Iterator[dict[str, str]]:
    """The records of a name server that everybody asks."""
    records: dict[str, str] = {}

    async def ask(name: str) -> Answer:
        return Answer(texts=(records[name],)) if name in records else Answer(reason="missing")

    name_proof.configure(ask)
    yield records
    name_proof.configure()


def test_a_brand_gets_its_colour_its_logo_and_a_host_that_is_proven(
    open_as: Open, served: Served, zone: dict[str, str]
) -> None:
    owner = served.open_provider("bright")
    page = open_as(f"bright/{owner}", "/staff/projects/new")
    pages.field(page, "Name").fill("Bright Shop")
    pages.field(page, "Accent colour").fill("#ffee00")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#error-accent")).to_contain_text("too light")
    expect(pages.field(page, "Name")).to_have_value("Bright Shop")
    pages.field(page, "Accent colour").fill("#a01020")
    pages.field(page, "Credit limit").fill("250.50")
    pages.field(page, "Name servers").fill("ns1.bright.example\nns2.bright.example")
    page.get_by_role("button", name="Create").click()
    pages.expect_toast(page, "The project was added.")
    expect(page.get_by_role("main")).to_contain_text("€250.50")
    expect(page.locator("span.btn-primary")).to_have_css("background-color", "rgb(160, 16, 32)")

    page.locator("#field-logo").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": PIXEL})
    page.get_by_role("button", name="Save").click()
    pages.expect_toast(page, "The logo was saved.")
    expect(page.locator("img.logo")).to_have_js_property("complete", True)
    expect(page.locator("img.logo")).to_have_js_property("naturalWidth", 1)

    page.get_by_role("textbox", name="Host name").fill(HOST)
    page.get_by_role("button", name="Add", exact=True).click()
    pages.expect_toast(page, "The host name was added.")
    record = page.get_by_label("Name of the record").input_value()
    assert record == f"_comptoir.{HOST}"
    zone[record] = page.get_by_label("Its text").input_value()
    work(served)
    page.reload()
    expect(page.locator("#hosts")).to_contain_text("Proven")
    answer = httpx.get(f"http://127.0.0.1:{served.settings.port}/sign-in", headers={"Host": HOST})
    assert answer.status_code == 200
    for shown in ('<strong class="wrap-anywhere">Bright Shop</strong>', "/brand/accent/a01020", "/brand/logo/"):
        assert shown in answer.text, shown


def work(served: Served) -> None:
    """A worker does what waits until the name is proven."""

    async def run() -> None:
        async def is_proven() -> bool:
            async with db.as_platform():
                return bool(await db.value("SELECT EXISTS (SELECT FROM hosts WHERE name = $1)", HOST))

        async with workers(served.settings):
            await until(is_proven)

    served.do(run)
