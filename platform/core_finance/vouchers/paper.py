"""How a voucher falls into pages of paper: so many rows a page, totals carried from one to the next."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import east_asian_width

_UNITS = "千百十万千百十亿千百十万千百十元角分"
_LEAST_CELLS = 11  # up to hundreds of millions
_CELL_TEXT_ENDS = 1  # the sign or ¥ before the first digit
_WIDE = "WFA"


class Paper(enum.StrEnum):
    A4 = "a4"
    """Two vouchers a sheet."""
    A5 = "a5"
    SLIP = "240x140"
    """凭证专用纸"""


ROWS = {Paper.A4: 8, Paper.A5: 8, Paper.SLIP: 8}
"""Rows of a page between its head and its total."""

_ROOM = {Paper.A4: (54, 66), Paper.A5: (54, 66), Paper.SLIP: (66, 78)}
"""Widths, in Chinese characters of the smallest size, that one row takes of the summary and of the account."""


@dataclass(frozen=True)
class Row:
    """A line of a voucher on paper; a long text makes it several rows high."""

    summary: str
    account: str
    debit: Decimal
    credit: Decimal
    slots: int = 1


@dataclass(frozen=True)
class PaperPage:
    """Rows with their sums; ``carried`` are the debits and credits up to and with this page."""

    rows: Sequence[Row]
    blank: int
    debit: Decimal
    credit: Decimal
    carried: tuple[Decimal, Decimal]
    number: int
    of: int

    @property
    def last(self) -> bool:
        return self.number == self.of


def slots(summary: str, account: str, paper: Paper) -> int:
    """Rows that the texts take; at most half a page."""
    needed = max(-(-_width(text) // room) for text, room in zip((summary, account), _ROOM[paper], strict=True))
    return min(max(1, needed), ROWS[paper] // 2)


def paginate(rows: Sequence[Row], paper: Paper, brought: str) -> list[PaperPage]:
    """The pages of one voucher.  From the second on a page begins with what was ``brought`` forward (承前页)."""
    chunks: list[list[Row]] = [[]]
    used = 0
    for row in rows:
        if used + row.slots > ROWS[paper]:
            chunks.append([])
            used = 1  # what is brought forward
        chunks[-1].append(row)
        used += row.slots
    pages: list[PaperPage] = []
    debit = credit = Decimal(0)
    for number, chunk in enumerate(chunks, 1):
        shown = [Row(brought, "", debit, credit), *chunk] if number > 1 else chunk
        here = sum((row.debit for row in chunk), Decimal(0)), sum((row.credit for row in chunk), Decimal(0))
        debit, credit = debit + here[0], credit + here[1]
        blank = ROWS[paper] - sum(row.slots for row in shown)
        pages.append(PaperPage(shown, blank, *here, (debit, credit), number, len(chunks)))
    return pages


def cells(amounts: Sequence[Decimal]) -> str:
    """The units over the digits, as many as the largest amount needs."""
    longest = max((len(_digits(amount)) + _CELL_TEXT_ENDS for amount in amounts), default=0)
    return _UNITS[-min(max(_LEAST_CELLS, longest), len(_UNITS)) :]


def printed(amount: Decimal, sign: str = "") -> dict[str, object]:
    """An amount as the template draws it: red letters are red and carry a minus, as paper may be copied in black."""
    if not amount and not sign:
        return {"red": False, "text": "", "digits": []}
    mark = "-" if amount < 0 else sign
    return {"red": amount < 0, "text": f"{mark if amount < 0 else ''}{abs(amount):,.2f}", "digits": [*mark, *_digits(amount)]}


def _digits(amount: Decimal) -> str:
    return f"{abs(amount):.2f}".replace(".", "").lstrip("0").rjust(3, "0")


def _width(text: str) -> int:
    """Half characters count half, and a little more as they are seldom so narrow."""
    return round(sum(1 if east_asian_width(character) in _WIDE else 0.6 for character in text))
