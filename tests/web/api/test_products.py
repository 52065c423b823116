"""Products, plans, addons and price lists over JSON: from nothing to prices in force."""

import pytest

pytestmark = pytest.mark.anyio


async def made(alice, path, body, status=201):
    answer = await alice.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_catalogue_is_built_and_published_over_json(caller):
    alice = await caller("alice")
    kind = await made(alice, "/product-types", {"name": "Mail"})
    product = await made(alice, "/products", {"type_id": kind["id"], "name": "Mailboxes", "stock": 9})
    assert (product["code"], product["state"], product["project_ids"]) == ("mailboxes", "hidden", None)
    here = f"/products/{product['id']}"
    changed = await alice.patch(here, json={"state": "on_sale", "stock": None, "version": 1})
    assert (changed.json()["state"], changed.json()["stock"], changed.json()["version"]) == ("on_sale", None, 2)
    plan = await made(alice, f"{here}/plans", {"name": "Team", "state": "on_sale"})
    addon = await made(alice, f"{here}/addons", {"name": "Boxes", "kind": "quantity", "unit": "boxes"})
    (draft,) = (await alice.get(f"/plans/{plan['id']}/price-lists")).json()["items"]
    assert (draft["number"], draft["standing"]) == (1, "draft")
    at = f"/price-lists/{draft['id']}"
    assert (await alice.get(at)).json()["lacks"] == ["It has no prices yet."]
    price = {"billing": "calendar", "period_count": 1, "currency": "EUR", "units": 990, "version": 1}
    listed = await made(alice, f"{at}/prices", price)
    (one,) = listed["prices"]
    assert (one["period_unit"], one["units"], listed["version"]) == ("month", 990, 2)
    steps = [{"price_id": one["id"], "units": 200}, {"price_id": one["id"], "units": 150, "from_quantity": 11}]
    offer = {"included": 5, "prices": steps, "version": 2}
    answer = await alice.put(f"{at}/addons/{addon['id']}", json=offer)
    offered = answer.json()["prices"][0]["addons"][0]
    assert offered["tiers"] == [{"from_quantity": 1, "units": 200}, {"from_quantity": 11, "units": 150}]
    assert (await alice.put(f"{at}/addons/{addon['id']}", json=offer)).status_code == 409
    published = await made(alice, f"{at}/publish", {"valid_from": "2026-01-01", "version": 3}, status=200)
    assert published["standing"] == "in_force"
    refused = await alice.patch(f"{at}/prices/{one['id']}", json={"units": 1, "version": published["version"]})
    assert refused.status_code == 403
    second = await made(alice, f"/plans/{plan['id']}/price-lists", None)
    assert second["prices"][0]["addons"] == published["prices"][0]["addons"]
    dearer = {"units": 1190, "version": 1}
    await alice.patch(f"/price-lists/{second['id']}/prices/{second['prices'][0]['id']}", json=dearer)
    told = (await alice.get(f"/price-lists/{second['id']}/changes")).json()["items"]
    assert [(it["what"], it["old"], it["new"]) for it in told] == [("changed", "€9.90", "€11.90")]
    assert (await alice.delete(f"/plans/{plan['id']}")).status_code == 409


async def test_what_the_edition_lacks_is_left_out_of_a_product(caller):
    zoe = await caller("zoe")
    kind = (await zoe.get("/product-types")).json()["items"][0]
    product = await made(zoe, "/products", {"type_id": kind["id"], "name": "Mail"})
    assert {"project_ids", "group_ids"} & set(product) == set()
    answer = await zoe.patch(f"/products/{product['id']}", json={"group_ids": [1], "version": 1})
    assert answer.status_code == 403
