"""Vouchers out to files and in from files, for programs and on a page."""

import asyncio
import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery, MultipartBody
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, get_ledger, mark_of, the_ledger
from core_finance.chart.model import Ledger
from core_finance.dimensions.keeping import own_kinds
from core_finance.periods.service import code_of, periods, text_of
from core_finance.tables import Columns, FileUnreadable
from core_finance.vouchers.exporting import export_vouchers
from core_finance.vouchers.files import columns_of, read
from core_finance.vouchers.importing import Imported, import_vouchers
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.sheets import as_file
from kernel.web import FormRefused, page
from kernel.work import Work

EXCHANGE = "core_finance/vouchers/exchange.html"
SHOWN_MAX = 200
_PLACE = re.compile(r"(rows\.\d+|vouchers\.\d+(?:\.lines\.\d+)?)\.(.+)")


class ImportedRead(msgspec.Struct, kw_only=True):
    """``state`` is draft or posted; a voucher that was there before is ``replayed``, and may have moved on since."""

    key: str
    id: UUID
    state: str
    period: int | None
    word: str | None
    number: int | None
    replayed: bool

    @classmethod
    def of(cls, done: Imported) -> "ImportedRead":
        at = done.posted
        return cls(
            key=done.key, id=done.id, state=done.state, period=at.period if at else None,
            word=at.word if at else None, number=at.number if at else None, replayed=done.replayed,
        )  # fmt: skip


class ImportRead(msgspec.Struct, kw_only=True):
    created: int
    replayed: int
    vouchers: list[ImportedRead]


class VoucherExchangeController(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @get("/export", operation_id="exportVouchers", opt={"permission": "finance.voucher.read"})
    async def export(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        form: FromQuery[str] = "json",
    ) -> Response[bytes]:
        """Posted vouchers of the periods from ``first`` to ``last`` as csv, xlsx or json, up to 5,000."""
        return await export_vouchers(work, await get_ledger(work, ledger), form, first=first, last=last)

    @post("/import", operation_id="importVouchers", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def import_file(
        self,
        work: NamedDependency[Work],
        data: MultipartBody[dict[str, Any]],
        ledger: FromQuery[UUID | None] = None,
        post: FromQuery[bool] = False,  # noqa: FBT002
    ) -> ImportRead:
        """Import the CSV, XLSX or JSON file in the part ``file`` as drafts, or with ``post`` into the books: all, or none and why.

        Where the ledger wants vouchers reviewed, signed or posted by somebody else, they are kept as drafts in any case.

        A row's ``key`` names its voucher: sent again it is not written again.  422 ``import_refused`` lists every wrong row.
        """
        done = await _import(work, await get_ledger(work, ledger), await _uploaded(data), posting=post)
        again = sum(each.replayed for each in done)
        return ImportRead(created=len(done) - again, replayed=again, vouchers=[ImportedRead.of(each) for each in done])


class VoucherExchangePages(Controller):
    path = "/vouchers/exchange"
    include_in_schema = False

    @get("/", opt={"permission": "finance.voucher.read"})
    async def show(self, work: NamedDependency[Work]) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(EXCHANGE, **await _context(work, ledger), errors={}, problems=[], done=None)

    @get("/export", opt={"permission": "finance.voucher.read"})
    async def export(
        self, work: NamedDependency[Work], first: FromQuery[int], last: FromQuery[int], form: FromQuery[str] = "csv"
    ) -> Response[bytes]:
        return await export_vouchers(work, await current_ledger(work), form, first=first, last=last)

    @post("/", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def send(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template | Response[bytes]:
        """Import a file, or hand out what is wrong with it (``act`` is ``check``) and write nothing."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        context = await _context(work, ledger)
        columns = columns_of(await own_kinds(work))
        posting, checking = data.get("mode") == "post", data.get("act") == "check"
        problems: list[FieldError] = []
        refused, done = "", []
        step = await work.session.begin_nested()
        try:
            done = await _import(work, ledger, await _uploaded(data), posting=posting)
        except DomainError as error:
            problems, refused = list(error.errors), error.message
        if checking or refused:
            await step.rollback()
        if checking:
            rows = [list(row) for row in _told(problems, columns)]
            return as_file("voucher-errors", [_("Row"), _("Column"), _("Reason")], rows, "csv")
        if refused:
            raise FormRefused(
                EXCHANGE, errors={"": refused}, values={}, **context, problems=_told(problems, columns)[:SHOWN_MAX], done=None
            )
        again = sum(each.replayed for each in done)
        return page(EXCHANGE, **context, errors={}, problems=[], done={"created": len(done) - again, "replayed": again})


async def _import(work: Work, ledger: Ledger, content: bytes, *, posting: bool) -> list[Imported]:
    if posting:
        work.require("finance.voucher.post")
    raws = await asyncio.to_thread(read, content, columns_of(await own_kinds(work)))
    return await import_vouchers(work, ledger, raws, posting=posting)


async def _uploaded(form: Any) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not (content := await file.read()):
        raise FileUnreadable(_("Choose a CSV, XLSX or JSON file."), field="file")
    return content


async def _context(work: Work, ledger: Ledger) -> dict[str, Any]:
    known = [p.code for p in reversed(await periods(work, ledger)) if p.code <= code_of(work.today()) + 100]
    return {
        "ledger": mark_of(ledger),
        "months": [(code, text_of(code)) for code in known],
        "now": max(code_of(work.today()), ledger.start_period),
        "binder": work.actor.name,
    }


def _told(problems: list[FieldError], columns: Columns) -> list[tuple[str, str, str]]:
    return [(*_place(problem.field, columns), problem.message) for problem in problems]


def _place(field: str, columns: Columns) -> tuple[str, str]:
    """rows.12.debit -> ("12", "Debit")"""
    found = _PLACE.match(field)
    if found is None:
        return field, ""
    return found[1].removeprefix("rows."), columns.label(found[2])
