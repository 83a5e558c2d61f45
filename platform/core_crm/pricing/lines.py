"""Lines of documents as they are entered, checked, priced and written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from core_crm.pricing.amounts import (
    NO_DISCOUNT,
    Amounts,
    Discount,
    DiscountTooLarge,
    Entry,
    Priced,
    document_amounts,
    price_as,
    total,
)
from core_crm.pricing.finding import Offer, Prices, best_of, list_prices
from core_crm.pricing.model import PricedHead, PricedLine
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES, round_half_up
from kernel.work import Work
from master_data.api import DEFAULT_CODE, ProductCard, ProductKind, TaxUnknown, get_products, rate_of

LINES_MAX = 500
PLACES_MAX = 2

Text = Annotated[str, msgspec.Meta(max_length=200)]
Line = TypeVar("Line", bound=PricedLine)


class PriceMissing(Invalid):
    """No list has a price in the document's currency."""

    code = "price_missing"


class LineInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of a document.  With ``product_id`` whatever is left out comes from the product, the price from the price lists."""

    quantity: Decimal
    product_id: UUID | None = None
    description: Text | None = None
    unit: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    unit_price: Decimal | None = None
    discount_percent: Decimal = Decimal(0)
    tax_code: Annotated[str, msgspec.Meta(max_length=20)] | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What all lines of a document are priced by."""

    on: date
    currency: str
    includes_tax: bool
    party_id: UUID | None = None
    discount: Discount = NO_DISCOUNT


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a document comes to while it is written: its lines, None for one that is not complete yet, and the sums.

    ``offers`` are the prices that count where none is entered.
    """

    lines: Sequence[Amounts | None]
    offers: Sequence[Offer | None]
    discount: Decimal
    whole: Amounts


async def write_lines(
    work: Work,
    kind: Callable[..., Line],
    inputs: Sequence[LineInput],
    terms: Terms,
    *,
    refusal: type[Invalid],
) -> list[Line]:
    """New lines of ``kind``, priced as one document.

    Raises:
        refusal: something is wrong; ``errors`` names line and field.
    """
    products = await get_products(work, {line.product_id for line in inputs if line.product_id is not None})
    offered = await offers_for(work, inputs, products, terms)
    values: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    for index, (given, offer) in enumerate(zip(inputs, offered, strict=True)):
        product = products.get(given.product_id) if given.product_id else None
        wrong = list(line_problems(given, product))
        if not wrong:
            try:
                values.append(_values(given, product, terms, offer))
            except (TaxUnknown, PriceMissing) as error:
                wrong = [(each.field, each.message) for each in error.errors]
        errors += [FieldError(f"lines.{index}.{field}", message) for field, message in wrong]
    errors += discount_problems(terms.discount)
    if errors:
        raise refusal(errors[0].message, errors=errors)
    try:
        priced = document_amounts(
            [_entry(each) for each in values], includes_tax=terms.includes_tax, discount=terms.discount, currency=terms.currency
        )
    except DiscountTooLarge:
        raise refusal(_("The discount is more than the lines come to; enter less."), field="discount_amount") from None
    return [kind(id=new_id(), position=n, **each, **_shown(line)) for n, (each, line) in enumerate(zip(values, priced, strict=True), 1)]


def sum_up(head: PricedHead, lines: Sequence[PricedLine], terms: Terms) -> None:
    """Give the document what its lines come to."""
    amounts = total(line.amounts for line in lines)
    head.currency, head.prices_include_tax = terms.currency, terms.includes_tax
    head.discount_percent = terms.discount.percent
    head.discount_amount = round_half_up(sum((line.discount_share for line in lines), Decimal(0)))
    head.net, head.tax, head.gross = amounts.net, amounts.tax, amounts.gross


async def sums_of(work: Work, inputs: Sequence[LineInput], terms: Terms) -> Sums:
    """What lines would come to.  Nothing is written, and nothing is refused."""
    products = await get_products(work, {line.product_id for line in inputs if line.product_id is not None})
    offers = await offers_for(work, inputs, products, terms)
    entries: dict[int, Entry] = {}
    for index, (given, offer) in enumerate(zip(inputs, offers, strict=True)):
        product = products.get(given.product_id) if given.product_id else None
        if [field for field, _message in line_problems(given, product) if field != "description"]:
            continue
        try:
            entries[index] = _entry(_values(given, product, terms, offer))
        except (TaxUnknown, PriceMissing):
            continue
    if discount_problems(terms.discount):
        terms = replace(terms, discount=NO_DISCOUNT)
    price = partial(document_amounts, [*entries.values()], includes_tax=terms.includes_tax, currency=terms.currency)
    try:
        priced = price(discount=terms.discount)
    except DiscountTooLarge:
        priced = price()
    found = dict(zip(entries, priced, strict=True))
    return Sums(
        lines=[found[index].amounts if index in found else None for index in range(len(inputs))],
        offers=offers,
        discount=sum((line.share for line in priced), Decimal(0)),
        whole=total(line.amounts for line in priced),
    )


async def offers_for(work: Work, inputs: Sequence[LineInput], products: Mapping[UUID, ProductCard], terms: Terms) -> list[Offer | None]:
    """The price that counts for each line where none is entered; None for what is no product, or has none in the currency."""
    lists = await list_prices(work, list(products), party_id=terms.party_id, on=terms.on, currency=terms.currency)
    found: list[Offer | None] = []
    for given in inputs:
        product = products.get(given.product_id) if given.product_id else None
        found.append(_offer(work, given, product, lists, terms) if product else None)
    return found


def _offer(work: Work, given: LineInput, product: ProductCard, lists: Prices, terms: Terms) -> Offer | None:
    try:
        rate = rate_of(given.tax_code or product.tax_code, terms.on)
    except TaxUnknown:
        return None  # the line says so itself
    quantity = given.quantity if given.quantity.is_finite() else Decimal(0)
    best = best_of(lists.get(product.id, ()), quantity, rate, includes_tax=terms.includes_tax)
    if best is None and terms.currency == work.tenant.currency:
        return Offer(price=price_in(product, rate, includes_tax=terms.includes_tax), source=None)
    return best


def currencies() -> list[tuple[str, str]]:
    """Currencies that documents are written in, to choose from; their amounts have two decimals at most."""
    return [(code, code) for code, places in CURRENCIES.items() if places <= PLACES_MAX]


def currency_of(code: str, refusal: type[Invalid]) -> str:
    """The currency of a document as it is kept.

    Raises:
        refusal: there is no such currency, or documents cannot be written in it.
    """
    found = code.strip().upper()
    if found not in CURRENCIES:
        raise refusal(_("“%(code)s” is no currency; enter for example CNY.", code=code[:10]), field="currency")
    if CURRENCIES[found] > PLACES_MAX:
        raise refusal(_("Amounts in %(code)s have three decimals, documents two; choose another currency.", code=found), field="currency")
    return found


def discount_of(percent: Decimal | None, amount: Decimal | None) -> Discount:
    """The discount on a document as its input says it: the amount counts where there is no percentage."""
    return Discount(percent=None if percent is None else _kept(percent), amount=amount)


def discount_problems(discount: Discount) -> list[FieldError]:
    """What is wrong with a discount by itself."""
    found = []
    percent, amount = discount.percent, discount.amount
    if percent is not None and amount:
        found.append(FieldError("discount_amount", _("Give the discount as a percentage or as an amount, not both.")))
    if percent is not None and not (percent.is_finite() and 0 <= percent <= 100):
        found.append(FieldError("discount_percent", _("A discount is between 0 and 100 percent.")))
    if amount is not None and not (amount.is_finite() and 0 <= amount < Decimal(10) ** 15):
        found.append(FieldError("discount_amount", _("A discount is zero or more, for example 100.00.")))
    return found


def line_problems(given: LineInput, product: ProductCard | None) -> Sequence[tuple[str, str]]:
    """What a line lacks, by field."""
    found = []
    price = given.unit_price
    if given.product_id is not None and product is None:
        found.append(("product_id", _("This product does not exist, or was deleted.")))
    if product is None and not (given.description or "").strip():
        found.append(("description", _("Choose a product or describe what is sold.")))
    if product is None and price is None:
        found.append(("unit_price", _("Enter a price, for example 128.00.")))
    if not given.quantity.is_finite() or not Decimal("0.000001") <= given.quantity < Decimal(10) ** 9:
        found.append(("quantity", _("A quantity is more than zero and less than 1,000,000,000.")))
    if price is not None and (not price.is_finite() or not 0 <= price < Decimal(10) ** 10):
        found.append(("unit_price", _("A price is zero or more and less than 10,000,000,000.")))
    if not given.discount_percent.is_finite() or not 0 <= given.discount_percent <= 100:
        found.append(("discount_percent", _("A discount is between 0 and 100 percent.")))
    return found


def price_in(product: ProductCard, rate: Decimal, *, includes_tax: bool) -> Decimal:
    """The product's list price with or without tax, to six decimals."""
    return price_as(product.list_price, rate, included=product.price_includes_tax, wanted=includes_tax)


def _kept(percent: Decimal) -> Decimal:
    """A percentage to four decimals; what is none stays as it is, for the check that refuses it."""
    return round_half_up(percent, 4) if percent.is_finite() and abs(percent) < 1000 else percent


def _values(given: LineInput, product: ProductCard | None, terms: Terms, offer: Offer | None) -> dict[str, Any]:
    """A line's own columns, as they are kept.

    Raises:
        TaxUnknown: its tax does not apply on that day.
        PriceMissing: none is entered, and none is in the document's currency.
    """
    tax_code = given.tax_code or (product.tax_code if product else DEFAULT_CODE)
    rate = rate_of(tax_code, terms.on)
    price = given.unit_price
    if price is None:
        if offer is None:
            message = _("No price list has a price in %(currency)s; enter one.", currency=terms.currency)
            raise PriceMissing(message, field="unit_price")
        price = offer.price
    price = round_half_up(price, 6)
    return {
        "product_id": product.id if product else None,
        "product_code": product.sku if product else None,
        "description": (given.description or "").strip() or (product.name if product else ""),
        "is_service": product is not None and product.kind is ProductKind.SERVICE,
        "unit": (given.unit or "").strip() or (product.unit if product else "件"),
        "quantity": round_half_up(given.quantity, 6),
        "unit_price": price,
        "price_source": offer.source if offer is not None and offer.price == price else None,
        "discount_percent": round_half_up(given.discount_percent, 4),
        "tax_code": tax_code,
        "tax_rate": round_half_up(rate, 6),
    }


def _shown(line: Priced) -> dict[str, Decimal]:
    """What a line comes to, as columns."""
    return {
        "discount_share": round_half_up(line.share),
        "net": line.amounts.net,
        "tax": line.amounts.tax,
        "gross": line.amounts.gross,
    }


def _entry(values: Mapping[str, Any]) -> Entry:
    return Entry(**{name: values[name] for name in ("quantity", "unit_price", "discount_percent", "tax_rate")})
