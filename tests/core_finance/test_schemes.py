"""A ledger whose codes have longer levels reads the same statements from the same business."""

from datetime import date
from decimal import Decimal

import pytest

from core_finance.chart import official
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Standard, Taxpayer
from core_finance.closing.service import do_step
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.service import statement

D = Decimal
LONGER = (4, 3, 3)
BUSINESS = {
    Standard.SMALL_BUSINESS: [
        [("1002", 50_000), ("3001", -50_000)],
        [("1122", 1130), ("5001", -1000), ("22210107", -130)],
        [("1405", 600), ("22210101", 78), ("1002", -678)],
        [("5401", 400), ("1405", -400)],
        [("560201", 50), ("560301", 7), ("560199", 20), ("540301", 3), ("1002", -80)],
        [("1002", 1130), ("1122", -1130)],
        [("222102", 30), ("1002", -30)],
        [("22210103", 30), ("222102", -30)],
    ],
    Standard.ENTERPRISE: [
        [("1002", 50_000), ("4001", -50_000)],
        [("1122", 1130), ("6001", -1000), ("22210107", -130)],
        [("1405", 600), ("22210101", 78), ("1002", -678)],
        [("6401", 400), ("1405", -400)],
        [("660201", 50), ("660301", 7), ("6601", 20), ("1002", -77)],
        [("1002", 1130), ("1122", -1130)],
        [("222102", 30), ("1002", -30)],
    ],
}


async def read_all(work, ledger, standard, lengths):
    vouchers = [
        NewVoucher(
            on=date(2026, 3, 9),
            lines=[
                NewLine(account=official.in_scheme(code, lengths), summary="x", debit=D(max(n, 0)), credit=D(max(-n, 0)))
                for code, n in lines
            ],
        )
        for lines in BUSINESS[standard]
    ]
    await post_all(work, ledger, vouchers)
    await do_step(work, ledger, 202603, "core_finance.transfer")
    made = [await statement(work, ledger, kind, first=202603, last=202603) for kind in ("balance_sheet", "income_statement", "cash_flow")]
    assert [check.text for each in made for check in each.checks if check.must and not check.holds] == []
    assert [each.uncovered for each in made if each.uncovered] == []
    return [[(cell.line.number, dict(cell.amounts)) for cell in each.cells] for each in made]


@pytest.mark.parametrize("standard", list(Standard))
async def test_longer_levels_change_no_statement(work, standard):
    usual = await create_ledger(work, name="4-2-2-2", standard=standard, taxpayer=Taxpayer.GENERAL, start=date(2026, 1, 1))
    longer = await create_ledger(
        work, name="4-3-3", standard=standard, taxpayer=Taxpayer.GENERAL, start=date(2026, 1, 1), code_scheme="4-3-3"
    )
    expected = await read_all(work, usual, standard, official.CODE_LENGTHS)
    assert await read_all(work, longer, standard, LONGER) == expected
