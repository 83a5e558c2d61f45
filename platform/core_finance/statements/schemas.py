"""Statements as programs read and write them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from core_finance.cash_flow.schemas import MovementRead
from core_finance.statements.explain import Explanation
from core_finance.statements.filing import Difference
from core_finance.statements.layout import Term
from core_finance.statements.model import FiledStatement, StatementFormulas
from core_finance.statements.preview import Preview
from core_finance.statements.service import Cell, Statement
from kernel.errors import Invalid
from kernel.i18n import gettext as _


class ColumnRead(msgspec.Struct, kw_only=True):
    key: str
    name: str
    name_en: str


class CellRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    name_en: str
    kind: str
    amounts: dict[str, Decimal]

    @classmethod
    def of(cls, cell: Cell) -> "CellRead":
        line = cell.line
        return cls(line=line.number, name=line.name, name_en=line.name_en, kind=line.kind, amounts=dict(cell.amounts))


class CheckRead(msgspec.Struct, kw_only=True):
    """``must``: a statement that breaks it cannot be right, and cannot be filed."""

    text: str
    holds: bool
    left: Decimal
    right: Decimal
    must: bool


class StatementRead(msgspec.Struct, kw_only=True):
    """``uncovered`` are accounts with a balance that no line of the form takes.  ``formulas_version`` 0 is the official form.

    ``supplement`` stands below the cash flow statement of enterprises (indirect method); its differences are lines of their own.
    """

    form: str
    kind: str
    first: int
    last: int
    formulas_version: int
    holds: bool
    columns: list[ColumnRead]
    cells: list[CellRead]
    supplement: list[CellRead]
    checks: list[CheckRead]
    uncovered: list[str]

    @classmethod
    def of(cls, made: Statement) -> "StatementRead":
        return cls(
            form=made.layout.form, kind=made.layout.kind, first=made.first, last=made.last, formulas_version=made.layout.version,
            holds=made.holds, columns=[ColumnRead(key=c.key, name=c.name, name_en=c.name_en) for c in made.columns],
            cells=[CellRead.of(cell) for cell in made.cells], supplement=[CellRead.of(cell) for cell in made.supplement],
            checks=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right, must=c.must) for c in made.checks],
            uncovered=[account.code for account in made.uncovered],
        )  # fmt: skip


class PartRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    take: str
    amount: Decimal


class TermRead(msgspec.Struct, kw_only=True):
    account: str
    account_name: str
    take: str
    sign: int
    amount: Decimal


class LinePartRead(msgspec.Struct, kw_only=True):
    line: int
    sign: int
    amount: Decimal


class ExplanationRead(msgspec.Struct, kw_only=True):
    """``first`` and ``last`` are the months that the column speaks of.

    ``terms`` are the formula, ``lines`` what a total sums up, ``accounts`` all accounts behind the cell, ``movements`` the
    first lines against cash of ``movement_count``; the others are listed at ``/finance/cash-flow/movements``.
    """

    line: int
    name: str
    name_en: str
    column: str
    amount: Decimal
    first: int
    last: int
    terms: list[TermRead]
    lines: list[LinePartRead]
    accounts: list[PartRead]
    movements: list[MovementRead]
    movement_count: int

    @classmethod
    def of(cls, why: Explanation) -> "ExplanationRead":
        names = {account.code: account.name for account in why.chart}
        return cls(
            line=why.line.number, name=why.line.name, name_en=why.line.name_en, column=why.column.key, amount=why.amount,
            first=why.first, last=why.last,
            terms=[
                TermRead(
                    account=t.term.account, account_name=names.get(t.term.account, ""), take=t.term.take, sign=t.term.sign, amount=t.amount
                )
                for t in why.terms
            ],
            lines=[LinePartRead(line=x.line.number, sign=x.sign, amount=x.amount) for x in why.lines],
            accounts=[PartRead(account=p.account.code, name=p.account.name, take=p.take, amount=p.amount) for p in why.parts],
            movements=[MovementRead.of(each) for each in why.movements], movement_count=why.moved,
        )  # fmt: skip


class TermWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``account`` is a code, or UNCLOSED_PL for all accounts of profit and loss; ``sign`` is 1 or -1."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    take: Annotated[str, msgspec.Meta(max_length=30)]
    sign: int = 1


class FormulasWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``lines``: number of the line -> its terms.  All that differ from the official form; none go back to it.

    ``after`` is the version that was read: another one meanwhile is answered 409 ``formulas_changed``.
    """

    lines: dict[str, list[TermWrite]]
    from_period: int
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    after: int | None = None

    def terms(self) -> dict[int, list[Term]]:
        """Raises:
        Invalid: a line is no number.
        """
        if wrong := next((number for number in self.lines if not number.isdecimal()), None):
            raise Invalid(_("The form has no line %(line)s.", line=wrong), field=f"lines.{wrong}")
        return {int(number): [Term(t.account, t.take, t.sign) for t in terms] for number, terms in self.lines.items()}


class FormulasRead(msgspec.Struct, kw_only=True):
    version: int
    from_period: int
    note: str
    made_by: str
    made_at: datetime
    in_force: bool
    lines: dict[str, Any]

    @classmethod
    def of(cls, row: StatementFormulas, current: StatementFormulas | None) -> "FormulasRead":
        return cls(
            version=row.version, from_period=row.from_period, note=row.note, made_by=row.made_by, made_at=row.created_at,
            in_force=current is not None and current.version == row.version, lines=row.lines,
        )  # fmt: skip


class ChangeRead(msgspec.Struct, kw_only=True):
    line: int
    column: str
    before: Decimal
    after: Decimal


class PreviewRead(msgspec.Struct, kw_only=True):
    """What would change in the month; ``uncovered`` accounts stand on no line, ``doubled`` ones on more than one."""

    period: int
    changes: list[ChangeRead]
    failing: list[CheckRead]
    uncovered: list[str]
    doubled: list[str]

    @classmethod
    def of(cls, tried: Preview) -> "PreviewRead":
        return cls(
            period=tried.after.last,
            changes=[ChangeRead(line=c.line.number, column=c.column.key, before=c.before, after=c.after) for c in tried.changes],
            failing=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right, must=c.must)
                     for c in tried.after.checks if not c.holds],
            uncovered=[a.code for a in tried.after.uncovered], doubled=[a.code for a in tried.doubled],
        )  # fmt: skip


class StatementFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``first`` is ``last`` where it is left out."""

    last: int
    first: int | None = None
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class FiledRead(msgspec.Struct, kw_only=True):
    """``digest`` is SHA-256 of the content."""

    id: UUID
    kind: str
    first: int
    last: int
    formulas_version: int
    digest: str
    note: str
    filed_by: str
    filed_at: datetime

    @classmethod
    def of(cls, filed: FiledStatement) -> "FiledRead":
        return cls(**{name: getattr(filed, name) for name in cls.__struct_fields__})


class FiledList(msgspec.Struct, kw_only=True):
    items: list[FiledRead]
    next: UUID | None


class FiledContent(msgspec.Struct, kw_only=True):
    filed: FiledRead
    content: dict[str, Any]


class DifferenceRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    column: str
    filed: Decimal
    today: Decimal

    @classmethod
    def of(cls, found: Difference) -> "DifferenceRead":
        return cls(line=found.line, name=found.name, column=found.column, filed=found.filed, today=found.today)
