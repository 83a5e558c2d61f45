"""What a book is: declared once, and read on the page, by programs, and as a file."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

import msgspec

from core_finance.books.sheet import Row, Sheet
from core_finance.chart.model import Ledger
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work

Made = TypeVar("Made")

PAGE_MAX = 500
FILE_ROWS_MAX, PRINTED_ROWS_MAX = 100_000, 3_000


class BookTooLong(Invalid):
    code = "book_too_long"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which book of which ledger: what a page's address or a program's request says."""

    work: Work
    ledger: Ledger
    first: int
    last: int
    unposted: bool = False
    after: str | None = None
    limit: int = 50
    values: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def begins(self) -> bool:
        """Whether this is the book's first page."""
        return not self.after

    @property
    def span(self) -> dict[str, Any]:
        """What every service of books is asked with."""
        return {"first": self.first, "last": self.last, "unposted": self.unposted}

    @property
    def page(self) -> dict[str, Any]:
        """The same for books that come in pages."""
        return {**self.span, "after": self.after, "limit": self.limit}

    def ledger_of(self, code: str, first: int | None = None, last: int | None = None) -> str:
        """The address of an account's ledger over the same periods."""
        asked = {"first": first or self.first, "last": last or self.last} | ({"unposted": 1} if self.unposted else {})
        return f"/finance/accounts/{code}/ledger?{urlencode(asked)}"


Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Parameter:
    """Something a book is asked with beside its ledger and periods.

    ``offer`` gives what can be chosen on the page; a parameter without it is typed, ticked where it is a bool, or ``kept``
    in the address only.  One that is ``required`` is the first offered where a page does not say it.
    """

    name: str
    label: str
    type: Any = str
    default: Any = ""
    required: bool = False
    kept: bool = False
    offer: Callable[[Asked], Awaitable[Options]] | None = None


@dataclass(frozen=True, kw_only=True)
class Book(Generic[Made]):
    """A book of the shelf.

    ``make`` reads it, ``sheet`` draws what was made as columns and rows, ``answer`` as the JSON of ``reads``.  ``following``
    is the cursor of the next page.  ``key`` is its address below /finance/books, ``rest`` another one for programs, ``tab``
    the book whose tab it stands under, ``about`` what the page says beside the title, ``nothing`` what it says where no
    account can have such a book.
    """

    key: str
    title: str
    note: str
    operation: str
    reads: type[msgspec.Struct]
    make: Callable[[Asked], Awaitable[Made]]
    sheet: Callable[[Made, Asked], Sheet]
    answer: Callable[[Made, Asked], msgspec.Struct]
    parameters: Sequence[Parameter] = ()
    following: Callable[[Made], str | None] | None = None
    about: Callable[[Made, Asked], Awaitable[Sequence[str]]] | None = None
    holds: Callable[[Made], bool] | None = None
    page: str = ""
    rest: str = ""
    tab: str = ""
    nothing: str = N_("The chart has no account for this book; add one.")
    paper: Literal["portrait", "landscape"] = "portrait"

    @property
    def path(self) -> str:
        return self.page or f"/finance/books/{self.key}"

    @property
    def rest_path(self) -> str:
        """Below /finance."""
        return self.rest or f"/books/{self.key}"

    def next_of(self, made: Made) -> str | None:
        return self.following(made) if self.following else None

    def address(self, asked: Asked, **more: Any) -> str:
        """Where the page of this book is."""
        said = {"first": asked.first, "last": asked.last, **({"unposted": 1} if asked.unposted else {})}
        said |= {name: int(value) if value is True else value for name, value in asked.values.items() if value}
        return f"{self.path}?{urlencode({**said, **more})}"

    async def whole(self, asked: Asked, most: int) -> tuple[Made, Sheet]:
        """All pages in one sheet, and what was made of the first.

        Raises:
            BookTooLong: they have more than ``most`` rows.
        """
        asked = replace(asked, after=None, limit=PAGE_MAX)
        made = first = await self.make(asked)
        drawn = self.sheet(made, asked)
        rows: list[Row] = list(drawn.rows)
        while len(rows) <= most:
            following = self.next_of(made)
            if following is None:
                return first, Sheet(drawn.columns, rows)
            asked = replace(asked, after=following)
            made = await self.make(asked)
            rows += self.sheet(made, asked).rows
        raise BookTooLong(
            _("That is longer than the %(most)s rows of one file; choose fewer periods or accounts.", most=f"{most:,}"), field="first"
        )
