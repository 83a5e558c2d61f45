"""Words in the reader's language.  Messages are written in English and looked up in gettext catalogs.

Each package has a catalog of its own, ``<package>/locale/<locale>/LC_MESSAGES/messages.mo``.  A context variable holds
the language of the request or job at hand.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os import PathLike
from typing import Any

from babel.support import NullTranslations, Translations

LOCALES = ("zh_CN", "en")
DEFAULT = "zh_CN"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT)
_catalogs: dict[str, NullTranslations] = {}


def load(directories: Iterable[str | PathLike[str]]) -> None:
    """Read the catalogs of all ``directories``; an earlier one wins where two translate the same message."""
    directories = list(directories)
    for name in LOCALES:
        merged: Translations | None = None
        for directory in reversed(directories):
            found = Translations.load(str(directory), [name], "messages")
            if isinstance(found, Translations):
                merged = found if merged is None else merged.merge(found)
        _catalogs[name] = merged or NullTranslations()


def locale() -> str:
    """The language of the moment: ``zh_CN`` or ``en``."""
    return _locale.get()


@contextmanager
def using(name: str) -> Iterator[None]:
    """Within the block messages come in ``name``."""
    token = _locale.set(name if name in LOCALES else DEFAULT)
    try:
        yield
    finally:
        _locale.reset(token)


def choose(cookie: str | None, accept_language: str | None) -> str:
    """The language for a browser: its own choice, then what it accepts, then Chinese."""
    if cookie in LOCALES:
        return str(cookie)
    for part in (accept_language or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh_CN"
    return DEFAULT


def gettext(message: str, /, **values: Any) -> str:
    """``message`` in the language of the moment, its ``%(name)s`` filled from ``values``."""
    text: str = _catalog().ugettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """As ``gettext``, in the form that ``number`` asks for; ``%(num)s`` is the number."""
    return plural_form(singular, plural, number) % ({"num": number} | values)


def plural_form(singular: str, plural: str, number: int, /) -> str:
    """The form of a message that ``number`` asks for, not filled in yet: templates fill in for themselves."""
    text: str = _catalog().ungettext(singular, plural, number)
    return text


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Mark ``message`` for extraction; it is translated where it is shown."""
    return message


def _catalog() -> Any:
    return _catalogs.get(_locale.get()) or _EMPTY


_EMPTY = NullTranslations()
