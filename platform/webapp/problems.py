"""Every refusal and failure becomes an answer: a problem (RFC 9457) for programs, a page for people."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Template
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from kernel.errors import Conflict, DomainError, FieldError, Invalid, Unavailable, problem
from kernel.i18n import gettext as _
from kernel.web import FormRefused
from webapp import decoding

_ABSENT = re.compile(r"Missing required \w+ parameter '([^']+)'")
_IN_BODY = re.compile(r" - at `\$\.data(.*?)`$", re.DOTALL)

log = structlog.get_logger(__name__)

AnyRequest = Request[Any, Any, Any]

# SQLSTATE classes of a database that cannot serve now: no disk, no memory, no connection, shutting down, too slow, locked.
_BUSY = ("53", "57", "55P03", "08", "40")
# SQLSTATEs of a value that no column could hold: too long, too large, a NUL character, half a surrogate pair.
_UNSTORABLE = frozenset({"22000", "22001", "22003", "22021", "22P02", "22P05"})


class Duplicate(Conflict):
    code = "duplicate"


class InternalError(DomainError):
    status_code, code = 500, "internal_error"


class HTTPRefusal(DomainError):
    """A refusal of the framework: unknown path, method not allowed, body too large."""

    def __init__(self, message: str, *, status: int, code: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.status_code = status  # type: ignore[misc]
        self.code = code  # type: ignore[misc]


def on_domain_error(request: AnyRequest, error: DomainError) -> Response[Any]:
    return answer(request, error)


def on_refused_form(request: AnyRequest, error: FormRefused) -> Response[Any]:
    return Template(error.template, context=error.context, status_code=422)


def on_http_exception(request: AnyRequest, error: HTTPException) -> Response[Any]:
    if isinstance(error, ValidationException):
        return answer(request, Invalid(_("The input could not be read; see errors."), errors=_field_errors(error)))
    message, code = _words_for(error.status_code)
    return answer(request, HTTPRefusal(message, status=error.status_code, code=code), headers=error.headers or {})


def on_database_error(request: AnyRequest, error: DBAPIError) -> Response[Any]:
    """What the database says is logged, never shown: it may hold another person's value."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if isinstance(error, IntegrityError) and state == "23505":
        return answer(request, Duplicate(_("This already exists: another record has the same key.")))
    if isinstance(error, IntegrityError) and state == "23503":
        return answer(request, Conflict(_("Another record refers to this one, or it refers to one that is gone. Reload and try again.")))
    if state in _UNSTORABLE:
        log.warning("a value that cannot be stored", sqlstate=state, path=request.scope["path"])
        return answer(request, Invalid(_("A value is too long, too large or holds a character that cannot be saved. Nothing was saved.")))
    if error.connection_invalidated or state.startswith(_BUSY):
        log.error("the database cannot serve", sqlstate=state, exc_info=error)
        return answer(
            request, Unavailable(_("The service is busy. Nothing was saved; try again in a moment.")), headers={"Retry-After": "5"}
        )
    return on_exception(request, error)


def on_stale_data(request: AnyRequest, error: StaleDataError) -> Response[Any]:
    return answer(request, Conflict(_("Somebody changed this meanwhile. Reload to see the change, then edit again.")))


def on_unreadable_json(request: AnyRequest, error: RecursionError | UnicodeDecodeError) -> Response[Any]:
    """JSON nested too deeply or not in UTF-8, which the framework lets through as these; the same errors of our own are failures."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    if place and place.tb_frame.f_code.co_name == "decode_json":
        return on_http_exception(request, HTTPException(status_code=400))
    return on_exception(request, error)


def on_overflow(request: AnyRequest, error: OverflowError) -> Response[Any]:
    """A day or moment that somebody gave, moved beyond the first or the last year there is."""
    if "date" not in str(error):
        return on_exception(request, error)
    log.warning("a day that cannot be reckoned with", path=request.scope["path"], exc_info=error)
    return answer(request, Invalid(_("A day lies too far in the past or in the future. Nothing was saved; enter one nearer to today.")))


def on_exception(request: AnyRequest, error: Exception) -> Response[Any]:
    log.error("unexpected failure", path=request.scope["path"], exc_info=error)
    return answer(request, InternalError(_("Something went wrong on our side. Nothing was saved; please try again.")))


HANDLERS: Mapping[Any, Any] = {
    DomainError: on_domain_error,
    FormRefused: on_refused_form,
    HTTPException: on_http_exception,
    DBAPIError: on_database_error,
    StaleDataError: on_stale_data,
    RecursionError: on_unreadable_json,
    UnicodeDecodeError: on_unreadable_json,
    OverflowError: on_overflow,
    Exception: on_exception,
}


class Refusals:
    """Answers what the middlewares inside of it refuse, before any route is known."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except (DomainError, DBAPIError) as error:
            request: AnyRequest = Request(scope, receive, send)
            response = on_domain_error(request, error) if isinstance(error, DomainError) else on_database_error(request, error)
            await response.to_asgi_response(None, request)(scope, receive, send)


def answer(request: AnyRequest, error: DomainError, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """``error`` in the form the caller reads."""
    if wants_page(request):
        context = {"error": error, "status": error.status_code, "request_id": request.scope["state"].get("request_id", "")}
        return Template("errors/page.html", context=context, status_code=error.status_code, headers=dict(headers or {}))
    response = problem(error, request.scope["path"])
    response.headers.update(headers or {})
    return response


def wants_page(request: AnyRequest) -> bool:
    """Whether a person is reading: not the API, and a browser that accepts HTML."""
    if request.scope["path"].startswith("/api/"):
        return False
    accept = request.headers.get("accept", "")
    return "text/html" in accept or request.headers.get("hx-request") == "true"


def _field_errors(error: ValidationException) -> list[FieldError]:
    """What the decoder says, field by field; of a body the path comes from the decoder, as the framework may cut it."""
    if absent := _ABSENT.search(error.detail):
        return [decoding.missing(absent[1])]
    found = error.extra if isinstance(error.extra, list) else []
    whole = str(error.__cause__ or "")
    at = _IN_BODY.search(whole)
    errors = []
    for item in found:
        key, message = str(item.get("key", "")), str(item.get("message", ""))
        in_body = item.get("source") == "body"
        if in_body:
            key = at[1] if at and whole.startswith(message) else "" if key == "data" else key
        errors.append(decoding.field_error(message, key))
    return errors


def _words_for(status: int) -> tuple[str, str]:
    return {
        400: (_("The request could not be understood."), "bad_request"),
        401: (_("Sign in first."), "not_signed_in"),
        403: (_("You may not do this; ask an administrator for the right."), "forbidden"),
        404: (_("There is nothing at this address."), "not_found"),
        405: (_("This address does not accept this method."), "method_not_allowed"),
        413: (_("The upload is too large."), "too_large"),
        415: (_("This kind of content is not accepted here."), "unsupported_media_type"),
        429: (_("Too many attempts; wait a while and try again."), "too_many_requests"),
    }.get(status, (_("The request was refused."), "refused"))
