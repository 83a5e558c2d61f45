"""Lists of quotes: filtered, searched, newest first, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, literal, select, tuple_

from core_crm.paging import PAGE_ROWS, cursor, matches, read_cursor
from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from core_crm.quotes.service import STEM
from kernel.work import Work
from master_data.api import visible


@dataclass(frozen=True, kw_only=True)
class QuoteQuery:
    """What a list of quotes shows.  ``lapsed``: only those whose last day has passed unanswered."""

    search: str = ""
    state: QuoteState | None = None
    lapsed: bool = False
    party_id: UUID | None = None
    opportunity_id: UUID | None = None
    order_id: UUID | None = None
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuoteRow:
    """One line of a list: the version that counts."""

    id: UUID
    number: str
    no: int
    state: QuoteState
    party_id: UUID
    party_name: str
    quoted_on: date
    valid_until: date
    currency: str
    net: Decimal
    gross: Decimal
    created_at: datetime
    lapsed: bool


async def list_quotes(work: Work, query: QuoteQuery) -> tuple[Sequence[QuoteRow], str | None]:
    """A page of quotes that the actor may see, the newest first, and the cursor of the next page."""
    q, v, today = Quote, QuoteVersion, work.today()
    late = and_(q.state == QuoteState.SENT, v.valid_until < today)
    statement = (
        select(
            q.id, q.number, v.no, q.state, q.party_id, q.party_name, v.quoted_on, v.valid_until, v.currency, v.net, v.gross, q.created_at,
            late.label("lapsed"),
        )
        .join(v, and_(v.quote_id == q.id, v.no == q.current))
        .where(await visible(work, Quote, STEM), *matches(query.search, q.number, q.party_name))
    )  # fmt: skip
    for column, value in ((q.state, query.state), (q.party_id, query.party_id), (q.opportunity_id, query.opportunity_id),
                          (q.order_id, query.order_id)):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if query.lapsed:
        statement = statement.where(late)
    if query.after:
        at, quote_id = read_cursor(query.after, tuple[datetime, UUID])
        statement = statement.where(tuple_(q.created_at, q.id) < tuple_(literal(at, q.created_at.type), literal(quote_id, q.id.type)))
    found = await work.session.execute(statement.order_by(q.created_at.desc(), q.id.desc()).limit(query.limit + 1))
    rows = [QuoteRow(**row) for row in found.mappings()]
    more = rows[query.limit - 1] if len(rows) > query.limit else None
    return rows[: query.limit], cursor(more.created_at, more.id) if more else None
