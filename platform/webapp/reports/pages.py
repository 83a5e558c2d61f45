"""Pages of reports."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN, FormRefused, id_in, page
from kernel.work import Work
from master_data.api import remove_view, save_view, saved_views
from webapp import structs
from webapp.reports import files, service
from webapp.resource.api import download
from webapp.resource.exporting import CSV_TYPE, XLSX_TYPE
from workflow.api import Cadence, add_schedule, colleagues, remove_schedule, schedules_of

ROWS_SHOWN_MAX = 1_000
TEMPLATE = "reports/run.html"
COMPANY_VIEWS = "workflow.report.manage"
"""Who may keep views for everybody, and stop what others have sent."""

AnyRequest = Request[Any, Any, Any]


class ReportPages(Controller):
    """The list shows what the person may run; each report asks for the permission it declares."""

    path = "/reports"
    include_in_schema = False

    @get("/", opt={"permission": SIGNED_IN})
    async def list(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """All reports by the app they come from."""
        found = service.reports_for(work, request.app.state.catalog)
        return page("reports/list.html", groups=[(source, [*entries]) for source, entries in groupby(found, lambda entry: entry.source)])

    @get("/{vertical:str}/{key:str}", opt={"permission": SIGNED_IN})
    async def show(self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str]) -> Template:
        """The report's form and, once all it needs is known, its table."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        return await _shown(request, work, entry)

    @post("/{vertical:str}/{key:str}/views", opt={"permission": SIGNED_IN})
    async def keep(self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str]) -> Redirect:
        """Keep what is asked of the report under a name, for oneself or for the company."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        form = await request.form()
        query = service.query_of(entry.report, form)
        shared = form.get("company") == "1" and work.actor.may(COMPANY_VIEWS)
        try:
            await save_view(work, entry.view_name, str(form.get("name", "")), query, for_company=shared)
        except DomainError as error:
            raise await _refused(request, work, entry, error, query) from error
        return Redirect(f"{entry.path}?{query}", status_code=303)

    @post("/{vertical:str}/{key:str}/views/{view_id:uuid}/delete", opt={"permission": SIGNED_IN})
    async def forget(
        self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str], view_id: FromPath[UUID]
    ) -> Redirect:
        """Forget a kept view."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        await remove_view(work, entry.view_name, view_id, may_company=work.actor.may(COMPANY_VIEWS))
        return Redirect(entry.path, status_code=303)

    @post("/{vertical:str}/{key:str}/schedules", opt={"permission": SIGNED_IN})
    async def send(self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str]) -> Redirect:
        """Have the report sent by mail, as it is asked for now."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        form = await request.form()
        query = service.query_of(entry.report, form)
        asked = service.read_request(entry.report, dict(parse_qsl(query)))
        try:
            if not asked.ready:
                raise Invalid(next(iter(asked.errors.values()), _("Open the report and fill in its form first.")))
            cadence = str(form.get("cadence", ""))
            day = str(form.get("weekday" if cadence == Cadence.WEEKLY else "day", "1"))
            await add_schedule(
                work,
                entry.report,
                name=str(form.get("name", "")),
                path=f"{entry.path}?{query}",
                parameters=structs.values_of(asked.parameters) if asked.parameters is not None else None,
                cadence=cadence,
                day=int(day) if day.isdecimal() else 0,
                to=[each for value in form.getall("to", []) if (each := id_in(str(value))) is not None],
            )
        except DomainError as error:
            raise await _refused(request, work, entry, error, query) from error
        return Redirect(f"{entry.path}?{query}", status_code=303)

    @post("/{vertical:str}/{key:str}/schedules/{schedule_id:uuid}/delete", opt={"permission": SIGNED_IN})
    async def stop(
        self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str], schedule_id: FromPath[UUID]
    ) -> Redirect:
        """Stop sending it; who only gets it takes themselves off."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        await remove_schedule(work, schedule_id)
        return Redirect(entry.path, status_code=303)

    @get(["/{vertical:str}/{key:str}/export.csv", "/{vertical:str}/{key:str}/export.xlsx"], opt={"permission": SIGNED_IN})
    async def export(
        self, request: AnyRequest, work: NamedDependency[Work], vertical: FromPath[str], key: FromPath[str]
    ) -> Response[bytes]:
        """The same table as a file."""
        entry = service.find_report(work, request.app.state.catalog, vertical, key)
        asked = service.read_request(entry.report, request.query_params)
        if not asked.ready:
            raise Invalid(next(iter(asked.errors.values()), _("Open the report and fill in its form first.")))
        table = await service.run_report(work, entry, asked.parameters)
        name = f"{vertical}-{key}"
        if request.url.path.endswith(".xlsx"):
            return download(files.as_xlsx(table, work.tenant.zone), f"{name}.xlsx", XLSX_TYPE)
        return download(files.as_csv(table, work.tenant.zone), f"{name}.csv", CSV_TYPE)


async def _shown(request: AnyRequest, work: Work, entry: service.Entry) -> Template:
    """The page of a report."""
    status, context = await _context(work, entry, request.query_params, request.url.query)
    return page(TEMPLATE, status_code=status, **context)


async def _context(work: Work, entry: service.Entry, query: Mapping[str, str], text: str) -> tuple[int, dict[str, Any]]:
    asked = service.read_request(entry.report, query)
    table, failure = None, ""
    if asked.ready:
        try:
            table = await service.run_report(work, entry, asked.parameters)
        except DomainError as error:
            failure = error.message
    kept = service.query_of(entry.report, query)
    views = await saved_views(work, entry.view_name)
    return 422 if asked.errors else 200, {
        "entry": entry,
        "asked": asked,
        "table": table,
        "failure": failure,
        "query": text,
        "rows_max": ROWS_SHOWN_MAX,
        "kept": list(parse_qsl(kept)),
        "views": views,
        "view": next((view for view in views if view.query == kept), None) if text else None,
        "may_company": work.actor.may(COMPANY_VIEWS),
        "schedules": await schedules_of(work, entry.report.key),
        "people": {person.person_id: person.name for person in (await colleagues(work)).values()},
        "me": work.actor.id,
    }


async def _refused(request: AnyRequest, work: Work, entry: service.Entry, error: DomainError, query: str) -> FormRefused:
    """The page again, with what is wrong with the form that was sent."""
    _status, context = await _context(work, entry, dict(parse_qsl(query)), query)
    return FormRefused.because(error, TEMPLATE, values={}, **context)
