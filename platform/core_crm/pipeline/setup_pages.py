"""Pages of pipelines with their stages, and of the reasons for losing."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.pipeline.form import pipeline_values, read_pipeline, typed_pipeline
from core_crm.pipeline.setup import REQUIRABLE, get_pipeline, lost_reasons, pipelines, save_lost_reason, save_pipeline
from kernel.errors import DomainError, NotFound
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work

LIST, FORM = "core_crm/pipeline/pipelines.html", "core_crm/pipeline/pipeline.html"
SETUP = {"permission": "crm.pipeline.manage"}

AnyRequest = Request[Any, Any, Any]


class PipelinePages(Controller):
    path = "/opportunities"
    include_in_schema = False

    @get("/pipelines", opt=SETUP)
    async def list_page(self, work: NamedDependency[Work]) -> Template:
        return page(LIST, errors={}, values={}, **await _listed(work))

    @get("/pipelines/new", opt=SETUP)
    async def new_page(self) -> Template:
        return page(FORM, errors={}, values=pipeline_values(None), requirable=_requirable(), pipeline_id=None)

    @post("/pipelines/new", opt=SETUP)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    @get("/pipelines/{pipeline_id:uuid}", opt=SETUP)
    async def edit_page(self, work: NamedDependency[Work], pipeline_id: FromPath[UUID]) -> Template:
        values = pipeline_values(await get_pipeline(work, pipeline_id))
        return page(FORM, errors={}, values=values, requirable=_requirable(), pipeline_id=pipeline_id)

    @post("/pipelines/{pipeline_id:uuid}", opt=SETUP)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], pipeline_id: FromPath[UUID]) -> Redirect:
        await get_pipeline(work, pipeline_id)
        return await _save(request, work, pipeline_id)

    @post("/lost-reasons", opt=SETUP)
    async def add_reason(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save_reason(request, work, None)

    @post("/lost-reasons/{reason_id:uuid}", opt=SETUP)
    async def change_reason(self, request: AnyRequest, work: NamedDependency[Work], reason_id: FromPath[UUID]) -> Redirect:
        return await _save_reason(request, work, reason_id)


async def _save(request: AnyRequest, work: Work, pipeline_id: UUID | None) -> Redirect:
    values = typed_pipeline(await request.form())
    version = int(values["version"]) if values["version"].isdecimal() else None
    try:
        await save_pipeline(work, read_pipeline(values), pipeline_id, version=version)
    except DomainError as error:
        raise FormRefused.because(error, FORM, values=values, requirable=_requirable(), pipeline_id=pipeline_id) from error
    return Redirect("/opportunities/pipelines", status_code=303)


async def _save_reason(request: AnyRequest, work: Work, reason_id: UUID | None) -> Redirect:
    form = await request.form()
    name, active = str(form.get("name", "")), form.get("active", "1") == "1"
    listed = await _listed(work)
    try:
        await save_lost_reason(work, name, reason_id=reason_id, active=active)
    except NotFound:
        raise
    except DomainError as error:
        work.session.expunge_all()  # the page is drawn after the rollback, which would empty what it shows
        raise FormRefused.because(error, LIST, values={"name": name}, **listed) from error
    return Redirect("/opportunities/pipelines", status_code=303)


async def _listed(work: Work) -> dict[str, Any]:
    return {"pipelines": await pipelines(work, all_=True), "reasons": await lost_reasons(work, all_=True)}


def _requirable() -> list[tuple[str, str]]:
    return [(name, _(label)) for name, label in REQUIRABLE.items()]
