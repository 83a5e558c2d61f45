"""Looks each morning for tuition that is overdue."""

import logging
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from education.enrolments.events import TuitionOverdue
from education.enrolments.model import Enrolment, EnrolmentState
from education.enrolments.service import event_of
from education.settings import read_settings
from kernel.i18n import N_
from kernel.work import Work
from workflow.api import notify, persons_in_role

log = logging.getLogger(__name__)

BATCH_MAX = 500
OVERDUE, REGISTRAR = "education.tuition_overdue", "education.registrar"


async def remind_of_tuition(work: Work) -> None:
    """Mark what is overdue as reminded and publish ``TuitionOverdue`` for each, again after some days.

    The list of enrolments shows the mark, registrars are told, and whoever sends messages subscribes to the event.
    """
    today = work.today()
    again_before = today - timedelta(days=(await read_settings(work)).remind_every_days)
    overdue = (
        select(Enrolment)
        .where(
            Enrolment.state == EnrolmentState.ENROLLED,
            Enrolment.paid < Enrolment.tuition,
            Enrolment.due_on < today,
            or_(Enrolment.reminded_on.is_(None), Enrolment.reminded_on <= again_before),
        )
        .options(joinedload(Enrolment.student, innerjoin=True))
        .order_by(Enrolment.due_on, Enrolment.id)
        .limit(BATCH_MAX)
        .with_for_update(of=Enrolment, skip_locked=True)
    )
    found = (await work.session.scalars(overdue)).all()
    for enrolment in found:
        enrolment.reminded_on = today
        await work.publish(await event_of(work, enrolment, TuitionOverdue, today, unpaid=enrolment.unpaid))
    await work.session.flush()
    if found:
        await notify(
            work,
            await persons_in_role(work, REGISTRAR),
            kind=OVERDUE,
            text=N_("Tuition of %(count)s enrolments is overdue: %(amount)s in all."),
            values={"count": len(found), "amount": f"{sum(enrolment.unpaid for enrolment in found):,.2f}"},
            path="/education/enrolments",
            key=f"tuition:{today}",
        )
    log.info("reminded of overdue tuition", extra={"count": len(found)})
