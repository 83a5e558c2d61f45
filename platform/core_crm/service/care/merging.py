"""Two tickets that are one: the conversation of the first goes into the second, and can be taken out again."""

from uuid import UUID

from sqlalchemy import select, update

from core_crm.service.care.model import TicketMerge
from core_crm.service.tickets.model import Ticket, TicketMessage, TicketState
from core_crm.service.tickets.reading import TicketClosed, TicketNotFound, get_ticket
from core_crm.service.tickets.sla import go_on
from core_crm.service.tickets.thread import add_event
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work


class TicketNotMerged(DomainError):
    """There is no merge to be undone."""

    code = "ticket_not_merged"


class OtherCustomer(DomainError):
    """The tickets are of different customers, who would read each other's words.  Say that you mean it."""

    code = "other_customer"


async def merge_tickets(work: Work, source_id: UUID, target_id: UUID, *, other_customer: bool = False) -> Ticket:
    """Put one ticket into another, which goes on alone; answers the latter.

    Raises:
        TicketNotFound, RecordReadOnly
        Invalid: both are the same.
        TicketClosed: one was merged already, or the other is closed.
        OtherCustomer
    """
    if source_id == target_id:
        raise Invalid(_("Choose another ticket."), field="into")
    # Locks in one order: two merges that cross wait for each other instead of blocking for ever.
    found = {ticket_id: await get_ticket(work, ticket_id, act="edit", lock=True) for ticket_id in sorted((source_id, target_id))}
    source, target = found[source_id], found[target_id]
    for ticket in (source, target):
        if ticket.merged_into_id is not None:
            raise TicketClosed(_("Ticket %(number)s was merged into another; undo that first.", number=ticket.number))
    if target.state is TicketState.CLOSED:
        raise TicketClosed(_("Ticket %(number)s is closed. Open it again to go on.", number=target.number))
    if not other_customer and not _same_customer(source, target):
        raise OtherCustomer(
            _(
                "%(first)s and %(second)s are of different customers, who would read each other's words.",
                first=source.number,
                second=target.number,
            ),
            field="into",
        )
    m = TicketMessage
    moved = (await work.session.scalars(select(m.id).where(m.ticket_id == source.id))).all()
    state = source.state
    await work.session.execute(
        update(m)
        .where(m.ticket_id == source.id, m.origin_id.is_(None))
        .values(origin_id=source.id)
        .execution_options(synchronize_session=False)
    )
    await work.session.execute(
        update(m).where(m.ticket_id == source.id).values(ticket_id=target.id).execution_options(synchronize_session=False)
    )
    source.state, source.waiting_since, source.merged_into_id = TicketState.CLOSED, None, target.id
    source.closed_at = target.last_activity_at = clock.now()
    merge = TicketMerge(
        id=new_id(), source_id=source.id, target_id=target.id, state=state, messages=[str(each) for each in moved], by=work.actor.name[:80]
    )
    work.session.add(merge)
    await work.session.flush()
    await add_event(work, source, "merged_into", number=target.number)
    await add_event(work, target, "merged_from", number=source.number)
    after = {"into": target.number}
    await record(work, "ticket.merged", f"ticket:{source.id}", name=source.number, before={"state": state.value}, after=after)
    return target


async def undo_merge(work: Work, source_id: UUID) -> Ticket:
    """Take a ticket out of the one it went into, with all that moved then; answers the ticket.

    Raises:
        TicketNotFound, RecordReadOnly, TicketNotMerged
        TicketClosed: the other was merged further; undo that first.
    """
    source = await get_ticket(work, source_id, act="edit", lock=True)
    query = select(TicketMerge).where(TicketMerge.source_id == source.id, TicketMerge.undone_at.is_(None)).with_for_update()
    merge = await work.session.scalar(query.order_by(TicketMerge.at.desc()).limit(1))
    if merge is None or source.merged_into_id is None:
        raise TicketNotMerged(_("Ticket %(number)s is not merged into another.", number=source.number))
    target = await get_ticket(work, merge.target_id, act="edit", lock=True)
    if target.merged_into_id is not None:
        raise TicketClosed(_("Ticket %(number)s was merged into another; undo that first.", number=target.number))
    m, now = TicketMessage, clock.now()
    ids = [UUID(text) for text in merge.messages]
    back = update(m).where(m.id.in_(ids), m.ticket_id == target.id).execution_options(synchronize_session=False)
    await work.session.execute(back.values(ticket_id=source.id))
    own = update(m).where(m.id.in_(ids), m.origin_id == source.id).execution_options(synchronize_session=False)
    await work.session.execute(own.values(origin_id=None))
    closed_at = source.closed_at
    source.merged_into_id, source.closed_at, source.state = None, None, merge.state
    if merge.state is TicketState.WAITING:
        source.waiting_since = now
    merge.undone_at, merge.undone_by = now, work.actor.name[:80]
    await work.session.flush()
    if merge.state in (TicketState.NEW, TicketState.OPEN):
        await go_on(work, source, now, since=closed_at)
    await add_event(work, source, "unmerged", number=target.number)
    await add_event(work, target, "unmerged", number=source.number)
    await record(work, "ticket.unmerged", f"ticket:{source.id}", name=source.number, before={"into": target.number}, after={})
    return source


async def ticket_by_number(work: Work, number: str) -> UUID:
    """The id of a ticket that the actor may change, by its number.

    Raises:
        TicketNotFound
    """
    found = await work.session.scalar(select(Ticket.id).where(Ticket.number == number.strip().upper()[:30]))
    if found is None:
        raise TicketNotFound(_("There is no ticket %(number)s.", number=number.strip()[:30]), field="into")
    await get_ticket(work, found, act="edit")
    return found


def _same_customer(one: Ticket, other: Ticket) -> bool:
    if one.party_id is not None and other.party_id is not None:
        return one.party_id == other.party_id
    if one.requester_email or other.requester_email:
        return one.requester_email == other.requester_email
    return one.requester_phone == other.requester_phone
