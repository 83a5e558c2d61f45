"""What must hold between enrolments and the books."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import case, func, select

from core_finance.api import find_ledger, moved_by_source
from education.enrolments.model import Enrolment, EnrolmentState
from education.enrolments.posting import LIABILITY
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Finding, Invariant

FINDINGS_MAX = 100


async def lessons_owed(work: Work, ledger_id: UUID) -> Sequence[Finding]:
    """Enrolments whose lessons still to be given are worth something else than their vouchers say."""
    ledger = await find_ledger(work)
    if ledger is None or ledger.id != ledger_id:
        return []  # enrolments are posted to the company's first ledger
    moved = moved_by_source(ledger_id, "education.enrolment", LIABILITY)
    owed = case((Enrolment.state == EnrolmentState.ENROLLED, Enrolment.tuition - Enrolment.earned), else_=Decimal(0))
    posted = -func.coalesce(moved.c.amount, 0)
    query = (
        select(Enrolment.id, Enrolment.number, owed.label("owed"), posted.label("posted"))
        .outerjoin(moved, moved.c.source_id == Enrolment.id)
        .where(Enrolment.state != EnrolmentState.DRAFT, owed != posted)
        .order_by(Enrolment.number)
        .limit(FINDINGS_MAX)
    )
    words = _("Enrolment %(number)s: lessons worth %(owed)s are owed, but the books say %(posted)s.")
    return [
        Finding(
            message=words % {"number": row.number, "owed": row.owed, "posted": row.posted},
            path=f"/education/enrolments/{row.id}",
        )
        for row in await work.session.execute(query)
    ]


INVARIANTS = (
    Invariant(
        key="education.lessons_owed",
        title=N_("Lessons owed to students are worth what the books say (tuition received in advance)"),
        find=lessons_owed,
    ),
)
