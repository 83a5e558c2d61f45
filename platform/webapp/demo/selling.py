"""What the demo company offers and has agreed: price lists, quotes on their way, contracts with their plans of payments."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from core_crm.api import (
    PRICE_FLOORS,
    PRICE_LISTS,
    PRICES,
    ContractInput,
    InstalmentInput,
    LineInput,
    MilestoneInput,
    QuoteInput,
    ReceiptInput,
    accept_quote,
    activate_contract,
    create_contract,
    create_quote,
    get_quote,
    receive_for_contract,
    send_quote,
)
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import update_party
from vertical.records import create_record
from webapp.demo.days import at
from webapp.demo.names import PRODUCTS
from webapp.demo.trade import Customer

_LEVEL = "战略客户"
_CONTRACTS = (("年度框架采购协议", 365, 300), ("智慧教室运维服务合同", 365, 345), ("图书供应合同", 180, 60))


async def fill_selling(work: Work, random: Random, customers: Sequence[Customer], products: Mapping[str, UUID], until: date) -> None:
    """Prices of two lists, five quotes and three contracts, up to ``until``."""
    with at(until - timedelta(days=200)):
        await _prices(work, customers, products, until)
    for n in range(5):
        await _quote(work, random, n, customers[n % len(customers)], products, until)
    for n, (title, days, ago) in enumerate(_CONTRACTS):
        await _contract(work, customers[(n + 2) % len(customers)], title, until - timedelta(days=ago), days, until)
    work.session.expunge_all()


async def _prices(work: Work, customers: Sequence[Customer], products: Mapping[str, UUID], until: date) -> None:
    since = until - timedelta(days=180)
    wholesale = await create_record(work, PRICE_LISTS, {"name": "批发价", "valid_from": since})
    friends = await create_record(work, PRICE_LISTS, {"name": "战略客户价", "level": _LEVEL, "valid_from": since})
    await update_party(work, customers[0].id, {"tags": [_LEVEL]})
    for item in [item for item in PRODUCTS if not item.service][:8]:
        product: dict[str, Any] = {"product_id": products[item.sku]}
        for list_id, quantity, share in ((wholesale, 20, "0.96"), (wholesale, 100, "0.92"), (friends, 0, "0.9")):
            price = round_half_up(item.price * Decimal(share))
            await create_record(work, PRICES, {**product, "price_list_id": list_id, "min_quantity": Decimal(quantity), "unit_price": price})
        await create_record(work, PRICE_FLOORS, {**product, "unit_price": round_half_up(item.price * Decimal("0.85"))})


async def _quote(work: Work, random: Random, n: int, customer: Customer, products: Mapping[str, UUID], until: date) -> None:
    """One quote: the first is accepted, the next two are with the customer, the others drafts, one of them below the floor."""
    goods = [item for item in PRODUCTS if not item.service][:8]
    discount = Decimal(20) if n == 4 else Decimal(0)
    lines = [
        LineInput(product_id=products[item.sku], quantity=Decimal(random.choice((5, 20, 60))), discount_percent=discount)
        for item in random.sample(goods, 3)
    ]
    with at(until - timedelta(days=20 - 4 * n)):
        terms = "含送货上门。付款条件：货到 30 天。"
        quote = await create_quote(
            work, QuoteInput(party_id=customer.id, lines=lines, remark=terms, discount_percent=Decimal(2) if n == 1 else None)
        )
        if n < 3:
            await send_quote(work, quote.id)
        if n == 0:
            await accept_quote(work, await get_quote(work, quote.id, lock=True), "陈主任")


async def _contract(work: Work, customer: Customer, title: str, begins: date, days: int, until: date) -> None:
    """A contract that is paid in three parts; what was due more than a month ago has come in."""
    amount = Decimal(120000)
    steps = (("首付款", "0.3", 0), ("中期款", "0.4", days // 2), ("尾款", "0.3", days - 30))
    plan = [
        InstalmentInput(name=name, due_on=begins + timedelta(days=after), amount=amount * Decimal(share)) for name, share, after in steps
    ]
    milestones = [
        MilestoneInput(name="交付", due_on=begins + timedelta(days=days // 3)),
        MilestoneInput(name="验收", due_on=begins + timedelta(days=days // 2)),
    ]
    with at(begins):
        made = await create_contract(
            work,
            ContractInput(
                title=title,
                party_id=customer.id,
                starts_on=begins,
                ends_on=begins + timedelta(days=days - 1),
                amount=amount,
                milestones=milestones,
                instalments=plan,
            ),
        )
        await activate_contract(work, made.id)
    for each in plan:
        if each.due_on <= until - timedelta(days=31):
            with at(each.due_on + timedelta(days=3)):
                await receive_for_contract(work, made.id, ReceiptInput(amount=each.amount, reference="银行回单"))
