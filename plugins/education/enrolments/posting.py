"""How an enrolment reaches the books.

Tuition charged is owed in lessons, so it is a contract liability (合同负债, 预收账款 under the small-business standard) and
becomes revenue lesson by lesson; VAT falls due with the lesson, as a prepayment for a service is no tax point.
"""

from collections.abc import Sequence
from typing import Any

from education.enrolments.events import Enrolled, EnrolmentEvent, LessonsTaught, TuitionReceived, TuitionRefunded, Withdrawn
from kernel.i18n import gettext as _
from vertical import JournalLine, PostingRule, SourceDocument

LIABILITY, REVENUE = "education.tuition_liability", "education.tuition_revenue"
RECEIVABLE, BANK, VAT = "receivable", "bank", "simplified_vat"


def charged(event: Enrolled) -> Sequence[JournalLine]:
    """Owed by the student, owed to the student."""
    return [_line(event, RECEIVABLE, event.tuition), _line(event, LIABILITY, -event.tuition)]


def taught(event: LessonsTaught) -> Sequence[JournalLine]:
    """Lessons given are earned, without their VAT."""
    lines = [_line(event, LIABILITY, event.net + event.vat), JournalLine(account=REVENUE, amount=-event.net)]
    return [*lines, JournalLine(account=VAT, amount=-event.vat)] if event.vat else lines


def received(event: TuitionReceived) -> Sequence[JournalLine]:
    return [JournalLine(account=BANK, amount=event.amount), _line(event, RECEIVABLE, -event.amount)]


def refunded(event: TuitionRefunded) -> Sequence[JournalLine]:
    return [_line(event, RECEIVABLE, event.amount), JournalLine(account=BANK, amount=-event.amount)]


def withdrawn(event: Withdrawn) -> Sequence[JournalLine]:
    """Lessons not given are owed by nobody any more."""
    return [_line(event, LIABILITY, event.unearned), _line(event, RECEIVABLE, -event.unearned)]


def source(event: EnrolmentEvent) -> SourceDocument:
    return SourceDocument(
        kind="education.enrolment", id=event.enrolment_id, number=event.number, path=f"/education/enrolments/{event.enrolment_id}"
    )


def summary(event: EnrolmentEvent) -> str:
    """The words on the voucher."""
    words = {
        Enrolled: _("Tuition of %(student)s, %(number)s", student=event.student, number=event.number),
        LessonsTaught: _("Lessons of %(student)s, %(number)s", student=event.student, number=event.number),
        TuitionReceived: _("Tuition received from %(student)s, %(number)s", student=event.student, number=event.number),
        TuitionRefunded: _("Tuition given back to %(student)s, %(number)s", student=event.student, number=event.number),
        Withdrawn: _("Withdrawal of %(student)s, %(number)s", student=event.student, number=event.number),
    }
    return words[type(event)]


def on(event: EnrolmentEvent) -> Any:
    return event.on


def _rule(name: str, event: type[EnrolmentEvent], lines: Any) -> PostingRule:
    return PostingRule(key=f"education.{name}", event=event, lines=lines, source=source, summary=summary, on=on)


def _line(event: EnrolmentEvent, account: str, amount: Any) -> JournalLine:
    return JournalLine(account=account, amount=amount, dimensions={"party": event.party_id})


RULES = (
    _rule("tuition", Enrolled, charged),
    _rule("lessons", LessonsTaught, taught),
    _rule("receipt", TuitionReceived, received),
    _rule("refund", TuitionRefunded, refunded),
    _rule("withdrawal", Withdrawn, withdrawn),
)
