"""Posted vouchers as CSV, XLSX or JSON."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from core_finance.chart.model import Ledger
from core_finance.dimensions.references import names_of
from core_finance.posting.reading import LineView
from core_finance.posting.voucher import DIMENSIONS
from core_finance.vouchers.files import FORMAT, LINE, VERSION, header
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
        return as_file(title, header(), _rows(vouchers, names), form)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "ledger": {"name": ledger.name, "standard": ledger.standard.value, "currency": ledger.currency},
        "vouchers": [_head(voucher) | {"lines": [_line(line, names) for line in voucher.lines]} for voucher in vouchers],
    }
    return Response(
        msgspec.json.encode(document),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{title}.json"'},
    )


def _head(voucher: WholeVoucher) -> dict[str, Any]:
    return {
        "key": str(voucher.id), "date": voucher.entry_on.isoformat(), "word": voucher.word, "number": voucher.number or 0,
        "kind": "closing" if voucher.kind == "closing" else "manual", "attachments": voucher.attachments,
    }  # fmt: skip


def _line(line: LineView, names: Names) -> dict[str, Any]:
    """The members that are filled."""
    found = {"summary": line.summary, "account": line.account, "debit": line.debit, "credit": line.credit}
    if line.currency_amount is not None:
        found |= {"currency": line.currency, "currency_amount": line.currency_amount, "rate": line.rate}
    found |= {"quantity": line.quantity} | {kind: names[kind, value] for kind, value in line.dimensions.items() if kind in DIMENSIONS}
    return {name: value for name, value in found.items() if value is not None and value != Decimal(0)}


def _rows(vouchers: Sequence[WholeVoucher], names: Names) -> Iterator[list[Cell]]:
    for voucher in vouchers:
        head = list(_head(voucher).values())
        for line in voucher.lines:
            filled = _line(line, names)
            yield [*head, *(filled.get(name, "") for name in LINE)]
