"""Forms of pages, read as text: every field is optional here, what it must hold the services decide."""

from typing import Any

from litestar import Request

from identity.csrf import FIELD

_SECRET = ("password", "current", FIELD)


class Form:
    """A form as it was sent.  A field that is missing is empty; an uploaded file is no text and counts as missing."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """The field without blanks around it."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """The field exactly as typed: a password may begin with a blank."""
        return (self._fields.get(name) or [""])[0]

    def many(self, name: str) -> list[str]:
        """All values of a field, as a group of check boxes sends them."""
        return list(self._fields.get(name, ()))

    def shown_again(self) -> dict[str, Any]:
        """What may be put back into the form when it was refused; no passwords."""
        return {name: values[0] for name, values in self._fields.items() if name not in _SECRET and values}


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The form of the request."""
    fields: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value.replace("\x00", ""))
    return Form(fields)
