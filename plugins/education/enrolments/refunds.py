"""Refunds that the company may want approved first."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from education.enrolments.model import EnrolmentState
from education.enrolments.service import check_amount, expect, get_enrolment, refund_tuition
from education.students.service import get_student_row
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import ApprovalFact, ApprovalKind, ApprovalOutcome, ApprovalSummary
from vertical.locks import require_unlocked
from workflow.api import request_approval

STEM, REFUND = "education.enrolment", "education.refund"


async def ask_refund(work: Work, enrolment_id: UUID, amount: Decimal, *, on: date | None = None) -> bool:
    """Give back what was paid beyond the lessons given, or ask for that where the company wants it approved; whether it waits.

    Raises:
        EnrolmentStateWrong, AmountWrong
        UnderApproval: it waits already.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.WITHDRAWN)
    most = max(enrolment.paid - enrolment.earned, Decimal(0))
    check_amount(amount, most, _("At most %(most)s can be given back.", most=most))
    await require_unlocked(work, STEM, enrolment_id)
    facts: Mapping[str, Any] = {"amount": amount, "on": on.isoformat() if on else None}
    if await request_approval(work, kind=REFUND, record=(STEM, enrolment_id), facts=facts) is not None:
        return True
    await refund_tuition(work, enrolment_id, amount, on=on)
    return False


async def summary(work: Work, enrolment_id: UUID) -> ApprovalSummary:
    """What whoever decides must know of the contract."""
    enrolment = await get_enrolment(work, enrolment_id)
    student = await get_student_row(work, enrolment.student_id)
    return ApprovalSummary(
        facts=[
            (_("Student"), student.name),
            (_("Class"), enrolment.course_class.name),
            (_("Tuition"), f"{enrolment.tuition:,.2f}"),
            (_("Paid"), f"{enrolment.paid:,.2f}"),
            (_("Tuition earned"), f"{enrolment.earned:,.2f}"),
            (_("Lessons"), f"{enrolment.taught}/{enrolment.lessons}"),
        ]
    )


async def approved(work: Work, outcome: ApprovalOutcome) -> None:
    """Pay back what was asked for."""
    day = outcome.facts.get("on")
    await refund_tuition(work, outcome.record_id, outcome.facts["amount"], on=date.fromisoformat(day) if day else None)


REFUNDS = ApprovalKind(
    key=REFUND,
    label=N_("Refund of tuition"),
    stem=STEM,
    facts=(ApprovalFact(name="amount", label=N_("Amount"), kind="money"),),
    summary=summary,
    approved=approved,
)
