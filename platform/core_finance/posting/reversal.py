"""Red-letter reversal (红字冲销): the same lines with negative amounts on the same side."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core_finance.chart.model import Ledger
from core_finance.periods.model import Period, PeriodState
from core_finance.posting import errors
from core_finance.posting.engine import Posted, post
from core_finance.posting.model import Voucher
from core_finance.posting.reading import VoucherView, read_voucher
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.i18n import gettext as _
from kernel.i18n import using
from kernel.work import Work
from vertical import SourceDocument

_NO_DOCUMENTS = frozenset({"period_end", "opening"})
"""Sources that are no document: what they made is reversed by hand."""


async def reverse(
    work: Work,
    ledger: Ledger,
    voucher_id: UUID,
    *,
    on: date | None = None,
    summary: str | None = None,
    idempotency_key: str | None = None,
    by_hand: bool = True,
) -> Posted:
    """Cancel a posted voucher in red, dated ``on`` in an open period, else on the first day that ``day_for`` finds.

    Raises:
        VoucherNotFound: there is no posted voucher of that id.
        AlreadyReversed: it was reversed before, or is itself a reversal.
        DocumentStands: ``by_hand``, and the document that it was made from still stands.
        ReversalTooEarly: ``on`` is before the voucher's day.
        PostingRefused: the period is closed, say.
    """
    red = await red_of(work, ledger, voucher_id, on=on, summary=summary, idempotency_key=idempotency_key, by_hand=by_hand)
    return await post(work, ledger, replace(red, by_hand=by_hand))


async def red_of(
    work: Work,
    ledger: Ledger,
    voucher_id: UUID,
    *,
    on: date | None,
    summary: str | None = None,
    idempotency_key: str | None = None,
    by_hand: bool = True,
) -> NewVoucher:
    """The voucher that would cancel a posted one, not posted yet.

    Raises:
        VoucherNotFound, AlreadyReversed, DocumentStands, ReversalTooEarly: as ``reverse``.
    """
    voucher = await read_voucher(work, voucher_id)
    if voucher is None or voucher.ledger_id != ledger.id:
        raise errors.VoucherNotFound(_("There is no such voucher."))
    if voucher.reverses is not None:
        raise errors.AlreadyReversed(_("A reversal cannot be reversed; enter the voucher anew."))
    if voucher.reversed_by is not None and idempotency_key is None:
        raise errors.AlreadyReversed(_("This voucher was reversed already, by %(name)s.", name=voucher.reversed_by.name))
    if by_hand and voucher.reversed_by is None and (document := await standing_document(work, voucher)):
        raise errors.DocumentStands(
            _("%(name)s was made from %(document)s, which still stands. Cancel that document; this voucher is then reversed with it.",
              name=voucher.name, document=document.number),
            document={"kind": document.kind, "id": str(document.id), "number": document.number, "path": document.path},
        )  # fmt: skip
    if on is not None and on < voucher.entry_on:
        raise errors.ReversalTooEarly(
            _("%(name)s is of %(day)s; it cannot be reversed on an earlier day.", name=voucher.name, day=f"{voucher.entry_on:%Y-%m-%d}"),
            field="on",
        )
    day = on or await day_for(work, ledger, voucher.entry_on)
    with using(work.tenant.locale):
        return red_letter(voucher, day, summary, idempotency_key)


async def standing_document(work: Work, voucher: VoucherView) -> SourceDocument | None:
    """The document behind a voucher that stands, where cancelling it reverses the voucher.

    None for what a period end or the opening balances made, and where the app that made it was switched off: nobody could cancel.
    """
    if voucher.source is None or voucher.kind != "automatic" or voucher.source.kind in _NO_DOCUMENTS:
        return None
    key = await work.session.scalar(select(Voucher.idempotency_key).where(Voucher.id == voucher.id))
    rule = (key or "").rpartition(":")[0]
    known = {each.item.key for each in work.contributions("posting_rules")}
    return voucher.source if not rule or rule in known else None


async def day_for(work: Work, ledger: Ledger, entry_on: date) -> date:
    """The day to reverse a voucher of ``entry_on``: today, or the voucher's later day; the first open day after closed months."""
    day = max(work.today(), entry_on)
    states = select(Period.code, Period.state).where(Period.ledger_id == ledger.id, Period.code >= day.year * 100 + day.month)
    for code, state in await work.session.execute(states.order_by(Period.code).limit(240)):
        if state is PeriodState.OPEN:
            return max(day, date(code // 100, code % 100, 1))
    return day


async def reverse_source(work: Work, ledger: Ledger, source_id: UUID, *, on: date, summary: str) -> list[Posted]:
    """Cancel in red every voucher of a document that stands, dated ``on`` or the day of a later voucher."""
    red = aliased(Voucher)
    query = (
        select(Voucher.id, Voucher.entry_on)
        .outerjoin(red, red.reverses_id == Voucher.id)
        .where(Voucher.ledger_id == ledger.id, Voucher.source_id == source_id, Voucher.reverses_id.is_(None), red.id.is_(None))
        .order_by(Voucher.period, Voucher.number)
    )
    standing = (await work.session.execute(query)).all()
    return [await reverse(work, ledger, row.id, on=max(on, row.entry_on), summary=summary, by_hand=False) for row in standing]


def red_letter(voucher: VoucherView, on: date, summary: str | None = None, idempotency_key: str | None = None) -> NewVoucher:
    """The voucher that cancels ``voucher``.  Its words follow 会计基础工作规范: which voucher of which day is cancelled."""
    words = summary or _("Reverse %(name)s of %(day)s", name=voucher.name, day=f"{voucher.entry_on:%Y-%m-%d}")
    lines = [
        NewLine(
            account=line.account, summary=words, debit=-line.debit, credit=-line.credit, currency=line.currency, rate=line.rate,
            currency_amount=None if line.currency_amount is None else -line.currency_amount,
            quantity=None if line.quantity is None else -line.quantity, dimensions=line.dimensions, cash_item=line.cash_item,
        )
        for line in voucher.lines
    ]  # fmt: skip
    source = voucher.source
    return NewVoucher(
        on=on, word=voucher.word, kind="reversal", reverses_id=voucher.id, idempotency_key=idempotency_key,
        source=replace(source) if isinstance(source, SourceDocument) else None, lines=lines,
    )  # fmt: skip
