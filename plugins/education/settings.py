"""What a training centre decides for itself."""

from typing import Annotated

from msgspec import Meta, Struct

from kernel.i18n import N_
from kernel.work import Work
from vertical.settings import settings_of

# Non-academic education may choose the simplified method at 3 % (财税〔2016〕68号); small-scale taxpayers and schools differ.
VatPercent = Annotated[
    int,
    Meta(
        ge=0,
        le=13,
        title=N_("VAT on tuition"),
        description=N_("3 where the simplified method was chosen. Lessons given from now on are taxed so."),
        extra={"suffix": "%"},
    ),
]
DueDays = Annotated[
    int,
    Meta(ge=0, le=365, title=N_("Days to pay tuition"), description=N_("Counted from the day of enrolment."), extra={"suffix": N_("days")}),
]
RemindDays = Annotated[
    int,
    Meta(
        ge=1,
        le=90,
        title=N_("Days between reminders"),
        description=N_("How often a family is reminded of overdue tuition."),
        extra={"suffix": N_("days")},
    ),
]


class Settings(Struct, kw_only=True, frozen=True):
    """Per-tenant settings; the host draws the settings page from this."""

    vat_percent: VatPercent = 3
    tuition_due_days: DueDays = 7
    remind_every_days: RemindDays = 7


async def read_settings(work: Work) -> Settings:
    """The tenant's settings."""
    return await settings_of(work, "education", Settings)
