"""Other addresses at the intake domain: a package says by which letter its addresses begin, and takes their mail.

An address is ``letter+token@domain``; the token is signed for the door's key and names the company and what the mail is for.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kernel.database import Database
from kernel.settings import Settings
from messaging.tokens import Subject, make_token, read_token

Take = Callable[[Database, Settings, Subject, bytes], Awaitable[bool]]

_RECIPIENT = re.compile(r"([a-z])\+([a-z2-7]{53})@[a-z0-9.-]+", re.IGNORECASE)
_OURS = frozenset("bru")
"""Letters of the messages' own addresses."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """``take(database, settings, subject, content)`` answers whether the mail found somebody."""

    key: str
    take: Take


_doors: dict[str, Door] = {}


def open_door(letter: str, key: str, take: Take) -> None:
    """Take mail to addresses that begin with ``letter`` and are signed for ``key``.

    Raises:
        ValueError: the letter is taken.
    """
    if letter in _OURS or (letter in _doors and _doors[letter].take is not take):
        raise ValueError(f"addresses with {letter!r} are somebody else's")
    _doors[letter] = Door(key=key, take=take)


def address_at_door(settings: Settings, letter: str, subject: Subject) -> str:
    """The address of ``subject``; empty where the platform takes no mail."""
    if not settings.mail_intake_domain:
        return ""
    return f"{letter}+{make_token(settings.derive(_doors[letter].key), subject)}@{settings.mail_intake_domain}"


def find_door(settings: Settings, recipient: str) -> tuple[Door, Subject] | None:
    """The door that an address leads to, and what it is for; None for one that was never given out."""
    found = _RECIPIENT.fullmatch(recipient.strip().strip("<>"))
    door = _doors.get(found[1].lower()) if found else None
    if found is None or door is None:
        return None
    subject = read_token(settings.derive(door.key), found[2].lower())
    return (door, subject) if subject is not None and subject.kind == found[1].lower() else None
