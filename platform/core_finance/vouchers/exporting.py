"""Posted vouchers as CSV, XLSX or JSON."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from core_finance.chart.model import Ledger
from core_finance.dimensions.keeping import own_kinds
from core_finance.dimensions.references import names_of
from core_finance.posting.reading import LineView
from core_finance.vouchers.files import FORMAT, HEAD, VERSION, column_of, columns_of
from core_finance.vouchers.gathering import WholeVoucher, gather
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.sheets import Cell, as_file
from kernel.work import Work

EXPORTED_MAX = 5_000

Names = Mapping[tuple[str, UUID], str]


async def export_vouchers(work: Work, ledger: Ledger, form: str, *, first: int | None, last: int | None) -> Response[bytes]:
    """The posted vouchers of a range of periods, in the order of the books; ``form`` is csv, xlsx or json.

    Raises:
        NotFound: another form.
        NoVouchers: there are none.
        TooManyVouchers: more than ``EXPORTED_MAX``.
    """
    if form not in ("csv", "xlsx", "json"):
        raise NotFound(_("Vouchers are handed out as csv, xlsx or json."))
    vouchers = await gather(work, ledger, first=first, last=last, most=EXPORTED_MAX)
    names = await names_of(work, {pair for voucher in vouchers for line in voucher.lines for pair in line.dimensions.items()})
    title = f"vouchers-{vouchers[0].period}-{vouchers[-1].period}"
    if form != "json":
        used = {kind for kind, _value in names}
        columns = columns_of([kind for kind in await own_kinds(work) if kind.is_active or kind.key in used])
        below = [name for name in columns.labels if name not in HEAD]
        return as_file(title, columns.header(), _rows(vouchers, names, ledger.currency, below), form)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "ledger": {"name": ledger.name, "standard": ledger.standard.value, "currency": ledger.currency},
        "vouchers": [_head(voucher) | {"lines": [_line(line, names, ledger.currency) for line in voucher.lines]} for voucher in vouchers],
    }
    return Response(
        msgspec.json.encode(document),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{title}.json"'},
    )


def _head(voucher: WholeVoucher) -> dict[str, Any]:
    return {
        "key": str(voucher.id), "date": voucher.entry_on.isoformat(), "word": voucher.word, "number": voucher.number or 0,
        "kind": _kind(voucher), "attachments": voucher.attachments,
    }  # fmt: skip


def _kind(voucher: WholeVoucher) -> str:
    """What a file says of it: an exchange difference moves no foreign money, also where it is cancelled in red."""
    if voucher.kind == "closing":
        return "closing"
    return "exchange" if any(line.currency_amount == 0 for line in voucher.lines) else "manual"


def _line(line: LineView, names: Names, base: str) -> dict[str, Any]:
    """The members that are filled."""
    found: dict[str, Any] = {"summary": line.summary, "account": line.account, "debit": line.debit, "credit": line.credit}
    found |= {"quantity": line.quantity, "cash_item": line.cash_item}
    found |= {column_of(kind): names[kind, value] for kind, value in line.dimensions.items()}
    filled = {name: value for name, value in found.items() if value is not None and value != Decimal(0)}
    if line.currency_amount is not None and line.currency != base:
        filled |= {"currency": line.currency, "currency_amount": line.currency_amount}
        filled |= {"rate": line.rate} if line.rate is not None else {}
    return filled


def _rows(vouchers: Sequence[WholeVoucher], names: Names, base: str, columns: Sequence[str]) -> Iterator[list[Cell]]:
    for voucher in vouchers:
        head = list(_head(voucher).values())
        for line in voucher.lines:
            filled = _line(line, names, base)
            yield [*head, *(filled.get(name, "") for name in columns)]
