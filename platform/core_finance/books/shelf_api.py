"""REST API of the shelf: for every book its JSON, and the same as a file."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core_finance.amounts import in_currency
from core_finance.books.book import PAGE_MAX, Asked, Book
from core_finance.books.declared import SHELF
from core_finance.books.files import book_file
from core_finance.books.frame import span
from core_finance.chart.ledgers import get_ledger
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

Handler = Callable[..., Awaitable[Any]]
# The types are those that a book declares, so no checker knows them.
_path: Any = FromPath
_query: Any = FromQuery
PERMISSION = {"permission": "finance.report.read"}


def _signed(book: Book[Any], handler: Handler, name: str, returns: Any, extra: Mapping[str, tuple[Any, Any]]) -> Handler:
    """``handler`` with the arguments that the book is asked with, so that they are read, checked and documented one by one."""
    taken: dict[str, tuple[Any, Any]] = {"work": (NamedDependency[Work], Argument.empty)}
    for each in book.parameters:
        is_path = f"{{{each.name}:" in book.rest_path
        kind = _path[each.type] if is_path else _query[each.type]
        taken[each.name] = (kind, Argument.empty if each.required else each.default)
    taken |= {"ledger": (_query[UUID | None], None), "first": (_query[int | None], None), "last": (_query[int | None], None)}
    taken |= {"unposted": (_query[bool], False), **extra}
    arguments = [Argument(key, Argument.KEYWORD_ONLY, annotation=kind, default=default) for key, (kind, default) in taken.items()]
    handler.__name__ = handler.__qualname__ = name
    handler.__doc__ = book.note
    handler.__annotations__ = {key: kind for key, (kind, _default) in taken.items()} | {"return": returns}
    itself = Argument("self", Argument.POSITIONAL_OR_KEYWORD)
    handler.__signature__ = Signature([itself, *arguments], return_annotation=returns)  # type: ignore[attr-defined]
    return handler


async def _asked(book: Book[Any], said: Mapping[str, Any]) -> Asked:
    """Raises:
    Invalid: the periods are none, or the page is too long.
    """
    limit = said.get("limit", 50)
    if not 1 <= limit <= PAGE_MAX:
        raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_MAX), field="limit")
    ledger = await get_ledger(said["work"], said["ledger"])
    first, last = await span(said["work"], ledger, said["first"], said["last"])
    values = {each.name: said[each.name] for each in book.parameters}
    return Asked(
        work=said["work"], ledger=ledger, first=first, last=last, unposted=said["unposted"], after=said.get("after") or None, limit=limit,
        values=values,
    )  # fmt: skip


def _read(book: Book[Any]) -> Any:
    async def read(self: Controller, **said: Any) -> Any:
        asked = await _asked(book, said)
        return in_currency(book.answer(await book.make(asked), asked), asked.ledger.currency)

    paging = {"after": (_query[str | None], None), "limit": (_query[int], 50)} if book.following else {}
    signed = _signed(book, read, f"read_{book.operation}", book.reads, paging)
    return get(book.rest_path, operation_id=f"read{book.operation}", opt=PERMISSION)(signed)


def _export(book: Book[Any]) -> Any:
    async def export(self: Controller, **said: Any) -> Response[bytes]:
        return await book_file(book, await _asked(book, said), said["form"])

    form = {"form": (_query[Literal["csv", "xlsx", "pdf"]], "xlsx")}
    signed = _signed(book, export, f"export_{book.operation}", Response[bytes], form)
    signed.__doc__ = f"{book.note}  As a CSV, XLSX or PDF file."
    path, operation = f"{book.rest_path}/file", f"export{book.operation}"
    return get(path, operation_id=operation, opt=PERMISSION, media_type="application/octet-stream")(signed)


class ShelfController(Controller):
    """The handlers of all books."""

    path = "/finance"
    tags = ("Books",)


for _book in SHELF:
    for _made in (_read(_book), _export(_book)):
        setattr(ShelfController, f"{_made.operation_id}", _made)
