"""Patterns of permissions, so that a role that we ship also covers what is enabled later.

``*`` stands for any run of characters, dots included: ``finance.*``, ``*.read``.  A pattern that begins with ``!`` takes
away again.  Patterns mean nothing by themselves: they select from the permissions that are known.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

SEPARATOR = ","


def is_pattern(text: str) -> bool:
    return "*" in text or text.startswith("!")


@lru_cache(maxsize=4096)
def select_known(roles: tuple[str, ...], known: frozenset[str]) -> frozenset[str]:
    """The permissions of several roles together, each role given as its patterns joined by commas.

    A ``!`` takes away from its own role only: another role may give what this one does not.
    """
    return frozenset().union(*(_one(role.split(SEPARATOR), known) for role in roles)) if roles else frozenset()


def joined(patterns: Iterable[str]) -> str:
    """Patterns of one role as ``select_known`` takes them."""
    return SEPARATOR.join(patterns)


def _one(patterns: list[str], known: frozenset[str]) -> frozenset[str]:
    given: set[str] = set()
    taken: set[str] = set()
    for pattern in patterns:
        into, wanted = (taken, pattern[1:]) if pattern.startswith("!") else (given, pattern)
        if "*" in wanted:
            matches = re.compile(".*".join(map(re.escape, wanted.split("*")))).fullmatch
            into.update(code for code in known if matches(code))
        elif wanted in known:
            into.add(wanted)
    return frozenset(given - taken)
