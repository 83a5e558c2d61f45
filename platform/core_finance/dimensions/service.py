"""Kinds of dimensions and what they name: one door to master data and to the company's own lists."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, true

from core_finance.dimensions.model import PROJECT, DimensionItem, DimensionKind
from core_finance.posting.voucher import DIMENSIONS
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work
from master_data.api import Department, Employee, Party, Product, ProductState

KINDS_MAX = 50
_CHUNK = 5000


class DimensionNotFound(Invalid):
    code = "dimension_not_found"


@dataclass(frozen=True)
class Kind:
    """A kind of dimension.  ``label`` is in the reader's language."""

    key: str
    label: str


@dataclass(frozen=True)
class Item:
    """A party, a department, an item of the company's own kind...: what a line can name."""

    id: UUID
    code: str
    name: str


async def kinds(work: Work, *, disabled: bool = False) -> Sequence[Kind]:
    """All that lines can say about themselves: what every company has, then its own kinds in their order."""
    query = select(DimensionKind).order_by(DimensionKind.position, DimensionKind.key).limit(KINDS_MAX)
    if not disabled:
        query = query.where(DimensionKind.is_active)
    built_in = _built_in()
    own = [Kind(kind.key, shown_name(kind)) for kind in await work.session.scalars(query)]
    return [*(Kind(key, built_in[key]) for key in DIMENSIONS), *own]


async def labels(work: Work) -> Mapping[str, str]:
    """The name of each kind by its key, disabled ones too: old vouchers speak of them."""
    return {kind.key: kind.label for kind in await kinds(work, disabled=True)}


async def names(work: Work, pairs: Iterable[tuple[str, UUID]]) -> Mapping[UUID, str]:
    """What the values (kind, id) are called; one that is not there any more is left out."""
    found: dict[UUID, str] = {}
    for kind, wanted in _by_kind(pairs).items():
        source = _source(work, kind)
        for start in range(0, len(wanted), _CHUNK):
            query = select(source.table.id, source.name).where(source.table.id.in_(wanted[start : start + _CHUNK]))
            found |= {row[0]: row[1] for row in await work.session.execute(query)}
    return found


async def find_items(work: Work, kind: str, text: str = "", limit: int = 20) -> Sequence[Item]:
    """What of ``kind`` can be chosen, by a part of its code, its name or its initials in pinyin; in the order of codes.

    Raises:
        DimensionNotFound: the company has no such kind.
    """
    if kind not in await labels(work):
        raise DimensionNotFound(_("There is no dimension %(name)s.", name=kind), field="dimension")
    source = _source(work, kind)
    query = select(source.table.id, source.code, source.name).where(source.chosen, _of_kind(kind))
    if text := text.strip()[:100]:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in source.search)))
    order = source.code if source.sort is None else source.sort
    rows = await work.session.execute(query.order_by(order, source.table.id).limit(limit))
    return [Item(row[0], row[1] or "", row[2]) for row in rows]


async def missing_items(work: Work, pairs: Iterable[tuple[str, UUID]]) -> Collection[tuple[str, UUID]]:
    """Those of the values that name nothing, or something of another kind."""
    missing: set[tuple[str, UUID]] = set()
    for kind, wanted in _by_kind(pairs).items():
        table = _source(work, kind).table
        there: set[UUID] = set()
        for start in range(0, len(wanted), _CHUNK):
            query = select(table.id).where(table.id.in_(wanted[start : start + _CHUNK]), _of_kind(kind))
            there |= set((await work.session.scalars(query)).all())
        missing |= {(kind, value) for value in wanted if value not in there}
    return missing


def shown_name(kind: DimensionKind) -> str:
    """The kind's name in the reader's language, where it has one."""
    return kind.name if locale() == "zh_CN" or not kind.name_en else kind.name_en


def label_of(kind: str) -> str:
    """The name of a kind that every company has; ``labels`` knows the company's own too."""
    return _built_in().get(kind, kind)


def _built_in() -> Mapping[str, str]:
    return {
        "party": _("Party"),
        "department": _("Department"),
        "employee": _("Employee"),
        PROJECT: _("Project"),
        "product": _("Inventory item"),
    }


def _by_kind(pairs: Iterable[tuple[str, UUID]]) -> Mapping[str, list[UUID]]:
    wanted: dict[str, set[UUID]] = {}
    for kind, value in pairs:
        wanted.setdefault(kind, set()).add(value)
    return {kind: sorted(values) for kind, values in wanted.items()}


@dataclass(frozen=True)
class _Source:
    """Where the items of a kind stand.  ``search``: what a search looks into; ``chosen``: which can be chosen."""

    table: Any
    code: Any
    name: Any
    search: Sequence[Any]
    chosen: Any
    sort: Any = None


def _source(work: Work, kind: str) -> _Source:
    if kind == "party":
        return _Source(Party, Party.credit_code, Party.name, (Party.search_text,), true(), sort=Party.name)
    if kind == "department":
        return _Source(Department, Department.code, Department.name, (Department.code, Department.name), Department.active)
    if kind == "employee":
        here = or_(Employee.left_on.is_(None), Employee.left_on >= work.today())
        return _Source(Employee, Employee.code, Employee.name, (Employee.code, Employee.name), here)
    if kind == "product":
        return _Source(Product, Product.sku, Product.name, (Product.search_text,), Product.state == ProductState.ACTIVE)
    item = DimensionItem
    return _Source(item, item.code, item.name, (item.code, item.name, item.mnemonic), item.is_active)


def _of_kind(kind: str) -> Any:
    return DimensionItem.kind == kind if kind == PROJECT or kind not in DIMENSIONS else true()
