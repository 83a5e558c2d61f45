"""Records that must not be changed for the time being, whoever asks: while somebody decides about them, say.

Resources keep to this by themselves.  A service that changes a document by hand asks first.
"""

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from kernel.work import Work

Lock = Callable[[Work, str, Collection[UUID]], Awaitable[None]]

_locks: list[Lock] = []


def add_lock(lock: Lock) -> None:
    """Have ``lock(work, stem, ids)`` asked before records are changed; it raises a ``DomainError`` where one of them must stay."""
    if lock not in _locks:
        _locks.append(lock)


async def require_unlocked(work: Work, stem: str, *ids: UUID) -> None:
    """Refuse to change records that must stay as they are.

    Raises:
        DomainError: says what keeps one of them, and the way out.
    """
    for lock in _locks:
        await lock(work, stem, ids)
