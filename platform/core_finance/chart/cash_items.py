"""The lines of the official cash flow statement that a movement of cash can stand in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from core_finance.chart.model import Standard


@dataclass(frozen=True)
class CashItem:
    line: int
    name: str
    name_en: str


@cache
def cash_items(standard: Standard) -> Sequence[CashItem]:
    """Items of operating, investing and financing activities, in their order."""
    whole = json.loads((files("core_finance") / "data" / "statements.json").read_text(encoding="utf-8"))
    lines = whole["enterprise_2019" if standard is Standard.ENTERPRISE else standard.value]["cash_flow"]["lines"]
    return tuple(CashItem(x["line_no"], x["name_zh"], x["name_en"]) for x in lines if x["kind"] == "item" and x.get("section"))
