"""Review, signature and posting of drafts, through the API and the rules of a ledger."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from tests.core_finance.pages import overwrite

from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Review
from core_finance.chart.rules import LedgerRules, keep_rules

V = "/api/v1/vouchers"
CASH = [{"account": "1002", "summary": "Sale", "debit": "100.00"}, {"account": "5001", "summary": "Sale", "credit": "100.00"}]
NO_CASH = [{"account": "560205", "summary": "Use", "debit": "9.00"}, {"account": "1405", "summary": "Use", "credit": "9.00"}]
READER = {"finance.voucher.read", "finance.voucher.create"}


def voucher(on="2026-03-09", lines=CASH, **more):
    return {"on": on, "lines": lines, **more}


@pytest.fixture
async def books(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


@pytest.fixture
async def rules(books, tenant, database):
    """Sets the ledger's rules: ``await rules(review="second_person", cashier_signs=True)``."""

    async def choose(*, review="none", poster_apart=False, cashier_signs=False):
        async with database.work(tenant) as work:
            ledger = await get_ledger(work)
            ledger.review, ledger.poster_apart = Review(review), poster_apart
            keep_rules(ledger, LedgerRules(cashier_signs=cashier_signs))

    return choose


@pytest.fixture
async def colleague(client_for, tenant, books):
    return await client_for(tenant)


@pytest.fixture
def audit(database, tenant):
    """Actions noted about an object, the first one first."""

    async def read(voucher_id):
        async with database.owner_engine.connect() as connection:
            query = sa.text(f"SELECT action, before, after FROM {tenant.schema}.audit_entry WHERE object = :o ORDER BY at, id")
            return (await connection.execute(query, {"o": f"voucher:{voucher_id}"})).all()

    return read


async def draft(client, **values):
    answer = await client.post(V, json=voucher(**values))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def code(answer):
    return answer.json().get("code")


async def test_a_draft_is_reviewed_by_a_colleague_and_then_posted(books, colleague, rules, audit):
    await rules(review="second_person")
    one = await draft(books)
    assert code(await books.post(f"{V}/{one}/post")) == "voucher_needs_review"
    reviewed = (await colleague.post(f"{V}/{one}/review")).json()
    assert reviewed["state"] == "reviewed"
    assert reviewed["reviewed_by"] != reviewed["made_by"]
    posted = (await books.post(f"{V}/{one}/post")).json()
    assert (posted["state"], posted["number"], posted["reviewed_by"]) == ("posted", 1, reviewed["reviewed_by"])
    entries = await audit(one)
    assert [(e.action, e.before["state"], e.after["state"]) for e in entries] == [
        ("voucher.reviewed", "draft", "reviewed"), ("voucher.posted", "reviewed", "posted")]  # fmt: skip


async def test_who_made_a_voucher_does_not_review_it_where_a_second_person_must(books, colleague, rules, tenant, state_of):
    await rules(review="second_person")
    one = await draft(books)
    before = await state_of(tenant)
    assert code(await books.post(f"{V}/{one}/review")) == "reviewer_is_maker"
    assert await state_of(tenant) == before
    await rules(review="anyone")
    assert (await books.post(f"{V}/{one}/review")).status_code == 200


async def test_who_changed_a_voucher_last_is_its_maker(books, colleague, rules):
    await rules(review="second_person")
    one = await draft(books)
    assert (await overwrite(colleague, f"{V}/{one}", voucher(attachments=1))).status_code == 200
    assert code(await colleague.post(f"{V}/{one}/review")) == "reviewer_is_maker"
    assert (await books.post(f"{V}/{one}/review")).status_code == 200


async def test_a_reviewed_voucher_is_neither_changed_nor_deleted(books, colleague, tenant, state_of):
    one = await draft(books)
    await colleague.post(f"{V}/{one}/review")
    before = await state_of(tenant)
    for answer in (
        await overwrite(books, f"{V}/{one}", voucher(attachments=1)),
        await books.delete(f"{V}/{one}"),
        await books.post(f"{V}/{one}/review"),
    ):
        assert (answer.status_code, code(answer)) == (409, "voucher_reviewed")
    assert await state_of(tenant) == before


async def test_a_review_is_taken_back_by_its_reviewer_or_with_a_reason(books, colleague, audit):
    one = await draft(books)
    assert code(await books.post(f"{V}/{one}/unreview", json={})) == "voucher_not_reviewed"
    await colleague.post(f"{V}/{one}/review")
    refused = await books.post(f"{V}/{one}/unreview", json={})
    assert (refused.status_code, code(refused), refused.json()["errors"][0]["field"]) == (422, "reason_missing", "reason")
    assert (await books.post(f"{V}/{one}/unreview", json={"reason": "Wrong month"})).json()["state"] == "draft"
    assert (await audit(one))[-1].after["reason"] == "Wrong month"
    await colleague.post(f"{V}/{one}/review")
    assert (await colleague.post(f"{V}/{one}/unreview", json={})).json()["reviewed_by"] is None
    await colleague.post(f"{V}/{one}/review")
    await books.post(f"{V}/{one}/post")
    assert code(await books.post(f"{V}/{one}/unreview", json={"reason": "x"})) == "already_posted"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([CASH[0], {**CASH[1], "credit": "99.00"}], "unbalanced"),
        ([CASH[0], {**CASH[1], "account": "7777"}], "unknown_account"),
        ([{**CASH[0], "account": "1122", "dimensions": {"party": str(uuid4())}}, CASH[1]], "dimension_unknown"),
    ],
)
async def test_what_could_not_be_posted_is_not_reviewed(books, colleague, lines, problem):
    one = await draft(books, lines=lines)
    assert code(await colleague.post(f"{V}/{one}/review")) == problem
    good = await draft(books)
    results = (await colleague.post(f"{V}/review", json={"ids": [one, good, str(uuid4())]})).json()["results"]
    assert [(r["state"], r["problem"] and r["problem"]["code"]) for r in results] == [
        (None, problem), ("reviewed", None), (None, "voucher_not_found")]  # fmt: skip


async def test_many_are_posted_in_their_order_and_each_refusal_is_told(books, colleague, rules):
    await rules(review="anyone")
    ids = [await draft(books, on=f"2026-03-{day:02}") for day in (9, 8, 7)]
    await colleague.post(f"{V}/review", json={"ids": [ids[0], ids[2]]})
    results = (await books.post(f"{V}/post", json={"ids": list(reversed(ids))})).json()["results"]
    assert {r["id"]: (r["posted"] and r["posted"]["number"], r["problem"] and r["problem"]["code"]) for r in results} == {
        ids[0]: (1, None), ids[1]: (None, "voucher_needs_review"), ids[2]: (2, None)}  # fmt: skip
    [waiting] = (await books.get(f"{V}/drafts")).json()["items"]
    assert (waiting["id"], waiting["number"]) == (ids[1], 3)


async def test_a_customer_who_does_not_exist_stops_one_voucher_of_many(books):
    owed = [
        {"account": "1122", "summary": "Sale", "debit": "1.00", "dimensions": {"party": str(uuid4())}},
        {"account": "5001", "credit": "1.00"},
    ]
    ids = [await draft(books), await draft(books, lines=owed), await draft(books)]
    results = (await books.post(f"{V}/post", json={"ids": ids})).json()["results"]
    assert [r["problem"] and r["problem"]["code"] for r in results] == [None, "dimension_unknown", None]
    batch = {"vouchers": [voucher(), voucher(lines=owed), voucher()], "partial": True}
    results = (await books.post(f"{V}/batch", json=batch)).json()["results"]
    assert [r["posted"] and r["posted"]["number"] for r in results] == [3, None, 4]


async def test_nothing_is_posted_at_once_where_vouchers_are_reviewed(books, rules, tenant, state_of):
    await rules(review="anyone")
    before = await state_of(tenant)
    assert code(await books.post(V, json=voucher(post=True))) == "voucher_needs_review"
    assert code(await books.post(f"{V}/batch", json={"vouchers": [voucher()]})) == "voucher_needs_review"
    assert await state_of(tenant) == before


async def test_vouchers_of_cash_wait_for_the_cashier(books, colleague, rules, client_for, tenant):
    await rules(cashier_signs=True)
    assert code(await books.post(V, json=voucher(post=True))) == "voucher_needs_signature"
    assert (await books.post(V, json=voucher(lines=NO_CASH, post=True))).status_code == 201
    one, other = await draft(books), await draft(books, lines=NO_CASH)
    assert code(await books.post(f"{V}/{one}/post")) == "voucher_needs_signature"
    cashier = await client_for(tenant, permissions={"finance.cash.sign", "finance.voucher.read"})
    assert code(await cashier.post(f"{V}/{other}/sign")) == "nothing_to_sign"
    signed = (await cashier.post(f"{V}/{one}/sign")).json()
    assert signed["signed_by"]
    assert code(await cashier.post(f"{V}/{one}/sign")) == "already_signed"
    assert (await cashier.post(f"{V}/{one}/unsign")).json()["signed_by"] is None
    assert code(await cashier.post(f"{V}/{one}/unsign")) == "not_signed"
    results = (await cashier.post(f"{V}/sign", json={"ids": [one, other]})).json()["results"]
    assert sorted(r["problem"]["code"] if r["problem"] else r["state"] for r in results) == ["nothing_to_sign", "signed"]
    posted = (await books.post(f"{V}/{one}/post")).json()
    assert (posted["state"], posted["signed_by"]) == ("posted", signed["signed_by"])


async def test_a_change_takes_the_cashier_s_signature_away(books, rules):
    await rules(cashier_signs=True)
    one = await draft(books)
    await books.post(f"{V}/{one}/sign")
    assert (await overwrite(books, f"{V}/{one}", voucher(attachments=1))).json()["signed_by"] is None
    await rules()
    assert code(await books.post(f"{V}/{one}/sign")) == "nothing_to_sign"


async def test_another_than_its_maker_posts_where_the_ledger_says_so(books, colleague, rules):
    await rules(poster_apart=True)
    one = await draft(books)
    assert code(await books.post(f"{V}/{one}/post")) == "poster_is_maker"
    assert (await colleague.post(f"{V}/{one}/post")).json()["state"] == "posted"


@pytest.mark.parametrize(
    "ledger_rules", [{"review": "anyone"}, {"review": "second_person"}, {"poster_apart": True}, {"cashier_signs": True}]
)
async def test_a_reversal_waits_as_a_red_draft_where_others_have_a_say(books, colleague, rules, ledger_rules, tenant, state_of):
    posted = (await books.post(V, json=voucher(post=True))).json()
    await rules(**ledger_rules)
    red = await books.post(f"{V}/{posted['id']}/reverse", json={"on": "2026-04-01"}, headers={"Idempotency-Key": "r"})
    assert (red.status_code, red.json()["state"], red.json()["kind"]) == (201, "draft", "reversal"), red.text
    assert red.json()["reverses"]["id"] == posted["id"]
    again = await books.post(f"{V}/{posted['id']}/reverse", json={"on": "2026-04-01"}, headers={"Idempotency-Key": "r"})
    assert again.json()["id"] == red.json()["id"]
    before = await state_of(tenant)
    assert code(await books.post(f"{V}/{posted['id']}/reverse", json={})) == "already_reversed"
    address = f"{V}/{red.json()['id']}"
    assert code(await overwrite(books, address, voucher("2026-04-01"))) == "reversal_fixed"
    assert await state_of(tenant) == before
    await colleague.post(f"{address}/review")
    await colleague.post(f"{address}/sign")
    done = (await colleague.post(f"{address}/post")).json()
    assert (done["state"], done["kind"], done["lines"][0]["debit"]) == ("posted", "reversal", "-100.00")
    assert (await books.get(f"{V}/{posted['id']}")).json()["reversed_by"]["id"] == done["id"]


async def test_a_red_draft_may_get_another_day_or_be_thrown_away(books, rules):
    posted = (await books.post(V, json=voucher(post=True))).json()
    await rules(review="anyone")
    red = (await books.post(f"{V}/{posted['id']}/reverse", json={"on": "2026-04-01"})).json()
    lines = [{k: v for k, v in line.items() if k not in ("position", "account_name") and v is not None} for line in red["lines"]]
    moved = await overwrite(books, f"{V}/{red['id']}", voucher("2026-05-01", lines))
    assert (moved.status_code, moved.json()["kind"], moved.json()["period"]) == (200, "reversal", 202605)
    assert (await books.delete(f"{V}/{red['id']}")).status_code == 204
    assert (await books.post(f"{V}/{posted['id']}/reverse", json={"on": "2026-04-01"})).status_code == 201


async def test_a_reversal_without_a_day_goes_to_the_first_open_month(books):
    posted = (await books.post(V, json=voucher("2027-01-05", post=True))).json()
    assert (await books.post("/api/v1/finance/periods/202701/steps/core_finance.transfer/do")).status_code == 200
    for month in (*range(202601, 202613), 202701):
        answer = await books.post(f"/api/v1/finance/periods/{month}/close")
        assert answer.status_code == 200, answer.text
    red = (await books.post(f"{V}/{posted['id']}/reverse", json={})).json()
    assert red["on"] == "2027-02-01"


@pytest.mark.parametrize(
    ("path", "permission"),
    [("review", "finance.voucher.review"), ("unreview", "finance.voucher.review"), ("sign", "finance.cash.sign"),
     ("unsign", "finance.cash.sign"), ("post", "finance.voucher.post")],
)  # fmt: skip
async def test_each_step_has_its_own_permission(books, client_for, tenant, path, permission):
    one = await draft(books)
    clerk = await client_for(tenant, permissions=READER)
    assert (await clerk.post(f"{V}/{one}/{path}", json={})).status_code == 403
    if path != "unsign":
        assert (await clerk.post(f"{V}/{path}", json={"ids": [one]})).status_code == 403
    allowed = await client_for(tenant, permissions={permission})
    assert (await allowed.post(f"{V}/{one}/{path}", json={})).status_code != 403


async def test_another_company_s_draft_cannot_be_reviewed_signed_or_posted(books, other_client):
    one = await draft(books)
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    for path in ("review", "unreview", "sign", "unsign", "post"):
        assert (await other_client.post(f"{V}/{one}/{path}", json={})).status_code == 404
    for path in ("review", "sign", "post", "unreview"):
        [result] = (await other_client.post(f"{V}/{path}", json={"ids": [one]})).json()["results"]
        assert (UUID(result["id"]), result["problem"]["code"]) == (UUID(one), "voucher_not_found")
    assert (await books.get(f"{V}/{one}")).json()["state"] == "draft"


async def test_no_draft_is_kept_in_a_closed_month_or_before_the_books_begin(books, tenant, state_of):
    await books.post("/api/v1/finance/periods/202601/close")
    before = await state_of(tenant)
    for day, problem in (("2026-01-05", "period_closed"), ("2025-12-31", "period_missing")):
        refused = await books.post(V, json=voucher(day))
        assert (code(refused), refused.json()["errors"][0]["field"]) == (problem, "on")
    assert code(await books.post(V, json=voucher(word="银"))) == "unknown_word"
    assert await state_of(tenant) == before
