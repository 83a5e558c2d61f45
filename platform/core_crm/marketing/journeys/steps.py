"""What a journey is made of: an occasion, steps in their order, and a goal."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.marketing.segments.fields import fields_of
from core_crm.marketing.segments.model import Segment
from kernel.errors import FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from messaging.channels import Channel
from messaging.wording.model import MessageTemplate

STEPS_MAX, DAYS_LISTED_MAX = 40, 60
AMOUNT_MAX = Decimal(10) ** 15
_DAY = re.compile(r"(?:\d{4}-)?\d{2}-\d{2}")

TriggerKind = Literal["created", "segment", "date", "calendar", "periodic", "manual"]
StepKind = Literal["email", "sms", "wait", "condition", "tag", "task", "exit"]

TRIGGERS = {
    "created": N_("A customer is entered"),
    "segment": N_("A customer comes into a segment"),
    "date": N_("A day of the customer, such as a birthday"),
    "calendar": N_("Days of the calendar, such as holidays"),
    "periodic": N_("Again and again, every week or month"),
    "manual": N_("By hand or by another program"),
}
STEPS = {
    "email": N_("Send an e-mail"),
    "sms": N_("Send a text message"),
    "wait": N_("Wait"),
    "condition": N_("Check a condition"),
    "tag": N_("Tag the customer"),
    "task": N_("Assign a task"),
    "exit": N_("End here"),
}
GOALS = {"none": N_("None"), "order": N_("The customer orders"), "segment": N_("The customer comes into a segment")}


class Trigger(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The occasion.  ``segment_id`` is whom it is for; without one, everybody whom the occasion concerns.

    ``field`` is ``created_at`` or a date of the company's own, ``custom.birthday``, met ``offset_days`` before (negative) or after
    it, each year where ``yearly``.  ``days`` are 02-14 or 2027-02-06.  ``every`` week on day 1 to 7, or month on day 1 to 28.
    """

    kind: TriggerKind = "manual"
    segment_id: UUID | None = None
    field: Annotated[str, msgspec.Meta(max_length=60)] = ""
    offset_days: Annotated[int, msgspec.Meta(ge=-365, le=365)] = 0
    yearly: bool = True
    days: Annotated[list[Annotated[str, msgspec.Meta(max_length=10)]], msgspec.Meta(max_length=DAYS_LISTED_MAX)] = []
    every: Literal["week", "month"] = "month"
    on: Annotated[int, msgspec.Meta(ge=1, le=28)] = 1
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 9
    include_present: bool = False
    include_imports: bool = False


class Step(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One step.  ``template_b`` goes to ``share_b`` per cent, to compare.  A condition asks whether the customer is in ``segment_id``,
    or is not where ``negate``; where it does not hold, ``otherwise`` says to ``exit`` or to ``skip`` the next step.
    """

    kind: StepKind
    id: Annotated[str, msgspec.Meta(max_length=12)] = ""
    days: Annotated[int, msgspec.Meta(ge=0, le=730)] = 0
    hours: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0
    template_id: UUID | None = None
    template_b: UUID | None = None
    share_b: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    segment_id: UUID | None = None
    negate: bool = False
    otherwise: Literal["exit", "skip"] = "exit"
    tag: Annotated[str, msgspec.Meta(max_length=40)] = ""
    remove: bool = False
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Goal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the journey is for; who reaches it leaves.  ``within_days`` an order still counts after the run has ended."""

    kind: Literal["none", "order", "segment"] = "none"
    amount: Decimal = Decimal(0)
    segment_id: UUID | None = None
    within_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30


class JourneyWrong(Invalid):
    """Something of the journey is missing or does not fit; names the field, ``steps.2.template_id``."""

    code = "journey_wrong"


async def check(work: Work, trigger: Trigger, steps: list[Step], goal: Goal) -> None:
    """Refuse a journey that could not run.

    Raises:
        JourneyWrong
    """
    segments = set(await work.session.scalars(select(Segment.id)))
    rows = await work.session.execute(select(MessageTemplate.id, MessageTemplate.channel))
    templates = {row.id: row.channel for row in rows}
    errors = await _wrong_trigger(work, trigger, segments)
    if goal.kind == "segment" and goal.segment_id not in segments:
        errors.append(FieldError("goal.segment_id", _("Choose a segment.")))
    if not goal.amount.is_finite() or not 0 <= goal.amount < AMOUNT_MAX:
        errors.append(FieldError("goal.amount", _("An amount is zero or more, for example 128000.00.")))
    if not steps:
        errors.append(FieldError("steps", _("Add at least one step.")))
    if len(steps) > STEPS_MAX:
        errors.append(FieldError("steps", _("At most %(most)s steps.", most=STEPS_MAX)))
    for number, step in enumerate(steps):
        errors += [FieldError(f"steps.{number}.{name}", message) for name, message in _wrong_step(step, templates, segments)]
    if errors:
        raise JourneyWrong(errors[0].message, errors=errors)


async def _wrong_trigger(work: Work, trigger: Trigger, segments: set[UUID]) -> list[FieldError]:
    errors = []
    needs = trigger.kind in ("segment", "calendar", "periodic") or trigger.segment_id is not None
    if needs and trigger.segment_id not in segments:
        errors.append(FieldError("trigger.segment_id", _("Choose a segment.")))
    if trigger.kind == "date":
        field = (await fields_of(work)).get(trigger.field)
        if field is None or field.kind != "date":
            errors.append(FieldError("trigger.field", _("Choose a field that holds a date.")))
    if trigger.kind == "calendar" and (not trigger.days or not all(_is_day(day) for day in trigger.days)):
        errors.append(FieldError("trigger.days", _("Enter days as 02-14 for every year or 2027-02-06 for one.")))
    if trigger.kind == "periodic" and trigger.every == "week" and trigger.on > 7:
        errors.append(FieldError("trigger.on", _("A day of the week is 1 (Monday) to 7.")))
    return errors


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text if len(text) == 10 else f"2028-{text}")
    except ValueError:
        return False
    return True


def _wrong_step(step: Step, templates: dict[UUID, Channel], segments: set[UUID]) -> list[tuple[str, str]]:
    wrong = []
    if step.kind in ("email", "sms"):
        for name in ("template_id", "template_b"):
            chosen = getattr(step, name)
            if chosen is None and name == "template_b":
                continue
            if chosen not in templates or templates[chosen].value != step.kind:
                wrong.append((name, _("Choose a template of this channel.")))
    if step.kind == "wait" and not (step.days or step.hours):
        wrong.append(("days", _("Enter for how long.")))
    if step.kind == "condition" and step.segment_id not in segments:
        wrong.append(("segment_id", _("Choose a segment.")))
    if step.kind == "tag" and not step.tag.strip():
        wrong.append(("tag", _("Please fill this in.")))
    if step.kind == "task" and not step.title.strip():
        wrong.append(("title", _("Please fill this in.")))
    return wrong


def occasion_on(trigger: Trigger, day: date) -> str | None:
    """What a day is for a journey of the calendar or a periodic one; None where it is nothing."""
    if trigger.kind == "calendar":
        return day.isoformat() if {day.isoformat(), f"{day:%m-%d}"} & set(trigger.days) else None
    if trigger.kind == "periodic":
        met = day.isoweekday() == trigger.on if trigger.every == "week" else day.day == trigger.on
        return day.isoformat() if met else None
    return None


def met_on(trigger: Trigger, day: date) -> tuple[list[str], str]:
    """The month and days that are met on ``day`` by a yearly date, and the occasion; a 29 February is met on the 28th elsewhere."""
    meant = day - timedelta(days=trigger.offset_days)
    found = [f"{meant:%m-%d}"]
    if (meant.month, meant.day) == (2, 28) and (meant + timedelta(days=1)).month == 3:
        found.append("02-29")
    return found, str(meant.year)
