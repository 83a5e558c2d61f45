"""Red-letter reversal by a person: at once, or as a red draft where the ledger wants a second pair of eyes."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core_finance.chart.model import Ledger, Review
from core_finance.chart.rules import rules_of
from core_finance.posting import errors
from core_finance.posting.engine import Posted, post
from core_finance.posting.reversal import red_of
from core_finance.posting.voucher import NewVoucher
from core_finance.vouchers.model import Draft
from core_finance.vouchers.numbers import number_of
from core_finance.vouchers.service import keep_draft, moves_cash, name_of
from identity.audit import record
from kernel.i18n import gettext as _
from kernel.work import Work


async def reverse_by_hand(
    work: Work, ledger: Ledger, voucher_id: UUID, *, on: date | None = None, summary: str | None = None, idempotency_key: str | None = None
) -> Posted | Draft:
    """Cancel a posted voucher in red.  Where vouchers are reviewed, signed or posted by others, the red one waits as a draft.

    Raises:
        VoucherNotFound, ReversalTooEarly: as ``posting.reversal.reverse``.
        AlreadyReversed: it was reversed before, or a red draft waits.
        DocumentStands: the document that it was made from still stands.
        PeriodClosed: ``on`` is in a closed month.
    """
    red = await red_of(work, ledger, voucher_id, on=on, summary=summary, idempotency_key=idempotency_key)
    waiting = await work.session.scalar(select(Draft).where(Draft.reverses_id == voucher_id))
    if waiting is not None and (idempotency_key is None or waiting.idempotency_key != idempotency_key):
        name = f"{waiting.word}-{await number_of(work, ledger, waiting)}"
        raise errors.AlreadyReversed(_("A reversal of this voucher waits already as the draft %(name)s.", name=name))
    if not await _waits(work, ledger, red):
        posted = await post(work, ledger, red)
        await record(work, "voucher.reversed", f"voucher:{voucher_id}", after={"reversal": str(posted.id), "state": "posted"})
        return posted
    try:
        kept = await keep_draft(work, ledger, red)
    except IntegrityError as error:
        raise errors.AlreadyReversed(_("A reversal of this voucher waits already as a draft.")) from error
    if kept.draft is None:
        return await post(work, ledger, red)  # its draft was posted: this answers where it stands
    if not kept.replayed:
        after = {"reversal": str(kept.id), "state": "draft"}
        await record(work, "voucher.reversed", f"voucher:{voucher_id}", name=name_of(kept.draft), after=after)
    return kept.draft


async def _waits(work: Work, ledger: Ledger, red: NewVoucher) -> bool:
    if ledger.review is not Review.NONE or ledger.poster_apart:
        return True
    return rules_of(ledger).cashier_signs and await moves_cash(work, ledger, red.lines)
