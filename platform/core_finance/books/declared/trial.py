"""The trial balance (科目余额表)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from core_finance.amounts import Foreign
from core_finance.books.book import Asked, Book, Parameter
from core_finance.books.declared.asking import CODE_FROM, CODE_TO, codes, level, level_parameter
from core_finance.books.figures import Measured
from core_finance.books.sheet import Column, Row, Sheet, Value, amounts
from core_finance.books.trial import Detail, Standing, Totals, TrialBalance, TrialRow, trial_balance
from core_finance.chart.service import titled
from kernel.i18n import N_
from kernel.i18n import gettext as _

OWN = ("opening_debit", "opening_credit", "closing_debit", "closing_credit")
MOVED = ("debit", "credit", "year_debit", "year_credit")


class TrialPartRead(msgspec.Struct, kw_only=True):
    """One combination of parties, departments and so on under its account."""

    names: list[str]
    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal


class TrialMeasureRead(msgspec.Struct, kw_only=True):
    """``what`` is a unit or a currency; ``opening`` and ``closing`` are debit minus credit."""

    what: str
    opening: Foreign
    debit: Foreign
    credit: Foreign
    closing: Foreign


class TrialRowRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    level: int
    is_leaf: bool
    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal
    parts: list[TrialPartRead]
    quantity: TrialMeasureRead | None
    currencies: list[TrialMeasureRead]

    @classmethod
    def of(cls, row: TrialRow) -> "TrialRowRead":
        return cls(
            account=row.account.code, name=row.account.name, level=row.account.level, is_leaf=row.account.is_leaf, **_amounts(row),
            parts=[TrialPartRead(names=list(part.names), **_amounts(part)) for part in row.parts],
            quantity=_quantity(row.account.unit or "", row.quantity) if row.quantity else None,
            currencies=[_currency(name, of) for name, of in row.currencies],
        )  # fmt: skip


class TrialRead(msgspec.Struct, kw_only=True):
    """``balanced``: debits equal credits in each pair of totals."""

    first: int
    last: int
    unposted: bool
    balanced: bool
    totals: dict[str, Decimal]
    rows: list[TrialRowRead]


def _amounts(row: Standing) -> dict[str, Decimal]:
    return {name: getattr(row, name) for name in OWN} | {name: getattr(row.figures, name) for name in MOVED}


def _quantity(unit: str, of: Measured) -> TrialMeasureRead:
    return TrialMeasureRead(
        what=unit, opening=of.quantity_opening, debit=of.quantity_debit, credit=of.quantity_credit, closing=of.quantity_closing
    )


def _currency(name: str, of: Measured) -> TrialMeasureRead:
    return TrialMeasureRead(
        what=name, opening=of.currency_opening, debit=of.currency_debit, credit=of.currency_credit, closing=of.currency_closing
    )


async def _make(asked: Asked) -> TrialBalance:
    detail = Detail(**{name: asked[name] for name in ("empty", "auxiliary", "quantity", "currency")})
    return await trial_balance(asked.work, asked.ledger, level=level(asked), codes=codes(asked), detail=detail, **asked.span)


def _sheet(made: TrialBalance, asked: Asked) -> Sheet:
    measures = asked["quantity"] or asked["currency"]
    columns = [
        Column(_("Account"), "main"), *amounts(_("Opening debit"), _("Opening credit"), _("Debit"), _("Credit"), _("Debit of the year"),
        _("Credit of the year"), _("Closing debit"), _("Closing credit")),
    ]  # fmt: skip
    if measures:
        labels = (_("Quantity or currency"), _("Opening of it"), _("In"), _("Out"), _("Left"))
        columns += [Column(labels[0]), *(Column(label, "measure") for label in labels[1:])]
    rows = [each for row in made.rows for each in _row(row, asked, measures=measures)]
    if rows:
        totals = [getattr(made.totals, name) for name in Totals.__dataclass_fields__]
        rows.append(Row([_("Total"), *totals, *[None] * (5 if measures else 0)], tone="sub"))
    return Sheet(columns, rows)


def _row(row: TrialRow, asked: Asked, *, measures: bool) -> list[Row]:
    """The account; under it its foreign currencies from the second on, and what its lines name."""
    read = TrialRowRead.of(row)
    kept = [*([read.quantity] if read.quantity else []), *read.currencies]
    address, level = asked.ledger_of(row.account.code), f"lv{row.account.level}"
    blank: list[Value] = [None] * 5 if measures else []
    rows = [Row([titled(row.account, asked.ledger), *_cells(row), *(_kept(kept[0]) if kept else blank)], address, level)]
    rows += [Row(["", *[None] * 8, *_kept(more)], "", level) for more in kept[1:]]
    below = f"lv{row.account.level + 1}"
    rows += [Row([" · ".join(part.names), *_cells(part), *blank], "", below) for part in row.parts]
    return rows


def _kept(of: TrialMeasureRead) -> list[Value]:
    return [of.what, of.opening, of.debit, of.credit, of.closing]


def _cells(row: Standing) -> list[Value]:
    known = _amounts(row)
    return [known[name] for name in Totals.__dataclass_fields__]


def _answer(made: TrialBalance, asked: Asked) -> TrialRead:
    totals = {name: getattr(made.totals, name) for name in Totals.__dataclass_fields__}
    return TrialRead(
        first=made.first, last=made.last, unposted=asked.unposted, balanced=made.totals.holds, totals=totals,
        rows=[TrialRowRead.of(row) for row in made.rows],
    )  # fmt: skip


async def _about(_made: TrialBalance, asked: Asked) -> Sequence[str]:
    ends = [code for code in (asked["code_from"], asked["code_to"]) if code]
    return [" – ".join(ends)] if ends else []


TRIAL = Book(
    key="trial",
    title=N_("Trial balance"),
    note="Opening, movements of the periods and of the year, and closing of every account with a balance (科目余额表).",
    operation="TrialBalance",
    reads=TrialRead,
    parameters=[
        level_parameter(9),
        CODE_FROM,
        CODE_TO,
        Parameter("auxiliary", N_("Dimensions"), bool, False),
        Parameter("quantity", N_("Quantities"), bool, False),
        Parameter("currency", N_("Currencies"), bool, False),
        Parameter("empty", N_("Rows without figures"), bool, False),
    ],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    about=_about,
    holds=lambda made: made.totals.holds or not made.whole,
    page="/finance/trial-balance",
    rest="/trial-balance",
    paper="landscape",
)
