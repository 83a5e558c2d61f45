"""Pages of reports."""

from itertools import groupby
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN, page
from kernel.work import Work
from webapp.reports import files, service
from webapp.resource.api import download
from webapp.resource.exporting import CSV_TYPE, XLSX_TYPE

ROWS_SHOWN_MAX = 1_000

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
        asked = service.read_request(entry.report, request.query_params)
        table, failure = None, ""
        if asked.ready:
            try:
                table = await service.run_report(work, entry, asked.parameters)
            except DomainError as error:
                failure = error.message
        status = 422 if asked.errors else 200
        shown: dict[str, Any] = {"entry": entry, "asked": asked, "table": table, "failure": failure, "query": request.url.query}
        return page("reports/run.html", status_code=status, rows_max=ROWS_SHOWN_MAX, **shown)

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
