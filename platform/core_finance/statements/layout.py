"""Layouts of the official statements, read from the package's data.  A formula is a list of terms, never code."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from core_finance.chart.model import Standard
from core_finance.chart.official import CODE_LENGTHS, in_scheme

Kind = Literal["balance_sheet", "income_statement", "cash_flow"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Span = Literal["month", "quarter", "annual"]
UNCLOSED = "UNCLOSED_PL"
"""Stands for all revenue and expense accounts: profit that is not transferred to 本年利润 yet."""

TAKES = frozenset({
    "net_debit", "net_credit", "aux_debit", "aux_credit", "sub_debit", "sub_credit", "debit_balance", "credit_balance",
    "period_debit_net", "period_credit_net",
})  # fmt: skip

_PART = re.compile(r"([+-]?)(?:sum\()?L(\d+)(?:\.\.L(\d+))?\)?")


@dataclass(frozen=True)
class Term:
    """An account, with all below it, and what is taken of it."""

    account: str
    take: str
    sign: int = 1


@dataclass(frozen=True)
class LineDef:
    """A line of a form.  ``of_which`` lines and components are shown but stand in no sum by themselves."""

    number: int
    name: str
    name_en: str
    kind: str
    section: str
    terms: Sequence[Term]
    lines: Sequence[tuple[int, int]]
    note: str


@dataclass(frozen=True)
class Column:
    key: str
    name: str
    name_en: str


@dataclass(frozen=True)
class Layout:
    """A form.  ``version`` is that of the company's own formulas, 0 for the official ones."""

    standard: Standard
    kind: Kind
    form: str
    lines: Sequence[LineDef]
    columns: Sequence[Column]
    checks: Sequence[str]
    version: int = 0

    def line(self, number: int) -> LineDef:
        return next(line for line in self.lines if line.number == number)

    def has(self, number: int) -> bool:
        return any(line.number == number for line in self.lines)

    def with_terms(self, terms: Mapping[int, Sequence[Term]], version: int) -> "Layout":
        """The same form with other formulas of some lines."""
        lines = tuple(replace(line, terms=tuple(terms[line.number])) if line.number in terms else line for line in self.lines)
        return replace(self, lines=lines, version=version)

    def signs(self, total: int) -> Mapping[int, int]:
        """The lines that make up a total in the end, each with its sign there."""
        found: dict[int, int] = {}
        for sign, number in self.line(total).lines:
            below = self.signs(number) if self.line(number).lines else {number: 1}
            for item, inner in below.items():
                found[item] = found.get(item, 0) + sign * inner
        return found


@dataclass(frozen=True)
class ProfitRule:
    """Where a standard keeps undistributed profit, and which line is the net profit."""

    undistributed: int
    net_profit: int
    accounts: Sequence[str]


@dataclass(frozen=True)
class CashLines:
    """Lines of the cash flow statement that speak of balances, and where movements belong that no account tells."""

    net: int
    opening: int
    closing: int
    sales: int
    taxes: int
    exchange: int
    money_line: int


def span_of(first: int, last: int) -> Span:
    """What forms call periods ``first`` to ``last``: a month, a year, or anything between, which has the columns of a quarter."""
    if first == last:
        return "month"
    return "annual" if first // 100 == last // 100 and first % 100 == 1 and last % 100 == 12 else "quarter"


@cache
def layout(standard: Standard, kind: Kind, span: Span = "month", lengths: tuple[int, ...] = CODE_LENGTHS) -> Layout:
    """The official form of ``kind`` under ``standard``, with the columns it has for a month, a quarter or a year.

    Its terms name accounts as a ledger with levels of ``lengths`` digits writes them.
    """
    name = "enterprise_2019" if standard is Standard.ENTERPRISE else standard.value
    raw = _statements()[name][kind]
    own = _terms()
    added = own[standard.value].get(kind, {})
    columns = own["columns"][standard.value][kind]
    totals = own["totals"].get(standard.value, {}).get(kind, {})
    return Layout(
        standard=standard,
        kind=kind,
        form=raw["form"],
        lines=tuple(_line(line, added.get(str(line["line_no"]), {}), totals.get(str(line["line_no"])), lengths) for line in raw["lines"]),
        columns=tuple(Column(*column) for column in columns.get(span) or columns["month"]),
        checks=tuple(own["checks"].get(standard.value, {}).get(kind) or raw.get("checks") or ()),
    )


@cache
def cash_lines(standard: Standard) -> CashLines:
    raw = cash_rules(standard)
    return CashLines(**{name: raw[name] for name in CashLines.__dataclass_fields__})


@cache
def cash_rules(standard: Standard) -> Mapping[str, Any]:
    """What ``cash_flow_rules.json`` says of the standard."""
    text = (files("core_finance") / "data" / "cash_flow_rules.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)[standard.value]
    return found


@cache
def profit_rule(standard: Standard) -> ProfitRule:
    raw = _terms()["profit"][standard.value]
    return ProfitRule(raw["undistributed"], raw["net_profit"], tuple(raw["accounts"]))


def line_sum(text: str) -> tuple[tuple[int, int], ...]:
    """``L16+L17-L20..L22`` as signs and line numbers.

    Raises:
        ValueError: it is anything else than a sum of lines.
    """
    parts: list[tuple[int, int]] = []
    bare = text.replace(" ", "")
    position = 0
    while position < len(bare):
        match = _PART.match(bare, position)
        if match is None or (position and not match[1]):
            raise ValueError(f"{text!r} is no sum of lines")
        first, last = int(match[2]), int(match[3] or match[2])
        parts += [(-1 if match[1] == "-" else 1, number) for number in range(first, last + 1)]
        position = match.end()
    return tuple(parts)


def terms_of(raw: Mapping[str, Sequence[str]], lengths: Sequence[int] = CODE_LENGTHS) -> tuple[Term, ...]:
    """Terms as data has them: what is taken -> codes, with a minus before those taken off."""
    return tuple(
        Term(_written(code.lstrip("-"), lengths), take, -1 if code.startswith("-") else 1) for take, codes in raw.items() for code in codes
    )


def _written(code: str, lengths: Sequence[int]) -> str:
    return code if code == UNCLOSED else in_scheme(code, lengths)


def _line(raw: Mapping[str, Any], added: Mapping[str, Sequence[str]], total: str | None, lengths: Sequence[int]) -> LineDef:
    terms = [Term(_written(t["account"], lengths), t["take"], t["sign"]) for t in raw.get("terms") or ()]
    terms += terms_of(added, lengths)
    if unknown := {t.take for t in terms} - TAKES:
        raise ValueError(f"line {raw['line_no']} takes {sorted(unknown)}, which nobody can compute")
    lines = tuple((sign, number) for sign, number in raw.get("line_terms") or ()) or (line_sum(total) if total else ())
    return LineDef(
        number=raw["line_no"],
        name=raw["name_zh"],
        name_en=raw["name_en"],
        kind=raw["kind"],
        section=raw.get("section") or "",
        terms=tuple(terms),
        lines=lines,
        note=raw.get("note") or "",
    )


@cache
def _statements() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads((files("core_finance") / "data" / "statements.json").read_text(encoding="utf-8"))
    return loaded


@cache
def _terms() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads((files("core_finance") / "data" / "statement_terms.json").read_text(encoding="utf-8"))
    return loaded
