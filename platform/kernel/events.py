"""Events: what happened, told to whoever declared an interest.

A subscriber declared ``in_transaction`` runs before ``publish`` returns and fails the publisher when it fails: an order is
not confirmed unless its entry is posted.  One declared ``after_commit`` is written to the tenant's outbox in the same
transaction and delivered by the worker (see ``kernel.outbox``).
"""

from collections.abc import Collection, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import msgspec

from kernel import clock, outbox
from kernel.ids import new_id

if TYPE_CHECKING:
    from kernel.work import Contribution, Work

DEPTH_MAX = 16  # A subscriber may publish in turn; a circle of them must end in an error, not in an exhausted stack.

_depth: ContextVar[int] = ContextVar("event_depth", default=0)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in one tenant, named in the past tense.

    Subclasses are frozen dataclasses of plain values (ids, numbers, dates, text), so that they can be stored and sent.
    ``event_id`` is the same at every repeated delivery: hand it to an outside service as its idempotency key.
    """

    event_id: UUID = field(default_factory=new_id, compare=False)
    occurred_at: datetime = field(default_factory=clock.now, compare=False)


class Catalog(Protocol):
    """What the bus asks of the catalog of contributions."""

    @property
    def cores(self) -> frozenset[str]: ...

    def given(self, hook: str, enabled: Collection[str]) -> Iterator[Any]: ...

    def contributions(self, hook: str) -> Iterable[Any]: ...


class Bus:
    """Delivers events to the cores and to the verticals that the event's tenant has enabled."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._classes: dict[str, type[Event]] = {}
        self._names: dict[type[Event], str] = {}
        for contribution in catalog.contributions("events"):
            name = f"{contribution.vertical}.{contribution.item.__name__}"
            self._classes[name] = contribution.item
            self._names[contribution.item] = name

    async def publish(self, work: "Work", event: Event) -> None:
        """Run the in-transaction subscribers of the event's class and of its bases, in load order; store the rest.

        Raises:
            RuntimeError: subscribers publish in a circle, or the event is to be stored and no package declared its class.
        """
        depth = _depth.get()
        if depth >= DEPTH_MAX:
            raise RuntimeError(f"{type(event).__name__} was published {DEPTH_MAX} levels deep: subscribers answer each other in a circle")
        deferred = []
        token = _depth.set(depth + 1)
        try:
            for contribution in self._interested(event, work.tenant.enabled):
                if contribution.item.when == "after_commit":
                    deferred.append(contribution)
                else:
                    await contribution.item.handle(work, event)
        finally:
            _depth.reset(token)
        if deferred:
            await outbox.store(work, event, self.name_of(event), deferred)

    def contributions(self, hook: str, enabled: Collection[str]) -> Iterator["Contribution"]:
        """What the cores and the enabled verticals gave for ``hook``."""
        return self._catalog.given(hook, enabled)

    def name_of(self, event: Event) -> str:
        """``education.Enrolled``: stable in the outbox and for webhooks."""
        name = self._names.get(type(event))
        if name is None:
            raise RuntimeError(f"{type(event).__qualname__} cannot be stored: its package must return it from the hook events()")
        return name

    def decode(self, name: str, payload: Any) -> Event:
        """The event that ``name_of`` and ``msgspec.to_builtins`` wrote.

        Raises:
            LookupError: no loaded package declares the class.
            msgspec.ValidationError: the class has changed and the payload no longer fits.
        """
        kind = self._classes.get(name)
        if kind is None:
            raise LookupError(f"no loaded package declares the event {name}")
        return msgspec.convert(payload, kind)

    def subscriber(self, vertical: str, key: str, event: Event) -> Any | None:
        """The after-commit subscriber that ``outbox.key_of`` named; None when its package no longer has it."""
        for contribution in self._catalog.contributions("subscribers"):
            if contribution.vertical == vertical and outbox.key_of(contribution.item) == key and isinstance(event, contribution.item.event):
                return contribution.item
        return None

    def active(self, vertical: str, enabled: Collection[str]) -> bool:
        """Whether ``vertical`` is a core or enabled, be it loaded or not."""
        return vertical in enabled or vertical in self._catalog.cores

    def _interested(self, event: Event, enabled: Collection[str]) -> list[Any]:
        return [c for c in self._catalog.given("subscribers", enabled) if isinstance(event, c.item.event)]
