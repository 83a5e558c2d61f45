"""REST API of vouchers: keeping drafts, posting, reading.  Review and signatures are in ``review_api``."""

import base64
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from core_finance.amounts import each_in, in_currency
from core_finance.books.frame import check_months
from core_finance.books.ledger import BadCursor
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import account_names
from core_finance.posting.engine import Posted, post_all, post_apart
from core_finance.posting.errors import PostingRefused
from core_finance.posting.lane import post_alone
from core_finance.posting.reading import VoucherRow, read_voucher
from core_finance.vouchers.listing import Place, State, Wanted, list_all, reference
from core_finance.vouchers.model import Draft, DraftState
from core_finance.vouchers.numbers import number_of, numbers_of
from core_finance.vouchers.reversing import reverse_by_hand
from core_finance.vouchers.schemas import (
    Batch,
    BatchProblem,
    BatchRead,
    BatchResult,
    DraftList,
    DraftRead,
    DraftUpdate,
    PostedRead,
    ReverseInput,
    VoucherCreate,
    VoucherList,
    VoucherRead,
    VoucherSummary,
)  # fmt: skip
from core_finance.vouchers.service import Kept, delete_draft, get_draft, keep_draft, keep_drafts, list_drafts, post_draft, save_draft
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

PAGE_ROWS, PAGE_ROWS_MAX = 50, 500
Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=200)]


class VoucherController(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @get("/", operation_id="listVouchers", opt={"permission": "finance.voucher.read"})
    async def list_vouchers(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        stage: Annotated[State, QueryParameter(name="state")] = "posted",
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        word: FromQuery[str | None] = None,
        kind: FromQuery[str | None] = None,
        search: FromQuery[str] = "",
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> VoucherList:
        """Vouchers, the latest first: posted ones, or those of another ``state``; periods from ``first`` to ``last``, as 202611."""
        _check_limit(limit)
        check_months(first=first, last=last)
        wanted = Wanted(state=stage, first=first, last=last, word=word, kind=kind, text=search)
        books = await get_ledger(work, ledger)
        rows = await list_all(work, books, wanted, before=decode(after), limit=limit + 1)
        shown = each_in([VoucherSummary.of(row) for row in rows[:limit]], books.currency)
        return VoucherList(items=shown, next=encode(rows[limit - 1]) if len(rows) > limit else None)

    @get("/drafts", operation_id="listDraftVouchers", opt={"permission": "finance.voucher.read"})
    async def drafts(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        stage: Annotated[DraftState | None, QueryParameter(name="state")] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[UUID | None] = None,
    ) -> DraftList:
        """Vouchers that wait to be posted, with their lines, in the order of entry; ``state`` draft or reviewed narrows them."""
        _check_limit(limit)
        check_months(first=first, last=last)
        books = await get_ledger(work, ledger)
        found = await list_drafts(work, books, first=first, last=last, state=stage, after=after, limit=limit + 1)
        numbers = await numbers_of(work, books, found)
        names = await account_names(work, books, [line.account for draft in found for line in draft.lines])
        shown = each_in([VoucherRead.of_draft(draft, numbers[draft.id], names) for draft in found[:limit]], books.currency)
        return DraftList(items=shown, next=found[limit - 1].id if len(found) > limit else None)

    @post("/", operation_id="createVoucher", opt={"permission": "finance.voucher.create"})
    async def create(
        self,
        request: Request[Any, Any, Any],
        work: NamedDependency[Work],
        data: JSONBody[VoucherCreate],
        ledger: FromQuery[UUID | None] = None,
        idempotency_key: Key = None,
    ) -> Response[VoucherRead]:
        """Keep a draft, or with ``post`` put it into the books.

        The same ``Idempotency-Key`` and content make one voucher, however often they are sent: the answer is that voucher,
        which may have been posted meanwhile.  Other content under the key is refused: 409 ``idempotency_mismatch``.
        """
        if data.post:
            work.require("finance.voucher.post")
            voucher = data.voucher(idempotency_key)
            posted = await post_alone(request.app.state.database, work.tenant, work.actor, voucher, ledger_id=ledger)
            found, replayed = posted.id, posted.replayed
            shown = await whole(work, None, found)
        else:
            books = await get_ledger(work, ledger)
            kept = await keep_draft(work, books, data.voucher(idempotency_key))
            found, replayed = kept.id, kept.replayed
            shown = await whole(work, books, found)
        headers = {"Location": f"/api/v1/vouchers/{found}", "Idempotency-Replayed": "true" if replayed else "false"}
        return Response(shown, status_code=201, headers=headers)

    @post("/batch", operation_id="postVouchers", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def batch(self, work: NamedDependency[Work], data: JSONBody[Batch], ledger: FromQuery[UUID | None] = None) -> BatchRead:
        """Post up to 1,000 vouchers in one transaction, or keep them as drafts: all or none, or with ``partial`` those that can be."""
        if data.state == "posted":
            work.require("finance.voucher.post")
        books = await get_ledger(work, ledger)
        vouchers = [item.voucher(item.idempotency_key) for item in data.vouchers]
        if data.state == "draft":
            kept = await keep_drafts(work, books, vouchers, partial=data.partial)
            numbers = await numbers_of(work, books, [each.draft for each in kept if isinstance(each, Kept) and each.draft])
            return BatchRead(results=[await _kept(work, each, numbers) for each in kept])
        results = await (post_apart if data.partial else post_all)(work, books, vouchers)
        return BatchRead(results=[_result(result) for result in results])

    @get("/{voucher_id:uuid}", operation_id="readVoucher", opt={"permission": "finance.voucher.read"})
    async def read(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> VoucherRead:
        """One voucher, posted or draft."""
        if await read_voucher(work, voucher_id) is not None:
            return await whole(work, None, voucher_id)
        return await whole(work, await get_ledger(work, ledger), voucher_id)

    @put("/{voucher_id:uuid}", operation_id="updateDraftVoucher", opt={"permission": "finance.voucher.create"})
    async def update(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], data: JSONBody[DraftUpdate], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Write a draft anew, as of the ``version`` that was read.

        409 ``voucher_reviewed`` while it is reviewed, ``already_posted`` once it is in the books.
        """
        books = await get_ledger(work, ledger)
        await get_draft(work, books, voucher_id)
        draft = await save_draft(work, books, data.voucher(), draft_id=voucher_id, version=data.version)
        return await whole(work, books, draft.id)

    @delete("/{voucher_id:uuid}", operation_id="deleteDraftVoucher", opt={"permission": "finance.voucher.create"})
    async def delete(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> None:
        """Throw a draft away; 409 ``voucher_reviewed`` while it is reviewed.  A posted voucher is reversed instead."""
        await delete_draft(work, await get_ledger(work, ledger), voucher_id)

    @post("/{voucher_id:uuid}/post", operation_id="postDraftVoucher", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def post_draft(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Put a draft into the books: its number is settled, and it can never be changed again."""
        books = await get_ledger(work, ledger)
        return await whole(work, books, (await post_draft(work, books, voucher_id)).id)

    @post("/{voucher_id:uuid}/reverse", operation_id="reverseVoucher", opt={"permission": "finance.voucher.post"})
    async def reverse(
        self,
        work: NamedDependency[Work],
        voucher_id: FromPath[UUID],
        data: JSONBody[ReverseInput],
        ledger: FromQuery[UUID | None] = None,
        idempotency_key: Key = None,
    ) -> Response[VoucherRead]:
        """Cancel a posted voucher in red: the same lines with negative amounts, in an open period.

        Where the ledger wants vouchers reviewed, signed or posted by somebody else, the red voucher waits as a draft.
        409 ``document_stands`` for a voucher made from a document, an order say: cancelling that reverses it.
        """
        books = await get_ledger(work, ledger)
        red = await reverse_by_hand(work, books, voucher_id, on=data.on, summary=data.summary, idempotency_key=idempotency_key)
        return Response(await whole(work, books, red.id), status_code=201, headers={"Location": f"/api/v1/vouchers/{red.id}"})


def encode(row: VoucherRow) -> str:
    """The cursor behind a row."""
    return base64.urlsafe_b64encode(f"{row.period}/{row.word}/{row.number}".encode()).decode().rstrip("=")


def decode(cursor: str | None) -> Place | None:
    """Raises:
    BadCursor: it is none of ours.
    """
    if not cursor:
        return None
    try:
        period, word, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("/")
        return int(period), word, int(number)
    except ValueError as error:
        raise BadCursor(_("The page's address is broken; start from the first page.")) from error


async def whole(work: Work, ledger: Ledger | None, voucher_id: UUID) -> VoucherRead:
    """One voucher with its lines; a draft only where its ledger is named.

    Raises:
        VoucherNotFound: there is none.
    """
    voucher = await read_voucher(work, voucher_id)
    if voucher is not None:
        return in_currency(VoucherRead.of(voucher), voucher.currency)
    if ledger is None:
        raise LookupError(f"voucher {voucher_id} was posted and is not there")
    draft: Draft = await get_draft(work, ledger, voucher_id)
    names = await account_names(work, ledger, [line.account for line in draft.lines])
    made = VoucherRead.of_draft(draft, await number_of(work, ledger, draft), names, await reference(work, draft.reverses_id))
    return in_currency(made, ledger.currency)


def problem_of(refused: PostingRefused) -> BatchResult:
    return BatchResult(problem=BatchProblem.of(refused))


def _result(result: Posted | PostingRefused) -> BatchResult:
    return BatchResult(posted=PostedRead.of(result)) if isinstance(result, Posted) else problem_of(result)


async def _kept(work: Work, kept: Kept | PostingRefused, numbers: Any) -> BatchResult:
    if isinstance(kept, PostingRefused):
        return problem_of(kept)
    if kept.draft is None:  # sent before, and posted since
        at = await reference(work, kept.id)
        assert at is not None  # noqa: S101 - it was just found by its key
        return BatchResult(posted=PostedRead(id=at.id, period=at.period, word=at.word, number=at.number, replayed=True))
    draft = kept.draft
    return BatchResult(
        draft=DraftRead(
            id=draft.id, state=draft.state.value, period=draft.period, word=draft.word, number=numbers[draft.id], replayed=kept.replayed
        )
    )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_ROWS_MAX), field="limit")
