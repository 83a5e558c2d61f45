"""REST API of what happens to drafts on their way into the books: review, signature, order, posting many."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.books.frame import check_months
from core_finance.chart.ledgers import get_ledger
from core_finance.posting.engine import Posted
from core_finance.vouchers import review
from core_finance.vouchers.api import whole
from core_finance.vouchers.numbers import order_by_date
from core_finance.vouchers.schemas import (
    BatchProblem,
    Chosen,
    ChosenRead,
    ChosenResult,
    Ordered,
    OrderInput,
    PostedRead,
    TakeBack,
    TakeBackChosen,
    VoucherRead,
)  # fmt: skip
from core_finance.vouchers.service import post_drafts
from kernel.work import Work


class VoucherReviewController(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @post("/{voucher_id:uuid}/review", operation_id="reviewVoucher", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def review_one(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Review a draft.  409 ``reviewer_is_maker`` where the ledger wants a second person."""
        books = await get_ledger(work, ledger)
        return await whole(work, books, (await review.review(work, books, voucher_id)).id)

    @post("/{voucher_id:uuid}/unreview", operation_id="unreviewVoucher", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def unreview_one(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], data: JSONBody[TakeBack], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Take a review back before posting.  Somebody else than the reviewer gives a reason: 422 ``reason_missing``."""
        books = await get_ledger(work, ledger)
        return await whole(work, books, (await review.take_back(work, books, voucher_id, reason=data.reason)).id)

    @post("/{voucher_id:uuid}/sign", operation_id="signVoucher", opt={"permission": "finance.cash.sign"}, status_code=200)
    async def sign_one(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> VoucherRead:
        """Sign a draft of cash or bank as the cashier.  409 ``nothing_to_sign`` where it moves no money."""
        books = await get_ledger(work, ledger)
        return await whole(work, books, (await review.sign(work, books, voucher_id)).id)

    @post("/{voucher_id:uuid}/unsign", operation_id="unsignVoucher", opt={"permission": "finance.cash.sign"}, status_code=200)
    async def unsign_one(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> VoucherRead:
        """Take the cashier's signature back before posting."""
        books = await get_ledger(work, ledger)
        return await whole(work, books, (await review.take_signature_back(work, books, voucher_id)).id)

    @post("/review", operation_id="reviewVouchers", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def review_many(self, work: NamedDependency[Work], data: JSONBody[Chosen], ledger: FromQuery[UUID | None] = None) -> ChosenRead:
        """Review those of the drafts that can be reviewed; for each how it went."""
        return _told("reviewed", await review.review_each(work, await get_ledger(work, ledger), data.ids))

    @post("/unreview", operation_id="unreviewVouchers", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def unreview_many(
        self, work: NamedDependency[Work], data: JSONBody[TakeBackChosen], ledger: FromQuery[UUID | None] = None
    ) -> ChosenRead:
        """Take several reviews back; for each how it went."""
        return _told("draft", await review.take_back_each(work, await get_ledger(work, ledger), data.ids, reason=data.reason))

    @post("/sign", operation_id="signVouchers", opt={"permission": "finance.cash.sign"}, status_code=200)
    async def sign_many(self, work: NamedDependency[Work], data: JSONBody[Chosen], ledger: FromQuery[UUID | None] = None) -> ChosenRead:
        """Sign several drafts as the cashier; for each how it went."""
        return _told("signed", await review.sign_each(work, await get_ledger(work, ledger), data.ids))

    @post("/post", operation_id="postDraftVouchers", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def post_many(self, work: NamedDependency[Work], data: JSONBody[Chosen], ledger: FromQuery[UUID | None] = None) -> ChosenRead:
        """Post those of the drafts that can be posted, in the order of their numbers; for each its place in the books, or why not."""
        results = []
        for draft_id, result in await post_drafts(work, await get_ledger(work, ledger), data.ids):
            if isinstance(result, Posted):
                results.append(ChosenResult(id=draft_id, state="posted", posted=PostedRead.of(result)))
            else:
                results.append(ChosenResult(id=draft_id, problem=BatchProblem.of(result)))
        return ChosenRead(results=results)

    @post("/order", operation_id="orderVouchers", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def order(self, work: NamedDependency[Work], data: JSONBody[OrderInput], ledger: FromQuery[UUID | None] = None) -> Ordered:
        """Number the drafts of a month anew in the order of their days.  Posted vouchers keep their numbers."""
        check_months(period=data.period)
        return Ordered(renumbered=await order_by_date(work, await get_ledger(work, ledger), data.period, data.word))


def _told(state: str, outcomes: Sequence[review.Outcome]) -> ChosenRead:
    def told(each: review.Outcome) -> ChosenResult:
        if each.problem is None:
            return ChosenResult(id=each.id, state=state)
        return ChosenResult(id=each.id, problem=BatchProblem.of(each.problem))

    return ChosenRead(results=[told(each) for each in outcomes])
