"""What can stand against a command on an enrolment."""

from kernel.errors import DomainError, Invalid, NotFound


class EnrolmentNotFound(NotFound):
    code = "education_enrolment_not_found"


class EnrolmentStateWrong(DomainError):
    """The command does not fit the enrolment's state."""

    code = "education_enrolment_state_wrong"


class ClassNotFound(NotFound):
    code = "education_class_not_found"


class AlreadyEnrolled(DomainError):
    """The student has a place in this class."""

    code = "education_already_enrolled"


class ClassFull(DomainError):
    code = "education_class_full"


class ClassClosed(DomainError):
    """The class, or its course, takes no more students."""

    code = "education_class_closed"


class NotEnoughLessons(DomainError):
    """More lessons than the enrolment has left."""

    code = "education_not_enough_lessons"


class AmountWrong(Invalid):
    """Not an amount that can be agreed on, paid or given back here."""

    code = "education_amount_wrong"
