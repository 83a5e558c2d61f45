"""What files call parties, departments, projects and so on, and whom they name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, true

from core_finance.dimensions.model import DimensionItem
from kernel.work import Work
from master_data.api import Department, Employee, Party, Product

_CHUNK = 5000
# What a file says, best first: an export writes the first that is filled.
_NAMED_BY: Mapping[str, Sequence[Any]] = {
    "party": (Party.name, Party.credit_code),
    "department": (Department.code, Department.name),
    "employee": (Employee.code,),
    "product": (Product.sku, Product.name),
}
_OWN = (DimensionItem.code, DimensionItem.name)


async def names_of(work: Work, wanted: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """What a file calls each value; one that is not there keeps its id."""
    names = {pair: str(pair[1]) for pair in wanted}
    for kind in sorted({kind for kind, _value in wanted}):
        columns = _NAMED_BY.get(kind, _OWN)
        ids = sorted({value for each, value in wanted if each == kind})
        for start in range(0, len(ids), _CHUNK):
            table = columns[0].class_
            query = select(table.id, columns[0]).where(table.id.in_(ids[start : start + _CHUNK]))
            names |= {(kind, value): name for value, name in await work.session.execute(query)}
    return names


async def found_by(work: Work, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], set[UUID]]:
    """Whom each name fits: nobody, one, or several."""
    found: dict[tuple[str, str], set[UUID]] = {pair: set() for pair in wanted}
    for kind in sorted({kind for kind, _text in wanted}):
        columns, of_kind = _NAMED_BY.get(kind, _OWN), true() if kind in _NAMED_BY else DimensionItem.kind == kind
        texts = sorted({text for each, text in wanted if each == kind})
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            for column in columns:
                query = select(column.class_.id, column).where(column.in_(chunk), of_kind)
                for value, text in await work.session.execute(query):
                    found[kind, text].add(value)
            by_id = {text: UUID(text) for text in chunk if _is_id(text)}
            if by_id:
                table = columns[0].class_
                there = set((await work.session.scalars(select(table.id).where(table.id.in_(by_id.values()), of_kind))).all())
                for text, value in by_id.items():
                    found[kind, text] |= {value} & there
    return found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
