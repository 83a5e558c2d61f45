"""What the home page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import exists, select

from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy.catalog import Catalog
from vertical.slots import draw


@dataclass(frozen=True)
class Tile:
    """A widget, drawn."""

    key: str
    title: str
    body: Markup
    wide: bool = False
    vertical: str | None = None
    span: int = 12
    """Of the grid's twelve columns."""


@dataclass(frozen=True)
class Step:
    """Something a new company does once.  ``table`` has a row when it is done; without one nobody can tell."""

    title: str
    text: str
    path: str
    icon: str
    permission: str
    table: str
    done: bool = False


STEPS = (
    Step(
        N_("Open the books"),
        N_("Choose a chart of accounts and the first period."),
        path="/finance/setup",
        icon="book",
        permission="finance.ledger.manage",
        table="finance_ledger",
    ),
    Step(
        N_("Add a customer"),
        N_("By hand, or import a file."),
        path="/parties/new",
        icon="building-store",
        permission="master.party.create",
        table="master_party",
    ),
    Step(
        N_("Add a product"),
        N_("What you sell, with price and tax rate."),
        path="/products/new",
        icon="box",
        permission="master.product.create",
        table="master_product",
    ),
    Step(
        N_("Confirm an order"),
        N_("It is numbered, and the books follow by themselves."),
        path="/orders/new",
        icon="file-invoice",
        permission="crm.order.create",
        table="crm_order",
    ),
)


async def tiles(work: Work) -> list[Tile]:
    """The widgets of the cores and the enabled verticals that the person may see.  A broken one says so in its own place."""
    drawn = []
    for given in work.contributions("widgets"):
        widget = given.item
        if widget.permission is not None and not work.actor.may(widget.permission):
            continue
        body = await draw(work, given.vertical, widget.render)
        vertical = given.vertical if given.vertical in work.tenant.enabled else None
        drawn.append(Tile(widget.key, _(widget.title), body, wide=widget.size == "wide", vertical=vertical))
    return arrange(drawn)


def arrange(tiles: Sequence[Tile]) -> list[Tile]:
    """The tiles in rows without holes: a wide one beside a small one, the rest two or three in a row."""
    wide = [tile for tile in tiles if tile.wide]
    small = [tile for tile in tiles if not tile.wide]
    placed = []
    while wide and small:
        placed += [replace(wide.pop(0), span=8), replace(small.pop(0), span=4)]
    while small:
        row = [small.pop(0) for _tile in small[: 3 if len(small) != 4 else 2]]
        placed += [replace(tile, span=12 // len(row)) for tile in row]
    while wide:
        row = [wide.pop(0) for _tile in wide[:2]]
        placed += [replace(tile, span=12 // len(row)) for tile in row]
    return placed


async def next_steps(work: Work, catalog: Catalog) -> Sequence[Step]:
    """What is still to be done once, for those who may do it; nothing when all is done."""
    tables = {model.__tablename__: model for model in catalog.of("models", work.tenant.enabled)}
    steps = []
    for step in STEPS:
        model: Any = tables.get(step.table)
        if model is None or not work.actor.may(step.permission):
            continue
        done = bool(await work.session.scalar(select(exists(select(model.id)))))
        steps.append(replace(step, title=_(step.title), text=_(step.text), done=done))
    return steps if any(not step.done for step in steps) else ()
