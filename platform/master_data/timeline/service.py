"""Reading and adding to a record's timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_, update

from kernel import clock
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.scopes.rights import require_visible
from master_data.scopes.staff import employee_of
from master_data.timeline.events import ActivityNoted
from master_data.timeline.mentions import mentioned
from master_data.timeline.model import Activity, ActivityKind

BODY_MAX = 4_000
PLACE_MAX = 200
PAGE_ROWS = 20

BY_HAND = tuple(kind for kind in ActivityKind if kind != ActivityKind.SYSTEM)


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where it was: in words, by the degrees that a phone measures, or both."""

    place: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None

    def checked(self) -> "Where":
        """As it is kept.

        Raises:
            Invalid: too long, half a position, or not on this earth.
        """
        place = " ".join(self.place.replace("\x00", "").split())
        if len(place) > PLACE_MAX:
            raise Invalid(_("At most %(most)s characters.", most=PLACE_MAX), field="place")
        if self.latitude is None and self.longitude is None:
            return Where(place=place)
        if not (_within(self.latitude, 90) and _within(self.longitude, 180)):
            raise Invalid(_("This is no position; give degrees such as 31.2304 and 121.4737, or leave both out."), field="place")
        assert self.latitude is not None and self.longitude is not None  # noqa: S101, PT018 - for the type checker
        return Where(place=place, latitude=round(self.latitude, 6), longitude=round(self.longitude, 6))


def _within(degrees: Decimal | None, most: int) -> bool:
    return degrees is not None and degrees.is_finite() and abs(degrees) <= most


NOWHERE = Where()


class ActivityNotFound(NotFound):
    code = "activity_not_found"


class ActivityNotYours(Forbidden):
    """Only who wrote an entry takes it back."""

    code = "activity_not_yours"


async def add_activity(
    work: Work,
    row: Any,
    stem: str,
    *,
    kind: ActivityKind,
    body: str,
    at: datetime | None = None,
    next_contact_on: date | None = None,
    private: bool = False,
    where: Where = NOWHERE,
) -> Activity:
    """What the actor did or noted; whoever sees ``row`` may add to its timeline.

    Raises:
        RecordNotFound: the record is out of the actor's reach.
        Invalid: nothing is written, it is too long, or lies in the future.
    """
    await require_visible(work, row, stem, "read")
    text = body.replace("\x00", "").strip()
    if not text:
        raise Invalid(_("Write what happened."), field="body")
    if len(text) > BODY_MAX:
        raise Invalid(_("At most %(most)s characters.", most=BODY_MAX), field="body")
    if kind == ActivityKind.SYSTEM:
        raise Invalid(_("Choose how you were in touch."), field="kind")
    if at is not None and at > clock.now():
        raise Invalid(_("What has not happened yet is a plan; give the day of the next contact."), field="at")
    if next_contact_on is not None and next_contact_on < work.today():
        raise Invalid(_("The next contact lies in the past."), field="next_contact_on")
    spot = where.checked()
    employee = await employee_of(work)
    entry = Activity(
        record_kind=stem,
        record_id=row.id,
        kind=kind,
        body=text,
        at=at or clock.now(),
        author_id=work.actor.id,
        author_name=work.actor.name,
        employee_id=employee.id if employee else None,
        next_contact_on=next_contact_on,
        private=private,
        place=spot.place or None,
        latitude=spot.latitude,
        longitude=spot.longitude,
    )
    work.session.add(entry)
    await work.session.flush()
    named = () if private else await mentioned(work, text)
    await work.publish(ActivityNoted(activity_id=entry.id, record_kind=stem, record_id=row.id, mentioned=named))
    return entry


async def note_event(work: Work, stem: str, record_id: UUID, body: str, *, path: str | None = None) -> None:
    """An entry of the platform: an order was confirmed, a payment came in."""
    work.session.add(Activity(record_kind=stem, record_id=record_id, kind=ActivityKind.SYSTEM, body=body[:BODY_MAX], path=path))
    await work.session.flush()


async def timeline_of(
    work: Work, row: Any, stem: str, *, before: tuple[datetime, UUID] | None = None, limit: int = PAGE_ROWS
) -> Sequence[Activity]:
    """Entries of a record that the actor may see, the latest first; one more than ``limit`` tells that there are others."""
    await require_visible(work, row, stem, "read")
    query = select(Activity).where(Activity.record_kind == stem, Activity.record_id == row.id, open_to(work))
    if before is not None:
        query = query.where(tuple_(Activity.at, Activity.id) < before)
    return (await work.session.scalars(query.order_by(Activity.at.desc(), Activity.id.desc()).limit(limit + 1))).all()


async def activity_within_reach(work: Work, activity_id: UUID) -> Activity:
    """An entry whose record the actor may see, whatever kind of record that is.

    Raises:
        ActivityNotFound: there is none that they may see.
    """
    entry: Activity | None = await work.session.scalar(select(Activity).where(Activity.id == activity_id, open_to(work)))
    missing = ActivityNotFound(_("This entry does not exist, or was deleted."))
    if entry is None or not work.actor.may(f"{entry.record_kind}.read"):
        raise missing
    models = (contribution.item for contribution in work.contributions("models"))
    model = next((model for model in models if getattr(model, "rights_stem", "") == entry.record_kind), None)
    row = await work.session.get(model, entry.record_id) if model else None
    if row is None:
        raise missing
    try:
        await require_visible(work, row, entry.record_kind, "read")
    except NotFound:
        raise missing from None
    return entry


def require_author(work: Work, entry: Activity) -> None:
    """Refuse to change what somebody else wrote.

    Raises:
        ActivityNotYours
    """
    if entry.author_id is None or entry.author_id != work.actor.id:
        raise ActivityNotYours(_("Only %(name)s can take this entry back.", name=entry.author_name or _("the platform")))


async def remove_activity(work: Work, row: Any, stem: str, activity_id: UUID) -> None:
    """Take an entry back, and its files with it.

    Raises:
        ActivityNotFound: the record has none with that id that the actor may see.
        ActivityNotYours: somebody else wrote it.
    """
    await require_visible(work, row, stem, "read")
    entry: Activity | None = await work.session.scalar(
        select(Activity).where(Activity.id == activity_id, Activity.record_kind == stem, Activity.record_id == row.id, open_to(work))
    )
    if entry is None:
        raise ActivityNotFound(_("This entry does not exist, or was deleted."))
    require_author(work, entry)
    await work.session.delete(entry)
    await work.session.flush()


async def carry_over(work: Work, stem: str, record_id: UUID, *, to_stem: str, to_id: UUID) -> None:
    """A record became another: its entries stand there now."""
    await work.session.execute(
        update(Activity)
        .where(Activity.record_kind == stem, Activity.record_id == record_id)
        .values(record_kind=to_stem, record_id=to_id)
        .execution_options(synchronize_session=False)
    )


def open_to(work: Work) -> ColumnElement[bool]:
    """Entries that are not somebody else's private ones."""
    return or_(Activity.private.is_(False), Activity.author_id == work.actor.id)
