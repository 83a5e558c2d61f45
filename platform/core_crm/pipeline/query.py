"""Lists, board, calendar and forecast of opportunities.  All show what the actor may see, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, cast, false, func, literal, or_, select, tuple_

from core_crm.paging import PAGE_ROWS, cursor, like, read_cursor
from core_crm.pipeline.model import Opportunity, Pipeline, Stage, StageKind
from kernel import clock
from kernel.work import Work
from master_data.api import Employee, OwnFilter, Party, employee_of, open_text, rights_of, visible

STEM = "crm.opportunity"
COLUMN_CARDS = 50
CLOSED_DAYS = 30  # the board shows what was won and lost lately


@dataclass(frozen=True, kw_only=True)
class OpportunityQuery:
    """What a list shows.  ``since`` and ``until`` bound the expected day; ``after`` is the cursor of the page before."""

    search: str = ""
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    state: StageKind | None = None
    owner_id: UUID | None = None
    party_id: UUID | None = None
    mine: bool = False
    stale: bool = False
    since: date | None = None
    until: date | None = None
    own: Sequence[OwnFilter] = ()
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpportunityRow:
    """One line of a list, one card of the board."""

    id: UUID
    name: str
    party_id: UUID
    party_name: str
    pipeline_id: UUID
    stage_id: UUID
    stage: str
    state: StageKind
    amount: Decimal
    currency: str
    probability: Decimal
    expected_on: date | None
    owner_id: UUID | None
    owner: str | None
    last_activity_at: datetime
    stage_since: datetime
    created_at: datetime
    stale: bool
    version: int


@dataclass(frozen=True, kw_only=True)
class Sum:
    """Opportunities of one currency: how many, what they come to, and weighted by their stage's probability."""

    currency: str
    count: int
    amount: Decimal
    weighted: Decimal


@dataclass(kw_only=True)
class Column:
    """A column of the board with its first cards."""

    stage: Stage
    cards: list[OpportunityRow] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(each.count for each in self.sums)

    @property
    def hidden(self) -> int:
        """Cards that the column does not show."""
        return self.count - len(self.cards)


@dataclass(frozen=True, kw_only=True)
class ForecastMonth:
    """What is expected in a month, and what was won in it; ``month`` is its first day, None for those without a day."""

    month: date | None
    currency: str
    count: int
    amount: Decimal
    weighted: Decimal
    won: Decimal


async def list_opportunities(work: Work, query: OpportunityQuery) -> tuple[Sequence[OpportunityRow], str | None]:
    """A page of opportunities, the newest first, and the cursor of the next page."""
    o = Opportunity
    statement = _rows().where(*await conditions(work, query))
    if query.after:
        at, row_id = read_cursor(query.after, tuple[datetime, UUID])
        statement = statement.where(tuple_(o.created_at, o.id) < tuple_(literal(at, o.created_at.type), literal(row_id, o.id.type)))
    found = await work.session.execute(statement.order_by(o.created_at.desc(), o.id.desc()).limit(query.limit + 1))
    rows = [OpportunityRow(**row) for row in found.mappings()]
    more = rows[query.limit - 1] if len(rows) > query.limit else None
    return rows[: query.limit], cursor(more.created_at, more.id) if more else None


async def board(work: Work, pipeline: Pipeline, query: OpportunityQuery) -> list[Column]:
    """The pipeline's columns: all that is open, and what was won or lost lately."""
    o = Opportunity
    given = await conditions(work, query)
    recent = or_(o.state == StageKind.OPEN, o.closed_at >= clock.now() - timedelta(days=CLOSED_DAYS))
    shown = and_(o.pipeline_id == pipeline.id, recent, *given)
    place = func.row_number().over(partition_by=o.stage_id, order_by=(o.rank, o.id)).label("place")
    ranked = select(o.id, place).join(Party, Party.id == o.party_id).join(Stage, Stage.id == o.stage_id).where(shown).subquery()
    cards = await work.session.execute(
        _rows().join(ranked, ranked.c.id == o.id).where(ranked.c.place <= COLUMN_CARDS).order_by(o.rank, o.id)
    )
    columns = {stage.id: Column(stage=stage) for stage in pipeline.stages}
    for row in cards.mappings():
        if row["stage_id"] in columns:
            columns[row["stage_id"]].cards.append(OpportunityRow(**row))
    for stage_id, each in await _sums(work, shown):
        if stage_id in columns:
            columns[stage_id].sums.append(each)
    return list(columns.values())


async def totals(work: Work, query: OpportunityQuery) -> list[Sum]:
    """What all that the query finds comes to, by currency."""
    found: dict[str, Sum] = {}
    for _stage, each in await _sums(work, and_(*await conditions(work, query))):
        known = found.get(each.currency, Sum(currency=each.currency, count=0, amount=Decimal(0), weighted=Decimal(0)))
        found[each.currency] = Sum(
            currency=each.currency,
            count=known.count + each.count,
            amount=known.amount + each.amount,
            weighted=known.weighted + each.weighted,
        )
    return list(found.values())


async def due_between(work: Work, since: date, until: date, query: OpportunityQuery) -> Sequence[OpportunityRow]:
    """Open opportunities expected from ``since`` to before ``until``, by day; 500 at most."""
    o = Opportunity
    given = await conditions(work, query)
    statement = _rows().where(o.state == StageKind.OPEN, o.expected_on >= since, o.expected_on < until, *given)
    found = await work.session.execute(statement.order_by(o.expected_on, o.id).limit(500))
    return [OpportunityRow(**row) for row in found.mappings()]


async def forecast(work: Work, query: OpportunityQuery) -> list[ForecastMonth]:
    """Open opportunities by the month they are expected in, weighted by probability, beside what each month won."""
    o = Opportunity
    given = await conditions(work, query)
    month = cast(func.date_trunc("month", o.expected_on), Date).label("month")
    weighted = func.sum(o.amount * Stage.probability / 100)
    open_ = (
        select(month, o.currency, func.count(), func.sum(o.amount), weighted)
        .join(Stage, Stage.id == o.stage_id)
        .join(Party, Party.id == o.party_id)
        .where(o.state == StageKind.OPEN, *given)
        .group_by(month, o.currency)
    )
    local = func.timezone(work.tenant.zone, o.closed_at)
    closed = cast(func.date_trunc("month", local), Date).label("month")
    won = (
        select(closed, o.currency, func.sum(o.amount))
        .join(Stage, Stage.id == o.stage_id)
        .join(Party, Party.id == o.party_id)
        .where(o.state == StageKind.WON, o.closed_at >= clock.now() - timedelta(days=366), *given)
        .group_by(closed, o.currency)
    )
    found: dict[tuple[date | None, str], ForecastMonth] = {}
    for when, currency, count, amount, share in await work.session.execute(open_):
        found[when, currency] = ForecastMonth(
            month=when, currency=currency, count=count, amount=amount, weighted=round(Decimal(share), 2), won=Decimal(0)
        )
    for when, currency, amount in await work.session.execute(won):
        known = found.get((when, currency))
        found[when, currency] = ForecastMonth(
            month=when,
            currency=currency,
            count=known.count if known else 0,
            amount=known.amount if known else Decimal(0),
            weighted=known.weighted if known else Decimal(0),
            won=amount,
        )
    return sorted(found.values(), key=lambda each: (each.month is None, each.month or date.min, each.currency))


async def count_stale(work: Work) -> int:
    """Opportunities of the actor's own that nothing happened to for too long."""
    o = Opportunity
    given = await conditions(work, OpportunityQuery(mine=True, stale=True))
    statement = select(func.count()).select_from(o).join(Stage, Stage.id == o.stage_id).join(Party, Party.id == o.party_id)
    return await work.session.scalar(statement.where(*given)) or 0


async def conditions(work: Work, query: OpportunityQuery) -> list[ColumnElement[bool]]:
    """The query's conditions, what the actor may see among them; for statements that join party and stage."""
    o = Opportunity
    given = [await visible(work, o, STEM)]
    given += [
        column == value
        for column, value in (
            (o.pipeline_id, query.pipeline_id),
            (o.stage_id, query.stage_id),
            (o.state, query.state),
            (o.owner_id, query.owner_id),
            (o.party_id, query.party_id),
        )
        if value is not None
    ]
    if query.mine:
        me = await employee_of(work)
        given.append(o.owner_id == me.id if me else false())
    if query.stale:
        given.append(_stale())
    if query.since is not None:
        given.append(o.expected_on >= query.since)
    if query.until is not None:
        given.append(o.expected_on < query.until)
    given += [each.condition(o) for each in query.own]
    if words := query.search.split()[:5]:
        party = open_text(Party, (await rights_of(work, "master.party")).unread)
        given += [or_(o.name.ilike(like(word), escape="\\"), party.like(like(word), escape="\\")) for word in words]
    return given


def _stale() -> ColumnElement[bool]:
    silence = func.make_interval(0, 0, 0, Stage.stale_days)
    stale = and_(Opportunity.state == StageKind.OPEN, Opportunity.last_activity_at < literal(clock.now()) - silence)
    return func.coalesce(stale, literal(False))


def _rows() -> Select[*tuple[Any, ...]]:
    o = Opportunity
    return (
        select(
            o.id,
            o.name,
            o.party_id,
            Party.name.label("party_name"),
            o.pipeline_id,
            o.stage_id,
            Stage.name.label("stage"),
            o.state,
            o.amount,
            o.currency,
            Stage.probability,
            o.expected_on,
            o.owner_id,
            Employee.name.label("owner"),
            o.last_activity_at,
            o.stage_since,
            o.created_at,
            _stale().label("stale"),
            o.version,
        )
        .join(Party, Party.id == o.party_id)
        .join(Stage, Stage.id == o.stage_id)
        .outerjoin(Employee, Employee.id == o.owner_id)
    )


async def _sums(work: Work, where: ColumnElement[bool]) -> list[tuple[UUID, Sum]]:
    o = Opportunity
    statement = (
        select(o.stage_id, o.currency, func.count(), func.sum(o.amount), func.sum(o.amount * Stage.probability / 100))
        .join(Party, Party.id == o.party_id)
        .join(Stage, Stage.id == o.stage_id)
        .where(where)
        .group_by(o.stage_id, o.currency)
        .order_by(o.currency)
    )
    found = await work.session.execute(statement)
    return [
        (stage_id, Sum(currency=currency, count=count, amount=amount, weighted=round(Decimal(weighted), 2)))
        for stage_id, currency, count, amount, weighted in found
    ]
