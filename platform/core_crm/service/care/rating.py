"""What customers thought: asked once a ticket is solved, by a signed link that counts once."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core_crm.service.care.model import TicketRating
from core_crm.service.intake.letters import RATING_KIND, queue_letter
from core_crm.service.intake.model import LetterKind, TicketLetter
from core_crm.service.tickets.events import TicketSolved
from core_crm.service.tickets.model import Ticket
from core_crm.service.tickets.reading import TicketNotFound
from core_crm.service.tickets.settings import service_settings
from core_crm.service.tickets.thread import add_event
from kernel import clock
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from messaging.tokens import read_token

COMMENT_MAX = 2000


class RatedAlready(DomainError):
    """A ticket is rated once."""

    code = "rated_already"


async def ask_for_rating(work: Work, event: TicketSolved) -> None:
    """The customer is asked once for each ticket, where the company wants that."""
    ticket = await work.session.get(Ticket, event.ticket_id)
    if ticket is None or not (await service_settings(work)).ask_rating:
        return
    asked = select(TicketLetter.id).where(TicketLetter.ticket_id == ticket.id, TicketLetter.kind == LetterKind.RATING)
    if await work.session.scalar(asked.limit(1)) is None:
        await queue_letter(work, ticket, LetterKind.RATING)


async def ticket_of_token(work: Work, key: str, token: str) -> Ticket:
    """The ticket that a link is about.

    Raises:
        TicketNotFound: the link is not ours, or of another company.
    """
    subject = read_token(key, token)
    ticket = None
    if subject is not None and subject.kind == RATING_KIND and subject.tenant_id == work.tenant.id:
        ticket = await work.session.get(Ticket, subject.id)
    if ticket is None:
        raise TicketNotFound(_("This ticket does not exist, or was deleted."))
    return ticket


async def rating_of(work: Work, ticket_id: UUID) -> TicketRating | None:
    """What the customer said, if they did."""
    found: TicketRating | None = await work.session.scalar(select(TicketRating).where(TicketRating.ticket_id == ticket_id))
    return found


async def rate(work: Work, ticket: Ticket, score: int, comment: str) -> None:
    """Keep what the customer thought.

    Raises:
        Invalid: no score from 1 to 5, or too many words.
        RatedAlready
    """
    if not 1 <= score <= 5:
        raise Invalid(_("Choose one to five."), field="score")
    words = comment.replace("\x00", "").strip()
    if len(words) > COMMENT_MAX:
        raise Invalid(_("At most %(most)s characters.", most=COMMENT_MAX), field="comment")
    now = clock.now()
    values = {"id": new_id(), "ticket_id": ticket.id, "owner_id": ticket.owner_id, "score": score, "comment": words}
    fresh = insert(TicketRating).values(**values, at=now, created_at=now, updated_at=now)
    made = await work.session.scalar(fresh.on_conflict_do_nothing(index_elements=["ticket_id"]).returning(TicketRating.id))
    if made is None:
        raise RatedAlready(_("You have rated this already. Thank you."))
    await add_event(work, ticket, "rated", score=score)
