"""A priced document on paper: quotes and orders look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from litestar import Response

from core_crm.pricing.model import PricedHead, PricedLine
from kernel.documents import render_pdf
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.money import CURRENCIES, rmb_upper, written
from master_data.api import PartyCard

Pairs = Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What stands around the lines; ``name`` is the file's."""

    title: str
    seller: str
    watermark: str
    party: Pairs
    facts: Pairs
    remark: str
    signatures: Sequence[str]
    name: str


async def draw(paper: Paper, head: PricedHead, lines: Sequence[PricedLine]) -> Response[bytes]:
    """The document in the language of the moment."""
    data = {
        "lang": "zh" if locale() == "zh_CN" else "en",
        "title": paper.title,
        "seller": paper.seller,
        "watermark": paper.watermark,
        "facts": paper.facts,
        "party": paper.party,
        "head": [_("No."), _("Item"), _("Unit"), _("Quantity"), _("Unit price"), _("Discount"), _("Tax rate"), _("Amount")],
        "lines": [_line(head, line) for line in lines],
        "prices": _("Prices include tax.") if head.prices_include_tax else _("Prices are before tax."),
        "totals": _totals(head),
        "words": _("In words: %(words)s", words=rmb_upper(head.gross)) if head.currency == "CNY" else "",
        "remark": paper.remark,
        "rounding": _("Each line is rounded to the cent; the totals are the sums of the lines."),
        "signatures": paper.signatures,
    }
    content = await render_pdf(files("core_crm") / "pricing" / "paper.typ", data)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{paper.name}.pdf"', "Cache-Control": "no-store"},
    )


def party_facts(party: PartyCard) -> Pairs:
    """The customer as documents name it."""
    return [
        [_("Customer"), party.title],
        [_("Taxpayer number"), party.tax_number or ""],
        [_("Address on invoices"), party.invoice_address or ""],
        [_("Phone"), party.invoice_phone or party.phone or ""],
    ]


def _totals(head: PricedHead) -> list[list[str]]:
    """The sums; with a discount on the whole first what the lines come to, and what is taken off."""
    rows = []
    if off := head.discount_amount:
        share = f" {_number(head.discount_percent)}%" if head.discount_percent is not None else ""
        rows = [
            [_("Sum of lines"), written((head.gross if head.prices_include_tax else head.net) + off, head.currency)],
            [_("Discount") + share, written(-off, head.currency)],
        ]
    sums = ((_("Before tax"), head.net), (_("Tax"), head.tax), (_("Total"), head.gross))
    return [*rows, *([label, written(amount, head.currency)] for label, amount in sums)]


def _line(head: PricedHead, line: PricedLine) -> list[str]:
    item = f"{line.product_code} {line.description}" if line.product_code else line.description
    amount = (line.gross if head.prices_include_tax else line.net) + line.discount_share
    return [
        str(line.position),
        item,
        line.unit,
        _number(line.quantity),
        _number(line.unit_price, least=CURRENCIES[head.currency]),
        f"{_number(line.discount_percent)}%" if line.discount_percent else "",
        f"{_number(line.tax_rate * 100)}%",
        written(amount, head.currency),
    ]


def _number(value: Any, least: int = 0) -> str:
    """Without trailing zeros, but with at least ``least`` decimals."""
    whole, _dot, digits = f"{value:,.6f}".partition(".")
    digits = digits.rstrip("0").ljust(least, "0")
    return f"{whole}.{digits}" if digits else whole
