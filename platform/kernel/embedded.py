"""A PostgreSQL server of our own, for a machine that has none: started with the application, stopped with its last user.

Several processes may use one server. Each holds a shared lock on ``users.lock``; who can make it exclusive when leaving
is the last and stops the server. The system drops the lock of a killed process, so nothing is counted wrongly after
``kill -9``: the next user adopts the server and stops it in the end.
"""

import atexit
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from kernel.postgres_programs import EmbeddedError, Programs, copy_for_user, find_programs, reachable, server_user

__all__ = ["DEFAULT_DATABASE", "EmbeddedError", "EmbeddedPostgres"]

DEFAULT_DATABASE = "jingwei"
START_TIMEOUT_S = 300  # Crash recovery of thousands of tenants takes its time.
ORPHANS_TIMEOUT_S = 30
FREE_BYTES_MIN = 200 * 2**20
LOG_BYTES_MAX = 10 * 2**20
SOCKET_PATH_MAX = 100  # The system's limit is 104 to 108 bytes.
HOMES_OF_ROOT = Path("/var/lib/jingwei")

_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class EmbeddedPostgres:
    """The server that keeps its data in ``root``.

    ``throwaway`` is for tests: faster because nothing survives a crash of the machine, and gone when the last user stops.
    ``settings`` go over our own server settings.
    """

    def __init__(self, root: Path, *, throwaway: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self.root = root.absolute()
        self.throwaway = throwaway
        self.settings = _settings() | (_CARELESS if throwaway else {}) | dict(settings or {})
        self._users: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._programs: Programs | None = None
        self._home = self.root
        self._socket = self.root

    def start(self) -> Self:
        """Start the server or join the one that runs, and make sure that the database ``jingwei`` exists.

        Raises:
            EmbeddedError: it cannot be started; the message is one sentence.
        """
        if self._users is not None:
            return self
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._users = (self.root / "users.lock").open("a+")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            with self._alone():
                self._prepare()
                if not self._ready():
                    self._need_space()
                    self._launch()
                    if self.throwaway:
                        self._watch()
                self.create_database(DEFAULT_DATABASE)
        except OSError as error:
            with suppress(OSError):
                self.stop()
            self._leave()
            raise EmbeddedError(f"The database folder {self.root} cannot be used: {error.strerror or error}.") from error
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Leave the server; the last user stops it and waits for that. Harmless when nothing was started."""
        if self._users is None:
            return
        atexit.unregister(self.stop)
        with self._alone():
            watched = self._end_watch()
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # Others still use it.
                if watched:
                    self._watch()
            else:
                self._halt()
            self._leave()

    def url(self, dbname: str = DEFAULT_DATABASE) -> str:
        """The address of a database for SQLAlchemy, as the server's superuser."""
        return f"postgresql+asyncpg://postgres@/{dbname}?host={quote(str(self._socket), safe='/')}"

    def create_database(self, name: str) -> None:
        """Create the database unless it exists.

        Raises:
            ValueError: the name is not plain lower case.
        """
        if not _DATABASE_NAME.fullmatch(name):
            raise ValueError(f"the database name {name!r} must match {_DATABASE_NAME.pattern}")
        if self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'").strip() != "1":  # noqa: S608 - matched above
            self._psql(f'CREATE DATABASE "{name}"')

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self._home / "server.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        with (self.root / "start.lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        """Find folders and programs; make the cluster on the first start."""
        self._home = self._reachable_home()
        user = server_user(self._data)
        self._socket = _socket_folder(self._home)
        for folder in {self._home, self._socket}:
            folder.mkdir(parents=True, exist_ok=True)
            if user is not None:
                os.chown(folder, user.pw_uid, user.pw_gid)
            folder.chmod(0o700)
        version = self._data / "PG_VERSION"
        programs = find_programs(user, major=int(version.read_text()) if version.exists() else None)
        self._programs = copy_for_user(programs, self._home / "programs")
        if not version.exists():
            self._need_space()
            self._make_cluster(self._programs)

    def _reachable_home(self) -> Path:
        """Where the server keeps its things: ``root``, unless root starts us in a folder that the server's user cannot enter."""
        note = self.root / "home"
        if note.exists():
            return Path(note.read_text().strip())
        user = server_user(self.root / "data")
        if user is None or reachable(self.root, user):
            return self.root
        above = Path(tempfile.gettempdir()) if self.throwaway else HOMES_OF_ROOT
        if not self.throwaway:
            above.mkdir(mode=0o711, exist_ok=True)
        home = above / f"jingwei-{secrets.token_hex(6)}"
        home.mkdir(mode=0o700)
        note.write_text(f"{home}\n")
        return home

    def _make_cluster(self, programs: Programs) -> None:
        # Renamed when complete, so that a start cut short leaves no half-made cluster.
        shutil.rmtree(self._data, ignore_errors=True)
        unfinished = self._home / "data.init"
        shutil.rmtree(unfinished, ignore_errors=True)
        # PostgreSQL 17 brings its own order of text, the same on every machine.
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C") if programs.major >= 17 else ("--locale=C",)
        careless = ("--no-sync",) if self.throwaway else ()
        options = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions")
        programs.must("initdb", "-D", unfinished, *options, *locale, *careless)
        unfinished.rename(self._data)

    def _launch(self) -> None:
        """Start the server and wait until it answers.

        Processes of a killed server may outlive it for a moment and keep its memory; the start is tried again until
        they are gone.
        """
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        deadline = time.monotonic() + ORPHANS_TIMEOUT_S
        while True:
            self._clear_stale_lock()
            said_before = self.log.stat().st_size if self.log.exists() else 0
            if self._started():
                return
            said = self.log.read_bytes()[said_before:].decode(errors="replace")
            if not re.search(r"pre-existing shared memory block|postmaster\.pid", said) or time.monotonic() > deadline:
                raise EmbeddedError(f"The database did not start: {_telling(said)} (more in {self.log}).")
            time.sleep(0.1)

    def _started(self) -> bool:
        programs = self._found()
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        server = programs.start("postgres", ["-D", self._data, "-k", self._socket, *options], log=self.log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._ready():
            if server.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The database did not answer within {START_TIMEOUT_S} s; it goes on starting, see {self.log}.")
            time.sleep(0.02)
        self._server = server
        return True

    def _ready(self) -> bool:
        """Whether the server answers; that a process of its number exists would prove nothing."""
        return self._found().run("pg_isready", "-q", "-h", self._socket, "-t", "5").returncode == 0

    def _clear_stale_lock(self) -> None:
        """Remove the lock file of a server that was killed.

        PostgreSQL trusts the process number in it, which after a restart of a container usually belongs to someone
        else. All processes of a server have its data as working folder: when no process has, the lock is stale.
        """
        lock = self._data / "postmaster.pid"
        if sys.platform != "linux" or not lock.exists():
            return
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                with suppress(OSError):
                    if (process / "cwd").readlink() == self._data.resolve():
                        return
        for path in (lock, self._socket / ".s.PGSQL.5432.lock", self._socket / ".s.PGSQL.5432"):
            path.unlink(missing_ok=True)

    def _halt(self) -> None:
        # A server that never started has nothing to stop.
        if self._programs is not None and (self._data / "postmaster.pid").exists():
            mode = "immediate" if self.throwaway else "fast"
            self._programs.run("pg_ctl", "-D", self._data, "-m", mode, "-w", "-t", "120", "stop")
        if self._server is not None:
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(5)
        if self.throwaway:
            for folder in {self._home, self._socket} - {self.root}:
                shutil.rmtree(folder, ignore_errors=True)
            for path in (self._data, self.root / "programs"):
                shutil.rmtree(path, ignore_errors=True)
            (self.root / "home").unlink(missing_ok=True)

    def _watch(self) -> None:
        """Let a process wait for the end of all users, so that a killed test run leaves no server behind."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "kernel.embedded", str(self.root)]
        nowhere = subprocess.DEVNULL
        self._watcher = subprocess.Popen(
            command, stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd="/", env=environment, start_new_session=True
        )

    def _end_watch(self) -> bool:
        """End our watcher; whether there was one."""
        if self._watcher is None:
            return False
        self._watcher.kill()
        self._watcher.wait()
        self._watcher = None
        return True

    def _leave(self) -> None:
        if self._users is not None:
            self._users.close()
        self._users = self._server = None

    def _need_space(self) -> None:
        free = shutil.disk_usage(self._home).free
        if free < FREE_BYTES_MIN:
            raise EmbeddedError(
                f"Only {free // 2**20} MB are free in {self._home}, and the database needs {FREE_BYTES_MIN // 2**20} MB: free some space."
            )

    def _psql(self, statement: str) -> str:
        connection = ("-h", self._socket, "-U", "postgres", "-d", "postgres")
        return self._found().must("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *connection, "-c", statement)

    def _found(self) -> Programs:
        if self._programs is None:
            raise EmbeddedError("The database was not started.")
        return self._programs


_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


def _settings() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{min(max(memory // 16, 128 * 2**20), 2**30) // 2**20}MB",
        # One tenant's schema is made, dumped or dropped in one transaction, which locks all its relations.
        "max_locks_per_transaction": "1024",
        # A tenant is hundreds of files: syncing them one by one made recovery 79 times slower.
        **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
        "jit": "off",
        "autovacuum_naptime": "5min",
        "wal_level": "replica",
        "max_wal_senders": "0",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }


def _socket_folder(home: Path) -> Path:
    """``home``, or a short folder of its own where the path of a socket in it would be too long for the system."""
    if len(os.fsencode(home / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX:
        return home
    return Path(tempfile.gettempdir()) / f"jingwei-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"


def _telling(said: str) -> str:
    """The line of the server's log that says why it gave up."""
    lines = [line for line in said.splitlines() if re.search(r"FATAL|PANIC|No space left|could not", line)]
    return re.sub(r"^.*?(FATAL|PANIC|LOG|HINT):\s*", "", lines[-1]).rstrip(".") if lines else "it ended without a word"


def _stop_after_last_user(root: Path) -> None:
    """Wait until nobody uses the throwaway server of ``root``, then stop it and remove what it kept."""
    with (root / "users.lock").open("a+") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
    if (root / "home").exists() or (root / "data").exists():
        EmbeddedPostgres(root, throwaway=True).start().stop()


if __name__ == "__main__":
    with suppress(OSError, EmbeddedError):  # The folder is gone, and the server's data with it.
        _stop_after_last_user(Path(sys.argv[1]))
