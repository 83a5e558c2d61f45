"""REST API and pages of a company's own fields."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect, Template

from kernel.errors import DomainError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.custom_fields.mixin import Customised
from master_data.custom_fields.model import CustomField, CustomKind
from master_data.custom_fields.service import add_field, own_fields, remove_field

MANAGE = "master.custom_field.manage"
PAGE = "master_data/custom_fields.html"
KINDS = {
    CustomKind.TEXT: N_("Text"),
    CustomKind.NUMBER: N_("Decimal number"),
    CustomKind.MONEY: N_("Amount"),
    CustomKind.DATE: N_("Date"),
    CustomKind.CHOICE: N_("Choice"),
    CustomKind.CHECK: N_("Box to tick"),
}


class Condition(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Asked for only where another field of the company's own has this value."""

    field: str
    value: str


class CustomFieldInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    stem: str
    code: str
    label: str
    kind: CustomKind
    options: Annotated[list[str], msgspec.Meta(max_length=200)] = []
    required: bool = False
    only_once: bool = False
    shown_if: Condition | None = None
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100


class CustomFieldRead(CustomFieldInput, kw_only=True):
    id: UUID

    @classmethod
    def of(cls, f: CustomField) -> "CustomFieldRead":
        return cls(
            id=f.id,
            stem=f.stem,
            code=f.code,
            label=f.label,
            kind=f.kind,
            options=list(f.options),
            required=f.required,
            only_once=f.only_once,
            shown_if=Condition(**f.shown_if) if f.shown_if else None,
            position=f.position,
        )


class CustomFieldController(Controller):
    path = "/custom-fields"
    tags = ("Custom fields",)

    @get("/", opt={"permission": MANAGE}, operation_id="ListCustomFields")
    async def list_fields(self, work: NamedDependency[Work], stem: FromQuery[str]) -> list[CustomFieldRead]:
        """The company's own fields of one kind of record, ``master.party``."""
        return [CustomFieldRead.of(field) for field in await own_fields(work, _known(work, stem))]

    @post("/", opt={"permission": MANAGE}, operation_id="AddCustomField")
    async def add(self, work: NamedDependency[Work], data: JSONBody[CustomFieldInput]) -> CustomFieldRead:
        """Add a field.  Its values go into ``custom`` of the records, by ``code``."""
        values = msgspec.to_builtins(data)
        return CustomFieldRead.of(await add_field(work, _known(work, values.pop("stem")), values))

    @delete("/{field_id:uuid}", opt={"permission": MANAGE}, operation_id="RemoveCustomField")
    async def remove(self, work: NamedDependency[Work], field_id: FromPath[UUID], stem: FromQuery[str] = "master.party") -> None:
        """Take a field out of use; values that records have stay with them."""
        await remove_field(work, stem, field_id)


class CustomFieldPages(Controller):
    path = "/settings/custom-fields"
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, work: NamedDependency[Work], kind: FromQuery[str] = "") -> Template:
        return page(PAGE, **await _context(work, kind), errors={}, values={})

    @post("/", opt={"permission": MANAGE})
    async def add(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Redirect:
        form = dict(await request.form())
        stem = str(form.get("stem", ""))
        try:
            await add_field(work, _known(work, stem), _values(form))
        except DomainError as error:
            raise FormRefused.because(error, PAGE, values=form, **await _context(work, stem)) from error
        return Redirect(f"{self.path}?kind={stem}", status_code=303)

    @post("/{field_id:uuid}/delete", opt={"permission": MANAGE})
    async def remove(self, request: Request[Any, Any, Any], work: NamedDependency[Work], field_id: FromPath[UUID]) -> Redirect:
        stem = str((await request.form()).get("stem", "master.party"))
        await remove_field(work, stem, field_id)
        return Redirect(f"{self.path}?kind={stem}", status_code=303)


def stems(work: Work) -> dict[str, str]:
    """Kinds of record that take fields of a company's own."""
    models = (contribution.item for contribution in work.contributions("models"))
    return {model.rights_stem: _(model.rights_label) for model in models if issubclass(model, Customised)}


def _known(work: Work, stem: str) -> str:
    if stem not in stems(work):
        raise Invalid(_("There are no records of the kind %(kind)s.", kind=stem), field="stem")
    return stem


def _values(form: dict[str, Any]) -> dict[str, Any]:
    kind = str(form.get("kind", ""))
    if kind not in set(CustomKind):
        raise Invalid(_("Choose a kind of field."), field="kind")
    text = {name: str(form.get(name, "")).strip() for name in ("code", "label", "options", "if_field", "if_value")}
    condition = {"field": text["if_field"], "value": text["if_value"]} if text["if_field"] else None
    return {
        "code": text["code"],
        "label": text["label"],
        "kind": kind,
        "options": text["options"].replace("，", ",").split(","),
        "required": form.get("required") == "1",
        "only_once": form.get("only_once") == "1",
        "shown_if": condition,
    }


async def _context(work: Work, stem: str) -> dict[str, Any]:
    offered = stems(work)
    here = stem if stem in offered else next(iter(offered))
    labels = {kind.value: _(label) for kind, label in KINDS.items()}
    fields = [CustomFieldRead.of(field) for field in await own_fields(work, here)]
    return {"stems": offered, "stem": here, "fields": fields, "kinds": labels}
