"""Pages that warn of doubles and make two parties one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.organisation.model import Department, Employee
from master_data.parties.access import party_row
from master_data.parties.doubles import likely_doubles
from master_data.parties.merging import FIELDS, merge_parties, undo_merge
from master_data.parties.model import Party
from master_data.parties.resource import PARTIES
from master_data.scopes.rights import Rights, rights_of
from vertical.columns import label_of

MERGE, DOUBLES = "master_data/merge.html", "master_data/doubles.html"
MAY_MERGE = {"permission": "master.party.merge"}
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A field in which the two differ."""

    name: str
    label: str
    kept: str
    other: str


class DoublePages(Controller):
    path = "/parties/doubles"
    include_in_schema = False

    @get("/", opt={"permission": "master.party.create"})
    async def show(
        self,
        work: NamedDependency[Work],
        name: FromQuery[str] = "",
        credit_code: FromQuery[str] = "",
        phone: FromQuery[str] = "",
        email: FromQuery[str] = "",
        besides: FromQuery[str] = "",
    ) -> Template:
        """The likely doubles of what stands in the form."""
        found = await likely_doubles(
            work, name=name[:200], credit_code=credit_code[:40], phone=phone[:40], email=email[:254], besides=id_in(besides)
        )
        return page(DOUBLES, doubles=found, besides=besides, listed=True)


class MergePages(Controller):
    path = "/parties/{party_id:uuid}/merge"
    include_in_schema = False

    @get("/", opt=MAY_MERGE)
    async def show(self, work: NamedDependency[Work], party_id: FromPath[UUID], other: FromQuery[str] = "") -> Template:
        """Choose the other party, then field by field what stays."""
        return page(MERGE, **await _context(work, party_id, id_in(other)), errors={})

    @post("/", opt=MAY_MERGE)
    async def merge(self, request: AnyRequest, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Redirect:
        form = dict(await request.form())
        other = id_in(str(form.get("other", "")))
        try:
            if other is None:
                raise Invalid(_("Choose another party to merge with."), field="other")
            async with work.session.begin_nested():
                await merge_parties(work, party_id, other, [name for name in FIELDS if form.get(name) == "other"])
        except DomainError as error:
            if error.status_code == 404:
                raise
            raise FormRefused(MERGE, errors={"": error.message}, values=form, **await _context(work, party_id, other)) from error
        return Redirect(f"/parties/{party_id}", status_code=303)


class MergeUndoPages(Controller):
    path = "/parties/merges/{merge_id:uuid}"
    include_in_schema = False

    @post("/undo", opt=MAY_MERGE)
    async def undo(self, work: NamedDependency[Work], merge_id: FromPath[UUID]) -> Redirect:
        merge = await undo_merge(work, merge_id)
        return Redirect(f"/parties/{merge.merged_id}", status_code=303)


async def _context(work: Work, party_id: UUID, other_id: UUID | None) -> dict[str, Any]:
    party = await party_row(work, party_id, "edit")
    other = await party_row(work, other_id, "edit") if other_id is not None and other_id != party_id else None
    rights = await rights_of(work, "master.party")
    choices = [] if other is None else [c for name in FIELDS if (c := await _choice(work, party, other, name, rights)) is not None]
    named = [{"id": row.id, "name": row.name} if row else None for row in (party, other)]
    return {"party": named[0], "other": named[1], "choices": choices}


async def _choice(work: Work, party: Party, other: Party, name: str, rights: Rights) -> Choice | None:
    kept, given = getattr(party, name), getattr(other, name)
    if kept == given or not rights.writable(name):
        return None
    return Choice(
        name=name, label=label_of(name, PARTIES.column(name)), kept=await _shown(work, name, kept), other=await _shown(work, name, given)
    )


async def _shown(work: Work, name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in ("owner_id", "department_id"):
        kind: type[Any] = Employee if name == "owner_id" else Department
        row = await work.session.get(kind, value)
        return row.name if row is not None else "—"
    if isinstance(value, list):
        return _(", ").join(value)
    label = PARTIES.column(name).info.get("choices", {}).get(str(value))
    return _(label) if label else str(value)
