"""The page of working hours: the week, the public holidays, the company's own days."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.service.hours.service import (
    SpecialDayInput,
    WeekInput,
    remove_special_day,
    save_special_days,
    save_week,
    special_days,
    working_week,
)
from core_crm.service.hours.texts import shown, split
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.api import announced, public_days

HOURS = "core_crm/service/hours.html"
PATH = "/service/hours"
MANAGE = {"permission": "crm.service.manage"}
DAY_TEXTS = ("on", "until", "name", "spans")

AnyRequest = Request[Any, Any, Any]


class HoursPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt=MANAGE)
    async def show(self, work: NamedDependency[Work]) -> Template:
        return page(HOURS, errors={}, **await _shown(work))

    @post("/", opt=MANAGE)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        typed = {f"week.{n}": str(form.get(f"week.{n}", ""))[:200] for n in range(7)}
        version = str(form.get("version", ""))
        values: dict[str, Any] = typed | {"public_holidays": "public_holidays" in form, "version": version}
        context = await _shown(work)
        try:
            async with work.session.begin_nested():
                week = [split(text) for text in typed.values()]
                data = WeekInput(
                    week=week, public_holidays=values["public_holidays"], version=int(version) if version.isdecimal() else None
                )
                await save_week(work, data)
        except DomainError as error:
            raise FormRefused.because(error, HOURS, **(context | {"values": context["values"] | values})) from error
        return Redirect(PATH, status_code=303)

    @post("/days", opt=MANAGE)
    async def add_days(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in DAY_TEXTS}
        context = await _shown(work)
        try:
            async with work.session.begin_nested():
                await save_special_days(work, _days(values))
        except DomainError as error:
            raise FormRefused.because(error, HOURS, **(context | {"values": context["values"] | values})) from error
        return Redirect(PATH, status_code=303)

    @post("/days/{day_id:uuid}/delete", opt=MANAGE)
    async def remove_day(self, work: NamedDependency[Work], day_id: FromPath[UUID]) -> Redirect:
        await remove_special_day(work, day_id)
        return Redirect(PATH, status_code=303)


def _days(values: dict[str, str]) -> SpecialDayInput:
    if not values["name"]:
        raise Invalid(_("Please enter a name."), field="name")
    first = _day(values, "on")
    if first is None:
        raise Invalid(_("Please fill this in."), field="on")
    return SpecialDayInput(on=first, until=_day(values, "until"), name=values["name"][:80], spans=split(values["spans"]))


def _day(values: dict[str, str], field: str) -> date | None:
    text = values[field].replace("/", "-")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Enter a date such as 2026-11-23."), field=field) from None


async def _shown(work: Work) -> dict[str, Any]:
    week, today = await working_week(work), work.today()
    values: dict[str, Any] = dict.fromkeys(DAY_TEXTS, "") | {f"week.{n}": shown(day) for n, day in enumerate(week.week)}
    values |= {"public_holidays": week.public_holidays, "version": str(week.version)}
    own = [
        {"id": each.id, "on": each.on, "name": each.name, "hours": shown(each.spans)}
        for each in await special_days(work, since=today - timedelta(days=30))
    ]
    years = [(year, announced(year), _runs(year)) for year in (today.year, today.year + 1)]
    names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return {"values": values, "own": own, "years": years, "weekdays": names}


def _runs(year: int) -> list[dict[str, Any]]:
    """The year's holidays, each with its days off and those worked instead."""
    found: dict[str, dict[str, Any]] = {}
    for day in sorted(public_days(year)):
        public = public_days(year)[day]
        run = found.setdefault(public.name, {"name": public.name, "off": [], "work": []})
        run["work" if public.works else "off"].append(day)
    return list(found.values())
