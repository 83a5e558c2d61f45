"""What the order editor asks while one types: customers, products, and what the lines come to."""

from decimal import Decimal

import msgspec

from core_crm.orders.form import OrderForm
from core_crm.pricing.amounts import Amounts
from core_crm.pricing.finding import Offer
from core_crm.pricing.lines import LineInput, Terms, price_in, sums_of
from kernel.money import written
from kernel.work import Work
from master_data.api import ProductCard, TaxUnknown, find_parties, find_products, rate_of

CHOICES = 12


class LineChoice(msgspec.Struct, kw_only=True):
    """One find of a picker.  ``fill`` are values for the other cells of the line."""

    id: str
    text: str
    hint: str = ""
    fill: dict[str, str] = {}


class PreviewLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a row of the grid comes to; texts, as they are shown.

    ``price`` counts where none is entered; ``source`` is the price list that gives it.
    """

    row: int
    amount: str
    price: str = ""
    source: str = ""


class PreviewAnswer(msgspec.Struct, kw_only=True):
    lines: list[PreviewLine]
    discount: str
    net: str
    tax: str
    gross: str


async def customer_choices(work: Work, text: str) -> list[LineChoice]:
    return [LineChoice(id=str(party.id), text=party.name, hint=party.phone or "") for party in await find_parties(work, text, CHOICES)]


async def product_choices(work: Work, text: str, *, includes_tax: bool, currency: str = "") -> list[LineChoice]:
    """Products with their list prices, which are in the company's currency and say nothing of a document in another."""
    own = currency.upper() in ("", work.tenant.currency)
    return [_choice(work, product, includes_tax=includes_tax, priced=own) for product in await find_products(work, text, CHOICES)]


async def preview(work: Work, form: OrderForm) -> PreviewAnswer:
    """Amounts of the rows that can be read already; the others count nothing."""
    rows = form.readable()
    terms = Terms(
        on=form.readable_day() or work.today(),
        currency=form.readable_currency() or work.tenant.currency,
        includes_tax=form.head.get("prices_include_tax", True),
        party_id=form.readable_party(),
        discount=form.readable_discount(),
    )
    sums = await sums_of(work, [line for _row, line in rows], terms)
    return PreviewAnswer(
        lines=[
            _line(row, line, amounts, offer, terms.currency)
            for (row, line), amounts, offer in zip(rows, sums.lines, sums.offers, strict=True)
            if amounts is not None
        ],
        discount=written(sums.discount, terms.currency),
        net=written(sums.whole.net, terms.currency),
        tax=written(sums.whole.tax, terms.currency),
        gross=written(sums.whole.gross, terms.currency),
    )


def _line(row: int, given: LineInput, amounts: Amounts, offer: Offer | None, currency: str) -> PreviewLine:
    amount = written(amounts.gross, currency)
    if offer is None:
        return PreviewLine(row=row, amount=amount)
    counts = given.unit_price is None or given.unit_price == offer.price
    return PreviewLine(row=row, amount=amount, price=_plain(offer.price), source=(offer.source or "") if counts else "")


def _choice(work: Work, product: ProductCard, *, includes_tax: bool, priced: bool) -> LineChoice:
    price = product.list_price
    try:
        price = price_in(product, rate_of(product.tax_code, work.today()), includes_tax=includes_tax)
    except TaxUnknown:
        pass  # the line will say so when it is saved
    return LineChoice(
        id=str(product.id),
        text=product.name,
        hint=f"{product.sku} · {_plain(price)}" if priced else product.sku,
        fill={"unit": product.unit, "unit_price": "", "tax_code": product.tax_code},
    )


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
