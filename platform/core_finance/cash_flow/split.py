"""Splits a voucher's movement of cash among the lines against it.  Pure: lines in, shares out."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kernel.money import Money, allocate

ZERO = Decimal(0)
Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Line:
    """A posted line.  ``item`` is the line of the statement chosen at entry."""

    position: int
    account: str
    debit: Decimal
    credit: Decimal
    is_cash: bool
    item: int | None = None
    item_in: int | None = None
    item_out: int | None = None

    @property
    def value(self) -> Decimal:
        """What the line brings in where cash stands against it: credit less debit."""
        return self.credit - self.debit


@dataclass(frozen=True, slots=True)
class Share:
    """What a line against cash says of the movement.

    ``amount`` is positive for money in.  ``direction`` is that of the business behind it: a red receipt is still a receipt,
    with a negative amount.
    """

    line: Line
    amount: Decimal
    direction: Direction


def split(lines: Sequence[Line], *, reverses: bool = False) -> list[Share]:
    """The movement of cash in a voucher, spread over the lines against it in proportion to their amounts.

    Only lines that move with the cash take part: of wages of 10,000 less 500 of tax kept back, 9,500 were paid as wages.
    Money that only moved between cash accounts moves nothing.  ``reverses``: the voucher cancels another in red.
    """
    total = sum((line.debit for line in lines), ZERO)
    if total < 0 or (reverses and total == 0):
        turned = [_turned(line) for line in lines]
        originals = {line.position: line for line in lines}
        return [Share(originals[s.line.position], -s.amount, s.direction) for s in split(turned)]
    cash = [-line.value for line in lines if line.is_cash]
    against = [line for line in lines if not line.is_cash]
    moved = sum(cash, ZERO)
    if moved > 0:
        return _spread(moved, against, "in")
    if moved < 0:
        return _spread(-moved, against, "out")
    # Cash came in and went out in one voucher: each way by itself, as far as there are lines against it.
    through = sum((amount for amount in cash if amount > 0), ZERO)
    room = sum((line.value for line in against if line.value > 0), ZERO)
    if both := min(through, room):
        return _spread(both, against, "in") + _spread(both, against, "out")
    return []


def _spread(amount: Decimal, against: Sequence[Line], direction: Direction) -> list[Share]:
    sign = 1 if direction == "in" else -1
    taking = [line for line in against if sign * line.value > 0]
    parts = allocate(Money(amount), [sign * line.value for line in taking])
    return [Share(line, sign * part.amount, direction) for line, part in zip(taking, parts, strict=True) if part.amount]


def _turned(line: Line) -> Line:
    return Line(line.position, line.account, -line.debit, -line.credit, line.is_cash, line.item, line.item_in, line.item_out)
