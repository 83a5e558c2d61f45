"""RFM: customers by how lately, how often and for how much they bought.

Each figure is scored 1 to 5 by the fifth of all customers that it falls into; customers with the same figure have the same
score.  Scores are made anew each night over the last year and kept with the customer; the report makes them for any number
of days.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Numeric, SmallInteger, cast, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from core_crm.analytics.span import ROWS_MAX, converted, notes, sold
from core_crm.orders.model import Order, worth
from kernel import clock
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import TenantBase
from kernel.templates import render
from kernel.work import Work
from master_data.api import PARTIES, Party
from vertical import Panel, Report, ReportColumn, ReportTable

DAYS = 365
HIGH = 4
"""From this score on a figure counts as high."""

GROUPS = {
    (True, True, True): N_("Important, valued"),
    (False, True, True): N_("Important, to be kept"),
    (True, False, True): N_("Important, to be developed"),
    (False, False, True): N_("Important, to be won back"),
    (True, True, False): N_("Ordinary, valued"),
    (False, True, False): N_("Ordinary, to be kept"),
    (True, False, False): N_("Ordinary, to be developed"),
    (False, False, False): N_("Ordinary, to be won back"),
}
"""The eight groups by high recency, frequency and amount."""


class RfmScore(TenantBase):
    """What a customer bought in the year before ``scored_at``, and the scores of that."""

    __tablename__ = "crm_rfm"
    __table_args__ = (
        CheckConstraint("r BETWEEN 1 AND 5 AND f BETWEEN 1 AND 5 AND m BETWEEN 1 AND 5", name="scores_are_fifths"),
        Index("ix_crm_rfm_scores", "r", "f", "m"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"), index=True)
    last_on: Mapped[date] = mapped_column(Date)
    orders: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="Before tax, in the company's currency.")
    r: Mapped[int] = mapped_column(SmallInteger)
    f: Mapped[int] = mapped_column(SmallInteger)
    m: Mapped[int] = mapped_column(SmallInteger)
    scored_at: Mapped[datetime]


class RfmParameters(msgspec.Struct, kw_only=True):
    days: Annotated[int, msgspec.Meta(title=N_("Orders of the last days"), ge=7, le=3650)] = DAYS


def group_of(r: int, f: int, m: int) -> str:
    """The group of a customer with these scores, an English message."""
    return GROUPS[r >= HIGH, f >= HIGH, m >= HIGH]


async def score_all(work: Work) -> None:
    """Make the scores of all customers anew."""
    await work.session.execute(delete(RfmScore))
    moment = clock.now()
    scores = [dict(row) | {"scored_at": moment} for row in (await work.session.execute(await _scores(work, DAYS))).mappings()]
    if scores:
        await work.session.execute(insert(RfmScore), scores)


async def rfm(work: Work, asked: RfmParameters) -> ReportTable:
    """Customers with their scores, the best first."""
    scores = (await _scores(work, asked.days)).subquery()
    found = (
        await work.session.execute(
            select(scores, Party.name)
            .join(Party, Party.id == scores.c.party_id)
            .order_by((scores.c.r + scores.c.f + scores.c.m).desc(), scores.c.amount.desc(), Party.name)
            .limit(ROWS_MAX)
        )
    ).mappings()
    rows, paths = [], []
    for row in found:
        group = _(group_of(row["r"], row["f"], row["m"]))
        rows.append((row["name"], group, row["r"], row["f"], row["m"], row["last_on"], row["orders"], row["amount"]))
        paths.append(f"/parties/{row['party_id']}")
    columns = [
        ReportColumn(label=_("Customer")),
        ReportColumn(label=_("Group")),
        ReportColumn(label="R", kind="number", heat=True),
        ReportColumn(label="F", kind="number", heat=True),
        ReportColumn(label="M", kind="number", heat=True),
        ReportColumn(label=_("Last order"), kind="date"),
        ReportColumn(label=_("Orders"), kind="number"),
        ReportColumn(label=_("Before tax"), kind="money"),
    ]
    more = (
        _("5 is the best fifth of the customers who bought in these days, 1 the last; from %(high)s on a score counts as high.", high=HIGH),
        _("The customer's page shows the scores of the last %(days)s days, made anew each night.", days=DAYS),
        converted(),
    )
    return ReportTable(columns=columns, rows=rows, paths=paths, notes=await notes(work, PARTIES.permission, *more))


async def draw_score(work: Work, *, record: Any, **_context: Any) -> str:
    """A customer's scores, on their page."""
    score = await work.session.scalar(select(RfmScore).where(RfmScore.party_id == record["id"]).order_by(RfmScore.amount.desc()).limit(1))
    if score is None:
        return ""
    return render("core_crm/analytics/score.html", score=score, group=_(group_of(score.r, score.f, score.m)), days=DAYS)


async def _scores(work: Work, days: int) -> Any:
    """One row for each customer who bought in the days before tomorrow, with scores among those the actor may see."""
    since = work.today() - timedelta(days=days)
    bought = (
        select(
            Order.party_id,
            func.max(Order.ordered_on).label("last_on"),
            func.count().label("orders"),
            worth(Order.net).label("amount"),
        )
        .where(await sold(work), Order.ordered_on > since)
        .group_by(Order.party_id)
        .subquery()
    )

    def fifth(column: Any) -> Any:
        return cast(func.ceil(func.cume_dist().over(order_by=column) * 5), SmallInteger)

    return select(bought, fifth(bought.c.last_on).label("r"), fifth(bought.c.orders).label("f"), fifth(bought.c.amount).label("m"))


RFM_REPORTS = (
    Report(
        key="core_crm.rfm",
        title=N_("RFM: customers by value"),
        summary=N_("Customers by how lately, how often and for how much they bought."),
        run=rfm,
        permission="crm.order.read",
        parameters=RfmParameters,
    ),
)
PARTY_RFM = Panel(slot="master.party.side", render=draw_score, permission="crm.order.read", order=30)
