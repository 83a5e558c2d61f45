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

SPANS = {"small": 4, "wide": 8}


@dataclass(frozen=True)
class Tile:
    """A widget, drawn."""

    key: str
    title: str
    body: Markup
    span: int
    vertical: str | None


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
        if not work.actor.may(widget.permission):
            continue
        body = await draw(work, given.vertical, widget.render)
        vertical = given.vertical if given.vertical in work.tenant.enabled else None
        drawn.append(Tile(widget.key, _(widget.title), body, SPANS[widget.size], vertical))
    return drawn


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
