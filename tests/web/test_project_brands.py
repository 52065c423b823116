"""A project's page: brand, logo and hosts, without JavaScript; and what the world may fetch of it."""

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor
from tests.web.matrix.rows.project_brands import PIXEL
from tests.web.test_projects import NEW, project_id

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def test_all_of_a_project_is_kept_and_shown(alice: Visitor) -> None:
    sent = NEW | {
        "sender_name": "Aurora",
        "name_servers": "ns1.aurora.example\r\nns2.aurora.example",
        "free_domain": "1",
        "credit_limit": "1 250,50",
        "brand_name": "Aurora Cloud",
        "accent": "#A01020",
    }
    page = await alice.follow(await alice.post("/staff/projects", sent))
    for shown in (
        "CHF 1,250.50",
        "ns1.aurora.example, ns2.aurora.example",
        "Aurora Cloud",
        "#a01020",
        "No host name",
    ):
        assert shown in alice.text(page)
    form = await alice.get(f"/staff/projects/{await project_id('Aurora')}/edit")
    assert 'value="1250.50"' in form.text
    assert "ns1.aurora.example\nns2.aurora.example</textarea>" in form.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("accent", "#ffee00"), ("accent", "red"), ("credit_limit", "1.001"), ("name_servers", "ns1.example.org"),
     ("name_servers", "a.example a.example"), ("name_servers", "ns1.example.org <b>"), ("sender_name", "x" * 101)],
)  # fmt: skip
async def test_what_cannot_be_stands_beside_its_field(alice: Visitor, field: str, value: str) -> None:
    page = await alice.post("/staff/projects", NEW | {field: value})
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text


async def test_a_logo_is_put_in_served_to_everybody_and_removed(alice: Visitor) -> None:
    here = f"/staff/projects/{await project_id('Nova Pro')}"
    page = await alice.follow(await alice.post(f"{here}/logo", files={"logo": ("x.svg", PIXEL, "image/svg+xml")}))
    address = page.text.split('class="logo" src="')[1].split('"')[0]
    stranger = alice.another()
    answer = await stranger.get(address)
    assert answer.content == PIXEL
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    assert (await alice.another("acme").get(address)).status_code == 404
    await alice.follow(await alice.post(f"{here}/logo/remove"))
    assert (await stranger.get(address)).status_code == 404
    async with db.as_tenant((await cast.tenant("nova")).id):
        assert await db.value("SELECT count(*) FROM images") == 0


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", PIXEL + b"\0" * 512 * 1024]
)
async def test_what_is_no_picture_is_refused_beside_the_field(alice: Visitor, content: bytes) -> None:
    here = f"/staff/projects/{await project_id('Nova Pro')}/logo"
    page = await alice.post(here, files={"logo": ("logo.png", content, "image/png")})
    assert page.status_code == 422
    assert 'id="error-logo"' in page.text


async def test_the_stylesheet_of_a_colour_is_public_and_nothing_else_is(alice: Visitor) -> None:
    stranger = alice.another()
    answer = await stranger.get("/brand/accent/a01020")
    assert answer.headers["content-type"].startswith("text/css")
    assert "--brand: light-dark(#a01020, #" in answer.text
    for wrong in ("A01020", "a0102", "a01020;}", "red", "%22"):
        assert (await stranger.get(f"/brand/accent/{wrong}")).status_code == 404


async def test_a_host_is_added_shown_with_its_record_and_taken_away(alice: Visitor) -> None:
    here = f"/staff/projects/{await project_id('Nova Pro')}"
    page = await alice.follow(await alice.post(f"{here}/hosts", {"name": "Pay.Example.ORG"}))
    assert "_comptoir.pay.example.org" in page.text
    assert "Looking for the proof" in page.text
    host_id = page.text.split("/staff/project-hosts/")[1].split("/")[0]
    page = await alice.follow(await alice.post(f"/staff/project-hosts/{host_id}/check"))
    assert "We are looking for the record." in alice.text(page)
    refused = await alice.post(f"{here}/hosts", {"name": "pay.example.org"})
    assert refused.status_code == 422
    assert 'id="error-name"' in refused.text
    assert "pay.example.org" in (await alice.get(f"/staff/project-hosts/{host_id}/remove")).text
    page = await alice.follow(await alice.post(f"/staff/project-hosts/{host_id}/remove"))
    assert "_comptoir." not in page.text


async def test_who_only_sees_projects_sees_no_proof(alice: Visitor) -> None:
    here = f"/staff/projects/{await project_id('Nova Pro')}"
    await alice.post(f"{here}/hosts", {"name": "pay.example.org"})
    sam = await alice.another().sign_in(cast.email("sam"))
    page = await sam.get(here)
    assert "pay.example.org" in page.text
    assert "_comptoir." not in page.text
