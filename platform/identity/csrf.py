"""Forms are accepted from our own pages only.

The token of a page is a signature of the session's id, so one person's token does not serve for another.  A stranger
(at sign-in, say) has no session: there a random ``csrf`` cookie stands in for it.  ``__Host-`` cookies cannot be set by a
neighbouring sub-domain.  Requests with a bearer token carry no cookie that a browser would add, and need none of this.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from litestar import Request
from litestar.enums import RequestEncodingType

from identity.opaque import new_secret, signature
from kernel.errors import Forbidden
from kernel.i18n import gettext as _

HEADER = "x-csrftoken"
FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfRefused(Forbidden):
    code = "csrf"


@dataclass
class CsrfToken:
    """The token of one request.  ``value`` makes one for a stranger when it is first asked; the middleware then sets the cookie."""

    key: str = field(repr=False)
    session_id: str | None
    stranger_secret: str | None
    new_cookie: str | None = field(default=None, init=False)

    @property
    def value(self) -> str:
        """What a form or the header of a request has to carry."""
        if self.session_id is None and self.stranger_secret is None:
            self.stranger_secret = self.new_cookie = new_secret()
        return self._expected()

    def matches(self, given: str | None) -> bool:
        if not given or (self.session_id is None and self.stranger_secret is None):
            return False
        return hmac.compare_digest(given.encode(), self._expected().encode())

    def _expected(self) -> str:
        if self.session_id is not None:
            return signature(self.key, f"session|{self.session_id}")
        return signature(self.key, f"stranger|{self.stranger_secret}")


async def check_csrf(request: Request[Any, Any, Any], token: CsrfToken) -> None:
    """Refuse a state-changing request of a browser that does not come from one of our pages.

    Raises:
        CsrfRefused: the browser says that another site sent it, or the token is missing or of somebody else.
    """
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CsrfRefused(_("This request came from another site. Open the page here and try again."))
    given = request.headers.get(HEADER) or await _from_form(request)
    if not token.matches(given):
        raise CsrfRefused(_("This page is out of date. Reload it and try again."))


async def _from_form(request: Request[Any, Any, Any]) -> str | None:
    kind = request.content_type[0]
    if kind == RequestEncodingType.URL_ENCODED:
        body = (await request.body()).decode("latin-1")
        return (parse_qs(body, max_num_fields=1000).get(FIELD) or [None])[0]  # type: ignore[list-item]
    if kind == RequestEncodingType.MULTI_PART:
        value = (await request.form()).get(FIELD)
        return value if isinstance(value, str) else None
    return None
