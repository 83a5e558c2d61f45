"""A book as columns and rows: the same ones are drawn on the page and handed out as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from kernel.i18n import gettext as _

Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Column:
    """``main`` names the row and leads where it comes from; a ``measure`` is a number with as many decimals as it has.

    ``carried`` says what stands in it between two printed pages (过次页, 承前页): the sum of the month so far, or the last row's value.
    """

    label: str
    kind: Literal["main", "text", "date", "amount", "measure", "count", "state"] = "text"
    carried: Literal["", "sum", "last"] = ""

    @property
    def is_number(self) -> bool:
        return self.kind in ("amount", "measure", "count")


@dataclass(frozen=True)
class Row:
    """``tone``: ``sub`` for balances and totals between lines, ``lv2`` and so on for levels of accounts.

    After a row that ``ends`` a month, what is carried from page to page counts anew.
    """

    cells: Sequence[Value]
    href: str = ""
    tone: str = ""
    ends: bool = False


@dataclass(frozen=True)
class Sheet:
    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def is_carried(self) -> bool:
        """Whether printed pages bring totals forward."""
        return any(column.carried for column in self.columns)


def amounts(*labels: str, carried: Literal["", "sum", "last"] = "") -> list[Column]:
    return [Column(label, "amount", carried) for label in labels]


def side_of(balance: Decimal) -> str:
    """借, 贷 or 平."""
    return _("Dr") if balance > 0 else _("Cr") if balance < 0 else _("even")


def balance(amount: Decimal) -> list[Value]:
    """The side and the amount on it."""
    return [side_of(amount), abs(amount)]
