"""A year of the demo company: reproducible from a seed, made through the services, so that every figure ties."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy import select

from core_finance.api import Ledger, LedgerRules, Standard, Taxpayer, add_schedule, close_period, create_ledger, file_statement
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import DEPARTMENTS as DEPARTMENT_RESOURCE
from master_data.api import EMPLOYEES as EMPLOYEE_RESOURCE
from master_data.api import Employee, PartyKind, PartyStage, ProductKind, create_party, create_product
from vertical.records import create_record
from webapp.demo import names
from webapp.demo.books import Books, charge_income_tax, charge_vat, close_profit_and_loss, keep_habits, pay_taxes, pay_wages, wages
from webapp.demo.days import add_months, at, last_day, months
from webapp.demo.marketing import fill_marketing
from webapp.demo.pipeline import fill_pipeline
from webapp.demo.selling import fill_selling
from webapp.demo.service import fill_service
from webapp.demo.teamwork import fill_teamwork
from webapp.demo.trade import Customer, Sale, Trade, as_seller, receipts

SEED = 20261123
MONTHS = 12
CAPITAL = Decimal("2000000")
FIRST_STOCK = Decimal("420000")
EQUIPMENT = Decimal("180000")
DEPRECIATION = Decimal("2850")  # of the equipment, over five years to a residual of 5 %
VAT = Decimal("0.13")


@dataclass(frozen=True)
class Supplier:
    id: UUID
    name: str
    trade: str


@dataclass
class Year:
    """What the months share."""

    work: Work
    books: Books
    trade: Trade
    random: Random
    suppliers: Sequence[Supplier]
    payroll: Mapping[str, tuple[UUID, Decimal]]
    until: date
    payable: list[tuple[date, Supplier, Decimal]] = field(default_factory=list)
    unpaid: list[tuple[date, Sale]] = field(default_factory=list)
    orders: int = 0

    @property
    def gross_wages(self) -> Decimal:
        return sum((gross for _department, gross in self.payroll.values()), Decimal(0))


async def fill(work: Work, *, seed: int = SEED, until: date | None = None, opened: Callable[[], Awaitable[None]] | None = None) -> int:
    """Fill an empty tenant with a year that ends at ``until`` (today); how many orders were confirmed.

    The same seed and the same day give the same figures.  ``opened`` is called when the ledger stands and no month is
    closed yet.
    """
    until = until or work.today()
    first = add_months(until.replace(day=1), 1 - MONTHS)
    random = Random(seed)  # noqa: S311 - believable, not secret
    with at(first):
        ledger = await create_ledger(
            work, name=names.COMPANY, standard=Standard.SMALL_BUSINESS, taxpayer=Taxpayer.GENERAL, start=first,
            rules=LedgerRules(parties_required=True),
        )  # fmt: skip
        departments = await _departments(work)
        customers, suppliers = await _customers(work, random), await _suppliers(work)
        products = await _products(work)
    if opened is not None:
        await opened()
    accountant = replace(work, actor=replace(work.actor, name=names.ACCOUNTANT.name))
    books = await Books.open(accountant, ledger, names.ACCOUNTANT.name)
    trade = Trade(as_seller(work, names.SALES.name), random, customers, products)
    year = Year(work, books, trade, random, suppliers, _payroll(departments), until)
    _found_company(year, first)
    for month in months(first, until):
        await _month(year, month, first=first)
    await _renovate(year, ledger)
    await trade.draft(until, 3)
    await keep_habits(accountant, ledger)
    await fill_pipeline(as_seller(work, names.SALES.name), random, customers, products, until)
    await fill_selling(as_seller(work, names.SALES.name), random, customers, products, until)
    await fill_service(as_seller(work, names.SALES.name), random, customers, until)
    await fill_marketing(as_seller(work, names.SALES.name), customers, until)
    await fill_teamwork(work, until)
    for month in months(first, until)[:-2]:
        with at(add_months(month, 1) + timedelta(days=7)):
            await close_period(accountant, ledger, _code(month))
    for month in months(first, until)[-3:-2]:
        with at(add_months(month, 1) + timedelta(days=8)):
            await file_statement(accountant, ledger, "income_statement", first=_code(month), last=_code(month))
    return year.orders


async def _month(year: Year, month: date, *, first: date) -> None:
    """Trade, pay and collect; when the month is over, close it."""
    books, until = year.books, year.until
    complete = last_day(month) < until
    balances = await books.balances(_code(add_months(month, -1))) if month != first else {}
    sales = await year.trade.sell(month, until)
    year.orders += len(sales)
    if month.month in (4, 10) and complete:
        await year.trade.regret(month.replace(day=20))
    year.unpaid += receipts(year.random, sales, until)
    cost = sum((sale.cost for sale in sales), Decimal(0))
    _buy(year, month, cost)
    _spend(year, month)
    if month != first and month.replace(day=15) <= until:
        pay_wages(books, month.replace(day=10), year.gross_wages)
        pay_taxes(books, month.replace(day=15), balances)
    _settle(year, min(last_day(month), until))
    end = min(last_day(month), until)
    books.add(end, "结转本月销售成本", ("cost_of_sales", cost), ("inventory", -cost))
    if complete:
        await _end_month(year, month, first=first)
    with at(end):
        await books.post()


async def _end_month(year: Year, month: date, *, first: date) -> None:
    books, code = year.books, _code(month)
    with at(last_day(month)):
        wages(books, month, year.payroll)
        if month != first:
            books.add(
                last_day(month), "计提固定资产折旧", ("560205", Decimal("2850.00")), ("accumulated_depreciation", Decimal("-2850.00"))
            )
        charge_vat(books, month, await books.balances(code))
        charge_income_tax(books, month, await books.balances(code))
        close_profit_and_loss(books, month, await books.balances(code))
        await books.post()


async def _renovate(year: Year, ledger: Ledger) -> None:
    """This month the office is done up; the period ends to come spread it over three years."""
    month, cost = year.until.replace(day=1), Decimal("36000.00")
    with at(year.until):
        year.books.add(month, "支付办公室装修款", ("1801", cost), ("bank", -cost))
        await year.books.post()
        values = {"name": "办公室装修", "amount": cost, "months": 36, "first_period": _code(add_months(month, 1)),
                  "expense_account": "560207", "asset_account": "1801"}  # fmt: skip
        await add_schedule(year.books.work, ledger, values)


def _found_company(year: Year, first: date) -> None:
    """Capital, equipment and a first stock."""
    books, furniture = year.books, year.suppliers[-1]
    books.add(first, "收到股东投资款", ("bank", CAPITAL), ("capital", -CAPITAL))
    _purchase(year, first + timedelta(days=2), furniture, EQUIPMENT, "购入办公及教学设备", account="fixed_assets", pay=True)
    for supplier in year.suppliers[: names.GOODS_SUPPLIERS]:
        _purchase(year, first + timedelta(days=1), supplier, FIRST_STOCK / names.GOODS_SUPPLIERS, f"采购{supplier.trade}商品")


def _buy(year: Year, month: date, cost: Decimal) -> None:
    """Replace about what was sold, from several suppliers."""
    end = min(last_day(month), year.until).day
    for supplier in year.random.sample(list(year.suppliers[: names.GOODS_SUPPLIERS]), 3):
        share = Decimal(year.random.randint(30, 36)) / 100
        on = month.replace(day=min(year.random.randint(3, 26), end))
        _purchase(year, on, supplier, round_half_up(cost * share), f"采购{supplier.trade}商品")


def _purchase(year: Year, on: date, supplier: Supplier, net: Decimal, words: str, *, account: str = "inventory", pay: bool = False) -> None:
    net = round_half_up(net)
    tax = round_half_up(net * VAT)
    if not net:
        return
    year.books.add(on, f"{words} {supplier.name}", (account, net), ("input_vat", tax), ("payable", -(net + tax)), party=supplier.id)
    days = 0 if pay else year.random.choice((20, 30, 30, 45))
    year.payable.append((on + timedelta(days=days), supplier, net + tax))


def _settle(year: Year, until: date) -> None:
    """Pay suppliers and book receipts that fall due by ``until``."""
    for on, supplier, amount in [item for item in year.payable if item[0] <= until]:
        year.books.add(on, f"支付货款 {supplier.name}", ("payable", amount), ("bank", -amount), party=supplier.id)
    year.payable = [item for item in year.payable if item[0] > until]
    for on, sale in [item for item in year.unpaid if item[0] <= until]:
        words = f"收回货款 {sale.customer.name} {sale.number}"
        year.books.add(on, words, ("bank", sale.gross), ("receivable", -sale.gross), party=sale.customer.id)
    year.unpaid = [item for item in year.unpaid if item[0] > until]


# day, words, account, department, least and most net amount, VAT in percent
_EXPENSES = (
    (5, "支付办公室及仓库租金", "560299", "10", 13500, 13500, 9),
    (8, "支付水电费", "560208", "10", 900, 1900, 13),
    (12, "采购办公用品", "560202", "10", 300, 1600, 13),
    (16, "报销差旅费", "560203", "30", 1500, 6200, 0),
    (18, "支付物流运输费", "560105", "50", 2800, 7600, 9),
    (20, "支付推广费", "560102", "30", 2000, 9000, 6),
    (22, "业务招待费", "560204", "10", 500, 3200, 0),
    (25, "支付财税顾问费", "560212", "20", 2000, 2000, 6),
    (26, "支付银行手续费", "bank_charges", "20", 40, 160, 0),
)


def _spend(year: Year, month: date) -> None:
    """The expenses that come every month."""
    for day, words, account, code, least, most, percent in _EXPENSES:
        on = month.replace(day=day)
        net = Decimal(year.random.randint(least, most))
        if on > year.until:
            continue
        tax = round_half_up(net * percent / 100)
        department = year.payroll[code][0]
        year.books.add(on, words, (account, net), ("input_vat", tax), ("bank", -(net + tax)), department=department)


async def _departments(work: Work) -> dict[str, UUID]:
    ids = {}
    addresses = {person.name: names.email_of(person) for person in names.PEOPLE}
    for code, name in names.DEPARTMENTS:
        ids[code] = await create_record(work, DEPARTMENT_RESOURCE, {"code": code, "name": name})
    for number, name, department, position, _wage in names.EMPLOYEES:
        values = {"code": number, "name": name, "department_id": ids[department], "position": position, "email": addresses.get(name)}
        await create_record(work, EMPLOYEE_RESOURCE, values)
    return ids


def _payroll(departments: Mapping[str, UUID]) -> dict[str, tuple[UUID, Decimal]]:
    """Gross wages of a month by department."""
    return {
        code: (department, Decimal(sum(wage for *_, where, _position, wage in names.EMPLOYEES if where == code)))
        for code, department in departments.items()
    }


async def _customers(work: Work, random: Random) -> list[Customer]:
    customers = []
    people = {row.name: row.id for row in await work.session.execute(select(Employee.id, Employee.name))}
    for index, (name, region, industry, days, size) in enumerate(names.CUSTOMERS):
        party_id = await create_party(
            work,
            name=name,
            kind=PartyKind.ORGANISATION,
            is_customer=True,
            stage=PartyStage.CUSTOMER,
            owner_id=people[random.choice((names.SALES.name, "许佳", "高远"))],
            region=region,
            industry=industry,
            source=random.choice(("展会", "转介绍", "官网", "招投标")),
            phone=f"0571-86{index:02d}{random.randint(1000, 9999)}",
            payment_days=days,
        )
        customers.append(Customer(party_id, name, days, size))
    return customers


async def _suppliers(work: Work) -> list[Supplier]:
    suppliers = []
    for index, (name, region, trade) in enumerate(names.SUPPLIERS):
        party_id = await create_party(
            work,
            name=name,
            kind=PartyKind.ORGANISATION,
            is_customer=False,
            is_supplier=True,
            region=region,
            industry=trade,
            phone=f"0571-88{index:02d}6{index:03d}",
            payment_days=30,
        )
        suppliers.append(Supplier(party_id, name, trade))
    return suppliers


async def _products(work: Work) -> dict[str, UUID]:
    ids = {}
    for item in names.PRODUCTS:
        kind = ProductKind.SERVICE if item.service else ProductKind.GOODS
        ids[item.sku] = await create_product(
            work, sku=item.sku, name=item.name, kind=kind, unit=item.unit, list_price=item.price, price_includes_tax=True, tax_code=item.tax
        )
    return ids


def _code(month: date) -> int:
    return month.year * 100 + month.month
