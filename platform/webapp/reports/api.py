"""REST API of reports: which there are, and each as rows."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN
from kernel.work import Work
from webapp.reports import service

AnyRequest = Request[Any, Any, Any]


class ReportRead(msgspec.Struct, kw_only=True):
    """A report that the caller may run.  ``parameters`` are the names that its address takes."""

    package: str
    key: str
    title: str
    summary: str
    parameters: list[str]


class ReportColumnRead(msgspec.Struct, kw_only=True):
    label: str
    kind: Literal["text", "number", "money", "date", "moment", "check"]


class ReportResult(msgspec.Struct, kw_only=True):
    """The rows of a report; numbers that are exact are texts."""

    columns: list[ReportColumnRead]
    rows: list[list[Any]]
    totals: list[Any]
    notes: list[str]


class ReportController(Controller):
    path = "/reports"
    tags = ("Reports",)

    @get("/", opt={"permission": SIGNED_IN}, operation_id="ListReports", summary="Reports")
    async def reports(self, request: AnyRequest, work: NamedDependency[Work]) -> list[ReportRead]:
        """The reports of the company's apps that the caller may run."""
        return [_read(entry) for entry in service.reports_for(work, request.app.state.catalog)]

    @get("/{package:str}/{key:str}", opt={"permission": SIGNED_IN}, operation_id="RunReport", summary="Run a report")
    async def run(self, request: AnyRequest, work: NamedDependency[Work], package: FromPath[str], key: FromPath[str]) -> ReportResult:
        """The report for the parameters in the query; those left out have their defaults."""
        entry = service.find_report(work, request.app.state.catalog, package, key)
        asked = service.read_request(entry.report, {service.RUN: "1", **_defaults(entry), **request.query_params})
        if not asked.ready:
            errors = [FieldError(name, message) for name, message in asked.errors.items()]
            raise Invalid(errors[0].message if errors else _("Open the report and fill in its form first."), errors=errors)
        table = await service.run_report(work, entry, asked.parameters)
        columns = [ReportColumnRead(label=column.label, kind=column.kind) for column in table.columns]
        return ReportResult(columns=columns, rows=_rows(table.rows), totals=list(table.totals), notes=list(table.notes))


def _defaults(entry: service.Entry) -> dict[str, str]:
    """A box that is ticked by default is ticked for a program that does not speak of it."""
    asked = service.read_request(entry.report, {})
    return {control["name"]: control["value"] for control in asked.controls if control["kind"] == "check" and control["value"]}


def _rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(row) for row in rows]


def _read(entry: service.Entry) -> ReportRead:
    names = [control["name"] for control in service.read_request(entry.report, {}).controls]
    return ReportRead(package=entry.package, key=entry.key, title=entry.title, summary=entry.summary, parameters=names)
