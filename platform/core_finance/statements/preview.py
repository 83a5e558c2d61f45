"""What other formulas would change, before they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core_finance.chart.model import Ledger
from core_finance.statements.formulas import Lines, check, doubled
from core_finance.statements.layout import Column, Kind, LineDef, layout
from core_finance.statements.service import Statement, compute, statement
from core_finance.statements.source import ChartAccount, chart_of
from kernel.work import Work


@dataclass(frozen=True)
class Change:
    line: LineDef
    column: Column
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Preview:
    """The month by the new formulas, which cells change, and accounts that more than one line takes."""

    after: Statement
    changes: Sequence[Change]
    doubled: Sequence[ChartAccount]

    @property
    def is_sound(self) -> bool:
        return not self.after.uncovered and not self.doubled and all(c.holds for c in self.after.checks if c.must)


async def preview(work: Work, ledger: Ledger, kind: Kind, lines: Lines, *, period: int) -> Preview:
    """The statement of ``period`` by ``lines`` in the place of the formulas in force.

    Raises:
        FormulaRefused: a line or a term cannot be.
    """
    chart = await chart_of(work, ledger)
    check(ledger, kind, lines, chart, period)
    before = await statement(work, ledger, kind, first=period, last=period)
    form = layout(ledger.standard, kind, lengths=ledger.code_lengths).with_terms(lines, before.layout.version)
    after = await compute(work, ledger, form, first=period, last=period)
    changes = [
        Change(new.line, column, old.amounts[column.key], new.amounts[column.key])
        for old, new in zip(before.cells, after.cells, strict=True)
        for column in form.columns
        if old.amounts[column.key] != new.amounts[column.key]
    ]
    return Preview(after, changes, doubled(form, chart))
