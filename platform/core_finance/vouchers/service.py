"""Keeping drafts: vouchers that are not posted yet and may still be edited or thrown away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from core_finance.attachments.model import Attachment
from core_finance.chart.model import WORDS, Account, Ledger
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import text_of
from core_finance.posting import errors
from core_finance.posting.engine import LINES_MAX, Posted, amount_problem, check, item_problem, period_missing, post_apart
from core_finance.posting.model import Voucher
from core_finance.posting.voucher import DIMENSIONS, NewLine, NewVoucher, body_hash
from core_finance.vouchers.form import summary_missing
from core_finance.vouchers.model import Draft, DraftLine, DraftState, place_now
from core_finance.vouchers.numbers import in_order, numbers_of
from identity.audit import record
from kernel import clock
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

KEPT = ("summary", "account", "debit", "credit", "currency", "currency_amount", "rate", "quantity", "cash_item")


@dataclass(frozen=True)
class Kept:
    """What became of a voucher that was sent to be kept.  ``draft`` is None where it was posted meanwhile."""

    id: UUID
    draft: Draft | None
    replayed: bool = False


async def save_draft(
    work: Work,
    ledger: Ledger,
    voucher: NewVoucher,
    *,
    draft_id: UUID | None = None,
    version: int | None = None,
    as_id: UUID | None = None,
    place: int | None = None,
) -> Draft:
    """Keep a voucher without posting it; with ``draft_id`` the draft's content is replaced, with ``as_id`` a new one has that id.

    It may still be unbalanced: an accountant puts a half-done voucher aside.  Who saved it last is its maker.

    Raises:
        VoucherNotFound: there is no such draft.
        VoucherChanged: somebody else saved it after it was read at ``version``.
        VoucherReviewed: it was reviewed; the review has to be taken back first.
        LineLimit, UnknownWord: too many lines, or another word than vouchers have.
        PeriodClosed, PeriodMissing: no voucher can be of that day.
    """
    if not 0 < len(voucher.lines) <= LINES_MAX:
        raise errors.LineLimit(_("A voucher has 1 to %(max)s lines; this one has %(count)s.", max=LINES_MAX, count=len(voucher.lines)))
    for position, line in enumerate(voucher.lines, 1):
        if problem := amount_problem(line, position, ledger.currency) or item_problem(voucher, position, ledger.standard):
            raise problem
    await _check_head(work, ledger, voucher)
    if draft_id is None:
        draft = Draft(
            id=as_id or new_id(), ledger_id=ledger.id, lines=[], kind=voucher.kind, reverses_id=voucher.reverses_id,
            idempotency_key=voucher.idempotency_key, body_hash=body_hash(voucher) if voucher.idempotency_key else None,
            place=place or place_now(),
        )  # fmt: skip
        work.session.add(draft)
        _write(work, draft, voucher)
        await work.session.flush()
        return draft
    draft = await get_draft(work, ledger, draft_id, lock=True)
    refuse_reviewed(draft)
    if version is not None and draft.version != version:
        raise errors.VoucherChanged(_("%(name)s saved this voucher meanwhile; open it again and repeat your change.", name=draft.made_by))
    if draft.kind == "reversal" and _amounts(voucher.lines) != _amounts(voucher_of(draft).lines):
        raise errors.ReversalFixed(
            _("A reversal repeats its voucher in red; only its day and its summaries can be changed. Delete it if it is not wanted.")
        )
    before = facts_of(draft)
    if (draft.period, draft.word) != (voucher.period, voucher.word):
        draft.place = place_now()  # behind the others of its new month and word
    draft.signed_by = draft.signed_by_id = None
    _write(work, draft, voucher)
    await work.session.flush()
    await record(work, "voucher.changed", f"voucher:{draft.id}", name=name_of(draft), before=before, after=facts_of(draft))
    return draft


async def keep_draft(work: Work, ledger: Ledger, voucher: NewVoucher, *, place: int | None = None) -> Kept:
    """As ``save_draft`` of a new one; with an idempotency key once only, however often it is sent.

    Raises:
        IdempotencyMismatch: the key was used for another voucher.
    """
    if voucher.idempotency_key is None:
        draft = await save_draft(work, ledger, voucher, place=place)
        return Kept(draft.id, draft)
    if known := await _known(work, ledger, voucher):
        return known
    step = await work.session.begin_nested()
    try:
        draft = await save_draft(work, ledger, voucher, place=place)
    except IntegrityError:  # the same request came twice at once
        await step.rollback()
        if known := await _known(work, ledger, voucher):
            return known
        raise
    await step.commit()
    return Kept(draft.id, draft)


async def keep_drafts(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher], *, partial: bool) -> list[Kept | errors.PostingRefused]:
    """Keep several vouchers as drafts, numbered in this order: all, or with ``partial`` those that can be kept.

    Raises:
        PostingRefused: one cannot be kept, and the others should not be without it.
    """
    results: list[Kept | errors.PostingRefused] = []
    for place, voucher in enumerate(vouchers, place_now()):
        try:
            results.append(await keep_draft(work, ledger, voucher, place=place))
        except errors.PostingRefused as error:
            if not partial:
                raise
            results.append(error)
    return results


async def get_draft(work: Work, ledger: Ledger, draft_id: UUID, *, lock: bool = False) -> Draft:
    """The draft with its lines.

    Raises:
        VoucherNotFound: there is none; it may have been posted.
    """
    query = select(Draft).where(Draft.id == draft_id, Draft.ledger_id == ledger.id).options(selectinload(Draft.lines))
    if lock:
        query = query.with_for_update(of=Draft).execution_options(populate_existing=True)
    draft = await work.session.scalar(query)
    if draft is None:
        if await work.session.scalar(select(Voucher.id).where(Voucher.id == draft_id, Voucher.ledger_id == ledger.id)):
            raise errors.AlreadyPosted(_("This voucher was posted already; open it in the list of vouchers."))
        raise errors.VoucherNotFound(_("There is no such voucher."))
    return draft


async def must_exist(work: Work, ledger: Ledger, voucher_id: UUID) -> None:
    """Raises:
    VoucherNotFound: the ledger has no voucher of that id, posted or draft.
    """
    for table in (Voucher, Draft):
        if await work.session.scalar(select(table.id).where(table.id == voucher_id, table.ledger_id == ledger.id)):
            return
    raise errors.VoucherNotFound(_("There is no such voucher."))


async def get_drafts(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[Draft]:
    """Those of the drafts that are there, locked, with their lines, in the order of their numbers."""
    query = select(Draft).where(Draft.ledger_id == ledger.id, Draft.id.in_(draft_ids)).options(selectinload(Draft.lines))
    query = query.order_by(Draft.id).with_for_update(of=Draft).execution_options(populate_existing=True)
    return in_order((await work.session.scalars(query)).all())


async def list_drafts(
    work: Work,
    ledger: Ledger,
    *,
    first: int | None = None,
    last: int | None = None,
    state: DraftState | None = None,
    after: UUID | None = None,
    limit: int = 200,
) -> Sequence[Draft]:
    """Vouchers that wait to be posted, in the order in which they were entered, with their lines; on from the one ``after``."""
    query = select(Draft).where(Draft.ledger_id == ledger.id).options(selectinload(Draft.lines))
    if first is not None:
        query = query.where(Draft.period >= first)
    if last is not None:
        query = query.where(Draft.period <= last)
    if state is not None:
        query = query.where(Draft.state == state)
    if after is not None:
        query = query.where(Draft.id > after)
    return (await work.session.scalars(query.order_by(Draft.id).limit(limit))).all()


async def delete_draft(work: Work, ledger: Ledger, draft_id: UUID) -> None:
    """Throw a draft away.  Those behind it move up, so no number is missing.

    Raises:
        VoucherReviewed: it was reviewed; the review has to be taken back first.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    refuse_reviewed(draft)
    before = facts_of(draft)
    await work.session.execute(delete(Attachment).where(Attachment.voucher_id == draft_id))
    await work.session.delete(draft)
    await work.session.flush()
    await record(work, "voucher.deleted", f"voucher:{draft_id}", name=name_of(draft), before=before)


async def post_draft(work: Work, ledger: Ledger, draft_id: UUID) -> Posted:
    """Post a draft: it gets its number and can never be changed again.

    Raises:
        PostingRefused: with what is wrong, and at which line.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    [(_id, result)] = await _post(work, ledger, [draft])
    if isinstance(result, errors.PostingRefused):
        raise result
    return result


async def post_drafts(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[tuple[UUID, Posted | errors.PostingRefused]]:
    """Post those drafts that can be posted in the order of their numbers, and say for each how it went; the others stay drafts."""
    drafts = await get_drafts(work, ledger, draft_ids)
    return await _post(work, ledger, drafts) + await missing(work, ledger, draft_ids, drafts)


async def missing(work: Work, ledger: Ledger, wanted: Sequence[UUID], found: Sequence[Draft]) -> list[tuple[UUID, errors.PostingRefused]]:
    """What to say of the wanted drafts that are not there."""
    lost = set(wanted) - {draft.id for draft in found}
    query = select(Voucher.id).where(Voucher.ledger_id == ledger.id, Voucher.id.in_(lost))
    posted = set((await work.session.scalars(query)).all()) if lost else set()
    return [
        (each, errors.AlreadyPosted(_("This voucher was posted already; open it in the list of vouchers.")) if each in posted
         else errors.VoucherNotFound(_("There is no such voucher.")))
        for each in sorted(lost)
    ]  # fmt: skip


async def moves_cash(work: Work, ledger: Ledger, lines: Iterable[NewLine | DraftLine]) -> bool:
    """Whether a line is of cash, bank or a cash equivalent."""
    codes = {line.account for line in lines}
    query = select(Account.id).where(Account.ledger_id == ledger.id, Account.is_cash, Account.code.in_(codes)).limit(1)
    return await work.session.scalar(query) is not None


def refuse_reviewed(draft: Draft) -> None:
    """Raises:
    VoucherReviewed: somebody has answered for what the draft says.
    """
    if draft.state is DraftState.REVIEWED:
        raise errors.VoucherReviewed(
            _("%(name)s has reviewed this voucher; take the review back to change it.", name=draft.reviewed_by or "")
        )


def checked(voucher: NewVoucher, ledger: Ledger) -> NewVoucher:
    """The voucher, if nothing is wrong with it by itself.

    Raises:
        PostingRefused: something is.
    """
    if problem := check(voucher, ledger):
        raise problem
    return voucher


def voucher_of(draft: Draft) -> NewVoucher:
    """What posting the draft would post; it keeps the draft's id."""
    return NewVoucher(
        id=draft.id, on=draft.entry_on, word=draft.word, kind=draft.kind, attachments=draft.attachments, made_by=draft.made_by,
        made_by_id=draft.made_by_id, reviewed_by=draft.reviewed_by, signed_by=draft.signed_by, reverses_id=draft.reverses_id,
        idempotency_key=draft.idempotency_key, sent_hash=draft.body_hash, lines=[new_line(line) for line in draft.lines],
    )  # fmt: skip


def dated(voucher: NewVoucher, on: date) -> NewVoucher:
    """The same voucher on another day."""
    return replace(voucher, on=on, id=new_id())


def name_of(draft: Draft) -> str:
    """What the audit log calls a draft: its number may change, its day and word rarely."""
    return f"{draft.word} {draft.entry_on:%Y-%m-%d} {draft.lines[0].summary if draft.lines else ''}".strip()


def facts_of(draft: Draft) -> dict[str, Any]:
    """What the audit log keeps of a draft."""
    return {
        "state": draft.state.value, "on": draft.entry_on.isoformat(), "word": draft.word, "attachments": draft.attachments,
        "made_by": draft.made_by,
        "lines": [[line.summary, line.account, str(line.debit or Decimal(0)), str(line.credit or Decimal(0))] for line in draft.lines],
    }  # fmt: skip


async def _post(work: Work, ledger: Ledger, drafts: Sequence[Draft]) -> list[tuple[UUID, Posted | errors.PostingRefused]]:
    numbers = await numbers_of(work, ledger, drafts)
    silent: dict[UUID, Posted | errors.PostingRefused] = {
        draft.id: problem for draft in drafts if draft.kind == "manual" and (problem := summary_missing(draft.lines))
    }
    telling = [draft for draft in drafts if draft.id not in silent]
    posted = await post_apart(work, ledger, [voucher_of(draft) for draft in telling])
    found = silent | {draft.id: result for draft, result in zip(telling, posted, strict=True)}
    for draft in drafts:
        result = found[draft.id]
        if isinstance(result, Posted):
            before = {"state": draft.state.value, "number": f"{draft.word}-{numbers[draft.id]}"}
            await work.session.delete(draft)
            after = {"state": "posted", "number": f"{result.word}-{result.number}"}
            await record(work, "voucher.posted", f"voucher:{result.id}", name=name_of(draft), before=before, after=after)
    await work.session.flush()
    return [(draft.id, found[draft.id]) for draft in drafts]


async def _known(work: Work, ledger: Ledger, voucher: NewVoucher) -> Kept | None:
    """What stands under the voucher's key already."""
    found: Kept | None = None
    digest = None
    by_key = select(Draft).where(Draft.ledger_id == ledger.id, Draft.idempotency_key == voucher.idempotency_key)
    if draft := await work.session.scalar(by_key.options(selectinload(Draft.lines))):
        found, digest = Kept(draft.id, draft, replayed=True), draft.body_hash
    else:
        posted = select(Voucher.id, Voucher.body_hash).where(
            Voucher.ledger_id == ledger.id, Voucher.idempotency_key == voucher.idempotency_key
        )
        if row := (await work.session.execute(posted)).one_or_none():
            found, digest = Kept(row.id, None, replayed=True), row.body_hash
    if found and digest != body_hash(voucher):
        message = _("The idempotency key %(key)s was used for another voucher; take a new key.", key=voucher.idempotency_key)
        raise errors.IdempotencyMismatch(message)
    return found


async def _check_head(work: Work, ledger: Ledger, voucher: NewVoucher) -> None:
    if voucher.word not in WORDS:
        message = _("%(word)s is no voucher word; use one of %(words)s.", word=voucher.word, words="、".join(WORDS))
        raise errors.UnknownWord(message, field="word")
    period = text_of(voucher.period)
    if voucher.period < ledger.start_period or voucher.on.year > work.today().year + 1:
        raise period_missing(voucher)
    # A lock that posting does not wait for: the month cannot be closed while the draft is on its way into it.
    query = select(Period.state).where(Period.ledger_id == ledger.id, Period.code == voucher.period)
    if await work.session.scalar(query.with_for_update(read=True, key_share=True)) is PeriodState.CLOSED:
        message = _("Period %(period)s is closed; post to an open period or ask an accountant to reopen it.", period=period)
        raise errors.PeriodClosed(message, field="on", period=period)


def _write(work: Work, draft: Draft, voucher: NewVoucher) -> None:
    draft.period, draft.word, draft.entry_on, draft.attachments = voucher.period, voucher.word, voucher.on, voucher.attachments
    draft.made_by, draft.made_by_id = work.actor.name, work.actor.id
    draft.updated_at = clock.now()  # a change of the lines alone is a new version of the draft, too
    draft.lines = [_draft_line(position, line) for position, line in enumerate(voucher.lines, 1)]


def _amounts(lines: Sequence[NewLine]) -> list[Any]:
    """What the lines do in the books."""
    return [
        (x.account, x.debit, x.credit, x.currency_amount, x.rate, x.quantity, sorted((k, str(v)) for k, v in x.dimensions.items()))
        for x in lines
    ]  # fmt: skip


def _draft_line(position: int, line: NewLine) -> DraftLine:
    kept = {name: getattr(line, name) for name in KEPT}
    others = {kind: str(value) for kind, value in line.dimensions.items() if kind not in DIMENSIONS}
    return DraftLine(position=position, **kept, **{f"{kind}_id": line.dimensions.get(kind) for kind in DIMENSIONS}, others=others)


def new_line(line: DraftLine) -> NewLine:
    """The line of a draft as it would be posted."""
    return NewLine(**{name: getattr(line, name) for name in KEPT}, dimensions=dimensions_of(line))


def dimensions_of(line: DraftLine) -> dict[str, UUID]:
    """All that a draft's line says about itself."""
    dimensions = {kind: value for kind in DIMENSIONS if (value := getattr(line, f"{kind}_id")) is not None}
    return dimensions | {kind: UUID(value) for kind, value in line.others.items()}
