"""Import from a file, step by step: upload, map the columns and read every error, apply all or nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from kernel.errors import Conflict, DomainError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.api import ImportFile, drop_file, imports_into, keep_file, kept_file, map_file
from vertical import Resource
from webapp.resource import exporting, xlsx
from webapp.resource.api import download
from webapp.resource.fields import Field, fields_of
from webapp.resource.giving import undo_and_tell
from webapp.resource.import_api import uploaded
from webapp.resource.importing import Trial, apply, guess_mapping, keys_of, offered_fields, read_sheet, try_import
from webapp.resource.links import base_path
from webapp.resource.papers import masked_cells, paper_fields
from webapp.resource.schemas import RowError
from webapp.resource.table import BODY_BYTES_MAX, FILE_BYTES_MAX, FILE_ROWS_MAX
from webapp.resource.view import one

AnyRequest = Request[Any, Any, Any]

TYPES = {"csv": exporting.CSV_TYPE, "xlsx": exporting.XLSX_TYPE}
ROWS_SHOWN = 50
TEMPLATE = "resource/import.html"


def kind_of(request: AnyRequest) -> str:
    """``csv`` or ``xlsx``, as the address ends."""
    return "csv" if request.url.path.endswith(".csv") else "xlsx"


def handlers(resource: Resource) -> dict[str, Any]:
    """The wizard's handlers by attribute name."""
    stem, permission = resource.permission, {"permission": f"{resource.permission}.import"}

    async def start(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(TEMPLATE, **await _start(request, work, resource))

    async def upload(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        try:
            content, name = await uploaded(await request.form())
            sheet = await asyncio.to_thread(read_sheet, content)
        except DomainError as error:
            raise FormRefused.because(error, TEMPLATE, values={}, **await _start(request, work, resource)) from error
        file_id = await keep_file(work, stem, name, content, guess_mapping(await offered_fields(work, resource), sheet.header))
        return Redirect(f"{base_path(request, resource)}/import/{file_id}", status_code=303)

    async def check(self: Any, request: AnyRequest, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Template:
        file, trial = await _trial(work, resource, file_id)
        return page(TEMPLATE, **_checked(request, resource, file, trial, await offered_fields(work, resource)))

    async def remap(self: Any, request: AnyRequest, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Redirect:
        file, _content = await kept_file(work, stem, file_id)
        form = dict(await request.form())
        known = {field.name for field in await offered_fields(work, resource)}
        chosen = {int(key[1:]): str(name) for key, name in form.items() if key[:1] == "c" and key[1:].isdecimal() and name in known}
        key = str(form.get("key", ""))
        await map_file(work, file, chosen, key if key in resource.keys and key in chosen.values() else "")
        return Redirect(f"{base_path(request, resource)}/import/{file_id}", status_code=303)

    async def finish(self: Any, request: AnyRequest, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Template:
        file, trial = await _trial(work, resource, file_id)
        try:
            done = await apply(work, resource, trial, file_name=file.file_name)
        except DomainError as error:
            raise FormRefused.because(
                error, TEMPLATE, values={}, **_checked(request, resource, file, trial, await offered_fields(work, resource))
            ) from error
        await drop_file(work, file)
        counts = {"created": len(done.created), "changed": len(done.before), "same": done.same_count, "papers": len(done.papers)}
        return page(TEMPLATE, **_context(request, resource, step=2, **counts))

    async def undo(self: Any, request: AnyRequest, work: NamedDependency[Work], import_id: FromPath[UUID]) -> Template:
        try:
            removed, restored, kept = await undo_and_tell(work, resource, import_id)
        except Conflict as error:
            raise FormRefused.because(error, TEMPLATE, values={}, **await _start(request, work, resource)) from error
        return page(TEMPLATE, **await _start(request, work, resource, undone={"removed": removed, "restored": restored, "kept": kept}))

    async def errors_file(self: Any, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Response[bytes]:
        _file, trial = await _trial(work, resource, file_id)
        return download(_failed_rows(resource, trial), f"{resource.slug}-errors.xlsx", TYPES["xlsx"])

    async def template_file(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Response[bytes]:
        kind = kind_of(request)
        return download(exporting.template(resource, kind, paper_fields(work, resource)), f"{resource.slug}-template.{kind}", TYPES[kind])

    return {
        "import_start": get("/import", opt=permission)(start),
        "import_upload": post("/import", opt=permission, request_max_body_size=BODY_BYTES_MAX)(upload),
        "import_check": get("/import/{file_id:uuid}", opt=permission)(check),
        "import_remap": post("/import/{file_id:uuid}", opt=permission)(remap),
        "import_apply": post("/import/{file_id:uuid}/apply", opt=permission, status_code=200)(finish),
        "import_undo": post("/imports/{import_id:uuid}/undo", opt=permission, status_code=200)(undo),
        "import_errors": get("/import/{file_id:uuid}/errors.xlsx", opt=permission)(errors_file),
        "import_template": get(["/import/template.csv", "/import/template.xlsx"], opt=permission)(template_file),
    }


async def _trial(work: Work, resource: Resource, file_id: UUID) -> tuple[ImportFile, Trial]:
    file, content = await kept_file(work, resource.permission, file_id)
    sheet = await asyncio.to_thread(read_sheet, content)
    mapping = {int(position): name for position, name in file.mapping.items() if int(position) < len(sheet.header)}
    return file, await try_import(work, resource, sheet, mapping, file.key)


async def _start(request: AnyRequest, work: Work, resource: Resource, **more: Any) -> dict[str, Any]:
    """The first step: a file to choose, and the imports before it."""
    return _context(request, resource, step=0, earlier=await imports_into(work, resource), **more)


def _context(request: AnyRequest, resource: Resource, *, step: int, **more: Any) -> dict[str, Any]:
    return {
        "resource": resource,
        "label": _(resource.label),
        "one": one(resource),
        "base": base_path(request, resource),
        "step": step,
        "most_bytes": FILE_BYTES_MAX,
        "most_rows": FILE_ROWS_MAX,
        **more,
    }


def _checked(request: AnyRequest, resource: Resource, file: ImportFile, trial: Trial, offered: list[Field]) -> dict[str, Any]:
    """What the second step shows: the mapping, and the rows that are wrong before those that are right."""
    by_row = trial.by_row
    doubted: dict[int, list[RowError]] = {}
    for doubt in trial.doubts:
        doubted.setdefault(doubt.row, []).append(doubt)
    labels = {field.name: field.label for field in offered}
    cells = [masked_cells(trial.sheet.header, trial.mapping, row) for row in trial.sheet.rows]
    numbered = list(zip(trial.sheet.numbers, cells, strict=True))
    wrong = [(number, row, by_row[number]) for number, row in numbered if number in by_row]
    right = [(number, row, doubted.get(number, [])) for number, row in numbered if number not in by_row]
    right.sort(key=lambda entry: not entry[2])  # those to look at come first
    return _context(
        request,
        resource,
        step=1,
        file_id=file.id,
        file_name=file.file_name,
        header=[(position, name, trial.mapping.get(position, "")) for position, name in enumerate(trial.sheet.header)],
        fields=[(f.name, f"{f.label} *" if f.required else f.label) for f in offered],
        labels=labels,
        keys=[(field.name, field.label) for field in keys_of(resource, offered) if field.name in trial.mapping.values()],
        key=trial.key,
        creates=len(trial.creates),
        changes=len(trial.changes),
        same=trial.same,
        papers=len(trial.papers),
        doubts=len(doubted),
        whole=by_row.get(1, []),
        shown=(wrong + right)[:ROWS_SHOWN],
        wrong=len(wrong),
        rows=len(numbered),
        more=max(0, len(numbered) - ROWS_SHOWN),
        marked=_marked(trial.mapping, wrong),
    )


def _marked(mapping: Mapping[int, str], wrong: Any) -> set[tuple[int, int]]:
    """Cells to mark: (row number, column)."""
    places = {name: position for position, name in mapping.items()}
    return {(number, places[error.field]) for number, _row, errors in wrong for error in errors if error.field in places}


def _failed_rows(resource: Resource, trial: Trial) -> bytes:
    """The rows with errors as they were, with the reason in a last column."""
    labels = {field.name: field.label for field in fields_of(resource, "form")}
    by_row = trial.by_row
    rows = []
    for number, row in zip(trial.sheet.numbers, trial.sheet.rows, strict=True):
        if number in by_row:
            reasons = "；".join(f"{labels[e.field]}: {e.message}" if e.field in labels else e.message for e in by_row[number])
            rows.append([str(number), *row, reasons])
    return xlsx.write([_("Row"), *trial.sheet.header, _("What is wrong")], rows)
