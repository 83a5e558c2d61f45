"""Saved views and files on their way in."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select

from kernel import clock
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.sealing import SealBroken, seal_bytes, unseal_bytes
from kernel.work import Work
from master_data.papers.service import settings_of_installation
from master_data.views.model import ImportFile, SavedView

VIEWS_MAX = 50
FILE_KEPT = timedelta(days=1)


class ViewNotFound(NotFound):
    code = "view_not_found"


class ImportNotFound(NotFound):
    """The file was applied, is another person's, or is more than a day old."""

    code = "import_not_found"


async def saved_views(work: Work, list_name: str) -> Sequence[SavedView]:
    """The company's views of a list, then the actor's own."""
    query = (
        select(SavedView)
        .where(SavedView.list_name == list_name, or_(SavedView.person_id.is_(None), SavedView.person_id == work.actor.id))
        .order_by(SavedView.person_id.is_not(None), SavedView.created_at)
        .limit(VIEWS_MAX)
    )
    return (await work.session.scalars(query)).all()


async def save_view(work: Work, list_name: str, name: str, query: str, *, for_company: bool) -> SavedView:
    """Keep a list's query string under a name; the same name of the same owner is written over.

    Raises:
        Invalid: the name is empty or too long, or there are too many views.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("Give the view a name of up to 60 characters."), field="name")
    if len(query) > 1000:
        raise Invalid(_("This view has too many conditions."), field="name")
    present = await saved_views(work, list_name)
    owner = None if for_company else work.actor.id
    view = next((v for v in present if v.name == name and v.person_id == owner), None)
    if view is None:
        if len(present) >= VIEWS_MAX:
            raise Invalid(_("A list has at most %(most)s views; remove one first.", most=VIEWS_MAX), field="name")
        view = SavedView(list_name=list_name, name=name, person_id=owner, made_by=work.actor.name[:80], query=query)
        work.session.add(view)
    view.query = query
    await work.session.flush()
    return view


async def remove_view(work: Work, list_name: str, view_id: UUID, *, may_company: bool) -> SavedView:
    """Remove one of the actor's views, or with ``may_company`` one of the company's.

    Raises:
        ViewNotFound: there is none, or it is another person's.
        Forbidden: it is the company's, and the actor may not.
    """
    view = await work.session.get(SavedView, view_id)
    if view is None or view.list_name != list_name or (view.person_id is not None and view.person_id != work.actor.id):
        raise ViewNotFound(_("This view does not exist any more."))
    if view.person_id is None and not may_company:
        raise Forbidden(_("Only those who may import into this list may remove views of the company."))
    await work.session.delete(view)
    await work.session.flush()
    return view


async def keep_file(work: Work, list_name: str, file_name: str, content: bytes, mapping: Mapping[int, str]) -> UUID:
    """Keep an uploaded file until it is applied; old ones go."""
    await forget_files(work)
    columns, file_id = {str(position): name for position, name in mapping.items()}, new_id()
    sealed = seal_bytes(_key(work), f"import-file:{file_id}", content)
    file = ImportFile(id=file_id, list_name=list_name, file_name=file_name[:200], content=sealed, mapping=columns, made_by=work.actor.id)
    work.session.add(file)
    await work.session.flush()
    return file.id


async def kept_file(work: Work, list_name: str, file_id: UUID) -> tuple[ImportFile, bytes]:
    """A file the actor uploaded, and its content.

    Raises:
        ImportNotFound: there is none, or it was sealed with another secret key.
    """
    gone = ImportNotFound(_("This import is gone: it was applied, or the file is more than a day old. Upload the file again."))
    file = await work.session.get(ImportFile, file_id, with_for_update=True)
    if file is None or file.list_name != list_name or file.made_by != work.actor.id:
        raise gone
    try:
        return file, unseal_bytes(_key(work), f"import-file:{file.id}", file.content)
    except SealBroken:
        raise gone from None


async def forget_files(work: Work) -> None:
    """Files that nobody applied within a day go."""
    await work.session.execute(delete(ImportFile).where(ImportFile.created_at < clock.now() - FILE_KEPT))


def _key(work: Work) -> str:
    return settings_of_installation(work).derive("import-files")


async def map_file(work: Work, file: ImportFile, mapping: Mapping[int, str], key: str = "") -> None:
    """Say which column of the file is which field, and by which of them a row means a record that is there."""
    file.mapping, file.key = {str(position): name for position, name in mapping.items()}, key
    await work.session.flush()


async def drop_file(work: Work, file: ImportFile) -> None:
    """The file was applied or given up."""
    await work.session.delete(file)
    await work.session.flush()
