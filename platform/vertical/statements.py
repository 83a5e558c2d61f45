"""Statements of a resource as text for the driver: building and caching them as expressions costs more than running them.

Names come from the model only; every value is a parameter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.work import Work
from vertical.resources import Resource


@dataclass
class Parameters:
    """Values of a statement; ``bind`` answers the placeholder of one more."""

    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_PLACE = re.compile(r"\$(\d+)")


def dialect() -> Any:
    """How the driver's PostgreSQL writes types and values."""
    return _DIALECT


def as_text(condition: ColumnElement[Any], given: Parameters) -> str:
    """An expression as text in brackets, its values bound after those that ``given`` has."""
    text, values = _compiled(condition)
    places = {str(n): given.bind(value) for n, value in enumerate(values, start=1)}
    # An OR at the top would else swallow the conditions that stand beside it.
    return f"({_PLACE.sub(lambda match: places[match[1]], text) if places else text})"


@lru_cache(maxsize=256)
def _compiled(condition: ColumnElement[bool]) -> tuple[str, tuple[Any, ...]]:
    """The text and its values in their order.  Kept by identity: whoever asks often hands in the same expression."""
    compiled = condition.compile(dialect=_DIALECT)
    values = compiled.construct_params()
    return str(compiled), tuple(values[name] for name in compiled.positiontup or ())


async def run(work: Work, statement: str, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    """The rows of ``statement`` in the transaction of ``work``, as the driver gives them: a choice is its text.

    What fails is told in SQLAlchemy's words, as for any statement of the session.
    """
    connection = await work.session.connection()
    driver: Any = _adapted(connection).driver_connection
    if not driver.is_in_transaction():  # SQLAlchemy begins with the first statement of its own
        found = await connection.exec_driver_sql(statement, tuple(values))
        return found.mappings().all() if found.returns_rows else ()  # type: ignore[return-value]
    try:
        rows: Sequence[Mapping[str, Any]] = await driver.fetch(statement, *values)
    except _FAILURES as error:
        refusal = _refusal(connection, statement, values, error)
        if driver.is_closed():
            await connection.invalidate(error)
        raise refusal from error
    return rows


def _adapted(connection: AsyncConnection) -> Any:
    """SQLAlchemy's face of the driver's connection; it was taken from the pool already."""
    return connection.sync_connection.connection  # type: ignore[union-attr]


def _refusal(connection: AsyncConnection, statement: str, values: Sequence[Any], error: Exception) -> BaseException:
    """What SQLAlchemy would have raised."""
    try:
        _adapted(connection).dbapi_connection._handle_exception(error)
    except Exception as translated:  # noqa: BLE001 - that is how it answers
        return DBAPIError.instance(
            statement,
            tuple(values),
            translated,
            connection.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=_adapted(connection).driver_connection.is_closed(),
            dialect=connection.dialect,
        )
    return error


@cache
def table_name(resource: Resource) -> str:
    return f'"{resource.model.__tablename__}"'


@cache
def column_name(resource: Resource, name: str) -> str:
    """The column of a field.

    Raises:
        KeyError: the model has no such field.
    """
    return f'"{resource.column(name).name}"'


@cache
def selected(resource: Resource, names: tuple[str, ...]) -> str:
    """Columns of the fields, each under the field's name."""
    return ", ".join(f'{column_name(resource, name)} AS "{name}"' for name in names)


@cache
def read_one(resource: Resource, names: tuple[str, ...]) -> str:
    """One record by its id, ``$1``."""
    return f"SELECT {selected(resource, names)} FROM {table_name(resource)} WHERE id = $1"  # noqa: S608 - names come from the model


@cache
def insert_one(resource: Resource, columns: tuple[str, ...], returning: tuple[str, ...]) -> str:
    """A new record of these columns, answering the named fields as they were stored."""
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    answer = selected(resource, returning)
    return f"INSERT INTO {table_name(resource)} ({names}) VALUES ({places}) RETURNING {answer}"  # noqa: S608 - names come from the model
