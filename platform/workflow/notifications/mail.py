"""Notifications by mail: what one member was told at a time goes into one letter.

Three short transactions, so that no connection waits for another: take what waits, hand the letters in, note that.  A
letter's id is set by the first and unique in the second: a repeated run hands nothing in twice.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from identity.members.directory import Colleague, colleagues
from kernel import breaker as breakers
from kernel import clock, i18n
from kernel.database import Database
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.jobs.queue import tenant_job
from kernel.work import Tenant, Work
from messaging.mail import Letter, queue
from workflow.notifications.model import Notification
from workflow.notifications.service import MAIL_JOB, in_words
from workflow.rules.model import Letter as RuleLetter

LINES_MAX, LETTERS_MAX = 20, 200
KEPT = timedelta(days=180)


@tenant_job(MAIL_JOB)
async def send_mail(database: Database, tenant: Tenant, breaker: breakers.Breaker = breakers.shared) -> int:
    """Hand in the letters that notifications wait for; how many."""
    async with database.work(tenant) as work:
        people = await colleagues(work)
        waiting = await _take(work)
    letters: dict[UUID, tuple[UUID, list[Mapping[str, Any]]]] = {}
    for row in waiting:
        letters.setdefault(row["mail_id"], (row["person_id"], []))[1].append(row)
    sent = 0
    async with database.registry_session() as session:
        for mail_id, (person_id, rows) in letters.items():
            member = people.get(person_id)
            if member is not None and member.verified:  # an address that nobody proved may be a stranger's
                letter = _letter(member, rows, tenant, database)
                await queue(session, letter, tenant_id=tenant.id, mail_id=mail_id)
                sent += 1
    sent += await send_letters(database, tenant)
    async with database.work(tenant) as work:
        done = update(Notification).where(Notification.mail_id.in_(list(letters)), Notification.mailed_at.is_(None))
        await work.session.execute(done.values(mailed_at=clock.now()).execution_options(synchronize_session=False))
    return sent


async def send_letters(database: Database, tenant: Tenant) -> int:
    """Hand in the letters that rules wrote; how many."""
    async with database.work(tenant) as work:
        waiting = select(RuleLetter).where(RuleLetter.sent_at.is_(None)).order_by(RuleLetter.id).limit(LETTERS_MAX)
        letters = [
            (row.id, row.to, {"subject": row.subject, "body": row.body, "company": tenant.name})
            for row in await work.session.scalars(waiting)
        ]
    async with database.registry_session() as session:
        for letter_id, to, values in letters:
            letter = Letter(template="plain", to=to, locale=tenant.locale, values=values)
            await queue(session, letter, tenant_id=tenant.id, mail_id=letter_id)
    async with database.work(tenant) as work:
        done = update(RuleLetter).where(RuleLetter.id.in_([letter_id for letter_id, _to, _values in letters]))
        await work.session.execute(done.values(sent_at=clock.now()).execution_options(synchronize_session=False))
    return len(letters)


async def forget_old(work: Work) -> None:
    """Notifications are news, not records: after half a year they go, read or not."""
    await work.session.execute(delete(Notification).where(Notification.at < clock.now() - KEPT))


async def _take(work: Work) -> Sequence[Mapping[str, Any]]:
    """What waits, each with the id of its letter."""
    waits = (Notification.mail, Notification.mailed_at.is_(None))
    fresh = select(Notification.id, Notification.person_id).where(*waits, Notification.mail_id.is_(None))
    found = (await work.session.execute(fresh.order_by(Notification.id).limit(1000).with_for_update(skip_locked=True))).all()
    by_person: dict[UUID, list[UUID]] = {}
    for notification_id, person_id in found:
        by_person.setdefault(person_id, []).append(notification_id)
    for ids in by_person.values():
        taken = update(Notification).where(Notification.id.in_(ids)).values(mail_id=new_id())
        await work.session.execute(taken.execution_options(synchronize_session=False))
    columns = (Notification.mail_id, Notification.person_id, Notification.text, Notification.values, Notification.path)
    query = select(*columns).where(*waits, Notification.mail_id.is_not(None)).order_by(Notification.id)
    return [dict(row) for row in (await work.session.execute(query)).mappings()]


def _letter(member: Colleague, rows: Sequence[Mapping[str, Any]], tenant: Tenant, database: Database) -> Letter:
    with i18n.using(member.locale):
        lines = [
            {"text": in_words(row["text"], row["values"]), "address": database.tenant_url(tenant.slug, row["path"] or "/notifications")}
            for row in rows[:LINES_MAX]
        ]
        together = _("%(count)s things need you at %(company)s", count=len(rows), company=tenant.name)
        subject = lines[0]["text"] if len(rows) == 1 else together
    values = {
        "subject": subject[:200],
        "company": tenant.name,
        "lines": lines,
        "more": max(0, len(rows) - LINES_MAX),
        "address": database.tenant_url(tenant.slug, "/notifications"),
        "choices": database.tenant_url(tenant.slug, "/notifications/choices"),
    }
    return Letter(template="notification", to=member.email, locale=member.locale, values=values)
