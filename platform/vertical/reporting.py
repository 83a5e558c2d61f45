"""What a vertical declares as reports."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class ReportColumn:
    """A column of a report.  ``label`` is in the reader's language: a report translates its words itself, as it runs for one reader.

    The cells of all columns with ``heat`` are shaded by their size.
    """

    label: str
    kind: Literal["text", "number", "money", "date", "moment", "check"] = "text"
    heat: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportChart:
    """A drawing of a report's rows: ``x`` is the column that names them, ``bars`` and ``lines`` those that are drawn, counted from 0."""

    x: int
    bars: Sequence[int] = ()
    lines: Sequence[int] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """What a report found.

    A row has one value for each column: str, int, Decimal, date, datetime, bool or None.  ``totals`` is a last row that
    sums them up, ``paths`` the page behind each row, ``notes`` sentences below the table, ``chart`` a drawing above it.

    Raises:
        ValueError: a row is longer or shorter than the columns, or there are not as many paths as rows.
    """

    columns: Sequence[ReportColumn]
    rows: Sequence[Sequence[Any]]
    totals: Sequence[Any] = ()
    paths: Sequence[str | None] = ()
    notes: Sequence[str] = ()
    chart: ReportChart | None = None

    def heat(self, value: Any) -> int:
        """How warm a cell of a column with ``heat`` is: 0 for nothing, 1 to 5 by its size among all such cells."""
        return max(1, int(value * 5 / self._hottest)) if value and value > 0 else 0

    @cached_property
    def _hottest(self) -> Any:
        places = [place for place, column in enumerate(self.columns) if column.heat]
        return max((row[place] for row in self.rows for place in places if row[place] is not None), default=0)

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in (*self.rows, *([self.totals] if self.totals else []))):
            raise ValueError(f"each row of a report has one value for each of its {width} columns")
        if self.paths and len(self.paths) != len(self.rows):
            raise ValueError("a report has a path for each row, or none at all")


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report: ``run(work, parameters)`` answers a ``ReportTable``; ``parameters`` is None or a msgspec.Struct class for its form."""

    key: str
    title: str
    run: Callable[..., Awaitable[ReportTable]]
    permission: str
    parameters: type | None = None
    summary: str = ""
