"""Price lists, prices and floor prices as resources: pages, REST, import and export."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select, update

from core_crm.pricing.price_model import Price, PriceFloor, PriceList
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.templates import render
from kernel.work import Work
from master_data.api import Product, ProductsChanged
from vertical import Candidate, Panel, RecordRules, Resource, RowProblem, Subscriber

SHOWN = 20


class PriceListRules(RecordRules):
    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        _known_currency(values["currency"])
        level = (values.get("level") or "").strip() or None
        if level and values.get("party_id"):
            raise Invalid(_("A list is for one customer or for a level, not for both."), field="level")
        first, last = values.get("valid_from"), values.get("valid_until")
        if first and last and last < first:
            raise Invalid(_("The last day comes before the first."), field="valid_until")
        return values | {"level": level}

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        if not created:
            await _name_prices(work, Price.price_list_id.in_(ids))


class PriceRules(RecordRules):
    """One price for a product and a quantity in each list."""

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        values = values | {"min_quantity": values.get("min_quantity") or Decimal(0)}
        _within(values, "unit_price", 10)
        _within(values, "min_quantity", 9)
        return values

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        lists = {c.values["price_list_id"] for c in candidates}
        rows = await work.session.execute(
            select(Price.price_list_id, Price.product_id, Price.min_quantity, Price.id).where(Price.price_list_id.in_(lists))
        )
        message = _("This list has a price of the product for this quantity already.")
        return _doubles(candidates, {tuple(row[:3]): row.id for row in rows}, ("price_list_id", "product_id", "min_quantity"), message)

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        await _name_prices(work, Price.id.in_(ids))


class FloorRules(RecordRules):
    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        _known_currency(values["currency"])
        _within(values, "unit_price", 10)
        return values

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        products = {c.values["product_id"] for c in candidates}
        rows = await work.session.execute(
            select(PriceFloor.product_id, PriceFloor.currency, PriceFloor.id).where(PriceFloor.product_id.in_(products))
        )
        message = _("The product has a floor price in this currency already.")
        return _doubles(candidates, {tuple(row[:2]): row.id for row in rows}, ("product_id", "currency"), message)

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        await _name_floors(work, PriceFloor.id.in_(ids))


async def name_anew(work: Work, event: ProductsChanged) -> None:
    """Prices are called by their product."""
    if not event.created:
        await _name_prices(work, Price.product_id.in_(event.product_ids))
        await _name_floors(work, PriceFloor.product_id.in_(event.product_ids))


async def draw_prices(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """What stands in a list."""
    rows = await _prices(work, Price.price_list_id == record["id"])
    return render("core_crm/pricing/of_list.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, list_id=record["id"])


async def draw_of_product(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """What a product costs by the lists, and what nobody may go below."""
    rows = await _prices(work, Price.product_id == record["id"])
    floors: Sequence[PriceFloor] = []
    if work.actor.may("crm.price_floor.read"):
        query = select(PriceFloor).where(PriceFloor.product_id == record["id"]).order_by(PriceFloor.currency)
        floors = (await work.session.scalars(query)).all()
    return render("core_crm/pricing/of_product.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, floors=floors, product_id=record["id"])


async def _prices(work: Work, condition: ColumnElement[bool]) -> Sequence[Any]:
    query = (
        select(
            Price.id, Price.min_quantity, Price.unit_price, Product.sku, Product.name.label("product"), Product.unit,
            PriceList.name.label("list"), PriceList.currency, PriceList.active,
        )
        .join(PriceList, PriceList.id == Price.price_list_id)
        .join(Product, Product.id == Price.product_id)
        .where(condition)
        .order_by(PriceList.name, Product.sku, Price.min_quantity)
        .limit(SHOWN + 1)
    )  # fmt: skip
    return (await work.session.execute(query)).all()


async def _name_prices(work: Work, condition: ColumnElement[bool]) -> None:
    name = func.left(Product.sku + literal_column("' '") + Product.name + literal_column("' · '") + PriceList.name, 400)
    called = update(Price).where(condition, Product.id == Price.product_id, PriceList.id == Price.price_list_id).values(name=name)
    await work.session.execute(called.execution_options(synchronize_session=False))


async def _name_floors(work: Work, condition: ColumnElement[bool]) -> None:
    name = func.left(Product.sku + literal_column("' '") + Product.name, 400)
    called = update(PriceFloor).where(condition, Product.id == PriceFloor.product_id).values(name=name)
    await work.session.execute(called.execution_options(synchronize_session=False))


def _doubles(
    candidates: Sequence[Candidate], there: Mapping[tuple[Any, ...], UUID], names: tuple[str, ...], message: str
) -> list[RowProblem]:
    """Candidates with the same values as a record that is there, or as one before them."""
    problems, seen = [], set()
    for candidate in candidates:
        key = tuple(candidate.values[name] for name in names)
        if key in seen or there.get(key, candidate.id) != candidate.id:
            problems.append(RowProblem(position=candidate.position, field=names[-1], message=message))
        seen.add(key)
    return problems


def _known_currency(code: str) -> None:
    if code not in CURRENCIES:
        raise Invalid(_("“%(code)s” is no currency; enter for example CNY.", code=code), field="currency")


def _within(values: Mapping[str, Any], name: str, digits: int) -> None:
    if not 0 <= values[name] < Decimal(10) ** digits:
        raise Invalid(_("This is zero or more, for example 128.00."), field=name)


PRICE_LISTS = Resource(
    model=PriceList,
    label=N_("Price lists"),
    singular=N_("Price list"),
    permission="crm.price_list",
    sort="name",
    columns=("name", "party_id", "level", "currency", "prices_include_tax", "valid_from", "valid_until", "active"),
    form=("name", "currency", "prices_include_tax", "party_id", "level", "valid_from", "valid_until", "active"),
    search=("name",),
    filters=("active", "currency"),
    rules=PriceListRules(),
)
PRICES = Resource(
    model=Price,
    label=N_("Prices"),
    singular=N_("Price"),
    permission="crm.price",
    sort="name",
    columns=("name", "price_list_id", "product_id", "min_quantity", "unit_price"),
    form=("price_list_id", "product_id", "min_quantity", "unit_price"),
    search=("name",),
    filters=("price_list_id", "product_id"),
    rules=PriceRules(),
)
PRICE_FLOORS = Resource(
    model=PriceFloor,
    label=N_("Floor prices"),
    singular=N_("Floor price"),
    permission="crm.price_floor",
    sort="name",
    columns=("name", "product_id", "unit_price", "price_includes_tax", "currency"),
    form=("product_id", "unit_price", "price_includes_tax", "currency"),
    search=("name",),
    filters=("currency",),
    rules=FloorRules(),
)
PRICE_PANELS = (
    Panel(slot="crm.price_list.side", render=draw_prices, permission="crm.price.read"),
    Panel(slot="master.product.side", render=draw_of_product, permission="crm.price.read", order=20),
)
PRICE_SUBSCRIBERS = (Subscriber(event=ProductsChanged, handle=name_anew, when="in_transaction"),)
