"""Commands of a document's page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kernel.errors import DomainError, NotFound
from kernel.web import FormRefused, by_field
from kernel.work import Work


async def attempt(
    work: Work,
    command: Awaitable[object],
    template: str,
    shown: Callable[[], Awaitable[Mapping[str, Any]]],
    *,
    values: Mapping[str, str] | None = None,
) -> None:
    """Run ``command``; when it is refused, show the page as things stand in the database, with the reason above it.

    ``shown`` answers what the page needs.  ``values`` are what was typed on it, and stay; fields then get their own reasons.
    What is not there stays a 404.
    """
    try:
        async with work.session.begin_nested():
            await command
    except NotFound:
        raise
    except DomainError as error:
        work.session.expunge_all()
        context = await shown()
        work.session.expunge_all()  # the page is drawn after the rollback, which would empty what it shows
        errors = (by_field(error.errors) if values is not None else {}) or {"": error.message}
        raise FormRefused(template, errors=errors, values=dict(values or {}), refusal=error.message, **context) from error
