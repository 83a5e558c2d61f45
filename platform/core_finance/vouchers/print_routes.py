"""Addresses of printed vouchers, for programs and for browsers."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core_finance.chart.ledgers import current_ledger, get_ledger, the_ledger
from core_finance.chart.model import Ledger
from core_finance.vouchers.cover import cover_pdf
from core_finance.vouchers.paper import Paper
from core_finance.vouchers.printing import voucher_pdf, vouchers_pdf
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class _Printing(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    async def books(self, work: Work, ledger: UUID | None) -> Ledger:
        """The ledger that is meant."""
        return await get_ledger(work, ledger)

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
        """Vouchers as one PDF: posted ones of the periods from ``first`` to ``last``, or each ``voucher`` named; up to 1,000."""
        return await vouchers_pdf(work, await self.books(work, ledger), paper, first=first, last=last, word=word, ids=voucher or ())

    @get("/cover.pdf", operation_id="printVoucherCover", opt={"permission": "finance.voucher.read"}, media_type="application/pdf")
    async def cover(
        self,
        work: NamedDependency[Work],
        period: FromQuery[int],
        ledger: FromQuery[UUID | None] = None,
        books: FromQuery[int] = 1,
        bound_by: FromQuery[str] = "",
        bound_on: FromQuery[date | None] = None,
        paper: FromQuery[Paper] = Paper.A5,
    ) -> Response[bytes]:
        """Covers for the bound vouchers of a month, written as 202611: one for each of ``books`` of about the same size."""
        found = await self.books(work, ledger)
        return await cover_pdf(work, found, paper, period, books=books, bound_by=bound_by, bound_on=bound_on)

    @get("/{voucher_id:uuid}/pdf", operation_id="printVoucher", opt={"permission": "finance.voucher.read"}, media_type="application/pdf")
    async def one(
        self,
        work: NamedDependency[Work],
        voucher_id: FromPath[UUID],
        ledger: FromQuery[UUID | None] = None,
        paper: FromQuery[Paper] = Paper.A5,
    ) -> Response[bytes]:
        """A voucher as a PDF in the language of the request, on A4 (two a sheet), A5 or slips of 240 x 140 mm."""
        return await voucher_pdf(work, await self.books(work, ledger), voucher_id, paper)


class VoucherPrintController(_Printing):
    """For programs."""


class VoucherPrintPages(_Printing):
    """For browsers: of the ledger before the person, where none is named."""

    include_in_schema = False

    async def books(self, work: Work, ledger: UUID | None) -> Ledger:
        return await (get_ledger(work, ledger) if ledger else current_ledger(work))

    @post("/print.pdf", opt={"permission": "finance.voucher.read"}, media_type="application/pdf", status_code=200)
    async def ticked(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[bytes]:
        """The ticked vouchers of the list."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        try:
            chosen, paper = [UUID(str(value)) for value in data.getall("voucher", [])], Paper(str(data.get("paper", "a4")))
        except ValueError as error:
            raise Invalid(_("Tick the vouchers first."), field="voucher") from error
        return await vouchers_pdf(work, ledger, paper, first=None, last=None, ids=chosen)
