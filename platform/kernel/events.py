"""Events: facts that a service publishes in the transaction that made them true."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events.  Names are past tense: ``OrderConfirmed``."""
