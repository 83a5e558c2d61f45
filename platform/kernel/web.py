"""What handlers of pages and APIs share: permission markers, pages, refused forms, toasts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar.response import Template

from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _

PUBLIC = "public"
"""Permission marker: anybody, signed in or not."""

SIGNED_IN = "signed_in"
"""Permission marker: any member of the tenant (on the platform's own host: any person)."""


def page(template: str, *, status_code: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> Template:
    """A page drawn from ``template`` (``<package>/name.html``).  Page and fragment may share an address, hence ``Vary``."""
    return Template(template, context=context, status_code=status_code, headers={"Vary": "HX-Request, Cookie", **(headers or {})})


class FormRefused(Exception):
    """Draw the form again with what was typed and a message beside each wrong field, status 422.

    Raised, not returned, so that the unit of work is rolled back.  The template finds ``errors`` (field -> message) and
    ``values``, and whatever else ``context`` holds.
    """

    def __init__(self, template: str, *, errors: Mapping[str, str], values: Mapping[str, Any], **context: Any) -> None:
        super().__init__(template)
        self.template = template
        self.context: dict[str, Any] = {"errors": dict(errors), "values": dict(values), **context}

    @classmethod
    def because(cls, error: DomainError, template: str, *, values: Mapping[str, Any], **context: Any) -> "FormRefused":
        """The refusal of a service, shown in the form.  An error without a field stands at the top, under ``""``."""
        return cls(template, errors=by_field(error.errors or [FieldError("", error.message)]), values=values, **context)


def by_field(errors: Sequence[FieldError]) -> dict[str, str]:
    """The first message of each field."""
    messages: dict[str, str] = {}
    for error in errors:
        messages.setdefault(error.field, error.message)
    return messages


def id_in(text: str) -> UUID | None:
    """The id in a text of an address or a form; None where there is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def toast(text: str, tone: str = "ok", undo: str | None = None, **more: Any) -> dict[str, str]:
    """Response headers that make the page say ``text`` for a moment.  ``undo`` is an address to POST to."""
    return {"HX-Trigger": json.dumps({"toast": {"text": text, "tone": tone, "undo": undo, "undoLabel": _("Undo")}, **more})}
