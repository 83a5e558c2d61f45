"""Entering vouchers: drafts that may be edited, posting them, and both in one step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_finance.chart.model import Ledger
from core_finance.posting import errors
from core_finance.posting.engine import LINES_MAX, Posted, check, post, post_each
from core_finance.posting.model import Voucher
from core_finance.posting.voucher import DIMENSIONS, NewLine, NewVoucher
from core_finance.vouchers.model import Draft, DraftLine
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

KEPT = ("summary", "account", "debit", "credit", "currency", "currency_amount", "rate", "quantity", "cash_item")


async def save_draft(
    work: Work,
    ledger: Ledger,
    voucher: NewVoucher,
    *,
    draft_id: UUID | None = None,
    version: int | None = None,
    as_id: UUID | None = None,
) -> Draft:
    """Keep a voucher without posting it; with ``draft_id`` the draft's content is replaced, with ``as_id`` a new one has that id.

    It may still be unbalanced: an accountant puts a half-done voucher aside.

    Raises:
        VoucherNotFound: there is no such draft.
        VoucherChanged: somebody else saved it after it was read at ``version``.
        LineLimit: too many lines.
    """
    if not 0 < len(voucher.lines) <= LINES_MAX:
        raise errors.LineLimit(_("A voucher has 1 to %(max)s lines; this one has %(count)s.", max=LINES_MAX, count=len(voucher.lines)))
    if draft_id is None:
        draft = Draft(id=as_id or new_id(), ledger_id=ledger.id, made_by=work.actor.name, made_by_id=work.actor.id, lines=[])
        work.session.add(draft)
    else:
        draft = await get_draft(work, ledger, draft_id, lock=True)
        if version is not None and draft.version != version:
            raise errors.VoucherChanged(
                _("%(name)s saved this voucher meanwhile; open it again and repeat your change.", name=draft.made_by)
            )
    draft.period, draft.word, draft.entry_on, draft.attachments = voucher.period, voucher.word, voucher.on, voucher.attachments
    draft.lines = [_draft_line(position, line) for position, line in enumerate(voucher.lines, 1)]
    await work.session.flush()
    return draft


async def get_draft(work: Work, ledger: Ledger, draft_id: UUID, *, lock: bool = False) -> Draft:
    """The draft with its lines.

    Raises:
        VoucherNotFound: there is none; it may have been posted.
    """
    query = select(Draft).where(Draft.id == draft_id, Draft.ledger_id == ledger.id).options(selectinload(Draft.lines))
    draft = await work.session.scalar(query.with_for_update(of=Draft) if lock else query)
    if draft is None:
        if await work.session.scalar(select(Voucher.id).where(Voucher.id == draft_id)):
            raise errors.AlreadyPosted(_("This voucher was posted already; open it in the list of vouchers."))
        raise errors.VoucherNotFound(_("There is no such voucher."))
    return draft


async def list_drafts(
    work: Work, ledger: Ledger, *, first: int | None = None, last: int | None = None, limit: int = 200
) -> Sequence[Draft]:
    """Vouchers that wait to be posted, the oldest date first, with their lines."""
    query = select(Draft).where(Draft.ledger_id == ledger.id).options(selectinload(Draft.lines))
    if first:
        query = query.where(Draft.period >= first)
    if last:
        query = query.where(Draft.period <= last)
    return (await work.session.scalars(query.order_by(Draft.entry_on, Draft.id).limit(limit))).all()


async def delete_draft(work: Work, ledger: Ledger, draft_id: UUID) -> None:
    """Throw a draft away.  It had no number, so none is missing."""
    await work.session.delete(await get_draft(work, ledger, draft_id, lock=True))
    await work.session.flush()


async def post_draft(work: Work, ledger: Ledger, draft_id: UUID) -> Posted:
    """Post a draft: it gets its number and can never be changed again.

    Raises:
        PostingRefused: with what is wrong, and at which line.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    voucher = voucher_of(draft)
    await work.session.delete(draft)
    await work.session.flush()
    return await post(work, ledger, voucher)


async def post_drafts(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[tuple[UUID, Posted | errors.PostingRefused]]:
    """Post those drafts that can be posted, and say for each how it went; the others stay drafts."""
    query = select(Draft).where(Draft.ledger_id == ledger.id, Draft.id.in_(draft_ids)).options(selectinload(Draft.lines))
    drafts = (await work.session.scalars(query.order_by(Draft.entry_on, Draft.id).with_for_update(of=Draft))).all()
    results = await post_each(work, ledger, [voucher_of(draft) for draft in drafts])
    for draft, result in zip(drafts, results, strict=True):
        if isinstance(result, Posted):
            await work.session.delete(draft)
    await work.session.flush()
    return [(draft.id, result) for draft, result in zip(drafts, results, strict=True)]


def checked(voucher: NewVoucher, ledger: Ledger) -> NewVoucher:
    """The voucher, if nothing is wrong with it by itself.

    Raises:
        PostingRefused: something is.
    """
    if problem := check(voucher, ledger.currency):
        raise problem
    return voucher


def voucher_of(draft: Draft) -> NewVoucher:
    """What posting the draft would post; it keeps the draft's id."""
    return NewVoucher(
        id=draft.id, on=draft.entry_on, word=draft.word, kind=draft.kind, attachments=draft.attachments, made_by=draft.made_by,
        made_by_id=draft.made_by_id, reviewed_by=draft.reviewed_by, signed_by=draft.signed_by, reverses_id=draft.reverses_id,
        lines=[_new_line(line) for line in draft.lines],
    )  # fmt: skip


def dated(voucher: NewVoucher, on: date) -> NewVoucher:
    """The same voucher on another day."""
    return replace(voucher, on=on, id=new_id())


def _draft_line(position: int, line: NewLine) -> DraftLine:
    kept = {name: getattr(line, name) for name in KEPT}
    others = {kind: str(value) for kind, value in line.dimensions.items() if kind not in DIMENSIONS}
    return DraftLine(position=position, **kept, **{f"{kind}_id": line.dimensions.get(kind) for kind in DIMENSIONS}, others=others)


def _new_line(line: DraftLine) -> NewLine:
    dimensions = {kind: value for kind in DIMENSIONS if (value := getattr(line, f"{kind}_id")) is not None}
    dimensions |= {kind: UUID(value) for kind, value in line.others.items()}
    return NewLine(**{name: getattr(line, name) for name in KEPT}, dimensions=dimensions)
