"""What is told of a step, and of its calculation: the same live, stored and as JSON."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core_finance.amounts import figure
from core_finance.closing.lines import Chart
from core_finance.posting.voucher import NewLine
from vertical import Calculation, ReportColumn, ReportTable


class State(enum.StrEnum):
    """Where a step stands."""

    WAITING = "waiting"  # something is to be posted
    BLOCKED = "blocked"  # a person must do something before
    CHANGED = "changed"  # it was done, and since then more is to be posted
    DONE = "done"
    SKIPPED = "skipped"
    NOTHING = "nothing"  # nothing is to be posted
    ABSENT = "absent"  # no package does this yet

    @property
    def is_open(self) -> bool:
        """Whether the month cannot be closed as the step stands."""
        return self in (State.WAITING, State.BLOCKED, State.CHANGED)


@dataclass(frozen=True, kw_only=True)
class PostedVoucher:
    id: UUID
    name: str
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class StepView:
    """A step of a month.  ``calculation`` is what it shows now, or showed when it was done; ``missing`` is yet to be posted."""

    key: str
    title: str
    summary: str
    order: int
    vertical: str
    state: State
    calculation: Mapping[str, Any] = field(default_factory=dict)
    missing: Sequence[Sequence[NewLine]] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    posted: Sequence[PostedVoucher] = ()
    problem: str = ""
    path: str = ""
    reason: str = ""
    done_by: str = ""
    done_at: datetime | None = None

    @property
    def anchor(self) -> str:
        return self.key.replace(".", "-")

    @property
    def amount(self) -> Decimal:
        """What stands or would stand on the debit side of its vouchers."""
        coming = sum((line.debit for lines in self.missing for line in lines), Decimal(0))
        return sum((each.total for each in self.posted), coming)

    @property
    def table(self) -> ReportTable | None:
        return table_of(self.calculation)


def stored(calculation: Calculation, currency: str) -> dict[str, Any]:
    """The calculation in values that JSON has; money with the decimals of the ledger's ``currency``."""
    table = calculation.table
    found: dict[str, Any] = {"summary": calculation.summary, "notes": list(calculation.notes)}
    if table is not None:
        kinds = [column.kind for column in table.columns]

        def written(row: Sequence[Any]) -> list[Any]:
            pairs = zip(kinds, row, strict=False)
            return [_plain(figure(value, currency) if kind == "money" and isinstance(value, Decimal) else value) for kind, value in pairs]

        found |= {
            "columns": [{"label": column.label, "kind": column.kind} for column in table.columns],
            "rows": [written(row) for row in table.rows], "totals": written(table.totals),
            "paths": list(table.paths), "notes": [*table.notes, *calculation.notes],
        }  # fmt: skip
    return found


def table_of(calculation: Mapping[str, Any]) -> ReportTable | None:
    """The table that ``stored`` put away."""
    if "columns" not in calculation:
        return None
    kinds = [column["kind"] for column in calculation["columns"]]

    def row(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(_value(kind, value) for kind, value in zip(kinds, values, strict=True))

    return ReportTable(
        columns=[ReportColumn(label=column["label"], kind=column["kind"]) for column in calculation["columns"]],
        rows=[row(values) for values in calculation["rows"]],
        totals=row(calculation["totals"]) if calculation["totals"] else (),
        paths=calculation["paths"],
        notes=calculation["notes"],
    )


def names_of(vouchers: Sequence[Sequence[NewLine]], chart: Chart, shown: Any) -> dict[str, str]:
    """Code -> name of the accounts of the lines."""
    codes = {line.account for lines in vouchers for line in lines}
    return {code: shown(chart.by_code[code]) for code in codes if code in chart.by_code}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _value(kind: str, value: Any) -> Any:
    if kind in ("money", "number") and isinstance(value, str) and value:
        return Decimal(value)
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if kind == "moment" and isinstance(value, str) else value
