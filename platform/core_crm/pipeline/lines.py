"""What an opportunity would sell."""

from collections.abc import Sequence
from decimal import Decimal

from core_crm.pipeline.model import Opportunity, OpportunityLine
from core_crm.pricing.amounts import line_amounts
from core_crm.pricing.lines import LineInput, Terms, line_problems, offers_for
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import DEFAULT_CODE, ProductCard, TaxUnknown, get_products, rate_of


async def lines_of(work: Work, opportunity: Opportunity, inputs: Sequence[LineInput], *, refusal: type[Invalid]) -> list[OpportunityLine]:
    """The lines with what they leave out: words and taxes of their products, prices of the customer's lists.

    Raises:
        refusal: lines that cannot be; ``errors`` says which field of which line.
    """
    products = await get_products(work, {line.product_id for line in inputs if line.product_id is not None})
    terms = Terms(on=work.today(), currency=opportunity.currency, includes_tax=True, party_id=opportunity.party_id)
    offers = await offers_for(work, inputs, products, terms)
    lines: list[OpportunityLine] = []
    errors: list[FieldError] = []
    for index, (given, offer) in enumerate(zip(inputs, offers, strict=True)):
        product = products.get(given.product_id) if given.product_id else None
        wrong = list(line_problems(given, product))
        if not wrong and given.unit_price is None and offer is None:
            wrong = [("unit_price", _("No price list has a price in %(currency)s; enter one.", currency=opportunity.currency))]
        if not wrong:
            price = given.unit_price if given.unit_price is not None else offer.price if offer else Decimal(0)
            try:
                lines.append(_line(work, opportunity, index + 1, given, product, price))
            except TaxUnknown as error:
                wrong = [("tax_code", error.message)]
        errors += [FieldError(f"lines.{index}.{field}", message) for field, message in wrong]
    if errors:
        raise refusal(errors[0].message, errors=errors)
    return lines


def _line(
    work: Work, opportunity: Opportunity, position: int, given: LineInput, product: ProductCard | None, price: Decimal
) -> OpportunityLine:
    tax_code = given.tax_code or (product.tax_code if product else DEFAULT_CODE)
    rate = rate_of(tax_code, work.today())
    quantity, price, discount = round_half_up(given.quantity, 6), round_half_up(price, 6), round_half_up(given.discount_percent, 4)
    amounts = line_amounts(quantity, price, discount_percent=discount, tax_rate=rate, includes_tax=True, currency=opportunity.currency)
    return OpportunityLine(
        id=new_id(),
        opportunity_id=opportunity.id,
        position=position,
        product_id=product.id if product else None,
        description=(given.description or "").strip() or (product.name if product else ""),
        quantity=quantity,
        unit=(given.unit or "").strip() or (product.unit if product else "件"),
        unit_price=price,
        discount_percent=discount,
        tax_code=tax_code,
        gross=amounts.gross,
    )
