"""What parties were seen to do is kept only of those that agreed."""


async def test_behaviour_is_kept_only_with_consent(client, other_client):
    party = (await client.post("/api/v1/parties", json={"name": "青禾"})).json()
    address, event = f"/api/v1/parties/{party['id']}/events", {"kind": "page_view", "subject": "/products/<b>"}
    assert (await client.post(address, json=event)).json()["code"] == "consent_missing"
    await client.patch(f"/api/v1/parties/{party['id']}", json={"behaviour_consent": True})
    assert (await client.post(address, json=event)).status_code == 201
    for wrong in ({"kind": "Page view"}, {"at": "2999-01-01T00:00:00Z"}, {"product_id": party["id"]}, {"subject": ""}):
        assert (await client.post(address, json=event | wrong)).status_code in (400, 422), wrong
    assert [e["subject"] for e in (await client.get(address)).json()] == ["/products/<b>"]
    assert "/products/&lt;b&gt;" in (await client.get(f"/parties/{party['id']}")).text
    assert (await other_client.get(address)).status_code == 404
    assert (await other_client.post(address, json=event)).status_code == 404
