"""What is looked at before a month is closed.  Each is one statement over what is maintained; lines are never summed."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from core_finance.attachments.model import Attachment
from core_finance.cash_flow.model import CashFlow
from core_finance.chart import official
from core_finance.chart.model import PROFIT_AND_LOSS, Account, Category, Ledger, Standard
from core_finance.chart.service import titled
from core_finance.closing.lines import read_chart
from core_finance.closing.model import CloseStep, StepState
from core_finance.closing.service import read_steps
from core_finance.closing.steps import transfer
from core_finance.closing.view import State
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import text_of
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, Voucher
from core_finance.vouchers.model import Draft, DraftLine, DraftState
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import get_parties
from vertical import Finding, PeriodEnd

FINDINGS_MAX = 100

_NET = func.sum(Balance.debit - Balance.credit)


async def earlier(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Months before that are open."""
    query = select(Period.code).where(Period.ledger_id == end.ledger_id, Period.code < end.period, Period.state == PeriodState.OPEN)
    codes = await work.session.scalars(query.order_by(Period.code).limit(FINDINGS_MAX))
    return [
        Finding(message=_("Period %(period)s is still open; close it first.", period=text_of(code)), path=f"/finance/close/{code}")
        for code in codes
    ]  # fmt: skip


async def unposted(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """All must be posted before (财会〔2024〕12号, art. 24)."""
    query = (
        select(Draft.id, Draft.entry_on, Draft.state, DraftLine.summary)
        .outerjoin(DraftLine, (DraftLine.draft_id == Draft.id) & (DraftLine.position == 1))
        .where(Draft.ledger_id == end.ledger_id, Draft.period == end.period)
        .order_by(Draft.place, Draft.id)
        .limit(FINDINGS_MAX)
    )
    found = []
    for draft_id, on, state, summary in await work.session.execute(query):
        facts = {"day": str(on), "summary": summary or "-"}
        message = (
            _("The voucher of %(day)s, %(summary)s, is reviewed but not posted.", **facts)
            if state is DraftState.REVIEWED
            else _("The voucher of %(day)s, %(summary)s, is not posted.", **facts)
        )
        found.append(Finding(message=message, path=f"/vouchers/{draft_id}"))
    return found


async def numbers(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Numbers that are missing in a word's series."""
    before = func.lag(Voucher.number, 1, 0).over(partition_by=Voucher.word, order_by=Voucher.number).label("before")
    series = select(Voucher.word, Voucher.number, before).where(Voucher.ledger_id == end.ledger_id, Voucher.period == end.period).subquery()
    gaps = select(series).where(series.c.number > series.c.before + 1).order_by(series.c.word, series.c.number).limit(FINDINGS_MAX)
    return [
        Finding(
            message=_("Numbers are missing between %(word)s-%(before)s and %(word)s-%(number)s; tell the administrator.",
                      word=word, before=previous, number=number),
            path=f"/vouchers?period={end.period}&until={end.period}",
        )
        for word, number, previous in await work.session.execute(gaps)
    ]  # fmt: skip


async def trial(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Debits are credits: what was brought forward, and what moved in the month."""
    b = Balance
    within = b.period == end.period
    query = (
        select(within, func.sum(b.debit), func.sum(b.credit))
        .where(b.ledger_id == end.ledger_id, b.dimension_set_id == NO_DIMENSIONS, b.period <= end.period)
        .group_by(within)
    )
    found = []
    for moved, debit, credit in await work.session.execute(query):
        if debit != credit:
            what = _("Movements of the month") if moved else _("Opening balances of the month")
            message = _("%(what)s: debits are %(debit)s and credits %(credit)s.", what=what, debit=debit, credit=credit)
            found.append(Finding(message=message, path=f"/finance/trial-balance?first={end.period}&last={end.period}"))
    return found


async def steps(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Steps that have something to post and are neither done nor skipped."""
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    found = []
    for view in await read_steps(work, ledger, end.period):
        if not view.state.is_open or (view.key == transfer.KEY and view.state is not State.BLOCKED):
            continue  # the transfer has a check of its own
        if view.state is State.BLOCKED:
            message = f"{view.title}: {view.problem}"
        elif view.state is State.CHANGED:
            message = _("%(step)s: more is to be posted since it was done; do it again.", step=view.title)
        else:
            message = _("%(step)s: do it, or skip it with a reason.", step=view.title)
        found.append(Finding(message=message, path=view.path or f"/finance/close/{end.period}#{view.anchor}"))
    return found


async def profit_and_loss(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Accounts of profit and loss hold nothing (账结法).

    The small-business standard lets the transfer wait until December (表结法): a company says so by skipping the step.
    """
    if end.standard == Standard.SMALL_BUSINESS and not end.is_year_end:
        query = select(CloseStep.state).where(
            CloseStep.ledger_id == end.ledger_id, CloseStep.period == end.period, CloseStep.step == transfer.KEY
        )
        if await work.session.scalar(query) is StepState.SKIPPED:
            return []
    held = (await _held(work, end, Account.category.in_(PROFIT_AND_LOSS))).values()
    if not held:
        return []
    profit = -sum(held, Decimal(0))
    message = _(
        "%(count)s accounts of profit and loss hold a balance (profit %(profit)s); transfer it.", count=len(held), profit=f"{profit:,.2f}"
    )
    return [Finding(message=message, path=f"/finance/close/{end.period}#core_finance-transfer")]


async def pending(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """待处理财产损溢, 固定资产清理 and 制造费用, which are usually settled by then."""
    return await _settled(work, end, ("pending_losses", "assets_in_disposal", "manufacturing_overhead"))


async def pending_at_year_end(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """待处理财产损溢 is dealt with before the year ends."""
    return await _settled(work, end, ("pending_losses",)) if end.is_year_end else []


async def negative_cash(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Cash and bank accounts with a credit balance."""
    held = await _held(work, end, Account.is_cash.is_(True), _NET < 0)
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    return [_balance(ledger, end, account, balance) for account, balance in held.items()]


async def wrong_side(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Counterparties that owe where we should, and the other way round: the balance sheet moves them (重分类)."""
    b, s = Balance, DimensionSet
    asset, liability = Account.category == Category.ASSET, Account.category == Category.LIABILITY
    query = (
        select(Account, s.party_id, _NET)
        .join(Account, Account.id == b.account_id)
        .join(s, s.id == b.dimension_set_id)
        .where(b.ledger_id == end.ledger_id, b.period <= end.period, s.party_id.is_not(None), asset | liability)
        .group_by(Account.id, s.party_id)
        .having((asset & (_NET < 0)) | (liability & (_NET > 0)))
        .order_by(Account.code, func.abs(_NET).desc(), s.party_id)
        .limit(FINDINGS_MAX)
    )
    rows: list[tuple[Account, UUID, Decimal]] = [
        (account, party_id, net)
        for account, party_id, net in await work.session.execute(query)
        if party_id is not None and official.keeps_party(account.code)
    ]
    parties = await get_parties(work, {party_id for _account, party_id, _net in rows})
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    return [_balance(ledger, end, account, net, parties[party_id].name) for account, party_id, net in rows]


async def cash_items(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Movements of cash that no rule and nobody gave an item of the cash flow statement."""
    query = select(func.count(), func.coalesce(func.sum(func.abs(CashFlow.amount)), 0)).where(
        CashFlow.ledger_id == end.ledger_id, CashFlow.period == end.period, CashFlow.item.is_(None)
    )
    count, amount = (await work.session.execute(query)).one()
    if not count:
        return []
    message = _("%(count)s movements of cash over %(amount)s have no cash flow item.", count=count, amount=f"{amount:,.2f}")
    return [Finding(message=message, path=f"/finance/cash-flow/items?first={end.period}&last={end.period}")]


async def attachments(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Vouchers made by hand without a document (会计基础工作规范 art. 51)."""
    v = Voucher
    query = select(func.count()).where(
        v.ledger_id == end.ledger_id, v.period == end.period, v.kind == "manual", v.attachments == 0,
        ~exists().where(Attachment.voucher_id == v.id),
    )  # fmt: skip
    count = await work.session.scalar(query) or 0
    if not count:
        return []
    message = _("%(count)s vouchers made by hand have no attachment.", count=count)
    return [Finding(message=message, path=f"/vouchers?period={end.period}&until={end.period}")]


async def _held(
    work: Work, end: PeriodEnd, which: ColumnElement[bool], having: ColumnElement[bool] | None = None
) -> dict[Account, Decimal]:
    """The accounts with a balance at the end of the period, debit being positive."""
    b = Balance
    query = (
        select(Account, _NET)
        .join(Account, Account.id == b.account_id)
        .where(b.ledger_id == end.ledger_id, b.dimension_set_id == NO_DIMENSIONS, b.period <= end.period, which)
        .group_by(Account.id)
        .having(_NET != 0 if having is None else having)
        .order_by(Account.code)
    )
    return {row[0]: row[1] for row in await work.session.execute(query)}


async def _settled(work: Work, end: PeriodEnd, keys: Sequence[str]) -> list[Finding]:
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    chart = await read_chart(work, ledger)
    beginnings = tuple(chart.find(key).code[:4] for key in keys)
    held = await _held(work, end, func.left(Account.code, 4).in_(beginnings))
    return [_balance(ledger, end, account, balance) for account, balance in held.items()]


def _balance(ledger: Ledger, end: PeriodEnd, account: Account, balance: Decimal, of: str = "") -> Finding:
    facts = {
        "account": titled(account, ledger) + (f" · {of}" if of else ""), "amount": f"{abs(balance):,.2f}",
    }  # fmt: skip
    message = _("%(account)s has a debit balance of %(amount)s.", **facts) if balance > 0 else (
        _("%(account)s has a credit balance of %(amount)s.", **facts)
    )  # fmt: skip
    return Finding(message=message, path=f"/finance/accounts/{account.code}/ledger?first={end.period}&last={end.period}")
