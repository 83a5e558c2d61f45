"""The shelf of books: a page for each, drawn from its sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_finance.books.book import Asked, Book, Options, Parameter
from core_finance.books.declared import SHELF
from core_finance.books.declared.account import ACCOUNT
from core_finance.books.declared.trial import TRIAL
from core_finance.books.figures import figures
from core_finance.books.files import book_file
from core_finance.books.frame import month_options, setup_redirect, span
from core_finance.chart.ledgers import find_current
from core_finance.chart.service import accounts
from core_finance.periods.service import code_of, periods, text_of
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.web import page
from kernel.work import Work

TEMPLATE = "core_finance/books/shelf.html"
BY_KEY = {book.key: book for book in SHELF}

Answer = Template | Redirect | Response[bytes]
AnyRequest = Request[Any, Any, Any]


class NothingOffered(Invalid):
    """The chart has no account that could have such a book."""

    code = "no_account_for_book"


@dataclass(frozen=True)
class Field:
    """One of the book's form: ``select`` out of options, ``text``, or ``check``."""

    name: str
    label: str
    kind: str
    value: str
    options: Options = ()


class ShelfPages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/books", opt={"permission": "finance.report.read"})
    async def shelf(self) -> Redirect:
        """The first book."""
        return Redirect(SHELF[0].path, status_code=303)

    @get("/books/{key:path}", opt={"permission": "finance.report.read"})
    async def book(self, request: AnyRequest, work: NamedDependency[Work], key: FromPath[str]) -> Answer:
        """A book; ``form`` csv, xlsx or pdf hands it out as a file."""
        book = BY_KEY.get(key.strip("/"))
        if book is None:
            raise NotFound(_("There is no such book; choose one from the shelf."))
        return await _answer(work, book, request.query_params)

    @get("/trial-balance", opt={"permission": "finance.report.read"})
    async def trial(self, request: AnyRequest, work: NamedDependency[Work]) -> Answer:
        """The trial balance, at an address of its own."""
        return await _answer(work, TRIAL, request.query_params)

    @get("/accounts/{code:str}/ledger", opt={"permission": "finance.report.read"})
    async def account(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[str]) -> Answer:
        """The ledger of one account, where other books lead to it."""
        return await _answer(work, ACCOUNT, {**request.query_params, "account": code})


async def _answer(work: Work, book: Book[Any], query: Mapping[str, Any]) -> Answer:
    ledger = await find_current(work)
    if ledger is None:
        return setup_redirect()
    first, last = await span(work, ledger, _number(query.get("first")), _number(query.get("last")))
    unposted = query.get("unposted") == "1"
    asked = Asked(work=work, ledger=ledger, first=first, last=last, unposted=unposted, after=query.get("after") or None)
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), last)]
    shared: dict[str, Any] = {
        "ledger": ledger,
        "book": book,
        "title": _(book.title),
        "address": book.address,
        "months": month_options(known),
        "text_of": text_of,
    }
    try:
        fields, asked = await _read(book, asked, query)
    except NothingOffered as nothing:
        return page(TEMPLATE, asked=asked, fields=(), facts=(), nothing=nothing.message, tabs=_tabs(book, asked), **shared)
    if form := query.get("form"):
        return await book_file(book, asked, form)
    made = await book.make(asked)
    following = book.next_of(made)
    return page(
        TEMPLATE,
        asked=asked,
        sheet=book.sheet(made, asked),
        fields=fields,
        facts=await book.about(made, asked) if book.about else (),
        holds=book.holds(made) if book.holds else None,
        next=book.address(asked, after=following) if following else "",
        tabs=_tabs(book, asked),
        **shared,
    )


async def _read(book: Book[Any], asked: Asked, query: Mapping[str, Any]) -> tuple[Sequence[Field], Asked]:
    """The book's form, and what its address asks for; what is offered may hang on what was read before it."""
    values: dict[str, Any] = {}
    fields = []
    for parameter in book.parameters:
        raw = str(query.get(parameter.name, "")).strip()
        options = await parameter.offer(replace(asked, values=values)) if parameter.offer else ()
        if parameter.required and not raw:
            raw = await _first(book, parameter, options, asked)
        values[parameter.name] = value = _value(parameter, raw)
        kind = "hidden" if parameter.kept else "check" if parameter.type is bool else "select" if parameter.offer else "text"
        shown = "" if value is None else str(int(value) if isinstance(value, bool) else value)
        if kind == "select" and shown and shown not in {offered for offered, _text in options}:
            options = [(shown, shown), *options]
        fields.append(Field(parameter.name, _(parameter.label), kind, shown, options))
    return fields, replace(asked, values=values)


async def _first(book: Book[Any], parameter: Parameter, options: Options, asked: Asked) -> str:
    """What the book opens with: of accounts the first that has a balance or moved, as an empty book tells nobody anything."""
    if not options:
        raise NothingOffered(_(book.nothing), field=parameter.name)
    if parameter.name == "account":
        known = await figures(asked.work, asked.ledger, asked.first, asked.last)
        moved = {account_id for account_id, of in known.items() if of.opening or of.debit or of.credit}
        codes = [account.code for account in await accounts(asked.work, asked.ledger) if account.id in moved]
        return next((code for code, _text in options if any(own.startswith(code) for own in codes)), options[0][0])
    return options[0][0]


def _value(parameter: Parameter, raw: str) -> Any:
    """What the address says; the default where it says nothing, or nonsense that no form of ours can send."""
    if not raw:
        return parameter.default
    if parameter.type is bool:
        return raw == "1"
    if parameter.type is int:
        return _number(raw) or parameter.default
    try:
        return UUID(raw) if parameter.type in (UUID, UUID | None) else parameter.type(raw)
    except ValueError:
        return parameter.default


def _tabs(book: Book[Any], asked: Asked) -> list[tuple[str, str, bool, None]]:
    bare = replace(asked, values={})
    return [(_(each.title), each.address(bare), each.key == (book.tab or book.key), None) for each in SHELF if not each.tab]


def _number(text: str | None) -> int | None:
    """The number, if it is one that a field of the form offers; 0 is none."""
    return int(text) or None if text and text.isdecimal() and len(text) < 10 else None
