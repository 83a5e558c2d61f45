"""Telling members something, and what they do with what they were told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from identity.members.directory import as_colleague, colleagues
from kernel import clock
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.jobs import enqueue
from kernel.work import Work
from vertical import NotificationKind
from workflow.live.hub import CHANNEL
from workflow.notifications.model import Channel, Notification, NotificationChoice
from workflow.records import kinds, may_see

log = structlog.get_logger(__name__)

MAIL_JOB = "workflow.send_mail"
PAGE_ROWS = 30
UNREAD_MAX = 99


class NotificationNotFound(NotFound):
    code = "notification_not_found"


async def notify(
    work: Work,
    to: Iterable[UUID],
    *,
    kind: str,
    text: str,
    values: Mapping[str, Any] | None = None,
    record: tuple[str, UUID] | None = None,
    path: str = "",
    key: str = "",
    even_self: bool = False,
    checked: bool = True,
) -> int:
    """Tell members something, once the transaction at hand commits; how many were told.

    ``to`` are persons; whoever is no member is passed over, and so is who acts, unless ``even_self``.  ``text`` is an
    English message (``N_``) and ``values`` what fills it in, ``{"msgid": ...}`` for a message within it.  A member who may
    not see ``record`` is not told of it; without ``checked`` the caller has made sure of that.  ``key`` is told to nobody
    twice.

    Raises:
        LookupError: no package declares the kind.
    """
    declared = _declared(work).get(kind)
    if declared is None:
        raise LookupError(f"no package declares the notification kind {kind!r}")
    people = await colleagues(work)
    wanted = {person for person in to if person in people and (even_self or person != work.actor.id)}
    if record is not None and checked:
        wanted = {person for person in wanted if await may_see(as_colleague(work, people[person]), *record)}
    ways = await _ways(work, wanted, declared)
    told = {person: way for person, way in ways.items() if way is not Channel.NONE}
    if not told:
        return 0
    if record is not None and not path and record[0] in kinds(work):
        path = kinds(work)[record[0]].page(record[1])
    common = {
        "kind": kind,
        "text": text,
        "values": dict(values or {}),
        "record_kind": record[0] if record else None,
        "record_id": record[1] if record else None,
        "path": path[:300],
        "key": key[:200] or None,
        "actor_name": work.actor.name[:80] if work.actor.id is not None else "",
        "at": clock.now(),
    }
    rows = [
        {"id": new_id(), "person_id": person, "shown": way is not Channel.MAIL, "mail": way in (Channel.MAIL, Channel.BOTH), **common}
        for person, way in sorted(told.items())
    ]
    statement = insert(Notification).values(rows).on_conflict_do_nothing(index_elements=["person_id", "key"])
    made = (await work.session.execute(statement.returning(Notification.person_id, Notification.mail))).all()
    if any(mail for _person, mail in made):
        await send_soon(work)
    for person, _mail in made:
        said = json.dumps({"t": "told", "s": work.tenant.schema, "p": str(person)})
        await work.session.execute(_SAY, {"channel": CHANNEL, "said": said})
    return len(made)


async def send_soon(work: Work) -> None:
    """Have letters sent once the transaction has committed; one job for each transaction."""
    transaction = await work.session.scalar(_TRANSACTION)
    await enqueue(work, MAIL_JOB, dedupe_key=f"mail:{transaction}")


async def notifications_of(
    work: Work, *, unread: bool = False, before: tuple[datetime, UUID] | None = None, limit: int = PAGE_ROWS
) -> Sequence[Notification]:
    """What who acts was told, the latest first; one more than ``limit`` tells that there are others."""
    query = select(Notification).where(Notification.person_id == work.actor.id, Notification.shown)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(tuple_(Notification.at, Notification.id) < before)
    return (await work.session.scalars(query.order_by(Notification.at.desc(), Notification.id.desc()).limit(limit + 1))).all()


async def unread_count(work: Work) -> int:
    """How many notifications who acts has not read; 99 stands for more."""
    if work.actor.id is None:
        return 0
    some = select(Notification.id).where(Notification.person_id == work.actor.id, Notification.shown, Notification.read_at.is_(None))
    return await work.session.scalar(select(func.count()).select_from(some.limit(UNREAD_MAX).subquery())) or 0


async def mark_read(work: Work, notification_id: UUID) -> Notification:
    """Note that it was read; again is no harm.

    Raises:
        NotificationNotFound: who acts was told no such thing.
    """
    found: Notification | None = await work.session.scalar(
        select(Notification).where(Notification.id == notification_id, Notification.person_id == work.actor.id, Notification.shown)
    )
    if found is None:
        raise NotificationNotFound(_("There is no such notification any more."))
    if found.read_at is None:
        found.read_at = clock.now()
        await work.session.flush()
    return found


async def mark_all_read(work: Work, *, record: tuple[str, UUID] | None = None) -> int:
    """Note that all were read, or all about one record; how many had not been."""
    unread = update(Notification).where(Notification.person_id == work.actor.id, Notification.read_at.is_(None))
    if record is not None:
        unread = unread.where(Notification.record_kind == record[0], Notification.record_id == record[1])
    done = await work.session.execute(
        unread.values(read_at=clock.now()).returning(Notification.id).execution_options(synchronize_session=False)
    )
    return len(done.scalars().all())


async def choices_of(work: Work) -> list[tuple[NotificationKind, Channel]]:
    """Every kind with the way it reaches who acts."""
    chosen = await work.session.execute(
        select(NotificationChoice.kind, NotificationChoice.channel).where(NotificationChoice.person_id == work.actor.id)
    )
    known = {kind: channel for kind, channel in chosen}  # noqa: C416 - dict() would take the result for a mapping
    return [(kind, known.get(kind.key, usual(kind))) for kind in _declared(work).values()]


async def choose(work: Work, wanted: Mapping[str, str]) -> None:
    """Set how kinds of notifications reach who acts.

    Raises:
        Invalid: there is no such kind, or no such way.
    """
    declared = _declared(work)
    for kind, channel in wanted.items():
        if kind not in declared or channel not in set(Channel):
            raise Invalid(_("Choose one of the list."), field=kind)
    now = clock.now()
    rows = [
        {"id": new_id(), "person_id": work.actor.id, "kind": kind, "channel": Channel(channel), "created_at": now, "updated_at": now}
        for kind, channel in sorted(wanted.items())
    ]
    if rows and work.actor.id is not None:
        statement = insert(NotificationChoice).values(rows)
        changed = {"channel": statement.excluded.channel, "updated_at": now}
        await work.session.execute(statement.on_conflict_do_update(index_elements=["person_id", "kind"], set_=changed))


def said(notification: Notification) -> str:
    """The notification in the reader's language."""
    return in_words(notification.text, notification.values)


def in_words(message: str, values: Mapping[str, Any]) -> str:
    """A message filled in.  One whose package was changed or is gone still says what it can."""
    try:
        return _(message, **{name: _worded(value) for name, value in values.items()})
    except (KeyError, ValueError, TypeError):
        log.warning("a notification does not fit its message", message=message)
        return message


def _worded(value: Any) -> Any:
    """A value as it is read; one that is a message itself is translated too."""
    if isinstance(value, dict):
        message = str(value.get("msgid", ""))
        return _(message)
    return value


def usual(kind: NotificationKind) -> Channel:
    """How a kind reaches members until they choose."""
    return Channel.BOTH if kind.mail else Channel.APP


def kind_icons(work: Work) -> Mapping[str, str]:
    return {key: kind.icon for key, kind in _declared(work).items()}


async def _ways(work: Work, persons: set[UUID], kind: NotificationKind) -> dict[UUID, Channel]:
    if not persons:
        return {}
    chosen = await work.session.execute(
        select(NotificationChoice.person_id, NotificationChoice.channel).where(
            NotificationChoice.kind == kind.key, NotificationChoice.person_id.in_(persons)
        )
    )
    return dict.fromkeys(persons, usual(kind)) | {person: channel for person, channel in chosen}  # noqa: C416


def _declared(work: Work) -> Mapping[str, NotificationKind]:
    return {c.item.key: c.item for c in work.contributions("notification_kinds")}


_SAY = text("SELECT pg_notify(:channel, :said)")
_TRANSACTION = text("SELECT pg_current_xact_id()::text")
