"""The shelf of books: a page with a tab for each, drawn from its sheet."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from core_finance.books import sheet
from core_finance.books.api import span
from core_finance.books.auxiliary import auxiliary_balances, auxiliary_ledger, names_of
from core_finance.books.columns import column_ledger, split_accounts
from core_finance.books.general import general_ledger
from core_finance.books.journal import cash_accounts, journal
from core_finance.books.ledger import account_ledger
from core_finance.books.pages import month_options, setup_redirect
from core_finance.books.summary import voucher_summary
from core_finance.chart.ledgers import current_ledger, find_current
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import accounts, dotted, get_account, shown_name
from core_finance.dimensions.service import label_of
from core_finance.periods.service import code_of, periods, text_of
from core_finance.posting.voucher import DIMENSIONS
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.web import page
from kernel.work import Work

SHELF = "core_finance/books/shelf.html"
FILE_PAGE, FILE_PAGES = 500, 200

Answer = Template | Redirect | Response[bytes]
Draw = Callable[[str | None, int], Awaitable[tuple[sheet.Sheet, str | None]]]
"""Makes the page of a book after a cursor, with so many rows at most; and the cursor of the next."""


@dataclass(frozen=True)
class Choice:
    """A field of the book's form."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    value: str


@dataclass(frozen=True)
class Book:
    """What a page of the shelf says beside the sheet."""

    tab: str
    title: str
    ledger: Ledger
    first: int
    last: int
    choices: Sequence[Choice] = ()
    facts: Sequence[str] = ()
    keep: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/finance/books/{self.tab}"

    def address(self, **more: str) -> str:
        asked = {"first": str(self.first), "last": str(self.last), **{c.name: c.value for c in self.choices}, **self.keep, **more}
        return f"{self.path}?{urlencode(asked)}"


class ShelfPages(Controller):
    path = "/finance/books"
    include_in_schema = False

    @get("/", opt={"permission": "finance.report.read"})
    async def shelf(self) -> Redirect:
        """The first book."""
        return Redirect("/finance/books/general", status_code=303)

    @get("/general", opt={"permission": "finance.report.read"})
    async def general(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        level: FromQuery[str] = "1",
        after: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Answer:
        """The general ledger, month by month."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        book = replace(await _book(work, ledger, "general", _("General ledger"), first, last), choices=[_level(level)])
        depth = min(_number(level) or 9, 9)

        async def draw(cursor: str | None, limit: int) -> tuple[sheet.Sheet, str | None]:
            made = await general_ledger(work, ledger, first=book.first, last=book.last, level=depth, after=cursor or "", limit=limit)
            return sheet.of_general(made), made.following

        return await _answer(work, book, draw, after, form)

    @get("/account", opt={"permission": "finance.report.read"})
    async def account(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        account: FromQuery[str] = "",
        after: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Answer:
        """The ledger of one account."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        chosen, choice = await _chosen(work, ledger, account, await accounts(work, ledger))
        book = replace(await _book(work, ledger, "account", _("Account ledger"), first, last), choices=[choice])

        async def draw(cursor: str | None, limit: int) -> tuple[sheet.Sheet, str | None]:
            made = await account_ledger(work, ledger, chosen, first=book.first, last=book.last, after=cursor, limit=limit)
            return sheet.of_lines(made, begins=cursor is None), made.following

        return await _answer(work, book, draw, after, form)

    @get("/journal", opt={"permission": "finance.report.read"})
    async def journal(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        account: FromQuery[str] = "",
        after: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Answer:
        """The journal of a cash or bank account, day by day."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        chosen, choice = await _chosen(work, ledger, account, await cash_accounts(work, ledger))
        book = replace(await _book(work, ledger, "journal", _("Cash and bank journal"), first, last), choices=[choice])

        async def draw(cursor: str | None, limit: int) -> tuple[sheet.Sheet, str | None]:
            made = await journal(work, ledger, chosen, first=book.first, last=book.last, after=cursor, limit=limit)
            return sheet.of_journal(made, begins=cursor is None), made.following

        return await _answer(work, book, draw, after, form)

    @get("/columns", opt={"permission": "finance.report.read"})
    async def columns(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        account: FromQuery[str] = "",
        after: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Answer:
        """An account with its sub-accounts side by side."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        chosen, choice = await _chosen(work, ledger, account, await split_accounts(work, ledger))
        book = replace(await _book(work, ledger, "columns", _("Multi-column ledger"), first, last), choices=[choice])

        async def draw(cursor: str | None, limit: int) -> tuple[sheet.Sheet, str | None]:
            made = await column_ledger(work, ledger, chosen, first=book.first, last=book.last, after=cursor, limit=limit)
            return sheet.of_columns(made, begins=cursor is None), made.book.following

        return await _answer(work, book, draw, after, form)

    @get("/summary", opt={"permission": "finance.report.read"})
    async def summary(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        level: FromQuery[str] = "1",
        form: FromQuery[str] = "",
    ) -> Answer:
        """What the vouchers moved, account by account."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        book = replace(await _book(work, ledger, "summary", _("Voucher summary"), first, last), choices=[_level(level)])
        made = await voucher_summary(work, ledger, first=book.first, last=book.last, level=min(_number(level) or 9, 9))
        facts = [
            _("%(word)s: %(vouchers)s vouchers, %(papers)s attachments", word=w.word, vouchers=w.vouchers, papers=w.attachments)
            for w in made.words
        ]

        async def draw(_cursor: str | None, _limit: int) -> tuple[sheet.Sheet, str | None]:
            return sheet.of_summary(made), None

        return await _answer(work, replace(book, facts=facts), draw, "", form)

    @get("/auxiliary", opt={"permission": "finance.report.read"})
    async def auxiliary(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        account: FromQuery[str] = "",
        dimension: FromQuery[str] = "party",
        form: FromQuery[str] = "",
    ) -> Answer:
        """The figures of an account by party, department and so on."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        keeping = [a for a in await accounts(work, ledger) if dimension in (*a.optional_dimensions, *a.required_dimensions)]
        chosen, choice = await _chosen(work, ledger, account, keeping or await accounts(work, ledger))
        kinds = Choice("dimension", _("By dimension"), [(kind, label_of(kind)) for kind in DIMENSIONS], dimension)
        book = replace(await _book(work, ledger, "auxiliary", _("Balances by dimension"), first, last), choices=[kinds, choice])
        made = await auxiliary_balances(work, ledger, chosen, dimension, first=book.first, last=book.last)

        async def draw(_cursor: str | None, _limit: int) -> tuple[sheet.Sheet, str | None]:
            return sheet.of_auxiliary(made, label_of(dimension)), None

        return await _answer(work, book, draw, "", form)

    @get("/auxiliary/lines", opt={"permission": "finance.report.read"})
    async def auxiliary_lines(
        self,
        work: NamedDependency[Work],
        account: FromQuery[str],
        value: FromQuery[UUID],
        dimension: FromQuery[str] = "party",
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        after: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Answer:
        """The lines of an account that name one party, department and so on."""
        ledger = await current_ledger(work)
        chosen = await get_account(work, ledger, account)
        book = await _book(work, ledger, "auxiliary/lines", _("Ledger by dimension"), first, last)
        name = (await names_of(work, dimension, [value]))[value]
        keep = {"account": chosen.code, "dimension": dimension, "value": str(value)}
        book = replace(book, keep=keep, facts=[f"{dotted(chosen.code)} {shown_name(chosen)}", f"{label_of(dimension)}: {name}"])

        async def draw(cursor: str | None, limit: int) -> tuple[sheet.Sheet, str | None]:
            made = await auxiliary_ledger(
                work, ledger, chosen, dimension, value, first=book.first, last=book.last, after=cursor, limit=limit
            )
            return sheet.of_lines(made, begins=cursor is None), made.following

        return await _answer(work, book, draw, after, form)


async def _book(work: Work, ledger: Ledger, tab: str, title: str, first: str, last: str) -> Book:
    start, end = await span(work, ledger, _number(first), _number(last))
    return Book(tab, title, ledger, start, end)


async def _chosen(work: Work, ledger: Ledger, code: str, offered: Sequence[Account]) -> tuple[Account, Choice]:
    """The account of ``code``, the first one offered without it; and the field that changes it."""
    if not code and not offered:
        raise Invalid(_("The chart has no account for this book; add one."), field="account")
    account = await get_account(work, ledger, code) if code else offered[0]
    listed = list(offered) if any(a.id == account.id for a in offered) else [account, *offered]
    return account, Choice("account", _("Account"), [(a.code, f"{dotted(a.code)} {shown_name(a)}") for a in listed], account.code)


async def _answer(work: Work, book: Book, draw: Draw, after: str, form: str) -> Answer:
    if form:
        made = await _whole(draw)
        return made.file(f"{book.tab.replace('/', '-')}-{book.first}-{book.last}", form)
    made, following = await draw(after or None, 50)
    known = [p.code for p in await periods(work, book.ledger) if p.code <= max(code_of(work.today()), book.last)]
    return page(
        SHELF,
        book=book,
        sheet=made,
        next=book.address(after=following) if following else "",
        months=month_options(known),
        text_of=text_of,
        tabs=_tabs(book),
    )


async def _whole(draw: Draw) -> sheet.Sheet:
    """All pages in one, for a file.

    Raises:
        Invalid: they are too many for one file.
    """
    made, following = await draw(None, FILE_PAGE)
    rows = list(made.rows)
    for _page in range(FILE_PAGES):
        if following is None:
            return sheet.Sheet(made.columns, rows)
        further, following = await draw(following, FILE_PAGE)
        rows += further.rows
    raise Invalid(_("That is too long for one file; choose fewer periods."), field="first")


def _tabs(book: Book) -> list[tuple[str, str, bool, None]]:
    asked = f"?first={book.first}&last={book.last}"
    entries = (
        (_("General ledger"), "general"), (_("Account ledger"), "account"), (_("Cash and bank journal"), "journal"),
        (_("Multi-column ledger"), "columns"), (_("Balances by dimension"), "auxiliary"), (_("Voucher summary"), "summary"),
    )  # fmt: skip
    shown: list[tuple[str, str, bool, None]] = [
        (label, f"/finance/books/{tab}{asked}", book.tab.partition("/")[0] == tab, None) for label, tab in entries
    ]
    return [*shown, (_("Trial balance"), f"/finance/trial-balance{asked}", False, None)]


def _level(level: str) -> Choice:
    return Choice("level", _("Level"), [("9", _("All")), ("1", "1"), ("2", "2"), ("3", "3")], level if _number(level) else "9")


def _number(text: str) -> int | None:
    """The number, if it is one that a field of the form offers; 0 is none."""
    return int(text) or None if text.isdecimal() and len(text) < 10 else None
