"""Covers of bound vouchers (凭证封面): one for each book of a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from litestar import Response
from sqlalchemy import select

from core_finance.chart.model import WORDS, Ledger
from core_finance.closing.service import end_of
from core_finance.posting.model import Voucher
from core_finance.vouchers.gathering import NoVouchers
from core_finance.vouchers.paper import Paper
from kernel.documents import render_pdf
from kernel.errors import Invalid
from kernel.i18n import N_, locale
from kernel.i18n import gettext as _
from kernel.work import Work

BOOKS_MAX = 99
NAME_MAX = 100

NAMES = {"记": N_("Journal vouchers"), "收": N_("Receipt vouchers"), "付": N_("Payment vouchers"), "转": N_("Transfer vouchers")}


class Bound(NamedTuple):
    """A voucher as far as a cover speaks of it."""

    word: str
    number: int
    attachments: int


@dataclass(frozen=True)
class Run:
    """The vouchers of one word in a book: their first and last number and how many there are."""

    word: str
    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Cover:
    """Book ``book`` of ``of``."""

    book: int
    of: int
    runs: Sequence[Run]
    vouchers: int
    attachments: int


async def covers(work: Work, ledger: Ledger, period: int, books: int = 1) -> list[Cover]:
    """The posted vouchers of a month in the order of words and numbers, divided into so many books of about the same size.

    Raises:
        PeriodNotFound: the ledger keeps no such month.
        Invalid: there cannot be so many books.
        NoVouchers: nothing is posted in the month.
    """
    end_of(ledger, period)
    if not 1 <= books <= BOOKS_MAX:
        raise Invalid(_("A month is bound in 1 to %(most)s books.", most=BOOKS_MAX), field="books")
    query = select(Voucher.word, Voucher.number, Voucher.attachments).where(Voucher.ledger_id == ledger.id, Voucher.period == period)
    found = [Bound(*row) for row in await work.session.execute(query.order_by(Voucher.word, Voucher.number))]
    if not found:
        raise NoVouchers(_("There is no posted voucher in this range; choose other periods."))
    if books > len(found):
        raise Invalid(_("The month has %(count)s vouchers; bind them in fewer books.", count=len(found)), field="books")
    found.sort(key=lambda each: (WORDS.index(each.word) if each.word in WORDS else len(WORDS), each.word, each.number))
    cuts = [len(found) * book // books for book in range(books + 1)]
    return [_cover(found[start:end], book, books) for book, (start, end) in enumerate(pairwise(cuts), 1)]


def _cover(part: Sequence[Bound], book: int, of: int) -> Cover:
    runs = []
    for word, group in groupby(part, key=lambda each: each.word):
        numbers = [each.number for each in group]
        runs.append(Run(word, numbers[0], numbers[-1], len(numbers)))
    return Cover(book, of, runs, len(part), sum(each.attachments for each in part))


async def cover_pdf(
    work: Work, ledger: Ledger, paper: Paper, period: int, *, books: int = 1, bound_by: str = "", bound_on: date | None = None
) -> Response[bytes]:
    """The covers of a month, on paper of the size of the vouchers.  ``bound_by`` is whoever asks where it is left out.

    Raises:
        PeriodNotFound, Invalid, NoVouchers: as ``covers``.
    """
    made = await covers(work, ledger, period, books)
    binder = " ".join(bound_by.split())[:NAME_MAX] or work.actor.name
    day = bound_on or work.today()
    data = {
        "lang": "zh" if locale() == "zh_CN" else "en",
        "paper": paper.value,
        "title": _("Voucher cover"),
        "heads": [_("Voucher word"), _("Numbers"), _("Number of vouchers")],
        "pages": [_page(cover, work, ledger, period, binder, day) for cover in made],
    }
    content = await render_pdf(files("core_finance") / "vouchers" / "cover.typ", data, tagged=len(made) == 1)
    headers = {"Content-Disposition": f'inline; filename="voucher-cover-{period}.pdf"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _page(cover: Cover, work: Work, ledger: Ledger, period: int, binder: str, day: date) -> dict[str, Any]:
    year, month = divmod(period, 100)
    return {
        "facts": [
            [_("Entity"), work.tenant.name],
            [_("Ledger"), ledger.name],
            [_("Period"), _("%(month)s/%(year)s", year=year, month=month)],
            [_("Book"), _("Book %(book)s of %(of)s", book=cover.book, of=cover.of)],
        ],
        "rows": [[_named(run.word), f"{run.word}-{run.first} — {run.word}-{run.last}", f"{run.count}"] for run in cover.runs],
        "total": [_("Total"), "", f"{cover.vouchers}"],
        "attachments": _("Attachments in this book: %(count)s", count=cover.attachments),
        "signed": [
            _("Chief accountant: %(name)s", name=""),
            _("Bound by: %(name)s", name=binder),
            _("Bound on: %(day)s", day=f"{day.year} 年 {day.month} 月 {day.day} 日" if locale() == "zh_CN" else day.isoformat()),
        ],
    }  # fmt: skip


def _named(word: str) -> str:
    return _(NAMES[word]) if word in NAMES else word
