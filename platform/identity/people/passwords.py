"""Passwords: what is accepted, how they are kept, how they are compared.

Argon2id with the parameters of OWASP's password storage cheat sheet (19 MiB, 2 passes, 1 lane).  Hashing runs on few
threads of its own: that bounds memory and keeps the event loop free.
"""

import asyncio
import unicodedata
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import Invalid
from kernel.i18n import gettext as _

_T = TypeVar("_T")

LENGTH_MIN = 8
LENGTH_MAX = 256  # Longer ones only cost time: NIST SP 800-63B asks for at least 64.

_hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


class WeakPassword(Invalid):
    code = "weak_password"


def check_strength(password: str, *, hints: Collection[str] = ()) -> None:
    """Refuse what an attacker tries first.  ``hints`` are words of the person's own: name, address, company.

    Length counts, not classes of characters (NIST SP 800-63B 3.1.1.2).

    Raises:
        WeakPassword: too short, too long, known from leaks, or derived from ``hints``.
    """
    plain = _normal(password)
    if len(plain) < LENGTH_MIN:
        raise WeakPassword(_("Use at least %(least)s characters; 12 or more are better.", least=LENGTH_MIN), field="password")
    if len(plain) > LENGTH_MAX:
        raise WeakPassword(_("Use at most %(most)s characters.", most=LENGTH_MAX), field="password")
    folded = plain.casefold()
    if folded in _leaked() or len(set(folded)) < 4 or _is_run(folded):
        raise WeakPassword(_("This password is among those that attackers try first; choose another."), field="password")
    words = {word.casefold() for hint in hints for word in (hint, hint.partition("@")[0]) if len(word) >= 4}
    if folded.strip("0123456789!@#$%.-_") in words or folded in words:
        raise WeakPassword(_("The password must not be your name, address or company."), field="password")


async def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return await _on_thread(_hasher.hash, _normal(password))


async def verify(password: str, stored: str | None) -> bool:
    """Whether ``password`` belongs to ``stored``.  Takes as long when there is nothing to compare with."""
    return await _on_thread(_matches, _normal(password)[: LENGTH_MAX + 1], stored)


def needs_rehash(stored: str) -> bool:
    """Whether ``stored`` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _matches(password: str, stored: str | None) -> bool:
    try:
        _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobody() -> str:
    """A hash to compare with where there is no account, so that the answer takes as long."""
    return _hasher.hash("no such person")


@cache
def _leaked() -> frozenset[str]:
    text = (files("identity.people") / "leaked_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _is_run(text: str) -> bool:
    """``12345678``, ``hgfedcba``: each character one step from the last."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps in ({1}, {-1})


def _normal(password: str) -> str:
    """One spelling for what looks the same: a full-width digit typed by an input method is that digit."""
    return unicodedata.normalize("NFKC", password)


async def _on_thread(function: Callable[..., _T], *arguments: Any) -> _T:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *arguments)
