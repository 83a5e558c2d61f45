"""Lists of contracts with their money, and the ledger of contracts (合同台账) as a report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, Select, and_, func, literal, select, tuple_

from core_crm.contracts.model import Contract, ContractState, Instalment, Receipt
from core_crm.contracts.service import STEM
from core_crm.paging import PAGE_ROWS, cursor, matches, read_cursor
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import visible
from vertical import Report, ReportColumn, ReportTable

SOON = timedelta(days=60)
LEDGER_MAX = 5000
_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class ContractQuery:
    """What a list of contracts shows.  ``show``: all, draft, active, ended, overdue (money), soon (to end) or past its last day."""

    search: str = ""
    show: str = "all"
    party_id: UUID | None = None
    order_id: UUID | None = None
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContractRow:
    """One line of a list, with its money."""

    id: UUID
    number: str | None
    title: str
    state: ContractState
    party_id: UUID
    party_name: str
    signed_on: date | None
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str
    created_at: datetime
    received: Decimal
    overdue: Decimal
    past: bool


@dataclass(frozen=True, kw_only=True)
class ContractSums:
    """What the contracts in force of a currency come to."""

    currency: str
    count: int
    amount: Decimal
    received: Decimal
    overdue: Decimal


def _received() -> ColumnElement[Decimal]:
    query = select(func.coalesce(func.sum(Receipt.amount), 0)).where(Receipt.contract_id == Contract.id, Receipt.withdrawn_at.is_(None))
    return query.correlate(Contract).scalar_subquery()


def _due(today: date) -> ColumnElement[Decimal]:
    query = select(func.coalesce(func.sum(Instalment.amount), 0)).where(Instalment.contract_id == Contract.id, Instalment.due_on < today)
    return query.correlate(Contract).scalar_subquery()


def overdue(today: date) -> ColumnElement[Decimal]:
    """What should have come in by now and did not: receipts settle the oldest due first, so it is the plan's past less all receipts."""
    return func.greatest(_due(today) - _received(), 0)


async def list_contracts(work: Work, query: ContractQuery) -> tuple[Sequence[ContractRow], str | None]:
    """A page of contracts that the actor may see, the newest first, and the cursor of the next page."""
    statement = (await _selected(work, query)).order_by(Contract.created_at.desc(), Contract.id.desc())
    if query.after:
        at, contract_id = read_cursor(query.after, tuple[datetime, UUID])
        here = tuple_(literal(at, Contract.created_at.type), literal(contract_id, Contract.id.type))
        statement = statement.where(tuple_(Contract.created_at, Contract.id) < here)
    rows = [_row(row) for row in await work.session.execute(statement.limit(query.limit + 1))]
    more = rows[query.limit - 1] if len(rows) > query.limit else None
    return rows[: query.limit], cursor(more.created_at, more.id) if more else None


async def sums(work: Work) -> Sequence[ContractSums]:
    """What the contracts in force that the actor may see come to, by currency."""
    within = (await _selected(work, ContractQuery(show="active"))).subquery()
    columns = [func.sum(within.c[name]).label(name) for name in ("amount", "received", "overdue")]
    query = select(within.c.currency, func.count().label("count"), *columns).group_by(within.c.currency).order_by(within.c.currency)
    return [ContractSums(**row._mapping) for row in await work.session.execute(query)]


async def count_overdue(work: Work) -> int | None:
    """Contracts with overdue money that the actor may see."""
    within = (await _selected(work, ContractQuery(show="overdue"))).subquery()
    return await work.session.scalar(select(func.count()).select_from(within)) or None


class LedgerParameters(Struct, kw_only=True, frozen=True):
    since: Annotated[date | None, Meta(title=N_("Ends from"))] = None
    until: Annotated[date | None, Meta(title=N_("Ends until"))] = None


async def contract_ledger(work: Work, parameters: LedgerParameters) -> ReportTable:
    """All contracts that were in force in a span of days, with their money."""
    statement = (await _selected(work, ContractQuery())).where(Contract.state != ContractState.DRAFT)
    if parameters.since:
        statement = statement.where(Contract.ends_on >= parameters.since)
    if parameters.until:
        statement = statement.where(Contract.ends_on <= parameters.until)
    found = await work.session.execute(statement.order_by(Contract.number).limit(LEDGER_MAX))
    rows = [_row(row) for row in found]
    labels = {ContractState.ACTIVE: _("In force"), ContractState.ENDED: _("Ended")}
    one = {row.currency for row in rows}
    money = [(row.amount, row.received, row.amount - row.received, row.overdue) for row in rows]
    whole = [sum((each[n] for each in money), _ZERO) for n in range(4)]
    columns = [(_("Number"), "text"), (_("Title"), "text"), (_("Customer"), "text"), (_("State"), "text"), (_("Signed on"), "date"),
               (_("First day"), "date"),
               (_("Last day"), "date"), (_("Currency"), "text"), (_("Amount"), "money"), (_("Amount received"), "money"),
               (_("Outstanding"), "money"), (_("Overdue"), "money")]  # fmt: skip
    return ReportTable(
        columns=[ReportColumn(label=label, kind=kind) for label, kind in columns],  # type: ignore[arg-type]
        rows=[
            (row.number, row.title, row.party_name, _("Past its last day") if row.past else labels[row.state], row.signed_on,
             row.starts_on, row.ends_on, row.currency, *each)
            for row, each in zip(rows, money, strict=True)
        ],
        totals=[_("Total"), "", "", "", None, None, None, next(iter(one)), *whole] if len(one) == 1 else (),
        paths=[f"/contracts/{row.id}" for row in rows],
    )  # fmt: skip


CONTRACT_REPORTS = (
    Report(
        key="core_crm.contract_ledger",
        title=N_("Contract ledger"),
        run=contract_ledger,
        permission="crm.contract.read",
        parameters=LedgerParameters,
        summary=N_("Every contract in force with what came in, what is still to come and what is overdue."),
    ),
)


async def _selected(work: Work, query: ContractQuery) -> Select[*tuple[Any, ...]]:
    c, today = Contract, work.today()
    late = overdue(today)
    statement = select(
        c.id, c.number, c.title, c.state, c.party_id, c.party_name, c.signed_on, c.starts_on, c.ends_on, c.amount, c.currency, c.created_at,
        _received().label("received"), late.label("overdue"), and_(c.state == ContractState.ACTIVE, c.ends_on < today).label("past"),
    ).where(await visible(work, Contract, STEM), *matches(query.search, c.number, c.title, c.party_name, c.customer_reference))  # fmt: skip
    if query.party_id is not None:
        statement = statement.where(c.party_id == query.party_id)
    if query.order_id is not None:
        statement = statement.where(c.order_id == query.order_id)
    if query.show in set(ContractState):
        statement = statement.where(c.state == ContractState(query.show))
    elif query.show == "overdue":
        statement = statement.where(c.state != ContractState.DRAFT, late > 0)
    elif query.show == "soon":
        statement = statement.where(c.state == ContractState.ACTIVE, c.ends_on <= today + SOON)
    return statement


def _row(row: Any) -> ContractRow:
    made = ContractRow(**row._mapping)
    return replace(made, received=round_half_up(Decimal(made.received)), overdue=round_half_up(Decimal(made.overdue)))
