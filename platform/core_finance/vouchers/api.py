"""REST API of vouchers."""

import base64
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody

from core_finance.books.ledger import BadCursor
from core_finance.chart.ledgers import get_ledger
from core_finance.posting.engine import Posted, post_all, post_each
from core_finance.posting.errors import PostingRefused
from core_finance.posting.lane import post_alone
from core_finance.posting.reading import VoucherRow, list_vouchers, read_voucher
from core_finance.posting.reversal import reverse
from core_finance.vouchers.schemas import (
    Batch,
    BatchProblem,
    BatchRead,
    BatchResult,
    DraftUpdate,
    PostedRead,
    ReverseInput,
    VoucherCreate,
    VoucherList,
    VoucherRead,
    VoucherSummary,
)
from core_finance.vouchers.service import delete_draft, get_draft, list_drafts, post_draft, save_draft
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
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        word: FromQuery[str | None] = None,
        search: FromQuery[str] = "",
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> VoucherList:
        """Posted vouchers, the latest first; periods from ``first`` to ``last``, written as 202611."""
        if not 1 <= limit <= PAGE_ROWS_MAX:
            raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_ROWS_MAX), field="limit")
        rows = await list_vouchers(
            work, await get_ledger(work, ledger), first=first, last=last, word=word, text=search, before=decode(after), limit=limit + 1
        )
        return VoucherList(
            items=[VoucherSummary.of(row) for row in rows[:limit]], next=encode(rows[limit - 1]) if len(rows) > limit else None
        )

    @get("/drafts", operation_id="listDraftVouchers", opt={"permission": "finance.voucher.read"})
    async def drafts(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[VoucherRead]:
        """Vouchers that wait to be posted."""
        return [VoucherRead.of_draft(draft) for draft in await list_drafts(work, await get_ledger(work, ledger))]

    @post("/", operation_id="createVoucher", opt={"permission": "finance.voucher.create"})
    async def create(
        self,
        request: Request[Any, Any, Any],
        work: NamedDependency[Work],
        data: JSONBody[VoucherCreate],
        ledger: FromQuery[UUID | None] = None,
        idempotency_key: Key = None,
    ) -> Response[VoucherRead]:
        """Keep a draft, or with ``post`` put it into the books.  The same ``Idempotency-Key`` and content post once."""
        if not data.post:
            draft = await save_draft(work, await get_ledger(work, ledger), data.voucher())
            return Response(VoucherRead.of_draft(draft), status_code=201, headers={"Location": f"/api/v1/vouchers/{draft.id}"})
        work.require("finance.voucher.post")
        posted = await post_alone(request.app.state.database, work.tenant, work.actor, data.voucher(idempotency_key), ledger_id=ledger)
        shown = await _posted(work, posted.id)
        headers = {"Location": f"/api/v1/vouchers/{posted.id}", "Idempotency-Replayed": "true" if posted.replayed else "false"}
        return Response(shown, status_code=201, headers=headers)

    @post("/batch", operation_id="postVouchers", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def batch(self, work: NamedDependency[Work], data: JSONBody[Batch], ledger: FromQuery[UUID | None] = None) -> BatchRead:
        """Post up to 1,000 vouchers in one transaction: all or none, or with ``partial`` those that can be posted."""
        books = await get_ledger(work, ledger)
        vouchers = [item.voucher(item.idempotency_key) for item in data.vouchers]
        results = await (post_each if data.partial else post_all)(work, books, vouchers)
        return BatchRead(results=[_result(result) for result in results])

    @get("/{voucher_id:uuid}", operation_id="readVoucher", opt={"permission": "finance.voucher.read"})
    async def read(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> VoucherRead:
        """One voucher, posted or draft."""
        voucher = await read_voucher(work, voucher_id)
        if voucher is not None:
            return VoucherRead.of(voucher)
        return VoucherRead.of_draft(await get_draft(work, await get_ledger(work, ledger), voucher_id))

    @put("/{voucher_id:uuid}", operation_id="updateDraftVoucher", opt={"permission": "finance.voucher.create"})
    async def update(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], data: JSONBody[DraftUpdate], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Write a draft anew.  A posted voucher cannot be changed: 409 ``already_posted``."""
        draft = await save_draft(work, await get_ledger(work, ledger), data.voucher(), draft_id=voucher_id, version=data.version)
        return VoucherRead.of_draft(draft)

    @delete("/{voucher_id:uuid}", operation_id="deleteDraftVoucher", opt={"permission": "finance.voucher.create"})
    async def delete(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> None:
        """Throw a draft away.  A posted voucher is reversed instead."""
        await delete_draft(work, await get_ledger(work, ledger), voucher_id)

    @post("/{voucher_id:uuid}/post", operation_id="postDraftVoucher", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def post_draft(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Put a draft into the books: it gets its number and can never be changed again."""
        books = await get_ledger(work, ledger)
        return await _posted(work, (await post_draft(work, books, voucher_id)).id)

    @post("/{voucher_id:uuid}/reverse", operation_id="reverseVoucher", opt={"permission": "finance.voucher.post"})
    async def reverse(
        self,
        work: NamedDependency[Work],
        voucher_id: FromPath[UUID],
        data: JSONBody[ReverseInput],
        ledger: FromQuery[UUID | None] = None,
        idempotency_key: Key = None,
    ) -> Response[VoucherRead]:
        """Cancel a posted voucher in red: the same lines with negative amounts, in an open period."""
        books = await get_ledger(work, ledger)
        red = await reverse(work, books, voucher_id, on=data.on, summary=data.summary, idempotency_key=idempotency_key)
        return Response(await _posted(work, red.id), status_code=201, headers={"Location": f"/api/v1/vouchers/{red.id}"})


def encode(row: VoucherRow) -> str:
    """The cursor behind a row."""
    return base64.urlsafe_b64encode(f"{row.period}/{row.word}/{row.number}".encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[int, str, int] | None:
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


async def _posted(work: Work, voucher_id: UUID) -> VoucherRead:
    voucher = await read_voucher(work, voucher_id)
    if voucher is None:
        raise LookupError(f"voucher {voucher_id} was posted and is not there")
    return VoucherRead.of(voucher)


def _result(result: Posted | PostingRefused) -> BatchResult:
    if isinstance(result, Posted):
        return BatchResult(posted=PostedRead.of(result), problem=None)
    field = result.errors[0].field if result.errors else None
    return BatchResult(posted=None, problem=BatchProblem(code=result.code, title=result.message, field=field))
