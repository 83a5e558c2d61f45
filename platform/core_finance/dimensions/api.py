"""REST API of dimensions: all kinds, the company's own, and what they name."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from core_finance.books.ledger import BadCursor
from core_finance.chart.api import UNSET, Unset, given
from core_finance.dimensions.keeping import (
    FILE,
    IMPORTED_MAX,
    PAGE_ROWS,
    add_item,
    add_kind,
    change_item,
    change_kind,
    get_item,
    import_items,
    list_items,
    own_kinds,
)
from core_finance.dimensions.model import DimensionItem, DimensionKind
from core_finance.dimensions.service import find_items, kinds
from core_finance.posting.voucher import DIMENSIONS
from core_finance.tables import read_table
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

PAGE_ROWS_MAX = 500

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class KindRead(msgspec.Struct, kw_only=True):
    """``own``: the company added it; others are there for every company."""

    key: str
    label: str
    own: bool
    name: str | None = None
    name_en: str | None = None
    position: int | None = None
    is_active: bool = True

    @classmethod
    def of(cls, kind: DimensionKind) -> "KindRead":
        same = {name: getattr(kind, name) for name in ("key", "name", "name_en", "position", "is_active")}
        return cls(label=kind.name, own=True, **same)


class KindCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``key`` is how programs name it; made of the name where it is left out, and never changed."""

    name: Name
    name_en: Annotated[str, msgspec.Meta(max_length=60)] = ""
    key: Annotated[str, msgspec.Meta(max_length=20)] = ""


class KindChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name | Unset = UNSET
    name_en: Annotated[str, msgspec.Meta(max_length=60)] | Unset = UNSET
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | Unset = UNSET
    is_active: bool | Unset = UNSET


class ChoiceRead(msgspec.Struct, kw_only=True):
    """What a line can name."""

    id: UUID
    code: str
    name: str


class ItemRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: str
    code: str
    name: str
    mnemonic: str
    is_active: bool

    @classmethod
    def of(cls, item: DimensionItem) -> "ItemRead":
        return cls(**{name: getattr(item, name) for name in cls.__struct_fields__})


class ItemList(msgspec.Struct, kw_only=True):
    """``next`` is the cursor of the following page, null on the last."""

    items: list[ItemRead]
    next: str | None


class ItemCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class ItemChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=30)] | Unset = UNSET
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | Unset = UNSET
    is_active: bool | Unset = UNSET


class Imported(msgspec.Struct, kw_only=True):
    rows: int


class DimensionController(Controller):
    path = "/finance/dimensions"
    tags = ("Finance",)

    @get("/", operation_id="listDimensions", opt={"permission": "finance.ledger.read"})
    async def list_kinds(self, work: NamedDependency[Work]) -> list[KindRead]:
        """All kinds: those of every company, then the company's own, disabled ones too."""
        built_in = [KindRead(key=kind.key, label=kind.label, own=False) for kind in (await kinds(work))[: len(DIMENSIONS)]]
        return built_in + [KindRead.of(kind) for kind in await own_kinds(work)]

    @post("/", operation_id="createDimension", opt={"permission": "finance.ledger.manage"})
    async def create_kind(self, work: NamedDependency[Work], data: JSONBody[KindCreate]) -> KindRead:
        """A kind of the company's own, such as region or vehicle."""
        return KindRead.of(await add_kind(work, **given(data)))

    @patch("/{kind:str}", operation_id="changeDimension", opt={"permission": "finance.ledger.manage"})
    async def change_kind(self, work: NamedDependency[Work], kind: FromPath[str], data: JSONBody[KindChange]) -> KindRead:
        """Rename, move, disable or enable a kind of the company's own.  409 ``dimension_kind_in_use`` while accounts keep it."""
        return KindRead.of(await change_kind(work, kind, **given(data)))

    @get("/{kind:str}/choices", operation_id="findDimensionItems", opt={"permission": "finance.ledger.read"})
    async def choices(
        self, work: NamedDependency[Work], kind: FromPath[str], search: FromQuery[str] = "", limit: FromQuery[int] = 20
    ) -> list[ChoiceRead]:
        """What a line can name, of any kind: parties, departments, projects..."""
        found = await find_items(work, kind, search, _limit(limit))
        return [ChoiceRead(id=item.id, code=item.code, name=item.name) for item in found]

    @get("/{kind:str}/items", operation_id="listDimensionItems", opt={"permission": "finance.ledger.read"})
    async def list_items(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        search: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
    ) -> ItemList:
        """Projects, or the items of a kind of the company's own, by code."""
        most = _limit(limit)
        rows = await list_items(work, kind, text=search, after=decode(after), limit=most + 1)
        following = encode(rows[most - 1]) if len(rows) > most else None
        return ItemList(items=[ItemRead.of(row) for row in rows[:most]], next=following)

    @post("/{kind:str}/items", operation_id="createDimensionItem", opt={"permission": "finance.ledger.manage"})
    async def create_item(self, work: NamedDependency[Work], kind: FromPath[str], data: JSONBody[ItemCreate]) -> ItemRead:
        """A project, or an item of a kind of the company's own."""
        return ItemRead.of(await add_item(work, kind, code=data.code, name=data.name))

    @get("/{kind:str}/items/{item_id:uuid}", operation_id="readDimensionItem", opt={"permission": "finance.ledger.read"})
    async def read_item(self, work: NamedDependency[Work], kind: FromPath[str], item_id: FromPath[UUID]) -> ItemRead:
        """One item."""
        return ItemRead.of(await get_item(work, kind, item_id))

    @patch("/{kind:str}/items/{item_id:uuid}", operation_id="changeDimensionItem", opt={"permission": "finance.ledger.manage"})
    async def change_item(
        self, work: NamedDependency[Work], kind: FromPath[str], item_id: FromPath[UUID], data: JSONBody[ItemChange]
    ) -> ItemRead:
        """Change an item, disable or enable it.  Items are never deleted."""
        return ItemRead.of(await change_item(work, kind, item_id, **given(data)))

    @post("/{kind:str}/items/import", operation_id="importDimensionItems", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def import_items(self, work: NamedDependency[Work], kind: FromPath[str], data: MultipartBody[dict[str, UploadFile]]) -> Imported:
        """Items from a CSV or XLSX file with columns code and name: all of them, or none and the reasons by row."""
        upload = data.get("file")
        if not isinstance(upload, UploadFile) or not (content := await upload.read()):
            raise Invalid(_("Choose a CSV or XLSX file."), field="file")
        return Imported(rows=await import_items(work, kind, read_table(content, FILE, IMPORTED_MAX)))


def encode(item: DimensionItem) -> str:
    """Where the page after ``item`` begins."""
    return f"{item.id}:{item.code}"


def decode(cursor: str | None) -> tuple[str, UUID] | None:
    """Raises:
    BadCursor: it is no place that an earlier page gave.
    """
    if not cursor:
        return None
    item_id, _colon, code = cursor.partition(":")
    try:
        return code, UUID(item_id)
    except ValueError:
        raise BadCursor(_("The page's address is broken; start from the first page.")) from None


def _limit(limit: int) -> int:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_ROWS_MAX), field="limit")
    return limit
