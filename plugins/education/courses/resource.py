"""Courses, terms and classes as resources."""

from education.courses.model import Course, CourseClass, Term
from kernel.i18n import N_
from vertical import Resource

COURSES = Resource(
    model=Course,
    label=N_("Courses"),
    permission="education.course",
    columns=("code", "name", "subject", "lessons", "price", "active"),
    form=("code", "name", "subject", "lessons", "minutes", "price", "active", "description"),
    search=("code", "name"),
    filters=("subject", "active"),
    sort="code",
)

TERMS = Resource(
    model=Term,
    label=N_("Terms"),
    permission="education.term",
    columns=("name", "starts_on", "ends_on"),
    form=("name", "starts_on", "ends_on"),
    sort="starts_on",
)

CLASSES = Resource(
    model=CourseClass,
    label=N_("Classes"),
    permission="education.class",
    columns=("code", "name", "course_id", "teacher_id", "timetable", "seats", "active"),
    form=("code", "name", "course_id", "term_id", "teacher_id", "room", "timetable", "seats", "active"),
    search=("code", "name"),
    filters=("active",),
    sort="code",
)
