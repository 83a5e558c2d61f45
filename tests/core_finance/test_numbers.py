"""Numbers of vouchers: from the first save on, and always 1 to n."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core_finance.pages import overwrite

V = "/api/v1/vouchers"
LINES = [{"account": "1002", "summary": "Sale", "debit": "1.00"}, {"account": "5001", "summary": "Sale", "credit": "1.00"}]


@pytest.fixture
async def books(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


async def keep(client, on="2026-03-09", key=None, **more):
    headers = {"Idempotency-Key": key} if key else {}
    answer = await client.post(V, json={"on": on, "lines": LINES, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def numbers(client, word="记", period=202603):
    rows = (await client.get(V, params={"state": "all", "word": word, "first": period, "last": period, "limit": 500})).json()["items"]
    return {row["id"]: row["number"] for row in reversed(rows)}


async def test_a_draft_has_its_number_from_the_first_save(books):
    first, second, other = await keep(books), await keep(books), await keep(books, word="转")
    assert (first["number"], second["number"], other["number"]) == (1, 2, 1)
    assert (await keep(books, post=True))["number"] == 1
    assert (await books.get(f"{V}/{second['id']}")).json()["number"] == 3
    assert (await books.delete(f"{V}/{first['id']}")).status_code == 204
    assert (await books.get(f"{V}/{second['id']}")).json()["number"] == 2


async def test_drafts_are_put_in_the_order_of_their_days(books, tenant, state_of):
    ids = [(await keep(books, f"2026-03-{day:02}"))["id"] for day in (9, 7, 8)]
    posted = (await keep(books, "2026-03-31", post=True))["id"]
    assert await numbers(books) == {posted: 1, ids[0]: 2, ids[1]: 3, ids[2]: 4}
    versions = {each: (await books.get(f"{V}/{each}")).json()["version"] for each in ids}
    done = await books.post(f"{V}/order", json={"period": 202603})
    assert (done.status_code, done.json()) == (200, {"renumbered": 3})
    assert await numbers(books) == {posted: 1, ids[1]: 2, ids[2]: 3, ids[0]: 4}
    assert {each: (await books.get(f"{V}/{each}")).json()["version"] for each in ids} == versions
    before = await state_of(tenant)
    again = (await books.post(f"{V}/order", json={"period": 202603, "word": "记"})).json()
    after = await state_of(tenant)
    assert (again, after["audit_entry"], after["finance_voucher"]) == (
        {"renumbered": 0}, before["audit_entry"], before["finance_voucher"])  # fmt: skip


async def test_a_draft_that_moves_to_another_month_comes_last_there(books):
    moved, _stays, there = await keep(books), await keep(books), await keep(books, "2026-04-01")
    changed = await overwrite(books, f"{V}/{moved['id']}", {"on": "2026-04-02", "lines": LINES})
    assert changed.json()["number"] == 2
    assert (await books.get(f"{V}/{there['id']}")).json()["number"] == 1


async def test_a_draft_that_is_sent_again_is_kept_once_even_after_it_was_posted(books):
    first = await keep(books, key="k")
    assert (await keep(books, key="k"))["id"] == first["id"]
    changed = await overwrite(books, f"{V}/{first['id']}", {"on": "2026-03-09", "lines": LINES, "attachments": 3})
    assert changed.status_code == 200
    assert (await keep(books, key="k"))["attachments"] == 3
    other = await books.post(V, json={"on": "2026-03-10", "lines": LINES}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    await books.post(f"{V}/{first['id']}/post")
    again = await keep(books, key="k")
    assert (again["id"], again["state"]) == (first["id"], "posted")
    other = await books.post(V, json={"on": "2026-03-10", "lines": LINES}, headers={"Idempotency-Key": "k"})
    assert other.json()["code"] == "idempotency_mismatch"
    assert (await keep(books, key="k", post=True))["id"] == first["id"]
    assert len(await numbers(books)) == 1


async def test_many_drafts_are_kept_at_once_numbered_as_they_were_sent(books):
    batch = {"state": "draft", "vouchers": [{"on": "2026-03-09", "lines": LINES, "idempotency_key": f"k{n}"} for n in range(5)]}
    results = (await books.post(f"{V}/batch", json=batch)).json()["results"]
    assert [r["draft"]["number"] for r in results] == [1, 2, 3, 4, 5]
    await books.post(f"{V}/{results[0]['draft']['id']}/post")
    again = (await books.post(f"{V}/batch", json=batch)).json()["results"]
    assert [r["draft"] and (r["draft"]["number"], r["draft"]["replayed"]) for r in again] == [None, *((n, True) for n in (2, 3, 4, 5))]
    assert (again[0]["posted"]["number"], again[0]["posted"]["replayed"]) == (1, True)


async def test_a_batch_of_drafts_is_kept_whole_or_says_which(books, tenant, state_of):
    good, bad = {"on": "2026-03-09", "lines": LINES}, {"on": "2025-03-09", "lines": LINES}
    before = await state_of(tenant)
    refused = await books.post(f"{V}/batch", json={"state": "draft", "vouchers": [good, bad]})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_missing")
    assert await state_of(tenant) == before
    results = (await books.post(f"{V}/batch", json={"state": "draft", "partial": True, "vouchers": [good, bad, good]})).json()["results"]
    assert [r["problem"]["code"] if r["problem"] else r["draft"]["number"] for r in results] == [1, "period_missing", 2]


async def test_who_may_enter_vouchers_keeps_drafts_in_batches(books, client_for, tenant):
    clerk = await client_for(tenant, permissions={"finance.voucher.create", "finance.voucher.read"})
    batch = {"vouchers": [{"on": "2026-03-09", "lines": LINES}]}
    assert (await clerk.post(f"{V}/batch", json=batch)).status_code == 403
    assert (await clerk.post(f"{V}/batch", json={**batch, "state": "draft"})).status_code == 200


async def test_the_list_holds_every_state_and_goes_on_from_its_cursor(books):
    made = [await keep(books, word=word) for word in ("记", "收", "付", "转") for _ in range(2)]
    await books.post(f"{V}/{made[0]['id']}/post")
    await books.post(f"{V}/{made[2]['id']}/review")
    whole = (await books.get(V, params={"state": "all"})).json()["items"]
    seen, after = [], None
    while True:
        answer = (await books.get(V, params={"state": "all", "limit": 3} | ({"after": after} if after else {}))).json()
        seen += answer["items"]
        after = answer["next"]
        if after is None:
            break
    assert seen == whole
    assert {row["id"] for row in whole} == {each["id"] for each in made}
    by_state = {s: [r["id"] for r in (await books.get(V, params={"state": s})).json()["items"]] for s in ("draft", "reviewed", "posted")}
    assert (by_state["posted"], by_state["reviewed"], len(by_state["draft"])) == ([made[0]["id"]], [made[2]["id"]], 6)
    found = (await books.get(f"{V}/drafts", params={"state": "reviewed"})).json()["items"]
    assert [row["id"] for row in found] == [made[2]["id"]]
    assert [r["id"] for r in (await books.get(f"{V}/drafts", params={"limit": 3})).json()["items"]] == [m["id"] for m in made[1:4]]
    assert (await books.get(V, params={"state": "lost"})).status_code in (400, 422)


async def test_another_company_s_drafts_are_in_no_list(books, other_client):
    await keep(books)
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(V, params={"state": "all"})).json()["items"] == []
    assert (await other_client.get(f"{V}/drafts")).json()["items"] == []


STEPS = st.lists(st.tuples(st.sampled_from(["save", "post at once", "post", "delete", "order", "move"]), st.integers(0, 9)), max_size=14)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_numbers_run_from_1_without_a_gap_whatever_is_saved_deleted_and_posted(books, steps):
    for act, choice in steps:
        waiting = [d["id"] for d in (await books.get(f"{V}/drafts", params={"limit": 500})).json()["items"]]
        one = waiting[choice % len(waiting)] if waiting else None
        if act in ("save", "post at once"):
            await keep(books, f"2026-03-{choice + 1:02}", post=act == "post at once")
        elif act == "order":
            await books.post(f"{V}/order", json={"period": 202603})
        elif one and act == "post":
            assert (await books.post(f"{V}/{one}/post")).status_code == 200
        elif one and act == "delete":
            assert (await books.delete(f"{V}/{one}")).status_code == 204
        elif one:
            await overwrite(books, f"{V}/{one}", {"on": f"2026-0{3 + choice % 2}-05", "lines": LINES})
        for period in (202603, 202604):
            found = list((await numbers(books, period=period)).values())
            assert found == list(range(1, len(found) + 1))
