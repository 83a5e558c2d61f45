"""Schedules of amortisation: keeping them, and what a month is charged."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core_finance.chart.model import Ledger
from core_finance.chart.service import get_account
from core_finance.closing.model import Amortisation, CloseStep, StepState
from core_finance.periods.service import text_of
from identity.audit import record
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES, round_half_up
from kernel.work import Work

STEP = "core_finance.amortisation"
ZERO = Decimal(0)
SCHEDULES_MAX = 5000
FIELDS = (
    "name", "amount", "residual", "months", "first_period", "charged_before", "expense_account", "expense_dimensions", "asset_account",
    "asset_dimensions",
)  # fmt: skip
FREE_FIELDS = ("name", "expense_account", "expense_dimensions")
"""What may still change when months were charged: later months follow it."""


class AmortisationNotFound(NotFound):
    code = "amortisation_not_found"


class AmortisationNameTaken(Conflict):
    code = "amortisation_name_taken"


class AmortisationCharged(Conflict):
    code = "amortisation_charged"


def months_between(first: int, last: int) -> int:
    """How many months ``last`` comes after ``first``; both as 202612."""
    return (last // 100 - first // 100) * 12 + last % 100 - first % 100


def charge(schedule: Amortisation, period: int, start_period: int) -> Decimal:
    """What ``period`` is charged: equal parts, half-up to the fen, and the rest in the last month.

    Months before the ledger's first one count as charged, with ``charged_before`` in all; what is left is spread over the
    months that are left.
    """
    from_period = max(schedule.first_period, start_period)
    months = schedule.months - months_between(schedule.first_period, from_period)
    at = months_between(from_period, period)
    if not 0 <= at < months or (schedule.stopped_period is not None and period >= schedule.stopped_period):
        return ZERO
    whole = max(ZERO, schedule.amount - schedule.residual - schedule.charged_before)
    monthly = round_half_up(whole / months)
    left = max(ZERO, whole - monthly * at)
    return left if at == months - 1 else min(monthly, left)


async def schedules(work: Work, ledger: Ledger) -> Sequence[Amortisation]:
    """All schedules of a ledger, the earliest first."""
    query = select(Amortisation).where(Amortisation.ledger_id == ledger.id)
    return (await work.session.scalars(query.order_by(Amortisation.first_period, Amortisation.name).limit(SCHEDULES_MAX))).all()


async def get_schedule(work: Work, ledger: Ledger, schedule_id: UUID) -> Amortisation:
    """Raises:
    AmortisationNotFound: the ledger has no such schedule.
    """
    found = await work.session.scalar(select(Amortisation).where(Amortisation.ledger_id == ledger.id, Amortisation.id == schedule_id))
    if found is None:
        raise AmortisationNotFound(_("There is no such amortisation schedule."))
    return found


async def add_schedule(work: Work, ledger: Ledger, values: Mapping[str, Any]) -> Amortisation:
    """A new schedule from ``values`` of ``FIELDS``.

    Raises:
        Invalid: with the fields that are wrong.
        AmortisationNameTaken: the ledger has a schedule of that name.
    """
    schedule = Amortisation(ledger_id=ledger.id, **{name: values[name] for name in FIELDS if name in values})
    await _check(work, ledger, schedule)
    work.session.add(schedule)
    await _flush(work, schedule.name)
    await record(work, "amortisation.created", f"amortisation:{schedule.id}", name=schedule.name, after=facts(schedule))
    return schedule


async def change_schedule(work: Work, ledger: Ledger, schedule_id: UUID, values: Mapping[str, Any]) -> Amortisation:
    """Change a schedule.  Once a month was charged, only its name and its expense account; stop it and begin another instead.

    Raises:
        AmortisationCharged: months were charged already.
        Invalid, AmortisationNameTaken: as ``add_schedule``.
    """
    schedule = await get_schedule(work, ledger, schedule_id)
    before = facts(schedule)
    changed = {name: value for name, value in values.items() if name in FIELDS and getattr(schedule, name) != value}
    fixed = sorted(set(changed) - set(FREE_FIELDS))
    if fixed and await _is_charged(work, ledger, schedule):
        raise AmortisationCharged(
            _("%(name)s was charged already; stop it and begin another schedule with what is left.", name=schedule.name), field=fixed[0]
        )
    for name, value in changed.items():
        setattr(schedule, name, value)
    await _check(work, ledger, schedule)
    await _flush(work, schedule.name)
    await record(work, "amortisation.changed", f"amortisation:{schedule.id}", name=schedule.name, before=before, after=facts(schedule))
    return schedule


async def stop_schedule(work: Work, ledger: Ledger, schedule_id: UUID, period: int | None) -> Amortisation:
    """Charge nothing from ``period`` on, when the asset was disposed of for instance; None lets it go on."""
    schedule = await get_schedule(work, ledger, schedule_id)
    before = facts(schedule)
    if period is not None and not _is_month(period):
        raise Invalid(_("%(code)s is no period; write one like 202611.", code=period), field="stopped_period")
    schedule.stopped_period = period
    await work.session.flush()
    await record(work, "amortisation.stopped", f"amortisation:{schedule.id}", name=schedule.name, before=before, after=facts(schedule))
    return schedule


async def remove_schedule(work: Work, ledger: Ledger, schedule_id: UUID) -> None:
    """Raises:
    AmortisationCharged: months were charged already.
    """
    schedule = await get_schedule(work, ledger, schedule_id)
    if await _is_charged(work, ledger, schedule):
        raise AmortisationCharged(_("%(name)s was charged already; stop it instead.", name=schedule.name))
    await record(work, "amortisation.removed", f"amortisation:{schedule.id}", name=schedule.name, before=facts(schedule))
    await work.session.delete(schedule)
    await work.session.flush()


def facts(schedule: Amortisation) -> dict[str, Any]:
    """What the log holds of a schedule."""
    found = {name: getattr(schedule, name) for name in (*FIELDS, "stopped_period")}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}


async def _is_charged(work: Work, ledger: Ledger, schedule: Amortisation) -> bool:
    steps = select(CloseStep.id).where(
        CloseStep.ledger_id == ledger.id, CloseStep.step == STEP, CloseStep.state == StepState.DONE,
        CloseStep.calculation["paths"].contains([f"/finance/amortisation/{schedule.id}"]),
    )  # fmt: skip
    return await work.session.scalar(steps.limit(1)) is not None


async def _flush(work: Work, name: str) -> None:
    try:
        await work.session.flush()
    except IntegrityError as error:
        raise AmortisationNameTaken(
            _("There is a schedule named %(name)s already; choose another name.", name=name), field="name"
        ) from error


async def _check(work: Work, ledger: Ledger, schedule: Amortisation) -> None:
    problems = list(_wrong_values(ledger, schedule))
    with work.session.no_autoflush:
        for name in ("expense", "asset"):
            problems += await _wrong_account(work, ledger, schedule, name)
    if problems:
        raise Invalid(problems[0].message, errors=problems)


def _wrong_values(ledger: Ledger, schedule: Amortisation) -> Sequence[FieldError]:
    schedule.residual, schedule.charged_before = schedule.residual or ZERO, schedule.charged_before or ZERO
    most = CURRENCIES.get(ledger.currency, 2)
    problems = []
    if not schedule.name.strip() or len(schedule.name) > 100:
        problems.append(FieldError("name", _("Give the schedule a name of at most %(max)s characters.", max=100)))
    for field in ("amount", "residual", "charged_before"):
        value = getattr(schedule, field)
        if value != round_half_up(value, most) or value < 0 or value >= Decimal(10) ** 16:
            problems.append(FieldError(field, _("Enter an amount of money that is not negative, with two decimals.")))
    if schedule.amount <= schedule.residual + schedule.charged_before:
        problems.append(FieldError("amount", _("The amount must be more than the residual value and what was charged before.")))
    if not 1 <= schedule.months <= 1200:
        problems.append(FieldError("months", _("The months are between 1 and %(max)s.", max=1200)))
    if not _is_month(schedule.first_period):
        message = _("%(code)s is no period; write one like 202611.", code=schedule.first_period)
        problems.append(FieldError("first_period", message))
    elif schedule.charged_before and schedule.first_period >= ledger.start_period:
        message = _(
            "Nothing was charged before the ledger began in %(period)s: the first month is not earlier.",
            period=text_of(ledger.start_period),
        )
        problems.append(FieldError("charged_before", message))
    elif schedule.first_period < ledger.start_period and months_between(schedule.first_period, ledger.start_period) >= schedule.months:
        problems.append(FieldError("months", _("All its months passed before the ledger began; nothing is left to charge.")))
    return problems


async def _wrong_account(work: Work, ledger: Ledger, schedule: Amortisation, name: str) -> Sequence[FieldError]:
    code = getattr(schedule, f"{name}_account")
    try:
        account = await get_account(work, ledger, code)
    except DomainError as error:
        return [FieldError(f"{name}_account", error.message)]
    setattr(schedule, f"{name}_account", account.code)
    if not account.is_leaf or not account.is_active:
        return [FieldError(f"{name}_account", _("%(account)s is disabled or has sub-accounts; choose another.", account=account.code))]
    given = set(getattr(schedule, f"{name}_dimensions") or {})
    if missing := set(account.required_dimensions) - given:
        return [
            FieldError(f"{name}_dimensions", _("%(account)s asks for: %(names)s.", account=account.code, names=", ".join(sorted(missing))))
        ]
    if surplus := given - {*account.required_dimensions, *account.optional_dimensions}:
        message = _("%(account)s does not keep: %(names)s.", account=account.code, names=", ".join(sorted(surplus)))
        return [FieldError(f"{name}_dimensions", message)]
    return []


def _is_month(code: int) -> bool:
    return 190001 <= code <= 299912 and 1 <= code % 100 <= 12
