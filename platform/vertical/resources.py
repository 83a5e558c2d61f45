"""What a vertical declares as reference data: a table with its pages, API, files and rules."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, inspect

from kernel.work import Work


@dataclass(frozen=True, kw_only=True)
class Action:
    """A command on one record, e.g. "discontinue": its own route, button and permission; ``run(work, record)``.

    ``offered`` says of a record's values whether its page shows the button; without it, always.
    """

    name: str
    label: str
    run: Callable[[Work, Any], Awaitable[Any]]
    offered: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A record about to be written.  ``position`` counts the rows of a file from 0; ``id`` is set when the record exists."""

    position: int
    id: UUID | None
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """Why the candidate at ``position`` cannot be written, and which of its fields says so."""

    position: int
    field: str
    message: str


class RecordRules:
    """What a resource demands of its records beyond types, lengths and required fields.

    One set of rules serves the form, the API and the import, so they work on many records at once: a file of 100,000
    rows is checked by a few statements.
    """

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as they are stored: cleaned, with derived columns filled in.  On an update all form fields are given.

        Raises:
            Invalid: a value is wrong by itself; name its ``field``.
        """
        return values

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """What stands against writing the candidates, in view of each other and of the database."""
        return ()

    def key(self, field: str, value: Any) -> Any:
        """A value of one of the resource's ``keys`` as it is stored."""
        return value

    async def doubts(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """What a person should look at before the candidates are written, though nothing stands against it."""
        return ()

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        """The records stand in the transaction; publish what happened."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One reference table: its API, pages, CSV and XLSX exchange and permissions come from this.

    ``columns``, ``form``, ``search`` and ``filters`` name attributes of ``model``; their order is the order on screen
    and in files.  ``permission`` is the stem of the permission codes: ``retail.product`` asks for ``retail.product.read``
    and so on.  ``keys`` are fields of the form by which a row of a file may mean a record that is there already.
    """

    model: type[Any]
    label: str
    permission: str
    columns: Sequence[str]
    form: Sequence[str]
    search: Sequence[str] = ()
    filters: Sequence[str] = ()
    sort: str = "id"
    actions: Sequence[Action] = ()
    rules: RecordRules | None = None
    singular: str = ""
    keys: Sequence[str] = ()

    def __post_init__(self) -> None:
        if strangers := set(self.keys) - set(self.form):
            raise ValueError(f"{self.model.__name__}: a key is a field of the form, {sorted(strangers)} is none")
        known = {attribute.key: attribute.columns[0] for attribute in inspect(self.model).column_attrs}
        named = {*self.columns, *self.form, *self.search, *self.filters, self.sort}
        if unknown := named - set(known):
            raise ValueError(f"{self.model.__name__} has no column {sorted(unknown)}")
        object.__setattr__(self, "_known", known)  # looked up for each field of each request

    @property
    def slug(self) -> str:
        """Its place in addresses, a plural: ``retail.price_list`` -> ``price-lists``, ``master.party`` -> ``parties``."""
        noun = self.permission.rpartition(".")[2].replace("_", "-")
        if noun.endswith("y") and noun[-2] not in "aeiou":
            return f"{noun[:-1]}ies"
        return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"

    @property
    def schema_name(self) -> str:
        """``retail.product`` -> ``RetailProduct``; unique, as two verticals may both have a Product."""
        return "".join(part.title() for part in self.permission.replace(".", "_").split("_"))

    @property
    def stored(self) -> Sequence[str]:
        """All attributes of the model that the database holds."""
        return tuple(self._known)  # type: ignore[attr-defined]

    def column(self, name: str) -> Column[Any]:
        column: Column[Any] = self._known[name]  # type: ignore[attr-defined]
        return column
