"""The order editor and the order's page, as a browser without scripts uses them."""

import re
from uuid import uuid4

FIELDS = ("product_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_code")


def form(shop, *lines, **head):
    """What the editor sends: every cell of the grid, row by row."""
    data = {"party_id": shop.party, "party_name": "联华", "prices_include_tax": "1", **head}
    for name in FIELDS:
        data[name] = [line.get(name, "") for line in lines]
    return data


async def test_an_order_is_written_confirmed_and_cancelled(shop):
    sent = await shop.client.post("/orders/new", data=form(shop, {"product_id": shop.mug, "quantity": "2"}, {}))
    assert sent.status_code == 303, sent.text
    path = sent.headers["location"]
    page = (await shop.client.get(path)).text
    assert "226.00" in page
    assert f'action="{path}/confirm"' in page
    assert (await shop.client.post(f"{path}/confirm")).status_code == 303
    page = (await shop.client.get(path)).text
    assert "SO-" in page
    assert f'action="{path}/cancel"' in page
    assert (await shop.client.post(f"{path}/cancel", data={"reason": "退单"})).status_code == 303
    assert "退单" in (await shop.client.get(path)).text


async def test_confirming_twice_shows_the_order_and_the_reason(shop):
    order = await shop.draft()
    await shop.client.post(f"/orders/{order['id']}/confirm")
    again = await shop.client.post(f"/orders/{order['id']}/confirm")
    assert again.status_code == 422
    assert 'role="alert"' in again.text
    assert "SO-" in again.text


async def test_what_was_typed_stays_and_errors_stand_beside_their_cell(shop):
    line = {"description": "特制礼盒", "quantity": "abc", "unit_price": "12,5x"}
    answer = await shop.client.post("/orders/new", data=form(shop, {}, line, ordered_on="tomorrow"))
    assert answer.status_code == 422
    for text in ("特制礼盒", "abc", "12,5x", "tomorrow"):
        assert f'value="{text}"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3


async def test_a_service_error_is_shown_in_the_row_that_was_typed(shop):
    answer = await shop.client.post("/orders/new", data=form(shop, {}, {"description": "礼盒", "quantity": "-3", "unit_price": "1"}))
    assert answer.status_code == 422
    rows = re.findall(r"<tr data-row>.*?</tr>", answer.text, re.S)
    assert ["aria-invalid" in row for row in rows[:2]] == [False, True]


async def test_a_customer_must_be_chosen(shop):
    answer = await shop.client.post("/orders/new", data=form(shop, {"description": "x", "unit_price": "1"}, party_id=""))
    assert answer.status_code == 422
    assert 'id="e-party"' in answer.text


async def test_a_draft_is_edited_and_a_confirmed_order_is_not(shop):
    order = await shop.draft()
    page = await shop.client.get(f"/orders/{order['id']}/edit")
    assert "骨瓷马克杯" in page.text
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    data = form(shop, {"product_id": shop.mug, "quantity": "5"}, version=version)
    assert (await shop.client.post(f"/orders/{order['id']}/edit", data=data)).status_code == 303
    assert (await shop.read(order))["gross"] == "565.00"
    stale = await shop.client.post(f"/orders/{order['id']}/edit", data=data)
    assert stale.status_code == 422
    await shop.client.post(f"/orders/{order['id']}/confirm")
    assert (await shop.client.get(f"/orders/{order['id']}/edit")).status_code == 303
    assert (await shop.client.post(f"/orders/{order['id']}/edit", data=data)).status_code == 422


async def test_the_preview_counts_rows_that_can_be_read(shop):
    rows = ({"product_id": shop.mug, "quantity": "2"}, {"quantity": "zz"}, {}, {"description": "x", "quantity": "1", "unit_price": "100"})
    answer = await shop.client.post("/orders/preview", data=form(shop, *rows))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "lines": [{"row": 0, "amount": "226.00", "price": "113"}, {"row": 3, "amount": "100.00"}],
        "discount": "0.00",
        "net": "288.50",
        "tax": "37.50",
        "gross": "326.00",
    }


async def test_a_discount_is_typed_as_a_share_or_as_an_amount(shop):
    line = {"product_id": shop.mug, "quantity": "2"}
    sums = (await shop.client.post("/orders/preview", data=form(shop, line, discount="10%"))).json()
    assert (sums["discount"], sums["gross"], sums["net"]) == ("22.60", "203.40", "180.00")
    sent = await shop.client.post("/orders/new", data=form(shop, line, discount="26"))
    assert "200.00" in (await shop.client.get(sent.headers["location"])).text
    assert 'value="26"' in (await shop.client.get(f"{sent.headers['location']}/edit")).text
    for wrong in ("105%", "x", "9999"):
        refused = await shop.client.post("/orders/new", data=form(shop, line, discount=wrong))
        assert refused.status_code == 422
        assert f'value="{wrong}"' in refused.text
        assert refused.text.count('aria-invalid="true"') == 1


async def test_choices_are_found_by_initials_with_the_price_as_the_order_means_it(shop):
    [product] = (await shop.client.get("/orders/choices/products", params={"q": "gcmk", "prices_include_tax": "0"})).json()
    assert product["hint"] == "M-1 · 100"
    assert product["fill"] == {"unit": "只", "unit_price": "", "tax_code": "VAT13"}  # the price depends on customer and quantity
    [party] = (await shop.client.get("/orders/choices/customers", params={"q": "lhsx"})).json()
    assert party["id"] == shop.party


async def test_the_list_offers_states_and_the_customer_its_orders(shop):
    order = await shop.draft()
    assert f"/orders/{order['id']}" in (await shop.client.get("/orders?state=draft")).text
    assert f"/orders/{order['id']}" not in (await shop.client.get("/orders?state=cancelled")).text
    assert f"/orders/{order['id']}" in (await shop.client.get(f"/parties/{shop.party}")).text
    prefilled = await shop.client.get(f"/orders/new?party_id={shop.party}")
    assert f'name="party_id" value="{shop.party}"' in prefilled.text


async def test_unknown_orders_are_404(shop):
    for path in (f"/orders/{uuid4()}", f"/orders/{uuid4()}/edit", f"/orders/{uuid4()}/pdf"):
        assert (await shop.client.get(path)).status_code == 404
    assert (await shop.client.post(f"/orders/{uuid4()}/confirm")).status_code == 404


async def test_the_order_is_printed_in_both_languages(shop):
    order = await shop.draft(
        {"description": '#set page(width: 1pt) "引号" \\ $x$', "quantity": "1", "unit_price": "12.5"},
        remark="请送到后门",
        discount_percent="12.5",
    )
    for language in ("zh", "en"):
        answer = await shop.client.get(f"/api/v1/orders/{order['id']}/pdf", headers={"accept-language": language})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert b"NotoSansSC" in answer.content


async def test_the_widget_of_the_month_and_the_palette_find_orders(shop, database, tenant, catalog):
    order = await shop.draft()
    number = (await shop.post(order, "confirm")).json()["number"]
    async with database.work(tenant) as work:
        widget = next(c.item for c in catalog.contributions("widgets") if c.item.key == "core_crm.orders_of_month")
        searcher = next(c.item for c in catalog.contributions("searchers") if c.item.key == "core_crm.order")
        assert number in await widget.render(work)
        assert [hit.title for hit in await searcher.search(work, number, 5)] == [number]
