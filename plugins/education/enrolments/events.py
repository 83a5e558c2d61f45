"""What happens to an enrolment.  Amounts are in the tenant's currency and include VAT unless they say otherwise."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class EnrolmentEvent(Event):
    """What all of them carry.  ``party_id`` is the student's party, who owes the tuition."""

    enrolment_id: UUID
    number: str
    party_id: UUID
    student: str
    on: date


@dataclass(frozen=True, kw_only=True)
class Enrolled(EnrolmentEvent):
    """The contract stands and the tuition is due."""

    tuition: Decimal


@dataclass(frozen=True, kw_only=True)
class LessonsTaught(EnrolmentEvent):
    """Lessons were given: this part of the tuition is earned.  ``net`` is without VAT."""

    lesson_id: UUID
    count: int
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class TuitionReceived(EnrolmentEvent):
    """The student, or the guardian, paid."""

    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Withdrawn(EnrolmentEvent):
    """The student left; ``unearned`` is no longer owed in lessons."""

    unearned: Decimal


@dataclass(frozen=True, kw_only=True)
class TuitionRefunded(EnrolmentEvent):
    """What was paid for lessons that will not be given went back."""

    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class TuitionOverdue(EnrolmentEvent):
    """The tuition was due and is not paid."""

    unpaid: Decimal
