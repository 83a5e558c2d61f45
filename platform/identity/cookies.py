"""The cookies we set.  ``__Host-`` ties a cookie to one host and to https; plain http is for localhost."""

from dataclasses import dataclass

from litestar.datastructures import Cookie, Headers

from identity.sessions.service import ABSOLUTE
from kernel.settings import Settings

ENTER_MINUTES = 5


@dataclass(frozen=True)
class CookieNames:
    session: str
    csrf: str
    enter: str

    @classmethod
    def of(cls, settings: Settings) -> "CookieNames":
        prefix = "__Host-" if settings.secure else ""
        return cls(session=f"{prefix}sid", csrf=f"{prefix}csrf", enter=f"{prefix}enter")


def session_cookie(settings: Settings, secret: str) -> Cookie:
    return _cookie(settings, CookieNames.of(settings).session, secret, max_age=int(ABSOLUTE.total_seconds()))


def no_session_cookie(settings: Settings) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(settings, CookieNames.of(settings).session, "", max_age=0)


def csrf_cookie(settings: Settings, secret: str) -> Cookie:
    return _cookie(settings, CookieNames.of(settings).csrf, secret, max_age=None)


def enter_cookie(settings: Settings, secret: str) -> Cookie:
    """Remembers, for a few minutes, that this browser asked to enter."""
    return _cookie(settings, CookieNames.of(settings).enter, secret, max_age=ENTER_MINUTES * 60 if secret else 0)


def read_cookies(headers: Headers) -> dict[str, str]:
    """The request's cookies; the first of a name counts, none where the header cannot be read."""
    found: dict[str, str] = {}
    for header in headers.getall("cookie", []):
        for part in header.split(";"):
            name, separator, value = part.strip().partition("=")
            if separator:
                found.setdefault(name, value.strip('"'))
    return found


def _cookie(settings: Settings, name: str, value: str, *, max_age: int | None) -> Cookie:
    return Cookie(key=name, value=value, max_age=max_age, path="/", httponly=True, secure=settings.secure, samesite="lax")
