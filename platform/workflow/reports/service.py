"""Who gets which report, and when."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, literal, or_, select

from identity.audit import record
from identity.members.directory import as_colleague, colleagues
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Report
from workflow.reports.model import Cadence, ReportSchedule

TO_MAX, SCHEDULES_MAX = 20, 50
MANAGE = "workflow.report.manage"


class ScheduleNotFound(NotFound):
    code = "report_schedule_not_found"


async def schedules_of(work: Work, report: str) -> Sequence[ReportSchedule]:
    """The schedules of a report that the actor made or is in; all of them for who may manage them."""
    query = select(ReportSchedule).where(ReportSchedule.report == report)
    if not work.actor.may(MANAGE):
        query = query.where(or_(ReportSchedule.person_id == work.actor.id, literal(work.actor.id, Uuid()) == any_(ReportSchedule.to)))
    return (await work.session.scalars(query.order_by(ReportSchedule.created_at).limit(SCHEDULES_MAX))).all()


async def add_schedule(
    work: Work, report: Report, *, name: str, path: str, parameters: Mapping[str, Any] | None, cadence: str, day: int, to: Sequence[UUID]
) -> ReportSchedule:
    """Have a report sent.  ``to`` are members who may run it; nobody else is written to.

    Raises:
        Invalid: it has no name, no known rhythm, or nobody to go to; ``errors`` names the field.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("Give it a name of up to %(most)s characters.", most=60), field="name")
    if cadence not in set(Cadence):
        raise Invalid(_("Choose how often it is sent."), field="cadence")
    if not 1 <= day <= (7 if cadence == Cadence.WEEKLY else 31):
        raise Invalid(_("Choose the day on which it is sent."), field="day")
    people = await colleagues(work)
    chosen = list(dict.fromkeys(to))
    if not chosen or len(chosen) > TO_MAX or any(each not in people for each in chosen):
        raise Invalid(_("Choose one to %(most)s members who get it.", most=TO_MAX), field="to")
    if barred := [people[each].name for each in chosen if not as_colleague(work, people[each]).actor.may(report.permission)]:
        raise Invalid(_("%(names)s may not see this report.", names=_(", ").join(barred)), field="to")
    schedule = ReportSchedule(
        report=report.key,
        name=name,
        path=path[:1200],
        parameters=dict(parameters) if parameters else None,
        cadence=Cadence(cadence),
        day=day,
        to=chosen,
        person_id=work.actor.id,
        person_name=work.actor.name[:80],
    )
    work.session.add(schedule)
    await work.session.flush()
    facts = {"report": report.key, "cadence": cadence, "to": [people[each].name for each in chosen]}
    await record(work, "report.scheduled", f"report_schedule:{schedule.id}", name=name, after=facts)
    return schedule


async def remove_schedule(work: Work, schedule_id: UUID) -> ReportSchedule:
    """Stop sending a report; one who only gets it takes themselves off.

    Raises:
        ScheduleNotFound: there is none that is the actor's or goes to them.
    """
    schedule = await work.session.get(ReportSchedule, schedule_id, with_for_update=True)
    me = work.actor.id
    if schedule is None or not (work.actor.may(MANAGE) or (me is not None and (me == schedule.person_id or me in schedule.to))):
        raise ScheduleNotFound(_("This report is not sent any more."))
    rest = [each for each in schedule.to if each != me]
    if me == schedule.person_id or work.actor.may(MANAGE) or not rest:
        await work.session.delete(schedule)
    else:
        schedule.to = rest
    await work.session.flush()
    await record(work, "report.unscheduled", f"report_schedule:{schedule_id}", name=schedule.name)
    return schedule
