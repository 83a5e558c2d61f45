"""Balances by dimension (辅助余额表), by one or by two together, and the table of two against each other."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from core_finance.books.auxiliary import AuxiliaryBalances, AuxiliaryRow, auxiliary_balances
from core_finance.books.book import Asked, Book, Options, Parameter
from core_finance.books.declared.account import DIMENSION, SECOND
from core_finance.books.declared.asking import chosen
from core_finance.books.declared.lines import FiguresRead
from core_finance.books.sheet import Column, Row, Sheet, Value, amounts, balance, side_of
from core_finance.chart.service import accounts, titled
from core_finance.dimensions.service import labels
from kernel.i18n import N_
from kernel.i18n import gettext as _


class AuxiliaryRowRead(msgspec.Struct, kw_only=True):
    """``value`` is null for what names nothing; ``second`` and ``second_name`` are there where two dimensions are asked for."""

    value: UUID | None
    name: str
    second: UUID | None
    second_name: str | None
    figures: FiguresRead


class AuxiliaryRead(msgspec.Struct, kw_only=True):
    """The rows add up to the account's figures."""

    account: str
    account_name: str
    dimension: str
    second: str | None
    unposted: bool
    total: FiguresRead
    rows: list[AuxiliaryRowRead]


async def _make(asked: Asked) -> AuxiliaryBalances:
    kinds = [asked["dimension"], *([asked["second"]] if asked["second"] else [])]
    return await auxiliary_balances(asked.work, asked.ledger, await chosen(asked), *kinds, **asked.span)


def _sheet(made: AuxiliaryBalances, asked: Asked) -> Sheet:
    columns = [
        Column(_("Name"), "main"), *([Column(_("And"))] if len(made.kinds) > 1 else []), Column(_("Side at opening")),
        *amounts(_("Opening balance"), _("Debit"), _("Credit"), _("Debit of the year"), _("Credit of the year")), Column(_("Side")),
        *amounts(_("Balance")),
    ]  # fmt: skip
    rows = [Row([*row.names, *_figures(row)], _lines_of(row, made, asked)) for row in made.rows]
    if rows:
        total = AuxiliaryRow((None,), (_("Total"),), made.total)
        rows.append(Row([_("Total"), *[None] * (len(made.kinds) - 1), *_figures(total)], tone="sub"))
    return Sheet(columns, rows)


def _figures(row: AuxiliaryRow) -> list[Value]:
    of = row.figures
    return [side_of(of.opening), abs(of.opening), of.debit, of.credit, of.year_debit, of.year_credit, *balance(of.closing)]


def _lines_of(row: AuxiliaryRow, made: AuxiliaryBalances, asked: Asked) -> str:
    """The address of the lines behind a row, where it names all that is asked for."""
    if None in row.values:
        return ""
    said: dict[str, Any] = {"account": made.account.code, "first": made.first, "last": made.last}
    said |= {"dimension": made.kinds[0], "value": row.values[0]} | ({"unposted": 1} if asked.unposted else {})
    if len(made.kinds) > 1:
        said |= {"second": made.kinds[1], "second_value": row.values[1]}
    return f"/finance/books/auxiliary/lines?{urlencode(said)}"


def _answer(made: AuxiliaryBalances, asked: Asked) -> AuxiliaryRead:
    two = len(made.kinds) > 1
    rows = [
        AuxiliaryRowRead(
            value=row.value, name=row.name, second=row.values[1] if two else None, second_name=row.names[1] if two else None,
            figures=FiguresRead.of(row.figures),
        )
        for row in made.rows
    ]  # fmt: skip
    return AuxiliaryRead(
        account=made.account.code, account_name=made.account.name, dimension=made.kind, second=made.kinds[1] if two else None,
        unposted=asked.unposted,
        total=FiguresRead.of(made.total), rows=rows,
    )  # fmt: skip


async def _keeping(asked: Asked) -> Options:
    """Accounts that keep the dimension; all where none does."""
    chart = await accounts(asked.work, asked.ledger)
    keeping = [a for a in chart if asked["dimension"] in (*a.optional_dimensions, *a.required_dimensions)]
    return [(a.code, titled(a, asked.ledger)) for a in keeping or chart]


async def _about(made: AuxiliaryBalances, asked: Asked) -> Sequence[str]:
    known = await labels(asked.work)
    return [titled(made.account, asked.ledger), " × ".join(known[kind] for kind in made.kinds)]


AUXILIARY = Book(
    key="auxiliary",
    title=N_("Balances by dimension"),
    note="The figures of an account for each party, department, employee, project or product, or for each pair of two (辅助余额表).",
    operation="BalancesByDimension",
    reads=AuxiliaryRead,
    parameters=[DIMENSION, SECOND, Parameter("account", N_("Account"), required=True, offer=_keeping)],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    about=_about,
    paper="landscape",
)
