"""What the commands share: refusals, settings, the database, a clean stop."""

import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Never, TypeVar

import asyncpg
import uvloop
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from kernel import logs
from kernel.embedded import EmbeddedError, EmbeddedPostgres
from kernel.settings import Settings, async_url
from tenancy.roles import ServerUnfit

CONNECT_TIMEOUT_S = 10
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class Refused(Exception):
    """The command cannot do its work. The message is one sentence for the operator; the exit code is 2."""


class Stopped(BaseException):
    """Somebody asked us to stop before there was an event loop to hear it."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what an operator can mend into one sentence and exit code 2."""
    try:
        yield
    except (Refused, EmbeddedError, ServerUnfit) as error:
        leave(str(error))
    except DBAPIError as error:
        if isinstance(error.orig.__cause__ if error.orig else None, asyncpg.DiskFullError):
            leave("The database has no space left on its disk: free some space and run the command again.")
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        leave(f"No space is left on the disk{f' for {error.filename}' if error.filename else ''}: free some and run the command again.")
    except Stopped:
        sys.exit(0)


def leave(sentence: str) -> Never:
    """Say why on stderr and exit with code 2."""
    print(f"jingwei: {sentence}", file=sys.stderr)
    sys.exit(2)


def say(sentence: str) -> None:
    """Tell the operator how it goes, on stderr, so that stdout holds results only."""
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def settings_with_database() -> Iterator[Settings]:
    """Settings whose database answers: the one of ``DATABASE_URL``, or our own server while the block runs."""
    if os.environ.get("DATABASE_URL"):
        yield _settings(None)
        return
    folder = Path(os.environ.get("JINGWEI_DATA", ".data")).absolute()
    server = EmbeddedPostgres(folder / "postgres")
    with _signals(_unwind):
        server.start()
        try:
            yield _settings(server.url())
        finally:
            with _signals(signal.SIG_IGN):  # A second Ctrl-C must not leave the server behind.
                server.stop()


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """Run ``main`` in an event loop; the event it is given is set when somebody asks us to stop.

    A second Ctrl-C cancels it.
    """
    configure_logs()

    async def with_signals() -> T:
        stop = asyncio.Event()
        task = asyncio.ensure_future(main(stop))
        loop = asyncio.get_running_loop()

        def asked() -> None:
            task.cancel() if stop.is_set() else stop.set()

        for number in STOPPING:
            loop.add_signal_handler(number, asked)
        try:
            return await task
        except asyncio.CancelledError:
            raise Stopped from None

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(with_signals())


def configure_logs() -> None:
    """Lines of JSON in production, readable ones in development; ``LOG_LEVEL`` sets how many."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "WARNING").upper(), logging.WARNING)
    logs.configure(json_lines=os.environ.get("JINGWEI_ENV") == "production", level=level)


async def check_database(url: str) -> None:
    """Sign in once, to say clearly why that does not work.

    Raises:
        Refused: the server does not answer, or does not let us in.
    """
    parts = make_url(url)
    where = f"{parts.host or parts.query.get('host', 'localhost')}:{parts.port or 5432}"
    try:
        connection = await asyncpg.connect(_plain(parts), timeout=CONNECT_TIMEOUT_S)
    except asyncpg.InvalidCatalogNameError:
        raise Refused(f"The server at {where} has no database {parts.database!r}: create it or correct DATABASE_URL.") from None
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise Refused(f"The server at {where} refuses the user or the password of DATABASE_URL.") from None
    except TimeoutError:
        raise Refused(f"The server at {where} did not answer within {CONNECT_TIMEOUT_S} s: check DATABASE_URL and the network.") from None
    except asyncpg.TooManyConnectionsError:
        raise Refused(f"The server at {where} has no connection left: raise max_connections or stop other programs.") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Refused(f"No PostgreSQL server answers at {where}, check DATABASE_URL: {_first_line(error)}.") from None
    await connection.close()


def _settings(url: str | None) -> Settings:
    try:
        if given := os.environ.get("DATABASE_URL"):
            make_url(async_url(given))
        return Settings.from_env(database_url=url)
    except ArgumentError:
        raise Refused("DATABASE_URL must look like postgresql://user:password@host:5432/database.") from None
    except ValueError as error:
        raise Refused(f"{str(error).rstrip('.')}.") from None


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in STOPPING}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _unwind(_number: int, _frame: FrameType | None) -> Never:
    """Until an event loop listens, a signal must still unwind the blocks around us, or the server would stay."""
    raise Stopped


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
