"""Reports of Education."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import case, func, select

from education.courses.model import CourseClass
from education.courses.resource import CLASSES
from education.enrolments.model import Enrolment, EnrolmentState
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Report, ReportColumn, ReportTable

CLASSES_MAX = 10_000


class TuitionParameters(Struct, kw_only=True, frozen=True):
    """Which enrolments count."""

    since: Annotated[date | None, Meta(title=N_("Enrolled from"))] = None
    until: Annotated[date | None, Meta(title=N_("Enrolled until"))] = None
    only_open: Annotated[bool, Meta(title=N_("Only classes with open tuition"))] = False

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise ValueError(_("The last day lies before the first."))


async def tuition_by_class(work: Work, parameters: TuitionParameters) -> ReportTable:
    """What each class charged, earned, still owes in lessons and still has to receive."""
    rows = [row for row in await _sums(work, parameters) if row.open or not parameters.only_open]
    totals: list[Any] = [sum(getattr(row, name) for row in rows) for name in ("students", "charged", "earned", "owed", "open")]
    return ReportTable(
        columns=[
            ReportColumn(label=_("Class")),
            ReportColumn(label=_("Students"), kind="number"),
            ReportColumn(label=_("Charged"), kind="money"),
            ReportColumn(label=_("Earned"), kind="money"),
            ReportColumn(label=_("Owed in lessons"), kind="money"),
            ReportColumn(label=_("Still to receive"), kind="money"),
        ],
        rows=[(row.name, row.students, row.charged, row.earned, row.owed, row.open) for row in rows],
        totals=[_("Total"), *totals] if rows else (),
        paths=[f"/education/{CLASSES.slug}/{row.id}" for row in rows],
        notes=[
            _("All amounts include VAT."),
            _("Students who withdrew are charged only the lessons they had; what they get back counts as negative."),
        ],
    )


async def _sums(work: Work, parameters: TuitionParameters) -> Sequence[Any]:
    zero = Decimal(0)
    withdrawn = Enrolment.state == EnrolmentState.WITHDRAWN
    charged = func.sum(case((withdrawn, Enrolment.earned), else_=Enrolment.tuition))
    owed = func.sum(case((Enrolment.state == EnrolmentState.ENROLLED, Enrolment.tuition - Enrolment.earned), else_=zero))
    unpaid = func.sum(case((withdrawn, Enrolment.earned - Enrolment.paid), else_=Enrolment.tuition - Enrolment.paid))
    query = (
        select(
            CourseClass.id,
            CourseClass.name,
            func.count(Enrolment.id).label("students"),
            charged.label("charged"),
            func.sum(Enrolment.earned).label("earned"),
            owed.label("owed"),
            unpaid.label("open"),
        )
        .join(Enrolment, Enrolment.class_id == CourseClass.id)
        .where(Enrolment.state != EnrolmentState.DRAFT)
        .group_by(CourseClass.id, CourseClass.name, CourseClass.code)
        .order_by(CourseClass.code)
        .limit(CLASSES_MAX)
    )
    if parameters.since:
        query = query.where(Enrolment.enrolled_on >= parameters.since)
    if parameters.until:
        query = query.where(Enrolment.enrolled_on <= parameters.until)
    rows: Sequence[Any] = (await work.session.execute(query)).all()
    return rows


REPORTS = (
    Report(
        key="education.tuition_by_class",
        title=N_("Tuition by class"),
        summary=N_("What each class charged, what its lessons earned, and what is still to be received."),
        run=tuition_by_class,
        permission="education.enrolment.read",
        parameters=TuitionParameters,
    ),
)
