"""Ledgers: how they are set up, what may change when, and the switch from one to another."""

import re
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import FilingPeriod, Review, Standard, Taxpayer
from core_finance.chart.rules import LedgerRules, rules_of
from core_finance.chart.service import accounts, codes_by_key
from core_finance.chart.settings import LedgerInUse, LedgerNameTaken, change_ledger
from core_finance.periods.service import close_period, periods
from core_finance.posting.engine import post
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.service import save_draft
from identity.audit.model import AuditEntry
from kernel.errors import Invalid

D = Decimal
API = "/api/v1/finance/ledgers"
FORM = {"name": "Main", "standard": "small_business", "taxpayer": "general", "currency": "CNY", "start": "2026-01"}


def voucher(*lines, on=date(2026, 3, 9), **more):
    return NewVoucher(on=on, lines=[NewLine(account=code, summary="x", **{side: D(amount)}) for code, side, amount in lines], **more)


SALE = (("1002", "debit", "100"), ("5001", "credit", "100"))


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


async def audited(work, action):
    return (await work.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.at))).all()


async def test_a_ledger_is_set_up_with_all_its_choices(work):
    made = await create_ledger(
        work, name=" North ", standard=Standard.ENTERPRISE, taxpayer=Taxpayer.SMALL_SCALE, start=date(2026, 7, 1), currency="USD",
        code_scheme="4-3-2", filing_period=FilingPeriod.MONTH, words=["付", "收", "转"], review=Review.SECOND_PERSON, poster_apart=True,
        rules=LedgerRules(transfer="merged", reserve_percent=D(5)),
    )  # fmt: skip
    assert (made.name, made.currency, made.start_period, made.words) == ("North", "USD", 202607, ["收", "付", "转"])
    assert rules_of(made).reserve_percent == 5
    assert (await periods(work, made))[0].code == 202607
    [entry] = await audited(work, "ledger.created")
    assert (entry.before, entry.after["review"], entry.after["rules"]["transfer"]) == (None, "second_person", "merged")


async def test_a_small_scale_taxpayer_files_by_the_quarter_unless_told_otherwise(work):
    assert (await create_ledger(work, name="Small", taxpayer=Taxpayer.SMALL_SCALE)).filing_period is FilingPeriod.QUARTER
    assert (await create_ledger(work, name="General")).filing_period is FilingPeriod.MONTH


async def test_longer_codes_reach_the_whole_official_chart_and_the_keys_of_the_rules(work):
    made = await create_ledger(work, name="Wide", code_scheme="4-3-2-2")
    chart = {a.code: a for a in await accounts(work, made)}
    assert chart["222100107"].name == "销项税额"
    assert chart["222100107"].parent_id == chart["2221001"].id
    assert (await codes_by_key(work, made))["output_vat"].code == "222100107"
    assert not [code for code in chart if len(code) not in (4, 7, 9)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code_scheme", "4-3"), ("code_scheme", "3-2-2"), ("code_scheme", "4-1-2"), ("code_scheme", "4-2-x"), ("currency", "XXX"),
        ("words", []), ("words", ["收", "付"]), ("words", ["现"]), ("name", "  "), ("start", date(1900, 1, 1)),
        ("rules", LedgerRules(reserve_percent=D(101))), ("rules", LedgerRules(registered_capital=D("-1"))),
    ],
)  # fmt: skip
async def test_each_wrong_choice_is_refused_by_its_name(work, field, value):
    with pytest.raises(Invalid) as refused:
        await create_ledger(work, **{"name": "Wrong", field: value})
    assert refused.value.errors[0].field == (
        "reserve_percent" if "101" in str(value) else "registered_capital" if field == "rules" else field
    )


async def test_two_ledgers_never_have_one_name(work, ledger):
    other = await create_ledger(work, name="Other")
    with pytest.raises(LedgerNameTaken):
        await change_ledger(work, other, name="Main")


async def test_before_anything_is_posted_everything_may_change(work, ledger):
    await change_ledger(work, ledger, standard=Standard.ENTERPRISE, currency="USD", start=date(2025, 7, 1), code_scheme="4-3-3")
    chart = {a.code for a in await accounts(work, ledger)}
    assert {"6001", "2221001007"} <= chart
    assert "5401" not in chart
    assert (await periods(work, ledger))[0].code == 202507
    [entry] = await audited(work, "ledger.changed")
    assert (entry.before["standard"], entry.after["standard"]) == ("small_business", "enterprise")
    assert set(entry.after) == {"standard", "currency", "start_period", "code_scheme"}


@pytest.mark.parametrize(
    "change", [{"standard": Standard.ENTERPRISE}, {"currency": "USD"}, {"start": date(2025, 1, 1)}, {"code_scheme": "4-3-2"}]
)
async def test_once_posted_the_foundations_stand(work, ledger, change):
    await post(work, ledger, voucher(*SALE))
    with pytest.raises(LedgerInUse) as refused:
        await change_ledger(work, ledger, **change)
    assert refused.value.errors[0].field == next(iter(change))


async def test_once_posted_what_is_no_foundation_may_change(work, ledger):
    await post(work, ledger, voucher(*SALE))
    await change_ledger(work, ledger, name="Renamed", review=Review.ANYONE, poster_apart=True, filing_period=FilingPeriod.QUARTER)
    assert (ledger.name, ledger.review, ledger.poster_apart, ledger.version) == ("Renamed", Review.ANYONE, True, 2)


async def test_a_chart_is_not_loaded_anew_under_drafts_or_closed_months(work, ledger):
    draft = await save_draft(work, ledger, voucher(*SALE))
    with pytest.raises(LedgerInUse):
        await change_ledger(work, ledger, standard=Standard.ENTERPRISE)
    await work.session.delete(draft)
    await work.session.refresh(ledger)
    await close_period(work, ledger, 202601)
    with pytest.raises(LedgerInUse):
        await change_ledger(work, ledger, start=date(2025, 1, 1))


async def test_who_becomes_a_general_taxpayer_gets_the_columns_of_vat_and_keeps_what_was_posted(work):
    ledger = await create_ledger(work, name="Small", taxpayer=Taxpayer.SMALL_SCALE)
    await post(work, ledger, voucher(("1002", "debit", "103"), ("5001", "credit", "100"), ("222101", "credit", "3")))
    await change_ledger(work, ledger, taxpayer=Taxpayer.GENERAL)
    assert (await codes_by_key(work, ledger))["output_vat"].code == "22210107"
    moved = sa.text("SELECT a.code FROM finance_balance b JOIN finance_account a ON a.id = b.account_id WHERE a.code LIKE '2221%'")
    assert (await work.session.execute(moved)).scalars().all() == ["22210199"]
    await post(work, ledger, voucher(("1002", "debit", "113"), ("5001", "credit", "100"), ("22210107", "credit", "13")))


async def test_who_becomes_small_scale_loses_the_columns_only_while_they_are_unused(work, ledger):
    await change_ledger(work, ledger, taxpayer=Taxpayer.SMALL_SCALE)
    assert (await codes_by_key(work, ledger))["output_vat"].code == "222101"
    await post(work, ledger, voucher(("1002", "debit", "3"), ("222101", "credit", "3")))
    used = await create_ledger(work, name="Used")
    await post(work, used, voucher(("1002", "debit", "13"), ("22210107", "credit", "13")))
    await change_ledger(work, used, taxpayer=Taxpayer.SMALL_SCALE)
    assert (await codes_by_key(work, used))["output_vat"].code == "22210107"


async def test_programs_set_up_read_and_change_ledgers(client, other_client):
    made = await client.post(API, json={"name": "Main", "start": "2026-01-01", "review": "anyone", "rules": {"transfer": "merged"}})
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["rules"]["transfer"], body["rules"]["reserve_percent"], body["in_use"]) == ("merged", "10", False)
    changed = await client.patch(f"{API}/{body['id']}", json={"rules": {"reserve_percent": "5"}, "version": body["version"]})
    assert changed.json()["rules"] == body["rules"] | {"reserve_percent": "5"}
    stale = await client.patch(f"{API}/{body['id']}", json={"name": "x", "version": body["version"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "ledger_changed")
    assert (await client.get(f"{API}/{body['id']}")).json() == changed.json()
    assert (await other_client.get(f"{API}/{body['id']}")).status_code == 404
    assert (await other_client.patch(f"{API}/{body['id']}", json={"name": "x"})).status_code == 404
    assert (await other_client.get(API)).json() == []


async def test_the_currency_of_a_ledger_may_still_change_after_a_voucher_was_refused(client):
    ledger = (await client.post(API, json={"name": "Main", "start": "2026-01-01"})).json()["id"]
    sale = {"on": "2026-03-09", "lines": [{"account": "1002", "debit": "1"}, {"account": "7777", "credit": "1"}], "post": True}
    assert (await client.post("/api/v1/vouchers", params={"ledger": ledger}, json=sale)).status_code == 422
    assert (await client.patch(f"{API}/{ledger}", json={"currency": "USD"})).status_code == 200
    sale["lines"][1]["account"] = "5001"
    posted = await client.post("/api/v1/vouchers", params={"ledger": ledger}, json=sale)
    assert posted.status_code == 201, posted.text
    assert (await client.patch(f"{API}/{ledger}", json={"currency": "CNY"})).json()["code"] == "ledger_in_use"


@pytest.fixture
async def two(client):
    """A browser of a company with two ledgers; the second is before the person."""
    client.cookies.set("lang", "en")
    for name in ("First", "Second"):
        assert (await client.post("/finance/setup", data=FORM | {"name": name})).status_code == 303
    return client


async def test_a_person_switches_between_ledgers_and_stays_on_the_page(two):
    first = (await two.get(API)).json()[0]["id"]
    menu = (await two.get("/finance/ledgers/menu", headers={"HX-Current-URL": "http://x/finance/accounts?q=10"})).text
    assert 'value="/finance/accounts?q=10"' in menu
    answer = await two.post(f"/finance/ledgers/{first}/switch", data={"back": "/finance/accounts?q=10"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/finance/accounts?q=10")
    assert "<h1>Chart of accounts</h1>" in (page := (await two.get("/finance/accounts")).text)
    assert '<p class="sub">First</p>' in page


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nX: y"])
async def test_the_way_back_never_leaves_the_house(two, back):
    first = (await two.get(API)).json()[0]["id"]
    answer = await two.post(f"/finance/ledgers/{first}/switch", data={"back": back})
    assert answer.headers["location"] == "/finance/setup"


async def test_a_form_of_another_tab_does_not_write_into_the_ledger_switched_to(two, state_of, tenant):
    first, second = (ledger["id"] for ledger in (await two.get(API)).json())
    stale = {"ledger": second, "parent": "1002", "name": "工商银行"}
    await two.post(f"/finance/ledgers/{first}/switch", data={})
    before = await state_of(tenant)
    for path in ("/finance/accounts", "/finance/accounts/1002/edit", "/finance/accounts/1002/disable", "/finance/opening"):
        for form in (stale, {"parent": "1002", "name": "x"}):
            refused = await two.post(path, data=form, headers={"Accept": "application/json"})
            assert refused.status_code == 409, (path, refused.text)
    assert "switched to First" in refused.text
    assert await state_of(tenant) == before
    assert (await two.post("/finance/accounts", data=stale | {"ledger": first})).status_code == 303


async def test_a_second_company_cannot_be_switched_to(two, other_client):
    first = (await two.get(API)).json()[0]["id"]
    assert (await other_client.post(f"/finance/ledgers/{first}/switch", data={})).status_code == 404
    assert (await other_client.get(f"/finance/ledgers/{first}")).status_code == 404


async def test_the_settings_page_changes_what_may_change_and_says_why_the_rest_stands(two):
    ledger = (await two.get(API)).json()[0]
    page = (await two.get(f"/finance/ledgers/{ledger['id']}")).text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    sent = FORM | {"name": "Renamed", "version": version, "words": ["收", "付", "转"], "review": "anyone", "filing_period": "quarter",
                   "code_scheme": "4-2-2-2", "reserve_percent": "8.5", "registered_capital": "1,000,000", "poster_apart": "1"}  # fmt: skip
    refused = await two.post(f"/finance/ledgers/{ledger['id']}", data=sent | {"words": ["收"]})
    assert (refused.status_code, 'value="Renamed"' in refused.text) == (422, True)
    assert "otherwise some vouchers would have no word" in refused.text
    assert (await two.post(f"/finance/ledgers/{ledger['id']}", data=sent)).status_code == 303
    after = (await two.get(f"{API}/{ledger['id']}")).json()
    assert (after["name"], after["words"], after["poster_apart"]) == ("Renamed", ["收", "付", "转"], True)
    assert (after["rules"]["reserve_percent"], after["rules"]["registered_capital"]) == ("8.5", "1000000")


async def test_who_may_only_read_changes_nothing(client_for, tenant, two):
    reader = await client_for(tenant, permissions={"finance.ledger.read"})
    ledger = (await two.get(API)).json()[0]["id"]
    assert (await reader.get(f"/finance/ledgers/{ledger}")).status_code == 200
    assert (await reader.post(f"/finance/ledgers/{ledger}", data=FORM)).status_code == 403
    assert (await reader.patch(f"{API}/{ledger}", json={"name": "x"})).status_code == 403
    assert (await reader.post(API, json={"name": "x"})).status_code == 403
