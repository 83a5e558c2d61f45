"""The chart of accounts: sub-accounts that take over, settings that books allow, search."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from tests.core_finance.invariants import broken_in

from core_finance.books.trial import trial_balance
from core_finance.chart.changing import AccountCodeTaken, add_account, change_account
from core_finance.chart.ledgers import create_ledger, get_ledger
from core_finance.chart.model import Category, Side
from core_finance.chart.service import accounts, codes_by_key, get_account
from core_finance.chart.use import AccountInUse
from core_finance.closing.model import Amortisation
from core_finance.posting.engine import post
from core_finance.posting.errors import AccountNotLeaf
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.model import VoucherTemplate
from core_finance.vouchers.service import get_draft, save_draft
from identity.audit.model import AuditEntry
from kernel.errors import Invalid
from master_data.api import create_party

D = Decimal
API = "/api/v1/finance/accounts"


def line(account, amount, **more):
    """A positive amount debits, a negative one credits."""
    side = {"debit": D(amount)} if D(amount) > 0 else {"credit": -D(amount)}
    return NewLine(account=account, summary="x", **side, **more)


def voucher(*lines, on=date(2026, 3, 9)):
    return NewVoucher(on=on, lines=list(lines))


SALE = (line("1002", "100"), line("5001", "-100"))


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


async def test_the_first_sub_account_takes_over_only_when_that_is_confirmed(work, ledger):
    await post(work, ledger, voucher(*SALE))
    await post(work, ledger, voucher(*SALE))
    with pytest.raises(AccountInUse) as refused:
        await add_account(work, ledger, parent="1002", name="工商银行")
    assert (refused.value.details["lines"], refused.value.errors[0].field) == (2, "take_over")
    assert (await get_account(work, ledger, "1002")).is_leaf


async def test_lines_and_balances_go_over_and_no_figure_changes(work, ledger):
    posted = await post(work, ledger, voucher(*SALE))
    before = await trial_balance(work, ledger, first=202603, last=202603)
    child = await add_account(work, ledger, parent="1002", name="工商银行", take_over=True)
    after = await trial_balance(work, ledger, first=202603, last=202603)
    assert after.totals == before.totals
    assert {row.account.code: row.figures for row in after.rows if row.account.code.startswith("1002")} == {
        code: next(row.figures for row in before.rows if row.account.code == "1002") for code in ("1002", child.code)
    }
    assert [x.account for x in (await read_voucher(work, posted.id)).lines] == [child.code, "5001"]
    assert await broken_in(work) == {}
    with pytest.raises(AccountNotLeaf):
        await post(work, ledger, voucher(*SALE))
    await reverse(work, ledger, posted.id, on=date(2026, 4, 1))
    await add_account(work, ledger, parent="1002", name="建设银行")
    entry = (await work.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "account.created"))).first()
    assert (entry.after["took_over"], entry.after["lines"]) == ("1002", 1)


async def test_whatever_names_the_account_follows(work, ledger):
    await post(work, ledger, voucher(*SALE))
    draft = await save_draft(work, ledger, voucher(*SALE))
    lines = [{"account": "1002", "side": "debit"}, {"account": "5001", "side": "credit"}]
    template = VoucherTemplate(ledger_id=ledger.id, name="Sale", word="记", lines=lines)
    spread = Amortisation(
        ledger_id=ledger.id, name="Rent", amount=D(12), months=12, first_period=202601, expense_account="560299", asset_account="1002"
    )
    work.session.add_all([template, spread])
    await work.session.flush()
    child = await add_account(work, ledger, parent="1002", name="工商银行", take_over=True)
    work.session.expunge_all()
    assert (await codes_by_key(work, ledger))["bank"].code == child.code
    assert [x.account for x in (await get_draft(work, ledger, draft.id)).lines] == [child.code, "5001"]
    assert (await work.session.get(VoucherTemplate, template.id)).lines[0]["account"] == child.code
    assert (await work.session.get(Amortisation, spread.id)).asset_account == child.code


async def test_a_sub_account_that_the_lines_do_not_fit_takes_nothing_over(work, ledger):
    party = await create_party(work, name="衡山机械有限公司")
    await post(work, ledger, voucher(line("1122", "100", dimensions={"party": party}), line("5001", "-100")))
    await post(work, ledger, voucher(line("1122", "50"), line("5001", "-50")))
    for chosen in (
        {"required_dimensions": ["party"], "optional_dimensions": []}, {"optional_dimensions": ["project"]}, {"currency": "USD"},
        {"is_cash": True},
    ):  # fmt: skip
        with pytest.raises(AccountInUse):
            await add_account(work, ledger, parent="1122", name="国内", take_over=True, **chosen)
    child = await add_account(work, ledger, parent="1122", name="国内", take_over=True)
    assert child.optional_dimensions == ["party"]


async def test_an_account_of_the_first_level_says_its_class_and_side(work, ledger):
    made = await add_account(work, ledger, code="1125", name="应收分保账款", category=Category.ASSET, side=Side.DEBIT)
    assert (made.level, made.parent_id) == (1, None)
    for wrong in ({"code": "112"}, {"code": "1126", "side": None}, {"code": "1126", "category": None}):
        with pytest.raises(Invalid):
            await add_account(work, ledger, **({"name": "x", "category": Category.ASSET, "side": Side.DEBIT} | wrong))
    with pytest.raises(AccountCodeTaken):
        await add_account(work, ledger, code="1122", name="x", category=Category.ASSET, side=Side.DEBIT)


async def test_codes_follow_the_scheme_of_the_ledger(work):
    wide = await create_ledger(work, name="Wide", code_scheme="4-3-2")
    assert (await add_account(work, wide, parent="1002", name="工商银行")).code == "1002001"
    assert (await add_account(work, wide, parent="1002", name="建设银行", code="1002.120")).code == "1002120"
    with pytest.raises(Invalid) as refused:
        await add_account(work, wide, parent="1002", name="x", code="100201")
    assert refused.value.errors[0].field == "code"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "), ("name", "x" * 101), ("name_en", "x" * 101), ("currency", "XXX"), ("currency", "CNY"), ("unit", "x" * 21),
        ("cash_item_in", 7), ("cash_item_out", 99), ("required_dimensions", ["colour"]), ("optional_dimensions", ["colour"]),
    ],
)  # fmt: skip
async def test_each_wrong_setting_is_refused_by_its_name(work, ledger, field, value):
    with pytest.raises(Invalid) as refused:
        await change_account(work, ledger, "1002", **{field: value})
    assert refused.value.errors[0].field == field


async def test_every_setting_of_an_unused_account_changes_and_is_noted(work, ledger):
    changed = await change_account(
        work, ledger, "1405", name="商品", name_en="Goods", currency="USD", unit="件", cash_item_in=1, cash_item_out=3, note="x",
        required_dimensions=["product"], optional_dimensions=["product", "project"],
    )  # fmt: skip
    assert (changed.mnemonic, changed.required_dimensions, changed.optional_dimensions) == ("sp", ["product"], ["project"])
    [entry] = (await work.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "account.changed"))).all()
    assert (entry.before["unit"], entry.after["unit"], entry.object_name) == (None, "件", "1405 商品")
    cleared = await change_account(work, ledger, "1405", currency=None, unit=None, cash_item_in=None)
    assert (cleared.currency, cleared.unit, cleared.cash_item_in) == (None, None, None)


async def test_a_dimension_is_required_only_once_no_balance_lacks_it(work, ledger):
    party = await create_party(work, name="衡山机械有限公司")
    await post(work, ledger, voucher(line("1122", "100"), line("5001", "-100")))
    with pytest.raises(AccountInUse) as refused:
        await change_account(work, ledger, "1122", required_dimensions=["party"])
    assert refused.value.errors[0].field == "required_dimensions"
    await post(work, ledger, voucher(line("1122", "100", dimensions={"party": party}), line("1122", "-100")))
    await change_account(work, ledger, "1122", required_dimensions=["party"], optional_dimensions=[])
    with pytest.raises(AccountInUse):
        await change_account(work, ledger, "1122", required_dimensions=[])


async def test_currency_and_unit_stand_while_something_is_measured_in_them(work, ledger):
    await change_account(work, ledger, "1405", unit="件")
    await post(work, ledger, voucher(line("1405", "100", quantity=D(5)), line("1002", "-100")))
    for change in ({"unit": "箱"}, {"unit": None}, {"currency": "USD"}):
        with pytest.raises(AccountInUse):
            await change_account(work, ledger, "1405", **change)
    await change_account(work, ledger, "1405", name="商品")
    with pytest.raises(AccountInUse):
        await change_account(work, ledger, "1002", is_cash=False)


async def test_disabling_reaches_down_and_enabling_reaches_up(work, ledger):
    await change_account(work, ledger, "2221", is_active=False)
    assert not await accounts(work, ledger, text="2221", active=True)
    await change_account(work, ledger, "22210107", is_active=True)
    assert [a.code for a in await accounts(work, ledger, text="2221", active=True)] == ["2221", "222101", "22210107"]


@pytest.mark.parametrize("text", ["22210107", "2221.01.07", "销项", "xxse", "output vat"])
async def test_an_account_is_found_however_one_thinks_of_it(work, ledger, text):
    assert "22210107" in [a.code for a in await accounts(work, ledger, text=text)]


async def test_programs_confirm_the_take_over_by_a_flag(client, other_client):
    await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    sale = {"on": "2026-03-09", "lines": [{"account": "1002", "debit": "1"}, {"account": "5001", "credit": "1"}], "post": True}
    assert (await client.post("/api/v1/vouchers", json=sale)).status_code == 201
    new = {"parent": "1002", "name": "工商银行", "currency": "USD"}
    refused = await client.post(API, json=new)
    assert (refused.status_code, refused.json()["code"], refused.json()["lines"]) == (409, "account_in_use", 1)
    assert (await client.post(API, json=new | {"take_over": True})).json()["code"] == "account_in_use"
    made = await client.post(API, json={"parent": "1002", "name": "工商银行", "take_over": True})
    assert (made.status_code, made.json()["code"]) == (201, "100201")
    read = (await client.get(f"{API}/1002.01")).json()
    changed = await client.patch(f"{API}/100201", json={"name_en": "ICBC", "version": read["version"]})
    assert (changed.json()["name_en"], changed.json()["name"]) == ("ICBC", "工商银行")
    assert (await client.patch(f"{API}/100201", json={"name": "x", "version": read["version"]})).json()["code"] == "account_changed"
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(f"{API}/100201")).status_code == 404
    assert (await other_client.patch(f"{API}/100201", json={"name": "x"})).status_code == 404


async def test_the_page_asks_before_anything_goes_over_and_keeps_what_was_typed(client):
    client.cookies.set("lang", "en")
    ledger = (await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})).json()["id"]
    sale = {"on": "2026-03-09", "lines": [{"account": "1002", "debit": "1"}, {"account": "5001", "credit": "1"}], "post": True}
    await client.post("/api/v1/vouchers", json=sale)
    assert 'value="1002"' in (await client.get("/finance/accounts/new?parent=1002")).text
    typed = {"ledger": ledger, "parent": "1002", "name": "工商银行", "note": "Kept", "dimension.project": "optional", "is_cash": "1"}
    asked = await client.post("/finance/accounts", data=typed)
    assert (asked.status_code, "takes over its posted lines (1)" in asked.text, 'value="Kept"' in asked.text) == (422, True, True)
    assert 'name="take_over"' in asked.text
    assert (await client.post("/finance/accounts", data=typed | {"take_over": "1"})).status_code == 303
    assert 'value="工商银行"' in (await client.get("/finance/accounts/100201/edit")).text
    wrong = await client.post("/finance/accounts/100201/edit", data={"ledger": ledger, "name": "Renamed", "currency": "XXX"})
    assert (wrong.status_code, 'value="Renamed"' in wrong.text) == (422, True)


async def test_a_voucher_that_comes_meanwhile_waits_and_is_told(database, new_tenant):
    tenant = await new_tenant()
    async with database.work(tenant) as work:
        ledger_id = (await create_ledger(work, name="Main", start=date(2026, 1, 1))).id
    async with database.work(tenant) as first:
        ledger = await get_ledger(first, ledger_id)
        await add_account(first, ledger, parent="1002", name="工商银行")

        async def sell():
            async with database.work(tenant) as second:
                return await post(second, await get_ledger(second, ledger_id), voucher(*SALE))

        waiting = asyncio.create_task(sell())
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        await first.session.commit()
        with pytest.raises(AccountNotLeaf):
            await waiting
