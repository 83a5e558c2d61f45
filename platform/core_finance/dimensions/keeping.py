"""The company's own kinds of dimensions and the items of each.  They are disabled, never deleted: the books speak of them."""

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import or_, select, text, tuple_

from core_finance.chart import official
from core_finance.chart.model import Account
from core_finance.dimensions.model import PROJECT, DimensionItem, DimensionKind
from core_finance.dimensions.service import KINDS_MAX
from core_finance.posting.voucher import DIMENSION_KEY, DIMENSIONS
from core_finance.tables import Columns, Row
from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

IMPORTED_MAX = 5_000
PAGE_ROWS = 50
FILE = Columns({"code": N_("Code"), "name": N_("Name")}, needed=("code", "name"))

# Names that a column or a parameter has already, so that no kind may be called so.
_RESERVED = frozenset({*DIMENSIONS, "account", "none", "item", "kind"})


class KindNotFound(NotFound):
    code = "dimension_kind_not_found"


class KindTaken(Conflict):
    code = "dimension_kind_taken"


class KindInUse(Conflict):
    code = "dimension_kind_in_use"


class ItemNotFound(NotFound):
    code = "dimension_item_not_found"


class ItemCodeTaken(Conflict):
    code = "dimension_item_code_taken"


class RowsRefused(Invalid):
    """Rows of a file cannot stand; ``errors`` names each: rows.3.code."""

    code = "rows_refused"


class KindChanges(TypedDict, total=False):
    name: str
    name_en: str
    position: int
    is_active: bool


class ItemChanges(TypedDict, total=False):
    code: str
    name: str
    is_active: bool


async def own_kinds(work: Work) -> Sequence[DimensionKind]:
    """The kinds the company added, in their order."""
    query = select(DimensionKind).order_by(DimensionKind.position, DimensionKind.key).limit(KINDS_MAX)
    return (await work.session.scalars(query)).all()


async def get_kind(work: Work, key: str) -> DimensionKind:
    """Raises:
    KindNotFound: the company has no kind of its own of that key.
    """
    kind = await work.session.scalar(select(DimensionKind).where(DimensionKind.key == key))
    if kind is None:
        raise KindNotFound(_("There is no dimension %(name)s.", name=key))
    return kind


async def add_kind(work: Work, *, name: str, name_en: str = "", key: str = "") -> DimensionKind:
    """A kind of the company's own.  Programs name it by ``key``: the name's initials in pinyin where it is left out.

    Raises:
        Invalid: the name is missing, or the key is none.
        KindTaken: a kind has the key or the name, or there are too many.
    """
    await work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/finance_dimension_kind', 0))"))
    known = await own_kinds(work)
    if len(known) >= KINDS_MAX:
        raise KindTaken(_("A company has at most %(most)s dimensions of its own.", most=KINDS_MAX), field="name")
    kind = DimensionKind(key="", name="", name_en="", position=max((k.position for k in known), default=0) + 1, is_active=True)
    _name(kind, {"name": name, "name_en": name_en}, known)
    kind.key = _free_key(key, kind, known)
    work.session.add(kind)
    await work.session.flush()
    await record(work, "dimension.created", f"dimension:{kind.id}", name=kind.name, after=_kind_facts(kind))
    return kind


async def change_kind(work: Work, key: str, **changes: Unpack[KindChanges]) -> DimensionKind:
    """Rename a kind, move it, disable or enable it.  Its key stays.

    Raises:
        KindInUse: accounts keep it, so it cannot be disabled.
    """
    kind = await get_kind(work, key)
    before = _kind_facts(kind)
    _name(kind, changes, [each for each in await own_kinds(work) if each.id != kind.id])
    if "position" in changes:
        kind.position = changes["position"]
    if changes.get("is_active") is False and kind.is_active:
        keeps = or_(Account.required_dimensions.contains([key]), Account.optional_dimensions.contains([key]))
        codes = (await work.session.scalars(select(Account.code).where(keeps).order_by(Account.code).limit(5))).all()
        if codes:
            message = _(
                "Accounts keep %(name)s (%(codes)s); take it off them before you disable it.", name=kind.name, codes=", ".join(codes)
            )
            raise KindInUse(message, field="is_active")
    kind.is_active = changes.get("is_active", kind.is_active)
    await work.session.flush()
    if (after := _kind_facts(kind)) != before:
        await record(work, "dimension.changed", f"dimension:{kind.id}", name=kind.name, before=before, after=after)
    return kind


async def list_items(
    work: Work, kind: str, *, text: str = "", after: tuple[str, UUID] | None = None, limit: int = PAGE_ROWS
) -> Sequence[DimensionItem]:
    """Items of projects or of a kind of the company's own, by code, disabled ones too.

    Raises:
        KindNotFound: such items are not kept here.
    """
    await _check_kind(work, kind)
    item = DimensionItem
    query = select(item).where(item.kind == kind)
    if text := text.strip()[:100]:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in (item.code, item.name, item.mnemonic))))
    if after is not None:
        query = query.where(tuple_(item.code, item.id) > after)
    return (await work.session.scalars(query.order_by(item.code, item.id).limit(limit))).all()


async def get_item(work: Work, kind: str, item_id: UUID) -> DimensionItem:
    """Raises:
    ItemNotFound: there is none of that kind.
    """
    item = await work.session.scalar(select(DimensionItem).where(DimensionItem.kind == kind, DimensionItem.id == item_id))
    if item is None:
        raise ItemNotFound(_("There is no such item; choose one from the list."))
    return item


async def add_item(work: Work, kind: str, *, code: str, name: str) -> DimensionItem:
    """A project, or an item of a kind of the company's own.

    Raises:
        Invalid: code or name is missing.
        ItemCodeTaken: another item of the kind has the code.
    """
    await _check_kind(work, kind)
    item = DimensionItem(id=new_id(), kind=kind, code="", name="", mnemonic="", is_active=True)
    await _fill(work, item, {"code": code, "name": name})
    work.session.add(item)
    await work.session.flush()
    await record(work, "dimension_item.created", f"dimension_item:{item.id}", name=item.name, after=_item_facts(item))
    return item


async def change_item(work: Work, kind: str, item_id: UUID, **changes: Unpack[ItemChanges]) -> DimensionItem:
    """Change an item, disable or enable it."""
    item = await get_item(work, kind, item_id)
    before = _item_facts(item)
    with work.session.no_autoflush:
        await _fill(work, item, {"code": changes.get("code", item.code), "name": changes.get("name", item.name)})
    item.is_active = changes.get("is_active", item.is_active)
    await work.session.flush()
    if (after := _item_facts(item)) != before:
        await record(work, "dimension_item.changed", f"dimension_item:{item.id}", name=item.name, before=before, after=after)
    return item


async def import_items(work: Work, kind: str, rows: Sequence[tuple[int, Row]]) -> int:
    """Items from the rows of a file, all or none; a code that is there already gets the row's name.

    Raises:
        RowsRefused: rows cannot stand, each with its reason.
    """
    await _check_kind(work, kind)
    problems: list[FieldError] = []
    wanted: dict[str, str] = {}
    for number, row in rows:
        code, name = row.get("code", "").strip(), row.get("name", "").strip()
        for field, message in _wrong(code, name):
            problems.append(FieldError(f"rows.{number}.{field}", message))
        if code in wanted:
            problems.append(FieldError(f"rows.{number}.code", _("The code %(code)s stands twice in the file.", code=code)))
        wanted[code] = name
    if problems:
        raise RowsRefused(_("%(count)s rows of the file cannot stand; nothing was written.", count=len(problems)), errors=problems)
    query = select(DimensionItem).where(DimensionItem.kind == kind, DimensionItem.code.in_(wanted))
    there = {item.code: item for item in await work.session.scalars(query)}
    for code, name in wanted.items():
        if code in there:
            there[code].name, there[code].mnemonic = name, official.mnemonic(name)
        else:
            work.session.add(DimensionItem(kind=kind, code=code, name=name, mnemonic=official.mnemonic(name), is_active=True))
    await work.session.flush()
    await record(work, "dimension_item.imported", f"dimension:{kind}", after={"rows": len(wanted), "new": len(wanted) - len(there)})
    return len(wanted)


async def _check_kind(work: Work, kind: str) -> None:
    if kind != PROJECT:
        await get_kind(work, kind)


def _name(kind: DimensionKind, changes: Mapping[str, object], others: Sequence[DimensionKind]) -> None:
    for field in ("name", "name_en"):
        if field not in changes:
            continue
        value = str(changes[field]).strip()
        if len(value) > 60 or (field == "name" and not value):
            raise Invalid(_("Give the dimension a name of at most %(max)s characters.", max=60), field=field)
        setattr(kind, field, value)
    if "name" in changes and kind.name in {other.name for other in others}:
        raise KindTaken(_("There is a dimension named %(name)s already.", name=kind.name), field="name")


def _free_key(key: str, kind: DimensionKind, known: Sequence[DimensionKind]) -> str:
    taken = {each.key for each in known} | _RESERVED
    if key:
        if not DIMENSION_KEY.fullmatch(key):
            message = _("The key has small letters, digits and _, begins with a letter, and has at most 20 characters.")
            raise Invalid(message, field="key")
        if key in taken:
            raise KindTaken(_("The key %(key)s is taken; choose another.", key=key), field="key")
        return key
    stem = re.sub(r"[^a-z0-9_]", "", (kind.name_en or official.mnemonic(kind.name)).lower().replace(" ", "_"))[:16]
    stem = stem if stem[:1].isalpha() else f"d{stem}"[:16]
    return next(each for n in range(1, 1000) if (each := stem if n == 1 else f"{stem}{n}") not in taken)


async def _fill(work: Work, item: DimensionItem, values: Mapping[str, str]) -> None:
    code, name = values["code"].strip(), values["name"].strip()
    if problems := [FieldError(field, message) for field, message in _wrong(code, name)]:
        raise Invalid(problems[0].message, errors=problems)
    query = select(DimensionItem.id).where(DimensionItem.kind == item.kind, DimensionItem.code == code, DimensionItem.id != item.id)
    if await work.session.scalar(query):
        raise ItemCodeTaken(_("The code %(code)s is taken; choose another.", code=code), field="code")
    item.code, item.name, item.mnemonic = code, name, official.mnemonic(name)


def _wrong(code: str, name: str) -> list[tuple[str, str]]:
    found = []
    if not code or len(code) > 30:
        found.append(("code", _("Give it a code of at most %(max)s characters.", max=30)))
    if not name or len(name) > 100:
        found.append(("name", _("Give it a name of at most %(max)s characters.", max=100)))
    return found


def _kind_facts(kind: DimensionKind) -> dict[str, object]:
    return {name: getattr(kind, name) for name in ("key", "name", "name_en", "position", "is_active")}


def _item_facts(item: DimensionItem) -> dict[str, object]:
    return {name: getattr(item, name) for name in ("kind", "code", "name", "is_active")}
