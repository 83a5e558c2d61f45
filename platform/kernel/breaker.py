"""Stops calling what keeps failing, for one tenant and one vertical, so that it cannot take the worker with it."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel import clock


@dataclass
class _Circuit:
    failures: int = 0
    open_until: datetime | None = None


class Breaker:
    """After ``failures_max`` failures in a row a circuit is open for ``pause_s``, then twice as long at each further failure.

    Circuits live in this process: each worker finds out for itself, and a restart closes them.
    """

    def __init__(self, *, failures_max: int = 5, pause_s: int = 60, pause_s_max: int = 3600) -> None:
        self.failures_max, self.pause_s, self.pause_s_max = failures_max, pause_s, pause_s_max
        self._circuits: dict[Hashable, _Circuit] = {}

    def open_until(self, key: Hashable) -> datetime | None:
        """When ``key`` may be tried again; None: now."""
        circuit = self._circuits.get(key)
        if circuit is None or circuit.open_until is None or circuit.open_until <= clock.now():
            return None
        return circuit.open_until

    def succeeded(self, key: Hashable) -> None:
        self._circuits.pop(key, None)

    def failed(self, key: Hashable) -> None:
        circuit = self._circuits.setdefault(key, _Circuit())
        circuit.failures += 1
        if circuit.failures >= self.failures_max:
            pause = min(self.pause_s * 2 ** min(circuit.failures - self.failures_max, 16), self.pause_s_max)
            circuit.open_until = clock.now() + timedelta(seconds=pause)


shared = Breaker()
"""The breaker of this process: deliveries and jobs of one vertical count together."""
