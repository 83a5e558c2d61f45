"""What a job is, and how one is enqueued.

A tenant's role reaches the queue only through the function ``jobs.enqueue``, which takes the tenant from the role of the
transaction: nobody can enqueue for somebody else.

**Retried, not doubled.**  A job's effects in the database happen once: its unit of work also marks the job as finished,
and a job that is found finished is skipped.  Effects outside the database may repeat after a crash.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from kernel.work import Work

RELAY = "kernel.relay"
TIMEOUT_S = 300

_ENQUEUE = text("SELECT jobs.enqueue(:key, :payload, CAST(:after AS interval), :dedupe, :priority)")
# One job for each transaction: a key per transaction never waits for another's uncommitted row.
_ENQUEUE_RELAY = text("SELECT jobs.enqueue(:key, '{}'::bytea, CAST(:after AS interval), :dedupe || pg_current_xact_id()::text, 10)")

Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A job the worker can run.

    ``scope`` says what ``run`` gets first: a ``work``; the database, tenant and breaker (``tenant``: it opens units of
    work itself); or the database alone (``platform``).  ``vertical`` is whose it is: it runs only where that is enabled.
    """

    key: str
    run: Run
    scope: Literal["work", "tenant", "platform"] = "work"
    timeout_s: int = TIMEOUT_S
    cron: str | None = None
    vertical: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict, compare=False)

    def arguments(self, payload: bytes) -> dict[str, Any]:
        """The enqueued arguments in the types that ``run`` declares: a UUID arrives as a UUID."""
        given: dict[str, Any] = msgspec.json.decode(payload or b"{}")
        return {name: msgspec.convert(value, self.parameters.get(name, Any), strict=False) for name, value in given.items()}


registered: dict[str, Spec] = {}
"""Jobs declared by decorator, in the platform's own packages.  Verticals declare theirs by the hook ``jobs``."""


def spec(key: str, run: Run, **more: Any) -> Spec:
    """A ``Spec`` that knows the parameters of ``run``."""
    signature = inspect.signature(run, eval_str=False)
    hints = _hints(run)
    parameters = {name: hints.get(name, Any) for name in list(signature.parameters)[1:]}
    return Spec(key=key, run=run, parameters=parameters, **more)


def job(key: str, *, timeout_s: int = TIMEOUT_S, cron: str | None = None) -> Callable[[Run], Run]:
    """Declare ``run(work, **arguments)``, a job of one tenant.  ``cron`` runs it for every tenant, in the tenant's time zone."""
    return _register(key, scope="work", timeout_s=timeout_s, cron=cron)


def platform_job(key: str, *, timeout_s: int = TIMEOUT_S, cron: str | None = None) -> Callable[[Run], Run]:
    """Declare ``run(database, **arguments)``, a job of the platform itself, without a tenant.  ``cron`` is in UTC."""
    return _register(key, scope="platform", timeout_s=timeout_s, cron=cron)


def tenant_job(key: str, *, timeout_s: int = TIMEOUT_S, cron: str | None = None) -> Callable[[Run], Run]:
    """Declare ``run(database, tenant, breaker)``, which opens as many units of work as it needs."""
    return _register(key, scope="tenant", timeout_s=timeout_s, cron=cron)


async def enqueue(
    work: "Work", key: str, *, after: timedelta | None = None, dedupe_key: str | None = None, priority: int = 0, **arguments: Any
) -> int | None:
    """Run job ``key`` once this transaction has committed; a rolled back one leaves no job.

    While a job of this tenant with the same ``dedupe_key`` waits or runs, no second one is made and the answer is None.
    A transaction that enqueues a key which another has not yet committed waits for it: take keys that seldom meet.
    """
    return await _call(work.session, key, after, dedupe_key, priority, arguments)


async def enqueue_platform(session: AsyncSession, key: str, *, after: timedelta | None = None, **arguments: Any) -> int | None:
    """Run platform job ``key`` once the transaction of this registry session has committed."""
    return await _call(session, key, after, None, 0, arguments)


async def enqueue_relay(session: AsyncSession, *, after: timedelta = timedelta()) -> None:
    """Have the tenant's outbox looked at, after the commit or later; once per transaction and moment."""
    dedupe = f"relay:{after.total_seconds():.0f}:"
    await session.execute(_ENQUEUE_RELAY, {"key": RELAY, "after": after, "dedupe": dedupe})


def enqueue_once(session: Session, key: str) -> None:
    """As ``enqueue``, once for each transaction, for a listener of a tenant's session."""
    values = {"key": key, "after": timedelta(), "dedupe": f"{key}:"}
    session.execute(_ENQUEUE_RELAY, values)


async def _call(
    session: AsyncSession, key: str, after: timedelta | None, dedupe_key: str | None, priority: int, arguments: dict[str, Any]
) -> int | None:
    values = {
        "key": key,
        "payload": msgspec.json.encode(arguments),
        "after": after or timedelta(),
        "dedupe": dedupe_key,
        "priority": priority,
    }
    job_id: int | None = await session.scalar(_ENQUEUE, values)
    return job_id


def _register(key: str, **more: Any) -> Callable[[Run], Run]:
    def remember(run: Run) -> Run:
        if key in registered and registered[key].run.__qualname__ != run.__qualname__:
            raise ValueError(f"two jobs are called {key!r}")
        registered[key] = spec(key, run, **more)
        return run

    return remember


def _hints(run: Run) -> dict[str, Any]:
    """Types of the parameters, as far as they can be resolved; names imported for type checkers only cannot."""
    hints: dict[str, Any] = {}
    for name, parameter in inspect.signature(run).parameters.items():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            try:
                annotation = eval(annotation, getattr(inspect.unwrap(run), "__globals__", {}))  # noqa: S307 - our own source text
            except NameError:
                continue
        if annotation is not inspect.Parameter.empty:
            hints[name] = annotation
    return hints
