"""Addresses of printed vouchers, for programs and for browsers."""

from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core_finance.chart.ledgers import get_ledger
from core_finance.vouchers.paper import Paper
from core_finance.vouchers.printing import voucher_pdf, vouchers_pdf
from kernel.work import Work


class _Printing(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @get("/print.pdf", operation_id="printVouchers", opt={"permission": "finance.voucher.read"}, media_type="application/pdf")
    async def many(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        word: FromQuery[str | None] = None,
        voucher: FromQuery[list[UUID] | None] = None,
        paper: FromQuery[Paper] = Paper.A4,
    ) -> Response[bytes]:
        """Posted vouchers as one PDF: periods from ``first`` to ``last``, or each ``voucher`` named; up to 1,000."""
        return await vouchers_pdf(work, await get_ledger(work, ledger), paper, first=first, last=last, word=word, ids=voucher or ())

    @get("/{voucher_id:uuid}/pdf", operation_id="printVoucher", opt={"permission": "finance.voucher.read"}, media_type="application/pdf")
    async def one(
        self,
        work: NamedDependency[Work],
        voucher_id: FromPath[UUID],
        ledger: FromQuery[UUID | None] = None,
        paper: FromQuery[Paper] = Paper.A5,
    ) -> Response[bytes]:
        """A voucher as a PDF in the language of the request, on A4 (two a sheet), A5 or slips of 240 x 140 mm."""
        return await voucher_pdf(work, await get_ledger(work, ledger), voucher_id, paper)


class VoucherPrintController(_Printing):
    """For programs."""


class VoucherPrintPages(_Printing):
    """For browsers."""

    include_in_schema = False
