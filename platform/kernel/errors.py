"""Expected refusals, with a stable code for programs and a sentence for people, answered as RFC 9457 problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Response


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a form or payload.  ``field`` is its name, ``lines.3.amount`` for a nested one."""

    field: str
    message: str


class DomainError(Exception):
    """An expected refusal.  ``code`` is stable for clients; the message is for people and in their language.

    The message names the thing and the way out.  It comes translated: ``raise PeriodClosed(_("..."))``.
    """

    status_code: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, field: str | None = None, errors: Sequence[FieldError] = (), **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.errors = tuple(errors) or ((FieldError(field, message),) if field else ())
        self.details = details


class Invalid(DomainError):
    """The input itself is malformed."""

    status_code, code = 422, "invalid"


class NotFound(DomainError):
    """There is no such thing in this tenant."""

    status_code, code = 404, "not_found"


class Forbidden(DomainError):
    """The caller lacks a permission."""

    status_code, code = 403, "forbidden"


class Conflict(DomainError):
    """The thing changed since the caller read it."""

    status_code, code = 409, "conflict"


class VersionRequired(DomainError):
    """The caller would overwrite what it may not have read."""

    status_code, code = 428, "version_required"


class Unavailable(DomainError):
    """A part the request needs is down or being migrated; try again later."""

    status_code, code = 503, "unavailable"


def problem_body(error: DomainError, instance: str) -> dict[str, Any]:
    """The problem details of ``error`` (RFC 9457), with ``errors`` by field where there are any."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.message,
        "status": error.status_code,
        "code": error.code,
        "instance": instance,
    }
    if error.errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in error.errors]
    return body | error.details


def problem(error: DomainError, instance: str) -> Response[dict[str, Any]]:
    return Response(problem_body(error, instance), status_code=error.status_code, media_type="application/problem+json")
