"""Pages of amortisation schedules."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, mark_of, the_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, dotted, titled
from core_finance.closing.amortisations import (
    add_schedule,
    change_schedule,
    charge,
    get_schedule,
    months_between,
    remove_schedule,
    schedules,
    stop_schedule,
)
from core_finance.closing.model import Amortisation
from core_finance.periods.service import code_of, following, text_of
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page, toast
from kernel.work import Work
from master_data.api import Department

LIST, FORM = "core_finance/closing/amortisations.html", "core_finance/closing/amortisation.html"
PATH = "/finance/amortisation"
TYPED = ("name", "amount", "residual", "months", "first_period", "charged_before", "expense_account", "asset_account", "department")

AnyRequest = Request[Any, Any, Any]


class AmortisationPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt={"permission": "finance.ledger.read"})
    async def show(self, work: NamedDependency[Work]) -> Template | Redirect:
        """All schedules with what this month is charged."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        month = code_of(work.today())
        rows = [_row(ledger, each, month) for each in await schedules(work, ledger)]
        return page(LIST, rows=rows, month=text_of(month), ledger=mark_of(ledger))

    @get("/new", opt={"permission": "finance.period.close"})
    async def new(self, work: NamedDependency[Work]) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        values = dict.fromkeys(TYPED, "") | {"first_period": text_of(code_of(work.today())), "residual": "0", "charged_before": "0"}
        return page(FORM, values=values, errors={}, **await _choices(work, ledger, None))

    @post("/new", opt={"permission": "finance.period.close"})
    async def add(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        ledger = await the_ledger(work, await request.form())
        values = await _typed(request)
        context = await _choices(work, ledger, None)
        try:
            made = await add_schedule(work, ledger, _read(values))
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=values, **context) from error
        return Redirect(PATH, status_code=303, headers=toast(_("%(name)s is saved.", name=made.name)))

    @get("/{schedule_id:uuid}", opt={"permission": "finance.ledger.read"})
    async def edit(self, work: NamedDependency[Work], schedule_id: FromPath[UUID]) -> Template:
        """One schedule with its plan."""
        ledger = await current_ledger(work)
        schedule = await get_schedule(work, ledger, schedule_id)
        values = {name: getattr(schedule, name, "") for name in TYPED} | {
            "first_period": text_of(schedule.first_period), "department": schedule.expense_dimensions.get("department", ""),
        }  # fmt: skip
        return page(FORM, values=values, errors={}, **await _choices(work, ledger, schedule))

    @post("/{schedule_id:uuid}", opt={"permission": "finance.period.close"})
    async def change(self, request: AnyRequest, work: NamedDependency[Work], schedule_id: FromPath[UUID]) -> Redirect:
        ledger = await the_ledger(work, await request.form())
        values = await _typed(request)
        schedule = await get_schedule(work, ledger, schedule_id)
        context = await _choices(work, ledger, schedule)
        try:
            read = _read(values)
            others = {kind: value for kind, value in schedule.expense_dimensions.items() if kind != "department"}
            await change_schedule(work, ledger, schedule_id, read | {"expense_dimensions": others | read["expense_dimensions"]})
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=values, **context) from error
        return Redirect(PATH, status_code=303, headers=toast(_("%(name)s is saved.", name=values["name"])))

    @post("/{schedule_id:uuid}/stop", opt={"permission": "finance.period.close"})
    async def stop(self, request: AnyRequest, work: NamedDependency[Work], schedule_id: FromPath[UUID]) -> Redirect:
        ledger = await the_ledger(work, await request.form())
        schedule = await get_schedule(work, ledger, schedule_id)
        context = await _choices(work, ledger, schedule)
        values = {name: getattr(schedule, name, "") for name in TYPED} | {"first_period": text_of(schedule.first_period)}
        typed = str((await request.form()).get("stopped_period", "")).strip()
        try:
            await stop_schedule(work, ledger, schedule_id, _month(typed, "stopped_period") if typed else None)
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=values | {"stopped_period": typed}, **context) from error
        return Redirect(f"{PATH}/{schedule_id}", status_code=303, headers=toast(_("Saved.")))

    @post("/{schedule_id:uuid}/remove", opt={"permission": "finance.period.close"})
    async def remove(self, request: AnyRequest, work: NamedDependency[Work], schedule_id: FromPath[UUID]) -> Redirect:
        await remove_schedule(work, await the_ledger(work, await request.form()), schedule_id)
        return Redirect(PATH, status_code=303, headers=toast(_("The schedule is removed.")))


async def _choices(work: Work, ledger: Ledger, schedule: Amortisation | None) -> dict[str, Any]:
    """What the form offers, in plain values: it is drawn again after the transaction was undone."""
    leaves = [(a.code, titled(a, ledger)) for a in await accounts(work, ledger, leaves=True, active=True)]
    found = await work.session.execute(select(Department.id, Department.name).order_by(Department.code).limit(500))
    departments = [(str(row.id), row.name) for row in found]
    stopped = text_of(schedule.stopped_period) if schedule and schedule.stopped_period else ""
    return {
        "ledger": mark_of(ledger),
        "leaves": leaves, "departments": departments, "plan": _plan(schedule, ledger.start_period) if schedule else [],
        "schedule": {"id": schedule.id, "name": schedule.name, "stopped": stopped} if schedule else None,
    }  # fmt: skip


def _row(ledger: Ledger, schedule: Amortisation, month: int) -> dict[str, Any]:
    passed = months_between(schedule.first_period, month)
    last = months_between(schedule.first_period, schedule.stopped_period) if schedule.stopped_period else schedule.months
    state = "stopped" if schedule.stopped_period and passed >= last else "ended" if passed >= schedule.months else "runs"
    return {
        "id": schedule.id, "name": schedule.name, "amount": schedule.amount, "months": schedule.months, "state": state,
        "first": text_of(schedule.first_period), "charge": charge(schedule, month, ledger.start_period),
        "accounts": " ← ".join(dotted(code, ledger.code_lengths) for code in (schedule.expense_account, schedule.asset_account)),
    }  # fmt: skip


def _plan(schedule: Amortisation, start: int) -> list[tuple[str, Decimal, Decimal]]:
    """Month, its charge, and what is left after; the whole of it, 1200 months at most."""
    code = max(schedule.first_period, start)
    left = schedule.amount - schedule.charged_before
    rows = []
    for _n in range(schedule.months):
        amount = charge(schedule, code, start)
        if amount:
            left -= amount
            rows.append((text_of(code), amount, left))
        code = following(code)
    return rows


async def _typed(request: AnyRequest) -> dict[str, str]:
    data = await request.form()
    return {name: str(data.get(name, "")).strip() for name in TYPED}


def _read(values: Mapping[str, str]) -> dict[str, Any]:
    """Raises:
    Invalid: with each field that cannot be read.
    """
    problems: list[FieldError] = []
    read: dict[str, Any] = {"name": values["name"], "asset_account": values["asset_account"], "expense_account": values["expense_account"]}
    for name in ("amount", "residual", "charged_before"):
        try:
            read[name] = Decimal((values[name] or "0").replace(",", ""))
            if not read[name].is_finite():
                raise InvalidOperation
        except InvalidOperation:
            problems.append(FieldError(name, _("Enter an amount of money that is not negative, with two decimals.")))
    if values["months"].isascii() and values["months"].isdecimal() and len(values["months"]) < 5:
        read["months"] = int(values["months"])
    else:
        problems.append(FieldError("months", _("The months are between 1 and %(max)s.", max=1200)))
    try:
        read["first_period"] = _month(values["first_period"], "first_period")
    except Invalid as error:
        problems += error.errors
    if problems:
        raise Invalid(problems[0].message, errors=problems)
    return read | {"expense_dimensions": {"department": values["department"]} if values["department"] else {}}


def _month(text: str, field: str) -> int:
    digits = text.replace("-", "")
    if not (len(digits) == 6 and digits.isascii() and digits.isdecimal()):
        raise Invalid(_("Enter year and month, 2026-01 for instance."), field=field)
    return int(digits)
