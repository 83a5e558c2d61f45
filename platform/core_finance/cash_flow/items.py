"""The workbench of cash flows: movements line by line, those on no line first, to be put where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, text, tuple_, update

from core_finance.cash_flow.model import CashFlow
from core_finance.cash_flow.rules import Rules, items
from core_finance.cash_flow.service import BATCH, UNTAGGED, classify, lock, rules_of, settle, voucher_lines
from core_finance.chart.model import Account, Ledger
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import text_of
from core_finance.posting.model import Voucher, VoucherLine
from core_finance.statements.model import FiledStatement
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work

PAGE_SIZE = 50
CHOSEN_MAX = 500
ZERO = Decimal(0)
REOPEN = "finance.period.reopen"


class MovementNotFound(NotFound):
    code = "movement_not_found"


class ItemUnknown(Invalid):
    code = "cash_item_unknown"


class CashFlowFiled(Conflict):
    code = "cash_flow_filed"


class BadPlace(Invalid):
    code = "bad_cursor"


@dataclass(frozen=True, kw_only=True)
class ItemFilter:
    """``item`` 0 stands for movements on no line, None for all."""

    first: int
    last: int
    item: int | None = None


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A line against cash with its share of the movement; ``amount`` is positive for money in."""

    id: UUID
    voucher_id: UUID
    voucher: str
    entry_on: date
    period: int
    account: str
    account_name: str
    account_name_en: str
    summary: str
    item: int | None
    amount: Decimal
    is_chosen: bool
    source_number: str | None
    source_path: str | None


@dataclass(frozen=True)
class MovementPage:
    rows: Sequence[Movement]
    following: str | None


@dataclass(frozen=True)
class Proof:
    """What the lines say, what stands on none, and how much cash changed by the books."""

    tagged: Decimal
    untagged: Decimal
    change: Decimal

    @property
    def holds(self) -> bool:
        return self.tagged + self.untagged == self.change


async def movements(work: Work, ledger: Ledger, wanted: ItemFilter, *, after: str | None = None, limit: int = PAGE_SIZE) -> MovementPage:
    """A page of movements in order of months and vouchers; those on no line come first where all are asked for."""
    await settle(work, ledger)
    order = (func.coalesce(CashFlow.item, UNTAGGED) != UNTAGGED, CashFlow.period, CashFlow.voucher_id, CashFlow.position)
    query = _rows().where(*_within(ledger, wanted)).order_by(*order).limit(limit + 1)
    if after:
        query = query.where(tuple_(*order) > _place(after))
    rows = list(await work.session.execute(query))
    found = [_movement(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = f"{int(bool(last.item))}.{last.period}.{last.voucher_id}.{last.position}" if last is not None else None
    return MovementPage(found, following)


async def count_movements(work: Work, ledger: Ledger, wanted: ItemFilter) -> int:
    """How many movements there are."""
    return await work.session.scalar(select(func.count()).select_from(CashFlow).where(*_within(ledger, wanted))) or 0


async def proof(work: Work, ledger: Ledger, first: int, last: int) -> Proof:
    """The movements of the months against the change of cash; opening balances of the ledger are no movement."""
    await settle(work, ledger)
    first = max(first, ledger.start_period)
    query = text(
        "SELECT coalesce(sum(amount) FILTER (WHERE item <> 0), 0), coalesce(sum(amount) FILTER (WHERE item = 0), 0)"
        " FROM finance_cash_total WHERE ledger_id = :ledger AND period BETWEEN :first AND :last"
    )
    months = {"ledger": ledger.id, "first": first, "last": last}
    tagged, untagged = (await work.session.execute(query, months)).one()
    return Proof(tagged, untagged, await cash_change(work, ledger, first, last))


async def cash_change(work: Work, ledger: Ledger, first: int, last: int) -> Decimal:
    """How much cash changed in the months, by the balances of cash accounts."""
    query = text(
        "SELECT coalesce(sum(b.debit - b.credit), 0) FROM finance_balance b JOIN finance_account a ON a.id = b.account_id AND a.is_cash"
        " WHERE b.ledger_id = :ledger AND b.dimension_set_id = '00000000-0000-0000-0000-000000000000'"
        " AND b.period BETWEEN :first AND :last"
    )
    changed: Decimal = (await work.session.execute(query, {"ledger": ledger.id, "first": first, "last": last})).scalar_one()
    return changed


async def choose_item(work: Work, ledger: Ledger, ids: Sequence[UUID], item: int | None, *, filed: bool = False) -> int:
    """Put movements on a line of the statement; None takes them off it.  Months may be closed: no book changes.

    ``filed``: change also what was filed already, for which the right to reopen months is needed.  How many changed.

    Raises:
        ItemUnknown: the form has no such line for movements.
        MovementNotFound: one of them is none of this ledger's.
        CashFlowFiled: the statement of a month was filed.
        Forbidden: ``filed`` without the right.
    """
    if item is not None and item not in items(ledger.standard):
        raise ItemUnknown(_("Line %(line)s takes no movements; choose a line of receipts or payments.", line=item), field="item")
    if len(ids) > CHOSEN_MAX:
        raise Invalid(_("Choose at most %(max)s movements at a time.", max=CHOSEN_MAX), field="ids")
    await lock(work, ledger)
    rows = (await work.session.scalars(select(CashFlow).where(CashFlow.ledger_id == ledger.id, CashFlow.id.in_(ids)))).all()
    if len(rows) != len(set(ids)):
        raise MovementNotFound(_("Some of the movements are not there any more; load the page again."))
    await _refuse_filed(work, ledger, {row.period for row in rows}, allowed=filed)
    changes = [_Change(row.id, row.period, row.item, item, row.amount, chosen=item is not None) for row in rows]
    changes = [c for c, row in zip(changes, rows, strict=True) if c.before != c.after or c.chosen != row.is_chosen]
    await _apply(work, ledger, changes)
    if changes:
        await record(
            work, "cash_flow.chosen", f"ledger:{ledger.id}", name=ledger.name,
            before={str(c.id): c.before for c in changes}, after={str(c.id): c.after for c in changes},
        )  # fmt: skip
    return len(changes)


async def apply_rules(work: Work, ledger: Ledger) -> int:
    """Ask the rules again for all movements of open months that nobody chose a line for; how many changed."""
    await settle(work, ledger)
    await lock(work, ledger)
    rules = await rules_of(work, ledger)
    filed = await _filed_months(work, ledger)
    open_months = select(Period.code).where(Period.ledger_id == ledger.id, Period.state == PeriodState.OPEN)
    query = select(CashFlow).where(CashFlow.ledger_id == ledger.id, ~CashFlow.is_chosen, CashFlow.period.in_(open_months))
    changed, after = 0, UUID(int=0)
    while vouchers := await _some_vouchers(work, query.with_only_columns(CashFlow.voucher_id), after):
        batch = (await work.session.scalars(query.where(CashFlow.voucher_id.in_(vouchers)))).all()
        changed += await _asked_again(work, ledger, [row for row in batch if not _covers(filed, row.period)], rules)
        after = vouchers[-1]
    if changed:
        await record(work, "cash_flow.rules_applied", f"ledger:{ledger.id}", name=ledger.name, after={"changed": changed})
    return changed


@dataclass(frozen=True)
class _Change:
    id: UUID
    period: int
    before: int | None
    after: int | None
    amount: Decimal
    chosen: bool


async def _some_vouchers(work: Work, query: Select[Any], after: UUID) -> Sequence[UUID]:
    some = query.where(CashFlow.voucher_id > after).distinct().order_by(CashFlow.voucher_id).limit(BATCH)
    return (await work.session.scalars(some)).all()


async def _asked_again(work: Work, ledger: Ledger, rows: Sequence[CashFlow], rules: Rules) -> int:
    ids = sorted({row.voucher_id for row in rows})
    lines = await voucher_lines(work, ids)
    reversing = set(await work.session.scalars(select(Voucher.id).where(Voucher.id.in_(ids), Voucher.reverses_id.is_not(None))))
    found = {
        (voucher_id, t.share.line.position): t.item
        for voucher_id in ids
        for t in classify(lines[voucher_id], rules, reverses=voucher_id in reversing)
    }
    changes = [
        _Change(row.id, row.period, row.item, now, row.amount, chosen=False)
        for row in rows
        if (now := found.get((row.voucher_id, row.position))) != row.item
    ]
    await _apply(work, ledger, changes)
    return len(changes)


async def _apply(work: Work, ledger: Ledger, changes: Sequence[_Change]) -> None:
    """Movements and their totals change together."""
    moved: dict[tuple[int, int], Decimal] = {}
    by_target: dict[tuple[int | None, bool], list[UUID]] = {}
    for change in changes:
        by_target.setdefault((change.after, change.chosen), []).append(change.id)
        for item, amount in ((change.before, -change.amount), (change.after, change.amount)):
            key = (change.period, item or UNTAGGED)
            moved[key] = moved.get(key, ZERO) + amount
    for (item, chosen), ids in by_target.items():
        await work.session.execute(update(CashFlow).where(CashFlow.id.in_(ids)).values(item=item, is_chosen=chosen))
    total = text(
        "INSERT INTO finance_cash_total AS t (ledger_id, period, item, amount) VALUES (:ledger, :period, :item, :amount)"
        " ON CONFLICT (ledger_id, period, item) DO UPDATE SET amount = t.amount + excluded.amount"
    )
    rows = [{"ledger": ledger.id, "period": p, "item": i, "amount": amount} for (p, i), amount in sorted(moved.items()) if amount]
    if rows:
        await work.session.execute(total, rows)


async def _refuse_filed(work: Work, ledger: Ledger, months: set[int], *, allowed: bool) -> None:
    filed = await _filed_months(work, ledger)
    hit = [month for month in sorted(months) if _covers(filed, month)]
    if not hit:
        return
    if not allowed:
        month = text_of(hit[0])
        raise CashFlowFiled(
            _("The cash flow statement of %(month)s was filed. Who may reopen months can change it all the same.", month=month)
        )
    work.require(REOPEN)


async def _filed_months(work: Work, ledger: Ledger) -> list[tuple[int, int]]:
    f = FiledStatement
    query = select(f.first, f.last).where(f.ledger_id == ledger.id, f.kind == "cash_flow").distinct().limit(1000)
    return [(first, last) for first, last in await work.session.execute(query)]


def _covers(filed: Sequence[tuple[int, int]], month: int) -> bool:
    # A filed statement shows the year up to its last month.
    return any(first // 100 * 100 < month <= last for first, last in filed)


def _rows() -> Any:
    f, v, line, a = CashFlow, Voucher, VoucherLine, Account
    return (
        select(
            f.id, f.voucher_id, v.word, v.number, v.entry_on, f.period, f.position, a.code, a.name, a.name_en, line.summary, f.item,
            f.amount, f.is_chosen, v.source_number, v.source_path,
        )
        .join(v, v.id == f.voucher_id)
        .join(line, (line.voucher_id == f.voucher_id) & (line.position == f.position))
        .join(a, a.id == line.account_id)
    )  # fmt: skip


def _within(ledger: Ledger, wanted: ItemFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [CashFlow.ledger_id == ledger.id, CashFlow.period.between(wanted.first, wanted.last)]
    if wanted.item is not None:
        found.append(CashFlow.item == wanted.item if wanted.item else CashFlow.item.is_(None))
    return found


def _movement(row: Any) -> Movement:
    return Movement(
        id=row.id, voucher_id=row.voucher_id, voucher=f"{row.word}-{row.number}", entry_on=row.entry_on, period=row.period,
        account=row.code, account_name=row.name, account_name_en=row.name_en, summary=row.summary, item=row.item, amount=row.amount,
        is_chosen=row.is_chosen, source_number=row.source_number, source_path=row.source_path,
    )  # fmt: skip


def _place(after: str) -> tuple[bool, int, UUID, int]:
    try:
        tagged, period, voucher, position = after.split(".")
        return tagged == "1", int(period), UUID(voucher), int(position)
    except ValueError:
        raise BadPlace(_("That is no place in the list; begin at its start."), field="after") from None
