"""Lists and pages of resources as people read them."""

import re

HTML = {"accept": "text/html"}


async def product(client, sku, name, price):
    answer = await client.post("/api/v1/products", json={"sku": sku, "name": name, "list_price": price})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_row_is_called_by_its_name_and_has_thousands_apart(client):
    made = await product(client, "BRD-65", "智慧黑板", "12800.50")
    page = (await client.get("/products", headers=HTML)).text
    [cell] = re.findall(r'<td class="[^"]*\bmain\b[^"]*"[^>]*>(.*?)</td>', page)
    assert cell == f'<a href="/products/{made}">智慧黑板</a>'
    assert "12,800.50" in page
    assert "12800.50" in (await client.get("/products/export.csv")).text


async def test_a_list_says_where_it_stands_and_what_there_is_none_of(client):
    page = (await client.get("/products?lang=en", headers=HTML | {"accept-language": "en"})).text
    assert re.search(r'class="crumbs"[^>]*><span>Products and prices</span>', page)
    assert "No products yet" in page
    assert 'role="search"' not in page
    await product(client, "A-1", "马克杯", "10")
    assert 'role="search"' in (await client.get("/products", headers=HTML)).text


async def test_a_product_offers_the_command_that_fits_its_state(client):
    path = f"/products/{await product(client, 'A-1', '马克杯', '10')}"
    for offered, other in (("discontinue", "resume"), ("resume", "discontinue")):
        page = (await client.get(path, headers=HTML)).text
        assert (f'action="{path}/{offered}"' in page, f'action="{path}/{other}"' in page) == (True, False)
        assert (await client.post(f"{path}/{offered}")).status_code in (200, 303)


async def test_the_permissions_of_a_resource_stand_in_one_row(client):
    page = (await client.get("/settings/roles/new?like=viewer", headers=HTML | {"accept-language": "en"})).text
    [row] = re.findall(r"<fieldset[^>]*><legend>Products</legend>.*?</fieldset>", page, re.S)
    assert 'value="master.product.read" checked aria-label="Products: see"' in row
    assert row.count('value="master.product.') == page.count('value="master.product.')
