"""Whose turn it is, where employees take what comes in one after the other."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from kernel.work import Work
from master_data.api import Employee


class Turn(Protocol):
    """Who takes part, by id in their order; who had the last turn; and whether the least laden goes first."""

    @property
    def employees(self) -> list[str]: ...
    @property
    def last_employee_id(self) -> UUID | None: ...
    @property
    def load_max(self) -> int | None: ...
    @property
    def by_load(self) -> bool: ...


def taking_part(turn: Turn) -> list[UUID]:
    """Those who take turns, in their order."""
    return [UUID(text) for text in turn.employees]


async def whose_turn(work: Work, turn: Turn, load: Mapping[UUID | None, int]) -> Employee | None:
    """The next who is with the company and may take another; ``load`` is how many each holds already."""
    ids, today = taking_part(turn), work.today()
    found = await work.session.scalars(select(Employee).where(Employee.id.in_(ids)))
    there = {employee.id: employee for employee in found if employee.left_on is None or employee.left_on >= today}
    after = ids.index(turn.last_employee_id) + 1 if turn.last_employee_id in ids else 0
    ordered = [each for each in ids[after:] + ids[:after] if each in there]
    free = [each for each in ordered if turn.load_max is None or load.get(each, 0) < turn.load_max]
    if turn.by_load:
        free.sort(key=lambda each: load.get(each, 0))
    return there[free[0]] if free else None
