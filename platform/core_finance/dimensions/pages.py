"""Pages of dimensions: projects, the company's own kinds, and the items of each."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.chart.ledgers import find_current
from core_finance.dimensions.api import decode, encode
from core_finance.dimensions.keeping import (
    FILE,
    IMPORTED_MAX,
    PAGE_ROWS,
    RowsRefused,
    add_item,
    add_kind,
    change_item,
    change_kind,
    get_item,
    get_kind,
    import_items,
    list_items,
    own_kinds,
)
from core_finance.dimensions.model import PROJECT, DimensionKind
from core_finance.dimensions.service import label_of, shown_name
from core_finance.tables import Row, read_table, refused_file
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.sheets import as_file
from kernel.web import FormRefused, page, toast
from kernel.work import Work

LIST, ITEM = (f"core_finance/dimensions/{name}.html" for name in ("list", "item"))
PATH = "/finance/dimensions"

AnyRequest = Request[Any, Any, Any]


class DimensionPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt={"permission": "finance.ledger.read"})
    async def show(
        self, work: NamedDependency[Work], kind: FromQuery[str] = PROJECT, q: FromQuery[str] = "", after: FromQuery[str | None] = None
    ) -> Template:
        """The items of a kind, and the kinds as tabs."""
        return page(LIST, errors={}, values={}, **await _list(work, kind, q, after))

    @post("/", opt={"permission": "finance.ledger.manage"})
    async def add_kind(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        values = await _typed(request, "kind_name", "kind_name_en", "kind_key")
        try:
            kind = await add_kind(work, name=values["kind_name"], name_en=values["kind_name_en"], key=values["kind_key"])
        except DomainError as error:
            raise await _refused(work, PROJECT, error, values, prefix="kind_") from error
        return Redirect(f"{PATH}?kind={kind.key}", status_code=303, headers=toast(_("%(name)s added.", name=kind.name)))

    @post("/{kind:str}", opt={"permission": "finance.ledger.manage"})
    async def change_kind(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str]) -> Redirect:
        """Rename a kind, disable or enable it."""
        values = await _typed(request, "own_name", "own_name_en", "act")
        try:
            if values["act"] in ("disable", "enable"):
                await change_kind(work, kind, is_active=values["act"] == "enable")
            else:
                await change_kind(work, kind, name=values["own_name"], name_en=values["own_name_en"])
        except DomainError as error:
            raise await _refused(work, kind, error, values, prefix="own_") from error
        return Redirect(f"{PATH}?kind={kind}", status_code=303, headers=toast(_("Saved.")))

    @post("/{kind:str}/items", opt={"permission": "finance.ledger.manage"})
    async def add_item(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str]) -> Redirect:
        values = await _typed(request, "code", "name")
        try:
            item = await add_item(work, kind, code=values["code"], name=values["name"])
        except DomainError as error:
            raise await _refused(work, kind, error, values) from error
        return Redirect(f"{PATH}?kind={kind}", status_code=303, headers=toast(_("%(name)s added.", name=item.name)))

    @get("/{kind:str}/items/{item_id:uuid}", opt={"permission": "finance.ledger.manage"})
    async def edit(self, work: NamedDependency[Work], kind: FromPath[str], item_id: FromPath[UUID]) -> Template:
        item = await get_item(work, kind, item_id)
        values = {"code": item.code, "name": item.name, "is_active": item.is_active}
        return page(ITEM, errors={}, values=values, **await _item(work, kind, item_id))

    @post("/{kind:str}/items/{item_id:uuid}", opt={"permission": "finance.ledger.manage"})
    async def change_item(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str], item_id: FromPath[UUID]) -> Redirect:
        values = await _typed(request, "code", "name", "is_active")
        await get_item(work, kind, item_id)
        try:
            await change_item(work, kind, item_id, code=values["code"], name=values["name"], is_active=values["is_active"] == "1")
        except DomainError as error:
            raise FormRefused.because(error, ITEM, values=values, **await _item(work, kind, item_id)) from error
        return Redirect(f"{PATH}?kind={kind}", status_code=303, headers=toast(_("Saved.")))

    @post("/{kind:str}/items/{item_id:uuid}/{act:str}", opt={"permission": "finance.ledger.manage"})
    async def switch_item(self, work: NamedDependency[Work], kind: FromPath[str], item_id: FromPath[UUID], act: FromPath[str]) -> Redirect:
        """``enable`` or ``disable`` an item."""
        await change_item(work, kind, item_id, is_active=act == "enable")
        return Redirect(f"{PATH}?kind={kind}", status_code=303)

    @get("/{kind:str}/file", opt={"permission": "finance.ledger.read"})
    async def file(self, work: NamedDependency[Work], kind: FromPath[str], form: FromQuery[str] = "xlsx") -> Response[bytes]:
        """The items as a file, which is also the template to fill in."""
        items = await list_items(work, kind, limit=IMPORTED_MAX)
        return as_file(kind, FILE.header(), [[item.code, item.name] for item in items], form)

    @post("/{kind:str}/file", opt={"permission": "finance.ledger.manage"})
    async def import_file(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str]) -> Redirect:
        """Add what the file lists, or say which rows cannot stand and add nothing."""
        rows: list[tuple[int, Row]] = []
        try:
            upload = (await request.form()).get("file")
            if not isinstance(upload, UploadFile) or not (content := await upload.read()):
                raise Invalid(_("Choose a CSV or XLSX file."), field="file")
            rows = read_table(content, FILE, IMPORTED_MAX)
            count = await import_items(work, kind, rows)
        except RowsRefused as error:
            reasons: dict[int, str] = {}
            for each in error.errors:
                reasons.setdefault(int(each.field.split(".")[1]), each.message)
            bad = [(number, row, reasons[number]) for number, row in rows if number in reasons]
            files = {form: refused_file(FILE, bad, form) for form in ("csv", "xlsx")}
            context = await _list(work, kind) | {"bad": bad, "bad_files": files}
            raise FormRefused(LIST, errors={"file": error.message}, values={}, **context) from error
        except DomainError as error:
            raise await _refused(work, kind, error, {}) from error
        return Redirect(f"{PATH}?kind={kind}", status_code=303, headers=toast(_("%(count)s rows taken over.", count=count)))


async def _typed(request: AnyRequest, *names: str) -> dict[str, str]:
    data = await request.form()
    return {name: str(data.get(name, "")).strip() for name in names}


async def _refused(work: Work, kind: str, error: DomainError, values: dict[str, str], *, prefix: str = "") -> FormRefused:
    """The list again with the message beside the field; the page has several forms, so their fields have names of their own."""
    work.session.expunge_all()
    found = {f"{prefix}{each.field}" if each.field in ("name", "name_en", "key") else each.field: each.message for each in error.errors}
    return FormRefused(LIST, errors=found or {"": error.message}, values=values, **await _list(work, kind))


async def _list(work: Work, kind: str, text: str = "", after: str | None = None) -> dict[str, Any]:
    own = await own_kinds(work)
    rows = await list_items(work, kind, text=text, after=decode(after), limit=PAGE_ROWS + 1)
    following = ""
    if len(rows) > PAGE_ROWS:
        following = f"{PATH}?" + urlencode({"kind": kind, "q": text, "after": encode(rows[PAGE_ROWS - 1])})
    current = next((each for each in own if each.key == kind), None)
    tabs = [(label_of(PROJECT), f"{PATH}?kind={PROJECT}", kind == PROJECT, None)]
    tabs += [(shown_name(each), f"{PATH}?kind={each.key}", each.key == kind, None) for each in own]
    ledger = await find_current(work)
    work.session.expunge_all()
    return {
        "kind": kind, "label": _label(current), "own": current, "tabs": tabs, "items": rows[:PAGE_ROWS], "next": following, "q": text,
        "after": after, "ledger": ledger, "bad": [], "bad_files": {},
    }  # fmt: skip


async def _item(work: Work, kind: str, item_id: UUID) -> dict[str, Any]:
    label = _label(None if kind == PROJECT else await get_kind(work, kind))
    ledger = await find_current(work)
    work.session.expunge_all()
    return {"kind": kind, "label": label, "item_id": item_id, "ledger": ledger}


def _label(own: DimensionKind | None) -> str:
    return label_of(PROJECT) if own is None else shown_name(own)
