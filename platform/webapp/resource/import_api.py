"""The REST API of imports: a file into a list, what was imported, and its undoing."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import Applied, imports_into
from vertical import Resource
from webapp.resource.giving import undo_and_tell
from webapp.resource.importing import apply, guess_mapping, offered_fields, read_sheet, try_import
from webapp.resource.schemas import ImportRead, ImportResult, ImportUndone
from webapp.resource.table import BODY_BYTES_MAX


def import_handlers(resource: Resource) -> dict[str, Any]:
    """The handlers by attribute name."""
    permission, name = {"permission": f"{resource.permission}.import"}, resource.schema_name

    async def import_records(
        self: Any,
        work: NamedDependency[Work],
        data: MultipartBody[dict[str, Any]],
        dry_run: FromQuery[bool] = False,  # noqa: FBT002
        key: FromQuery[str] = "",
    ) -> ImportResult:
        """Write each row of a CSV or XLSX file in the part ``file``: all of them, or none and the reasons.

        Each row is a new record.  With ``key``, the name of a field that identifies records, a row whose value a record has
        changes that record instead: its filled cells are written, its empty ones change nothing.

        Files of persons may bring identity papers in the columns ``paper.number`` and ``paper.kind``, for who may keep such numbers.
        """
        content, file_name = await uploaded(data)
        sheet = await asyncio.to_thread(read_sheet, content)
        mapping = guess_mapping(await offered_fields(work, resource), sheet.header)
        trial = await try_import(work, resource, sheet, mapping, key)
        done = None if trial.errors or dry_run else await apply(work, resource, trial, file_name=file_name)
        return ImportResult(
            rows=len(sheet.rows),
            created=len(trial.creates) if done or (dry_run and not trial.errors) else 0,
            changed=len(trial.changes) if done or (dry_run and not trial.errors) else 0,
            unchanged=trial.same,
            papers=len(done.papers) if done else len(trial.papers) if dry_run and not trial.errors else 0,
            errors=list(trial.errors),
            doubts=list(trial.doubts),
            import_id=done.id if done else None,
        )

    async def list_imports(self: Any, work: NamedDependency[Work]) -> list[ImportRead]:
        """The latest imports into this list."""
        return [_read(applied) for applied in await imports_into(work, resource)]

    async def undo(self: Any, work: NamedDependency[Work], import_id: FromPath[UUID]) -> ImportUndone:
        """Remove what an import created and restore what it changed, but for records that somebody worked with since."""
        removed, restored, kept = await undo_and_tell(work, resource, import_id)
        return ImportUndone(removed=removed, restored=restored, kept=kept)

    return {
        "import_records": post(
            "/import",
            operation_id=f"import{name}",
            opt=permission,
            summary="Import",
            status_code=200,
            request_max_body_size=BODY_BYTES_MAX,
        )(import_records),
        "list_imports": get("/imports", operation_id=f"listImports{name}", opt=permission, summary="Imports")(list_imports),
        "undo_import": post(
            "/imports/{import_id:uuid}/undo", operation_id=f"undoImport{name}", opt=permission, summary="Undo an import", status_code=200
        )(undo),
    }


async def uploaded(form: Any) -> tuple[bytes, str]:
    """The bytes of the part ``file`` and its name.

    Raises:
        Invalid: there is no such part.
    """
    file = form.get("file") if isinstance(form, Mapping) else None
    if not isinstance(file, UploadFile) or not (content := await file.read()):
        raise Invalid(_("Choose a CSV or XLSX file."), field="file")
    return content, file.filename or ""


def _read(applied: Applied) -> ImportRead:
    return ImportRead(
        id=applied.id,
        file_name=applied.file_name,
        at=applied.at,
        by=applied.by,
        created=applied.created,
        changed=applied.changed,
        unchanged=applied.same,
        undone_at=applied.undone_at,
        undone_by=applied.undone_by,
        kept=applied.kept,
        may_undo=applied.may_undo,
    )
