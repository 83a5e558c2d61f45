"""Vouchers on paper (记账凭证)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any
from uuid import UUID

from litestar import Response

from core_finance.chart.ledgers import company_of
from core_finance.chart.model import Ledger
from core_finance.chart.service import dotted
from core_finance.dimensions.service import labels as labels_of
from core_finance.dimensions.service import names as names_of
from core_finance.periods.service import text_of
from core_finance.posting.reading import LineView, read_voucher
from core_finance.vouchers.gathering import WholeVoucher, account_paths, gather, gather_drafts, whole_draft
from core_finance.vouchers.numbers import number_of
from core_finance.vouchers.paper import Paper, PaperPage, Row, cells, paginate, printed, slots
from core_finance.vouchers.service import get_draft
from kernel.documents import render_pdf
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.money import rmb_upper
from kernel.work import Work

PRINTED_MAX = 1000


@dataclass(frozen=True)
class Words:
    """What accounts (by code), kinds of dimensions and their values are called."""

    accounts: Mapping[str, str]
    kinds: Mapping[str, str]
    values: Mapping[UUID, str]


async def voucher_pdf(work: Work, ledger: Ledger, voucher_id: UUID, paper: Paper) -> Response[bytes]:
    """One voucher, posted or draft.

    Raises:
        VoucherNotFound: there is none.
    """
    if await read_voucher(work, voucher_id) is None:
        draft = await get_draft(work, ledger, voucher_id)
        voucher = whole_draft(draft, ledger.currency, await number_of(work, ledger, draft))
        return await _pdf(work, ledger, [voucher], paper, f"voucher-draft-{voucher.entry_on}")
    [voucher] = await gather(work, ledger, ids=[voucher_id], most=1)
    return await _pdf(work, ledger, [voucher], paper, f"voucher-{voucher.period}-{voucher.number}")


async def vouchers_pdf(
    work: Work, ledger: Ledger, paper: Paper, *, first: int | None, last: int | None, word: str | None = None, ids: Sequence[UUID] = ()
) -> Response[bytes]:
    """Many vouchers, in the order of the books; of ``ids`` also those that are not posted.

    Raises:
        NoVouchers: there are none.
        TooManyVouchers: more than ``PRINTED_MAX``.
    """
    waiting = await gather_drafts(work, ledger, ids) if ids else []
    if waiting and len(waiting) == len(set(ids)):
        found = waiting
    else:
        found = [*await gather(work, ledger, first=first, last=last, word=word, ids=ids, most=PRINTED_MAX), *waiting]
    return await _pdf(work, ledger, found, paper, f"vouchers-{found[0].period}-{found[-1].period}")


async def _pdf(work: Work, ledger: Ledger, vouchers: Sequence[WholeVoucher], paper: Paper, name: str) -> Response[bytes]:
    names = await account_paths(work, ledger)
    called = await names_of(work, [pair for voucher in vouchers for line in voucher.lines for pair in line.dimensions.items()])
    words = Words(names, await labels_of(work), called)
    zh = locale() == "zh_CN"
    company = company_of(work, ledger)
    data = {
        "lang": "zh" if zh else "en",
        "paper": paper.value,
        "ruled": zh,
        "title": _("Journal voucher"),
        "heads": [_("Summary"), _("Account"), _("Debit"), _("Credit")],
        "company": _("Company: %(name)s", name=company),
        "pages": [page for voucher in vouchers for page in _pages(voucher, ledger, paper, words)],
    }
    content = await render_pdf(files("core_finance") / "vouchers" / "voucher.typ", data, tagged=len(vouchers) == 1)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"},
    )


def _pages(voucher: WholeVoucher, ledger: Ledger, paper: Paper, words: Words) -> list[dict[str, Any]]:
    rows = []
    for line in voucher.lines:
        account = _account(line, ledger, words)
        rows.append(Row(line.summary, account, line.debit, line.credit, slots(line.summary, account, paper)))
    pages = paginate(rows, paper, _("Brought forward"))
    amounts = [amount for page in pages for row in page.rows for amount in (row.debit, row.credit)]
    units = list(cells([*amounts, *(amount for page in pages for amount in page.carried)]))
    return [_page(page, voucher, ledger, units) for page in pages]


def _page(page: PaperPage, voucher: WholeVoucher, ledger: Ledger, units: list[str]) -> dict[str, Any]:
    sign = "¥" if ledger.currency == "CNY" and page.last else ""
    return {
        "units": units,
        "date": _day(voucher.entry_on),
        "number": _heading(voucher, page),
        "rows": [
            {
                "summary": row.summary, "account": row.account, "slots": row.slots,
                "debit": printed(row.debit), "credit": printed(row.credit),
            }
            for row in page.rows
        ],
        "blank": page.blank,
        "last": page.last,
        "total": {"label": _total(page, ledger), "debit": printed(page.carried[0], sign), "credit": printed(page.carried[1], sign)},
        "signed": [
            _("Chief accountant: %(name)s", name=""),
            _("Posted by: %(name)s", name=voucher.posted_by or ""),
            _("Reviewed by: %(name)s", name=voucher.reviewed_by or ""),
            _("Cashier: %(name)s", name=voucher.signed_by or ""),
            _("Prepared by: %(name)s", name=voucher.made_by),
        ],
    }  # fmt: skip


def _heading(voucher: WholeVoucher, page: PaperPage) -> str:
    parts = [_("Voucher: %(period)s %(name)s", period=text_of(voucher.period), name=f"{voucher.word}-{voucher.number}")]
    if voucher.posted_by is None:
        parts.append(_("not posted"))
    if page.of > 1:
        parts.append(_("page %(number)s of %(of)s", number=page.number, of=page.of))
    parts.append(_("Attachments: %(count)s", count=voucher.attachments))
    return "　".join(parts)


def _total(page: PaperPage, ledger: Ledger) -> str:
    if not page.last:
        return _(
            "Carried forward (this page: debit %(debit)s, credit %(credit)s)", debit=f"{page.debit:,.2f}", credit=f"{page.credit:,.2f}"
        )
    if ledger.currency != "CNY":
        return _("Total in %(currency)s", currency=ledger.currency)
    return _("Total in words: %(words)s", words=rmb_upper(page.carried[0]))


def _account(line: LineView, ledger: Ledger, words: Words) -> str:
    """2221.01.07 应交税费/应交增值税/销项税额 [客户：…] USD 100.00 × 7.1"""
    parts = [f"{dotted(line.account, ledger.code_lengths)} {words.accounts.get(line.account, '')}".strip()]
    parts += [f"[{words.kinds.get(kind, kind)}：{words.values.get(value, '—')}]" for kind, value in line.dimensions.items()]
    if line.currency_amount is not None:
        rate = f" × {line.rate.normalize():f}" if line.rate is not None else ""
        parts.append(f"{line.currency} {line.currency_amount:,.2f}{rate}")
    if line.quantity is not None:
        parts.append(_("Quantity %(quantity)s", quantity=f"{line.quantity.normalize():,f}"))
    return " ".join(parts)


def _day(on: date) -> str:
    return f"{on.year} 年 {on.month} 月 {on.day} 日" if locale() == "zh_CN" else on.isoformat()
