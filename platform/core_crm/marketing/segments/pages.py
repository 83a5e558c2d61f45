"""Pages of segments: a list, and the builder with its count."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_crm.marketing.rights import READ, WRITE
from core_crm.marketing.segments.builder import read_form, shown, words
from core_crm.marketing.segments.fields import fields_of, readable
from core_crm.marketing.segments.language import Group, Rule, read_group
from core_crm.marketing.segments.model import Segment, SegmentKind, SegmentMember
from core_crm.marketing.segments.service import (
    SegmentInput,
    add_members,
    get_segment,
    matching,
    preview,
    reach_of,
    remove_member,
    save_segment,
    segments,
)
from core_crm.marketing.wording import STEM
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import Party, visible

LIST, FORM, BUILDER, MEMBERS = (f"core_crm/marketing/{name}.html" for name in ("segments", "segment", "builder", "segment_members"))
MEMBERS_SHOWN = 200

AnyRequest = Request[Any, Any, Any]


class SegmentPages(Controller):
    path = "/marketing/segments"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(self, work: NamedDependency[Work]) -> Template:
        fields = await fields_of(work, options=True)
        rows = [{"id": s.id, "name": s.name, "active": s.active, "words": _words(s, fields), "by": s.made_by} for s in await segments(work)]
        return page(LIST, rows=rows)

    @get("/new", opt=WRITE)
    async def new(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        kind = "static" if request.query_params.get("kind") == "static" else "dynamic"
        values = {"name": "", "kind": kind, "active": True, "version": ""}
        start = Group(rules=[Group(rules=[Rule(field="orders.count", op="at_least", value="3", days=90)])])
        return page(FORM, values=values, errors={}, segment_id=None, members=[], **await _built(work, start))

    @post("/new", opt=WRITE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    # Drawn anew at each change of the conditions: it reads the form and keeps nothing.
    @post("/builder", opt=READ, status_code=200)
    async def build(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(BUILDER, **await _built(work, read_form(await request.form())))

    @get("/{segment_id:uuid}", opt=READ)
    async def edit(self, work: NamedDependency[Work], segment_id: FromPath[UUID]) -> Template:
        segment = await get_segment(work, segment_id)
        values = {"name": segment.name, "kind": segment.kind.value, "active": segment.active, "version": segment.version}
        if segment.kind is SegmentKind.STATIC:
            context: dict[str, Any] = {"reach": await reach_of(work, await matching(work, segment)), "problem": "", "builder": None}
            members = await _members(work, segment)
        else:
            context, members = await _built(work, read_group(segment.definition)), []
        return page(FORM, values=values, errors={}, segment_id=segment_id, members=members, **context)

    @post("/{segment_id:uuid}", opt=WRITE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], segment_id: FromPath[UUID]) -> Redirect:
        await get_segment(work, segment_id)
        return await _save(request, work, segment_id)

    @post("/{segment_id:uuid}/members", opt=WRITE)
    async def add(self, request: AnyRequest, work: NamedDependency[Work], segment_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        ids = [found for value in form.getall("party_id", []) if (found := id_in(str(value)))]
        if name := str(form.get("name", "")).strip():
            seen = await visible(work, Party, STEM)
            ids += list(await work.session.scalars(select(Party.id).where(seen, Party.name == name).limit(2)))
        added = await add_members(work, segment_id, ids)
        words_ = _("Added.") if added else _("Nobody was added: write the whole name of a customer who is not in it yet.")
        return Redirect(f"/marketing/segments/{segment_id}", status_code=303, headers=toast(words_, "ok" if added else "bad"))

    @post("/{segment_id:uuid}/members/{party_id:uuid}/remove", opt=WRITE)
    async def remove(self, work: NamedDependency[Work], segment_id: FromPath[UUID], party_id: FromPath[UUID]) -> Redirect:
        await remove_member(work, segment_id, party_id)
        return Redirect(f"/marketing/segments/{segment_id}", status_code=303)


async def _save(request: AnyRequest, work: Work, segment_id: UUID | None) -> Redirect:
    form = await request.form()
    group = read_form(form)
    kind = SegmentKind.STATIC if form.get("kind") == "static" else SegmentKind.DYNAMIC
    values = {
        "name": str(form.get("name", "")).strip()[:80],
        "kind": kind.value,
        "active": "active" in form,
        "version": str(form.get("version", "")),
    }
    context = await _built(work, group)
    version = int(values["version"]) if str(values["version"]).isdecimal() else None
    try:
        if not values["name"]:
            raise Invalid(_("Please enter a name."), field="name")
        async with work.session.begin_nested():
            data = SegmentInput(name=str(values["name"]), kind=kind, definition=group, active="active" in form, version=version)
            segment = await save_segment(work, data, segment_id)
    except DomainError as error:
        work.session.expunge_all()
        raise FormRefused.because(error, FORM, values=values, segment_id=segment_id, members=[], **context) from error
    return Redirect(f"/marketing/segments/{segment.id}", status_code=303, headers=toast(_("Saved.")))


async def _built(work: Work, group: Group) -> dict[str, Any]:
    """The conditions with their count; what is wrong with them stands where the count would."""
    fields = await readable(work, await fields_of(work, options=True))
    reach, problem = None, ""
    try:
        reach = await preview(work, group)
    except DomainError as error:
        problem = error.message
    return {"builder": shown(group, fields), "reach": reach, "problem": problem}


async def _members(work: Work, segment: Segment) -> list[dict[str, Any]]:
    query = (
        select(Party.id, Party.name)
        .join(SegmentMember, SegmentMember.party_id == Party.id)
        .where(SegmentMember.segment_id == segment.id, await visible(work, Party, STEM))
        .order_by(Party.name, Party.id)
    )
    return [{"id": row.id, "name": row.name} for row in await work.session.execute(query.limit(MEMBERS_SHOWN))]


def _words(segment: Segment, fields: Any) -> str:
    return _("put together by hand") if segment.kind is SegmentKind.STATIC else words(read_group(segment.definition), fields)
