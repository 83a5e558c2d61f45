"""Books on paper: pages that carry their totals, and the length at which a file is refused."""

from datetime import date
from decimal import Decimal

import pytest

from core_finance.books.book import Asked, BookTooLong
from core_finance.books.declared.chronological import CHRONICLE
from core_finance.books.printing import paginate
from core_finance.books.sheet import Column, Row, Sheet, amounts
from core_finance.chart.ledgers import create_ledger
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher

D = Decimal
COLUMNS = [Column("Date", "date"), Column("Summary", "main"), *amounts("Debit", carried="sum"), *amounts("Balance", carried="last")]
WIDTHS = [20.0, 90.0, 40.0, 40.0]


def line(number, amount):
    return Row([date(2026, 1, number), f"v{number}", D(amount), D(number * 100)])


def month(total):
    return Row([None, "Total", D(total), D(0)], tone="sub", ends=True)


def test_a_page_ends_with_what_the_next_begins_with():
    pages = paginate(Sheet(COLUMNS, [line(n, n) for n in range(1, 11)]), 5, WIDTHS)
    drawn = [[printed.row.cells[1:] for printed in page] for page in pages]
    assert [len(page) for page in drawn] == [5, 5, 4]
    assert drawn[0][-1][1:] == drawn[1][0][1:] == [D(1 + 2 + 3 + 4), D(400)]
    assert drawn[1][-1][1:] == drawn[2][0][1:] == [D(sum(range(1, 8))), D(700)]
    assert [cells[0] for cells in drawn[2][1:]] == ["v8", "v9", "v10"]


def test_what_is_carried_counts_from_the_month_s_beginning():
    pages = paginate(Sheet(COLUMNS, [line(1, 5), line(2, 6), month(11), line(3, 7), line(4, 8), line(5, 9)]), 5, WIDTHS)
    assert pages[0][-1].row.cells[2] == D(7)
    assert sum(len(page) for page in pages) == 6 + 2


def test_a_book_that_fits_is_one_page_and_an_empty_one_too():
    assert len(paginate(Sheet(COLUMNS, [line(n, n) for n in range(1, 6)]), 5, WIDTHS)) == 1
    assert paginate(Sheet(COLUMNS, []), 5, WIDTHS) == [[]]


async def test_a_book_too_long_for_a_file_is_refused(work):
    ledger = await create_ledger(work, name="Long", start=date(2026, 1, 1))
    lines = [NewLine(account="1001", debit=D(1)), NewLine(account="5001", credit=D(1))]
    await post_all(work, ledger, [NewVoucher(on=date(2026, 1, 5), lines=lines) for _ in range(3)])
    asked = Asked(work=work, ledger=ledger, first=202601, last=202601)
    _made, sheet = await CHRONICLE.whole(asked, 7)
    assert len(sheet.rows) == 7
    with pytest.raises(BookTooLong):
        await CHRONICLE.whole(asked, 6)
