"""The supplement of the cash flow statement (补充资料): from net profit to operating cash flow, by maintained balances."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from core_finance.books.figures import ZERO
from core_finance.chart.model import Standard
from core_finance.chart.official import CODE_LENGTHS
from core_finance.statements.cash import cash_parts
from core_finance.statements.layout import LineDef, line_sum, terms_of
from core_finance.statements.source import Source


@dataclass(frozen=True)
class Item:
    """A line of the supplement.  Its sums may name lines of the statement, or earlier ones of the supplement.

    ``named``: only accounts with one of these words in their names count; ``cash``: ``opening`` or ``closing`` cash of the books.
    """

    line: LineDef
    named: Sequence[str]
    cash: str


def supplement(
    standard: Standard, source: Source, amounts: Mapping[int, Mapping[str, Decimal]]
) -> list[tuple[LineDef, Mapping[str, Decimal]]]:
    """Each line with its amounts by column; none where the standard asks for no supplement."""
    known: dict[int, Mapping[str, Decimal]] = dict(amounts)
    found: list[tuple[LineDef, Mapping[str, Decimal]]] = []
    for item in items_of(standard, source.lengths):
        known[item.line.number] = {column: _amount(item, source, known, column) for column in source.by_column}
        found.append((item.line, known[item.line.number]))
    return found


@cache
def items_of(standard: Standard, lengths: tuple[int, ...] = CODE_LENGTHS) -> Sequence[Item]:
    return tuple(
        Item(
            LineDef(
                raw["number"], raw["name"], raw["name_en"], raw.get("kind", "item"), "", terms_of(raw.get("terms", {}), lengths),
                line_sum(raw.get("lines", "")), "",
            ),
            raw.get("named", ()),
            raw.get("cash", ""),
        )
        for raw in _data().get(standard.value, ())
    )  # fmt: skip


def heading() -> tuple[str, str]:
    """What stands over the supplement."""
    return _data()["name"], _data()["name_en"]


def _amount(item: Item, source: Source, known: Mapping[int, Mapping[str, Decimal]], column: str) -> Decimal:
    parts = [part for term in item.line.terms for part in source.parts(term, column)]
    if item.cash:
        parts += cash_parts(source, column, item.cash)
    of_accounts = (part.amount for part in parts if not item.named or any(word in part.account.name for word in item.named))
    return sum(of_accounts, ZERO) + sum((sign * known[number][column] for sign, number in item.line.lines), ZERO)


@cache
def _data() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads((files("core_finance") / "data" / "cash_flow_supplement.json").read_text(encoding="utf-8"))
    return loaded
