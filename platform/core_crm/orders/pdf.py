"""The order on paper."""

from importlib.resources import files
from typing import Any

from litestar import Response

from core_crm.orders.model import Order, OrderLine, OrderState
from kernel.documents import render_pdf
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.money import rmb_upper
from kernel.work import Work
from master_data.api import get_party

_DRAFT_NAME = "draft"


async def order_pdf(work: Work, order: Order) -> Response[bytes]:
    """The order in the language of the moment, named after its number."""
    party = await get_party(work, order.party_id)
    data = {
        "lang": "zh" if locale() == "zh_CN" else "en",
        "title": _("Sales order"),
        "seller": work.tenant.name,
        "watermark": _watermark(order),
        "facts": _facts(order),
        "party": [
            [_("Customer"), party.title],
            [_("Taxpayer number"), party.tax_number or ""],
            [_("Address"), party.invoice_address or ""],
            [_("Phone"), party.invoice_phone or party.phone or ""],
        ],
        "head": [_("No."), _("Item"), _("Unit"), _("Quantity"), _("Unit price"), _("Discount"), _("Tax rate"), _("Amount")],
        "lines": [_line(order, line) for line in order.lines],
        "prices": _("Prices include tax.") if order.prices_include_tax else _("Prices are before tax."),
        "totals": _totals(order),
        "words": _("In words: %(words)s", words=rmb_upper(order.gross)) if order.currency == "CNY" else "",
        "remark": order.remark or "",
        "rounding": _("Each line is rounded to the cent; the totals are the sums of the lines."),
        "signatures": [_("Seller (stamp)"), _("Customer (stamp)")],
    }
    content = await render_pdf(files("core_crm") / "orders" / "order.typ", data)
    name = f"{order.number or _DRAFT_NAME}.pdf"
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )


def _watermark(order: Order) -> str:
    return {OrderState.DRAFT: _("Draft"), OrderState.CANCELLED: _("Cancelled"), OrderState.CONFIRMED: ""}[order.state]


def _facts(order: Order) -> list[list[str]]:
    facts = [[_("Order number"), order.number or "—"], [_("Date"), order.ordered_on.isoformat()], [_("Currency"), order.currency]]
    if order.delivery_on:
        facts.append([_("Delivery date"), order.delivery_on.isoformat()])
    if order.customer_reference:
        facts.append([_("Your reference"), order.customer_reference])
    return facts


def _totals(order: Order) -> list[list[str]]:
    """The sums; with a discount on the whole first what the lines come to, and what is taken off."""
    rows = []
    if off := order.discount_amount:
        share = f" {_number(order.discount_percent)} %" if order.discount_percent is not None else ""
        rows = [
            [_("Sum of lines"), _money((order.gross if order.prices_include_tax else order.net) + off)],
            [_("Discount") + share, _money(-off)],
        ]
    return [*rows, [_("Before tax"), _money(order.net)], [_("Tax"), _money(order.tax)], [_("Total"), _money(order.gross)]]


def _line(order: Order, line: OrderLine) -> list[str]:
    item = f"{line.product_code} {line.description}" if line.product_code else line.description
    amount = (line.gross if order.prices_include_tax else line.net) + line.discount_share
    return [
        str(line.position),
        item,
        line.unit,
        _number(line.quantity),
        _number(line.unit_price, least=2),
        f"{_number(line.discount_percent)} %" if line.discount_percent else "",
        f"{_number(line.tax_rate * 100)} %",
        _money(amount),
    ]


def _money(amount: Any) -> str:
    return f"{amount:,.2f}"


def _number(value: Any, least: int = 0) -> str:
    """Without trailing zeros, but with at least ``least`` decimals."""
    whole, _dot, digits = f"{value:,.6f}".partition(".")
    digits = digits.rstrip("0").ljust(least, "0")
    return f"{whole}.{digits}" if digits else whole
