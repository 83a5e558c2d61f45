"""Quotes from the first draft to the order, over the API, the pages and the customer's link."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from tests.anew import put_anew

from core_crm.api import QuoteAccepted, QuoteSent
from kernel import clock
from messaging.model import Mail

FIELDS = ("product_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_code")


@pytest.fixture
def quotes(shop):
    return Quotes(shop)


@pytest.fixture
async def stranger(app, settings, tenant):
    """A browser without a session."""
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base) as client:
        yield client


class Quotes:
    def __init__(self, shop):
        self.shop, self.client = shop, shop.client

    async def draft(self, *lines, **fields):
        body = {"party_id": self.shop.party, "lines": list(lines) or [{"product_id": self.shop.mug, "quantity": "2"}], **fields}
        answer = await self.client.post("/api/v1/quotes", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def post(self, quote, command, body=None, client=None):
        kwargs = {"json": body} if body is not None else {}
        return await (client or self.client).post(f"/api/v1/quotes/{quote['id']}/{command}", **kwargs)

    async def read(self, quote):
        return (await self.client.get(f"/api/v1/quotes/{quote['id']}")).json()

    async def sent(self, **fields):
        """A quote that was sent, with the path of its link."""
        quote = await self.draft(**fields)
        answer = await self.post(quote, "send", {})
        assert answer.status_code == 200, answer.text
        return quote, "/offers/" + answer.json()["link"].rpartition("/")[2]

    async def floor(self, price, *, includes=True):
        body = {"product_id": self.shop.mug, "unit_price": price, "price_includes_tax": includes}
        assert (await self.client.post("/api/v1/price-floors", json=body)).status_code == 201


async def test_a_quote_is_numbered_and_priced_like_an_order(quotes, shop):
    with clock.frozen(datetime(2026, 3, 1, 4, tzinfo=UTC)):
        quote = await quotes.draft(discount_percent="10")
    [version] = quote["versions"]
    assert (quote["number"], quote["state"], version["no"]) == ("QT-2026-00001", "draft", 1)
    assert (version["net"], version["tax"], version["gross"]) == ("180.00", "23.40", "203.40")
    assert (version["quoted_on"], version["valid_until"]) == ("2026-03-01", "2026-03-31")


async def test_a_version_that_was_sent_never_changes(quotes, shop):
    quote, _link = await quotes.sent()
    body = {"party_id": shop.party, "lines": []}
    path = f"/api/v1/quotes/{quote['id']}"
    assert (await put_anew(quotes.client, path, body)).json()["code"] == "quote_fixed"
    assert (await quotes.client.delete(path)).json()["code"] == "quote_fixed"
    before = (await quotes.read(quote))["versions"][0]
    revised = (await quotes.post(quote, "versions")).json()
    assert (revised["current"], revised["state"]) == (2, "draft")
    changed = await put_anew(quotes.client, path, {**body, "lines": [{"product_id": shop.mug, "quantity": "3"}]})
    assert changed.status_code == 200, changed.text
    first, second = changed.json()["versions"]
    assert (first["state"], first["lines"], first["gross"]) == ("replaced", before["lines"], "226.00")
    assert second["gross"] == "339.00"
    assert (await quotes.post(quote, "versions")).json()["code"] == "quote_fixed"


async def test_a_draft_is_written_anew_unless_it_changed_meanwhile(quotes, shop):
    quote = await quotes.draft()
    path = f"/api/v1/quotes/{quote['id']}"
    body = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "1"}], "version": quote["version"]}
    assert (await quotes.client.put(path, json=body)).status_code == 200
    assert (await quotes.client.put(path, json=body)).json()["code"] == "version_conflict"
    assert (await quotes.client.delete(path)).status_code == 204
    assert (await quotes.client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("floor", "includes", "price", "low"),
    [
        ("113", True, "113", False),
        ("113.01", True, "113", True),
        ("100", False, "113", False),
        ("100.01", False, "113", True),
        ("90", True, "100", True),  # with 20 % off the whole
    ],
)
async def test_the_floor_is_compared_after_all_discounts_to_the_cent(quotes, shop, floor, includes, price, low):
    await quotes.floor(floor, includes=includes)
    off = {"discount_percent": "20"} if price == "100" else {}
    quote = await quotes.draft({"product_id": shop.mug, "quantity": "3", "unit_price": price}, **off)
    assert bool(quote["below_floor"]) is low
    assert (await quotes.post(quote, "send", {})).status_code == (409 if low else 200)


async def decide(client, verb, body):
    """What the manager does with the one request that waits."""
    [waiting] = (await client.get("/api/v1/approvals", params={"tab": "waiting"})).json()["items"]
    return await client.post(f"/api/v1/approvals/{waiting['id']}/{verb}", json=body)


async def test_below_the_floor_somebody_has_to_agree(quotes, client_for, tenant, shop):
    await quotes.floor("100")
    manager = await client_for(tenant, role="sales_manager")
    quote = await quotes.draft({"product_id": shop.mug, "quantity": "1", "unit_price": "99"})
    assert (await quotes.post(quote, "send", {})).json()["code"] == "approval_needed"
    asked = (await quotes.post(quote, "ask-approval", {"reason": "竞争对手报价 98"})).json()
    assert asked["state"] == "pending"
    assert (await quotes.post(quote, "send", {})).status_code == 409
    body = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "1", "unit_price": "50"}]}
    assert (await put_anew(quotes.client, f"/api/v1/quotes/{quote['id']}", body)).status_code == 409
    refused = await decide(manager, "reject", {"reason": "太低"})
    assert refused.status_code == 200, refused.text
    read = await quotes.read(quote)
    assert (read["state"], read["versions"][0]["decision_note"]) == ("draft", "太低")
    await quotes.post(quote, "ask-approval", {})
    await decide(manager, "approve", {})
    assert (await quotes.read(quote))["state"] == "approved"
    # What is changed after the approval has to be approved again.
    assert (await put_anew(quotes.client, f"/api/v1/quotes/{quote['id']}", body)).json()["state"] == "draft"
    assert (await quotes.post(quote, "send", {})).json()["code"] == "approval_needed"
    await quotes.post(quote, "ask-approval", {})
    await decide(manager, "approve", {})
    assert (await quotes.post(quote, "send", {})).status_code == 200


async def test_whoever_decides_sees_how_far_below_the_floor_it_is(quotes, client_for, tenant, shop):
    await quotes.floor("100")
    manager = await client_for(tenant, role="sales_manager")
    quote = await quotes.draft({"product_id": shop.mug, "quantity": "2", "unit_price": "90"})
    await quotes.post(quote, "ask-approval", {"reason": "大客户"})
    [waiting] = (await manager.get("/api/v1/approvals", params={"tab": "waiting"})).json()["items"]
    page = (await manager.get(f"/approvals/{waiting['id']}")).text
    for words in ("10.00%", "180.00", "大客户", "骨瓷马克杯"):
        assert words in page, words
    assert f"/approvals/{waiting['id']}" in (await shop.client.get(f"/quotes/{quote['id']}")).text


async def test_a_company_may_want_nobody_to_decide(quotes, shop):
    large = [{"field": "amount", "operator": "gte", "value": "10000"}]
    flow = {"kind": "core_crm.quote_below_floor", "name": "大额", "steps": [{"by": "role:owner"}], "conditions": large}
    made = await shop.client.post("/api/v1/approval-flows", json=flow)
    assert made.status_code == 201, made.text
    await quotes.floor("100")
    quote = await quotes.draft({"product_id": shop.mug, "quantity": "1", "unit_price": "99"})
    assert (await quotes.post(quote, "ask-approval", {})).json()["state"] == "approved"


async def test_nothing_to_approve_and_taking_back(quotes, shop):
    quote = await quotes.draft()
    assert (await quotes.post(quote, "ask-approval", {})).json()["code"] == "nothing_to_approve"
    await quotes.floor("200")
    await quotes.post(quote, "ask-approval", {})
    assert (await quotes.post(quote, "take-back", None)).json()["state"] == "draft"


async def test_the_customer_accepts_by_the_link_and_an_order_is_written(quotes, stranger, shop):
    quote, link = await quotes.sent(discount_amount="26", remark="货到付款")
    page = await stranger.get(link)
    assert page.status_code == 200
    assert "200.00" in page.text
    assert "script" not in page.text
    refused = await stranger.post(f"{link}/accept", data={"name": "", "agreed": ""})
    assert (refused.status_code, refused.text.count('aria-invalid="true"')) == (422, 2)
    done = await stranger.post(f"{link}/accept", data={"name": "王总", "agreed": "1"}, headers={"user-agent": "Phone"})
    assert done.status_code == 200, done.text
    assert "王总" in done.text
    read = await quotes.read(quote)
    [version] = read["versions"]
    assert (read["state"], version["accepted_by"]) == ("accepted", "王总")
    order = await shop.read({"id": read["order_id"]})
    assert (order["state"], order["gross"], order["discount_amount"], order["remark"]) == ("draft", "200.00", "26.00", "货到付款")
    again = await stranger.post(f"{link}/accept", data={"name": "别人", "agreed": "1"})
    assert again.status_code == 409
    assert (await stranger.post(f"{link}/decline", data={})).status_code == 409
    assert (await quotes.read(quote)) == read
    page = (await shop.client.get(f"/orders/{order['id']}")).text
    assert quote["number"] in page


async def test_proof_of_the_acceptance_is_kept(quotes, stranger, database, tenant):
    quote, link = await quotes.sent()
    await stranger.post(f"{link}/accept", data={"name": "王总", "agreed": "1"}, headers={"user-agent": "Phone"})
    async with database.work(tenant) as work:
        query = sa.text("SELECT accepted_ip, accepted_agent, accepted_at FROM crm_quote_version WHERE quote_id = :id")
        row = (await work.session.execute(query, {"id": UUID(quote["id"])})).one()
        assert (bool(row.accepted_ip), row.accepted_agent) == (True, "Phone")
        assert row.accepted_at is not None
        log = await work.session.execute(sa.text("SELECT actor_name FROM audit_entry WHERE action = 'quote.accepted'"))
        assert log.scalars().all() == ["王总"]


async def test_many_acceptances_at_once_make_one_order(quotes, stranger, shop):
    _quote, link = await quotes.sent()
    answers = await asyncio.gather(*(stranger.post(f"{link}/accept", data={"name": f"王{n}", "agreed": "1"}) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert len((await shop.client.get("/api/v1/orders")).json()["items"]) == 1


async def test_answers_are_limited_for_each_address(quotes, stranger):
    _quote, link = await quotes.sent()
    answers = [await stranger.post(f"{link}/accept", data={}) for _ in range(12)]
    assert answers[-1].status_code == 429


async def test_a_link_is_signed_replaced_and_runs_out(quotes, stranger, other_client, settings, tenant):
    with clock.frozen(datetime(2026, 3, 1, 4, tzinfo=UTC)):
        quote, link = await quotes.sent(valid_until="2026-03-05")
        assert (await stranger.get(link)).status_code == 200
    for wrong in (link[:-1] + ("a" if link[-1] != "a" else "b"), link.partition(".")[0], f"/offers/{uuid4().hex}.x", "/offers/x"):
        assert (await stranger.get(wrong)).status_code == 410, wrong
    assert (await other_client.get(link)).status_code == 410  # the same address at another company
    with clock.frozen(datetime(2026, 3, 5, 15, tzinfo=UTC)):  # 23:00 in Shanghai
        assert (await stranger.get(link)).status_code == 200
    with clock.frozen(datetime(2026, 3, 5, 17, tzinfo=UTC)):
        assert (await stranger.get(link)).status_code == 410
        assert (await stranger.post(f"{link}/accept", data={"name": "x", "agreed": "1"})).status_code == 410
        assert (await stranger.get(f"{link}/pdf")).status_code == 410
        [row] = (await quotes.client.get("/api/v1/quotes", params={"lapsed": True})).json()["items"]
        assert row["lapsed"] is True
    with clock.frozen(datetime(2026, 3, 2, 4, tzinfo=UTC)):
        await quotes.post(quote, "versions")
        assert (await stranger.get(link)).status_code == 410
        fresh = (await quotes.post(quote, "send", {})).json()["link"]
        assert fresh.rpartition("/")[2] not in link
        assert (await stranger.get("/offers/" + fresh.rpartition("/")[2])).status_code == 200


async def test_the_customer_sees_the_paper_in_both_languages(quotes, stranger):
    body = {"name": "内部批发价", "level": None}
    list_id = (await quotes.client.post("/api/v1/price-lists", json=body)).json()["id"]
    price = {"price_list_id": list_id, "product_id": quotes.shop.mug, "unit_price": "110"}
    assert (await quotes.client.post("/api/v1/prices", json=price)).status_code == 201
    _quote, link = await quotes.sent()
    assert "内部批发价" not in (await stranger.get(link)).text
    for language, words in (("zh", "接受报价"), ("en", "Accept the quote")):
        assert words in (await stranger.get(link, headers={"accept-language": language})).text
        paper = await stranger.get(f"{link}/pdf", headers={"accept-language": language})
        assert paper.status_code == 200, paper.text
        assert paper.content.startswith(b"%PDF-")


async def test_the_customer_declines(quotes, stranger):
    quote, link = await quotes.sent()
    assert (await stranger.post(f"{link}/decline", data={"reason": "预算取消"})).status_code == 200
    read = await quotes.read(quote)
    assert (read["state"], read["versions"][0]["decline_reason"], read["order_id"]) == ("declined", "预算取消", None)
    assert (await quotes.post(quote, "versions")).json()["current"] == 2


async def test_a_letter_brings_the_link(quotes, database, tenant):
    quote = await quotes.draft()
    answer = await quotes.post(quote, "send", {"to": "buyer@example.com", "message": "请查收"})
    async with database.registry_session() as session:
        query = sa.select(Mail).where(Mail.tenant_id == tenant.id, Mail.template == "quote")
        [letter] = (await session.scalars(query)).all()
        assert letter.recipient == "buyer@example.com"
        assert answer.json()["link"] in letter.text
        assert "请查收" in letter.text
    wrong = await quotes.post(await quotes.draft(), "send", {"to": "not an address"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "to")


async def opportunity_of(shop, **fields):
    lines = [{"product_id": shop.mug, "quantity": "2"}]
    answer = await shop.client.post("/api/v1/opportunities", json={"party_id": shop.party, "name": "年度采购", "lines": lines, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_opportunity_is_won_with_the_quote(quotes, stranger, shop):
    opportunity = await opportunity_of(shop)
    page = await shop.client.get(f"/quotes/new?opportunity_id={opportunity['id']}")
    assert "骨瓷马克杯" in page.text
    quote, link = await quotes.sent(opportunity_id=opportunity["id"])
    assert quote["number"] in (await shop.client.get(f"/opportunities/{opportunity['id']}")).text
    await stranger.post(f"{link}/accept", data={"name": "王总", "agreed": "1"})
    won = (await shop.client.get(f"/api/v1/opportunities/{opportunity['id']}")).json()
    assert (won["state"], won["order_id"]) == ("won", (await quotes.read(quote))["order_id"])
    party = (await shop.client.get(f"/api/v1/parties/{shop.party}")).json()
    assert party["stage"] == "customer"


async def test_a_lost_opportunity_stays_lost_and_another_customers_is_refused(quotes, shop, stranger):
    opportunity = await opportunity_of(shop)
    other = (await shop.client.post("/api/v1/parties", json={"name": "别的客户"})).json()["id"]
    body = {"party_id": other, "lines": [], "opportunity_id": opportunity["id"]}
    refused = await shop.client.post("/api/v1/quotes", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "opportunity_id")


async def test_nothing_is_kept_when_the_order_cannot_be_written(quotes, stranger, monkeypatch):
    quote, link = await quotes.sent()

    async def fail(*_args, **_fields):
        raise RuntimeError("no order today")

    with monkeypatch.context() as patched:
        patched.setattr("core_crm.quotes.closing.create_order", fail)
        assert (await stranger.post(f"{link}/accept", data={"name": "王总", "agreed": "1"})).status_code == 500
    assert (await quotes.read(quote))["state"] == "sent"


async def test_a_quote_in_another_currency_becomes_an_order_in_it(quotes, shop):
    missing = await shop.client.post(
        "/api/v1/quotes", json={"party_id": shop.party, "currency": "USD", "lines": [{"product_id": shop.mug, "quantity": "1"}]}
    )
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "lines.0.unit_price")
    body = {"party_id": shop.party, "name": "咖啡机", "amount": "50", "currency": "USD"}
    opportunity = (await shop.client.post("/api/v1/opportunities", json=body)).json()
    line = {"product_id": shop.mug, "quantity": "3", "unit_price": "16.05"}
    quote = await quotes.draft(line, currency="USD", discount_amount="0.05", opportunity_id=opportunity["id"])
    await quotes.post(quote, "send", {})
    done = (await quotes.post(quote, "accept", {"name": "Smith"})).json()
    order = (await shop.client.get(f"/api/v1/orders/{done['order_id']}")).json()
    assert (done["state"], order["state"], order["currency"], order["gross"]) == ("accepted", "draft", "USD", "48.10")
    won = (await shop.client.get(f"/api/v1/opportunities/{opportunity['id']}")).json()
    assert (won["state"], won["order_id"]) == ("won", order["id"])
    assert f"/orders/{order['id']}" in (await shop.client.get(f"/quotes/{quote['id']}")).text


async def test_the_seller_is_told_that_the_customer_accepted(quotes, stranger, client_for, database, tenant, shop):
    seller = await client_for(tenant, role="sales")
    party = (await seller.post("/api/v1/parties", json={"name": "销售自己的客户"})).json()["id"]
    body = {"party_id": party, "lines": [{"product_id": shop.mug, "quantity": "1"}]}
    quote = (await seller.post("/api/v1/quotes", json=body)).json()
    sent = await quotes.post(quote, "send", {}, seller)
    assert sent.status_code == 200, sent.text
    link = "/offers/" + sent.json()["link"].rpartition("/")[2]
    assert (await stranger.post(f"{link}/accept", data={"name": "王总", "agreed": "1"})).status_code == 200
    async with database.work(tenant) as work:
        told = await work.session.execute(
            sa.text("SELECT kind FROM workflow_notification WHERE record_id = :id"), {"id": UUID(quote["id"])}
        )
        assert told.scalars().all() == ["core_crm.quote_accepted"]


async def test_events_are_published(quotes, monkeypatch, database):
    published = []

    async def note(_bus, _work, event):
        published.append(event)

    monkeypatch.setattr(type(database.bus), "publish", note)
    quote, _link = await quotes.sent()
    await quotes.post(quote, "accept", {"name": "王总"})
    sent, accepted = published
    assert isinstance(sent, QuoteSent)
    assert isinstance(accepted, QuoteAccepted)
    assert (accepted.number, accepted.accepted_by, str(accepted.gross)) == (quote["number"], "王总", "226.00")


async def test_another_company_sees_and_changes_nothing(quotes, other_client):
    quote, _link = await quotes.sent()
    path = f"/api/v1/quotes/{quote['id']}"
    body = {"party_id": quotes.shop.party, "lines": []}
    for method, address, data in (
        ("GET", path, None),
        ("PUT", path, {**body, "version": 1}),
        ("DELETE", path, None),
        ("POST", f"{path}/versions", None),
        ("POST", f"{path}/ask-approval", {}),
        ("POST", f"{path}/take-back", None),
        ("POST", f"{path}/send", {}),
        ("POST", f"{path}/accept", {"name": "x"}),
        ("POST", f"{path}/decline", {}),
        ("GET", f"{path}/pdf", None),
        ("GET", f"/quotes/{quote['id']}", None),
        ("GET", f"/quotes/{quote['id']}/pdf", None),
    ):
        assert (await other_client.request(method, address, json=data)).status_code == 404, address
    assert (await other_client.get("/api/v1/quotes")).json() == {"items": [], "next": None}
    assert (await other_client.post("/api/v1/quotes", json=body)).status_code == 404


async def test_each_command_needs_its_permission(quotes, client_for, tenant):
    quote = await quotes.draft()
    path = f"/api/v1/quotes/{quote['id']}"
    reader = await client_for(tenant, permissions={"crm.quote.read", "master.party.read"})
    assert (await reader.get("/api/v1/quotes")).status_code == 200
    body = {"party_id": quotes.shop.party, "lines": []}
    for method, address, data in (
        ("POST", "/api/v1/quotes", body),
        ("PUT", path, body),
        ("DELETE", path, None),
        ("POST", f"{path}/versions", None),
        ("POST", f"{path}/ask-approval", {}),
        ("POST", f"{path}/send", {}),
        ("POST", f"{path}/accept", {"name": "x"}),
        ("POST", f"{path}/decline", {}),
    ):
        assert (await reader.request(method, address, json=data)).status_code == 403, address
    without_orders = await client_for(tenant, permissions={"crm.quote.read", "crm.quote.update"})
    assert (await quotes.post(quote, "accept", {"name": "x"}, without_orders)).status_code == 403


async def test_a_seller_sees_their_own_quotes(quotes, client_for, tenant, shop):
    quote = await quotes.draft()
    seller = await client_for(tenant, role="sales")
    assert (await seller.get("/api/v1/quotes")).json()["items"] == []
    assert (await seller.get(f"/quotes/{quote['id']}")).status_code == 404
    party = (await seller.post("/api/v1/parties", json={"name": "销售自己的客户"})).json()["id"]
    own = await seller.post("/api/v1/quotes", json={"party_id": party, "lines": [{"product_id": shop.mug, "quantity": "1"}]})
    assert [row["id"] for row in (await seller.get("/api/v1/quotes")).json()["items"]] == [own.json()["id"]]


def form(shop, *lines, **head):
    data = {"party_id": shop.party, "party_name": "联华", "prices_include_tax": "1", "currency": "CNY", **head}
    return data | {name: [line.get(name, "") for line in lines] for name in FIELDS}


async def test_a_quote_is_written_sent_and_accepted_on_the_pages(quotes, shop):
    new = (await shop.client.get(f"/quotes/new?party_id={shop.party}")).text
    assert f'name="party_id" value="{shop.party}"' in new
    made = await shop.client.post("/quotes/new", data=form(shop, {"product_id": shop.mug, "quantity": "2"}, discount="10%"))
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "203.40" in (await shop.client.get(path)).text
    assert 'value="10%"' in (await shop.client.get(f"{path}/edit")).text
    edited = await shop.client.post(f"{path}/edit", data=form(shop, {"product_id": shop.mug, "quantity": "1"}))
    assert edited.status_code == 303
    assert (await shop.client.post(f"{path}/send", data={"to": ""})).status_code == 303
    page = (await shop.client.get(path)).text
    assert "/offers/" in page
    assert (await shop.client.get(f"{path}/edit")).status_code == 303
    assert (await shop.client.post(f"{path}/versions")).headers["location"] == f"{path}/edit"
    assert (await shop.client.get(f"{path}?no=1")).status_code == 200
    assert (await shop.client.get(f"{path}?no=7")).status_code == 404
    refused = await shop.client.post(f"{path}/accept", data={"name": "王总"})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    await shop.client.post(f"{path}/send", data={})
    assert (await shop.client.post(f"{path}/accept", data={"name": "王总"})).status_code == 303
    page = (await shop.client.get(path)).text
    assert "/orders/" in page
    for state in ("", "draft", "accepted", "lapsed"):
        listed = (await shop.client.get(f"/quotes?state={state}")).text
        assert (path in listed) is (state in ("", "accepted")), state
    assert path in (await shop.client.get(f"/parties/{shop.party}")).text


async def test_a_wrong_letter_address_is_told_on_the_page_and_nothing_is_sent(quotes, shop):
    quote = await quotes.draft()
    answer = await shop.client.post(f"/quotes/{quote['id']}/send", data={"to": "nowhere"})
    assert answer.status_code == 422
    assert (await quotes.read(quote))["state"] == "draft"


async def test_approval_on_the_pages(quotes, shop):
    await quotes.floor("120")
    quote = await quotes.draft()
    path = f"/quotes/{quote['id']}"
    page = (await shop.client.get(path)).text
    assert f'action="{path}/ask-approval"' in page
    assert f'action="{path}/send"' not in page
    await shop.client.post(f"{path}/ask-approval", data={"reason": "大客户"})
    page = (await shop.client.get(path)).text
    assert "大客户" in page
    await shop.client.post(f"{path}/take-back")
    page = (await shop.client.get(path)).text
    assert f'action="{path}/ask-approval"' in page


async def test_wrong_cells_of_the_editor_are_marked(shop):
    answer = await shop.client.post("/quotes/new", data=form(shop, {"description": "x", "quantity": "z"}, quoted_on="2026-13-01"))
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    late = form(shop, {"product_id": shop.mug, "quantity": "1"}, quoted_on="2026-03-02", valid_until="2026-03-01")
    assert (await shop.client.post("/quotes/new", data=late)).status_code == 422


async def test_a_quote_may_hold_until_the_last_day_there_is(shop):
    lines = [{"product_id": shop.mug, "quantity": "1"}]
    late = await shop.client.post("/api/v1/quotes", json={"party_id": shop.party, "lines": lines, "quoted_on": "9999-12-31"})
    assert (late.status_code, late.json()["versions"][0]["valid_until"]) == (201, "9999-12-31"), late.text
    days = {"quoted_on": "2020-01-01", "valid_until": "9999-12-31"}
    quote = (await shop.client.post("/api/v1/quotes", json={"party_id": shop.party, "lines": lines, **days})).json()
    await shop.client.post(f"/api/v1/quotes/{quote['id']}/send", json={})
    again = await shop.client.post(f"/api/v1/quotes/{quote['id']}/versions")
    assert again.status_code in (200, 201), again.text
    assert again.json()["versions"][-1]["valid_until"] == "9999-12-31"
