"""What the demo company sells: orders made and confirmed through the CRM, month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from core_crm.api import LineInput, OrderInput, cancel_order, confirm_order, create_order
from kernel.money import round_half_up
from kernel.work import Work
from webapp.demo.days import at, last_day
from webapp.demo.names import PRODUCTS, Item

# Orders of each calendar month: schools buy before term begins.
_SEASON = (10, 11, 15, 11, 11, 10, 9, 17, 17, 12, 12, 11)
_DISCOUNTS = (0, 0, 0, 3, 5, 8)


@dataclass(frozen=True)
class Customer:
    id: UUID
    name: str
    payment_days: int
    size: int


@dataclass(frozen=True)
class Sale:
    """A confirmed order, as the accountant needs it."""

    number: str
    customer: Customer
    on: date
    gross: Decimal
    cost: Decimal


@dataclass
class Trade:
    """Draws orders from a seed and writes them through the services."""

    work: Work
    random: Random
    customers: Sequence[Customer]
    products: Mapping[str, UUID]

    async def sell(self, month: date, until: date) -> list[Sale]:
        """The orders of a month, up to ``until``."""
        end = min(last_day(month), until)
        share = Decimal(end.day) / last_day(month).day
        count = max(1, int(_SEASON[month.month - 1] * share))
        days = sorted(self.random.randint(1, end.day) for _ in range(count))
        return [await self._sell_one(month.replace(day=day)) for day in days]

    async def draft(self, on: date, count: int) -> None:
        """Orders that nobody has confirmed yet."""
        for _ in range(count):
            customer, lines, _cost = self._draw()
            with at(on):
                await create_order(self.work, OrderInput(party_id=customer.id, lines=lines, ordered_on=on))

    async def regret(self, on: date) -> None:
        """An order that was confirmed and taken back."""
        customer, lines, _cost = self._draw()
        with at(on):
            order = await create_order(self.work, OrderInput(party_id=customer.id, lines=lines, ordered_on=on))
            await confirm_order(self.work, order.id)
            await cancel_order(self.work, order.id, "客户预算调整")

    async def _sell_one(self, on: date) -> Sale:
        customer, lines, cost = self._draw()
        delivery_on = on + timedelta(days=self.random.randint(3, 15))
        with at(on):
            order = await create_order(self.work, OrderInput(party_id=customer.id, lines=lines, ordered_on=on, delivery_on=delivery_on))
            confirmed = await confirm_order(self.work, order.id)
        self.work.session.expunge_all()
        return Sale(confirmed.number or "", customer, on, confirmed.gross, cost)

    def _draw(self) -> tuple[Customer, list[LineInput], Decimal]:
        """A customer, what they order, and what it costs us."""
        customer = self.random.choices(self.customers, [c.size for c in self.customers])[0]
        lines, cost = [], Decimal(0)
        for item in self.random.sample(PRODUCTS, self.random.choice((1, 1, 2, 2, 3, 4))):
            quantity = Decimal(self._quantity(item, customer.size))
            discount = Decimal(self.random.choice(_DISCOUNTS))
            lines.append(LineInput(product_id=self.products[item.sku], quantity=quantity, discount_percent=discount))
            cost += quantity * unit_cost(item)
        return customer, lines, cost

    def _quantity(self, item: Item, size: int) -> int:
        """Fewer of what is dear, so that an order is worth some ten thousand yuan."""
        if item.service:
            return self.random.randint(1, 2)
        worth = self.random.randint(5000, 17000) * size
        return max(1, round(worth / float(item.price)))


def unit_cost(item: Item) -> Decimal:
    """What one costs us, without VAT."""
    rate = {"VAT13": Decimal("0.13"), "VAT9": Decimal("0.09"), "VAT6": Decimal("0.06")}[item.tax]
    return round_half_up(item.price / (1 + rate) * item.cost)


def receipts(random: Random, sales: Sequence[Sale], until: date) -> list[tuple[date, Sale]]:
    """When each sale is paid, of those that are paid by ``until``: most on time, some late, a few not at all."""
    paid = []
    for sale in sales:
        late, never = random.choice((-2, 0, 0, 1, 3, 12, 25)), random.random() < 0.05
        on = max(sale.on, sale.on + timedelta(days=sale.customer.payment_days + late))
        if not never and on <= until:
            paid.append((on, sale))
    return paid


def as_seller(work: Work, name: str) -> Work:
    """The same work, done by the seller: orders carry the name."""
    return replace(work, actor=replace(work.actor, name=name))
