"""The embedded server: started, shared, killed, restarted."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from kernel import embedded, postgres_programs
from kernel.embedded import EmbeddedError, EmbeddedPostgres

USER = """
import sys
from pathlib import Path
from kernel.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])).start()
print(server.url(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that an ordinary user may enter; pytest's own is closed to all but root."""
    path = Path(tempfile.mkdtemp(prefix="jw-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def ask(server: EmbeddedPostgres, query: str, dbname: str = "jingwei") -> object:
    url = make_url(server.url(dbname))
    connection = await asyncpg.connect(host=str(url.query["host"]), user=url.username, database=url.database)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def running(folder: Path) -> bool:
    return (folder / "data" / "postmaster.pid").exists()


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def another_user(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", USER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql+asyncpg://")
    return process


async def test_data_is_kept_from_one_start_to_the_next(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg") as server:
        await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not running(folder / "pg")
    with EmbeddedPostgres(folder / "pg") as server:
        assert await ask(server, "SELECT answer FROM kept") == 42


async def test_the_server_has_the_settings_that_many_tenants_need(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg") as server:
        shown = [
            await ask(server, f"SHOW {name}")
            for name in ("max_locks_per_transaction", "recovery_init_sync_method", "jit", "autovacuum_naptime", "listen_addresses", "fsync")
        ]
        assert shown == ["1024", "syncfs", "off", "5min", "", "on"]
        assert await ask(server, "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'btree_gist')") == 2


async def test_the_last_user_stops_the_server(folder: Path) -> None:
    other = another_user(folder / "pg")
    with EmbeddedPostgres(folder / "pg"):
        pass
    assert running(folder / "pg")
    other.communicate("")
    assert not running(folder / "pg")


async def test_a_killed_user_is_not_counted(folder: Path) -> None:
    other = another_user(folder / "pg")
    other.kill()
    other.communicate()
    assert running(folder / "pg")
    with EmbeddedPostgres(folder / "pg") as server:
        assert await ask(server, "SELECT 1") == 1
    assert not running(folder / "pg")


async def test_a_killed_server_is_started_again(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "pg").start()
    await ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(folder / "pg"), signal.SIGKILL)
    with EmbeddedPostgres(folder / "pg") as second:
        assert await ask(second, "SELECT answer FROM kept") == 42
        first.stop()
        assert await ask(second, "SELECT answer FROM kept") == 42
    assert not running(folder / "pg")


async def test_a_lock_file_with_the_number_of_a_living_stranger_does_not_prevent_the_start(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg") as server:
        owner = (folder / "pg" / "data").stat()
    lock = folder / "pg" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{folder / 'pg' / 'data'}\n1700000000\n5432\n{folder / 'pg'}\n\n  1 1\nready\n")
    os.chown(lock, owner.st_uid, owner.st_gid)
    with server:
        assert await ask(server, "SELECT 1") == 1


async def test_four_processes_start_one_server(folder: Path) -> None:
    starting = [await asyncio.create_subprocess_exec(sys.executable, "-c", USER, str(folder / "pg"), stdin=-1, stdout=-1) for _ in range(4)]
    urls = {await process.stdout.readline() for process in starting if process.stdout}
    assert len(urls) == 1
    assert await ask(EmbeddedPostgres(folder / "pg"), "SELECT 1") == 1
    for process in starting:
        await process.communicate(b"")
    assert not running(folder / "pg")


async def test_a_database_is_created_once(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", throwaway=True) as server:
        server.create_database("other")
        server.create_database("other")
        assert await ask(server, "SELECT current_database()", "other") == "other"
        with pytest.raises(ValueError, match="must match"):
            server.create_database('x"; DROP DATABASE jingwei; --')


def test_a_throwaway_leaves_nothing(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", throwaway=True):
        assert running(folder / "pg")
    assert not (folder / "pg" / "data").exists()


def test_a_throwaway_of_a_killed_user_is_stopped(folder: Path) -> None:
    script = USER.replace("Path(sys.argv[1])", "Path(sys.argv[1]), throwaway=True")
    process = subprocess.Popen([sys.executable, "-c", script, str(folder / "pg")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql+asyncpg://")
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while (folder / "pg" / "data").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # the watcher is nobody's child any more


async def test_a_throwaway_outlives_the_user_who_started_it(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "pg", throwaway=True).start()
    with EmbeddedPostgres(folder / "pg", throwaway=True) as second:
        first.stop()
        assert await ask(second, "SELECT 1") == 1
    deadline = time.monotonic() + 20
    while (folder / "pg" / "data").exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    with EmbeddedPostgres(folder / ("long" * 30), throwaway=True) as server:
        assert await ask(server, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
async def test_root_keeps_data_elsewhere_when_the_server_cannot_enter_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "HOMES_OF_ROOT", folder / "homes")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "pg") as server:
        await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(closed / "pg") as server:
        assert await ask(server, "SELECT answer FROM kept") == 42
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_an_ordinary_user_starts_it_too(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    programs = postgres_programs.find_programs(nobody)
    reachable = postgres_programs.copy_for_user(programs, folder / "programs").folder
    sources = Path(embedded.__file__).parents[1]
    script = "import sys; sys.path.insert(0, sys.argv[2])\n" + USER
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    if subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False).returncode:
        pytest.skip("no Python of the system that an ordinary user can run")
    if not postgres_programs.reachable(sources / "kernel" / "embedded.py", nobody):
        shutil.copytree(sources / "kernel", folder / "sources" / "kernel")
        sources = folder / "sources"
    outcome = subprocess.run(
        [python, "-c", script, str(folder / "pg"), str(sources)],
        input="", capture_output=True, text=True, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/",
        env={"JINGWEI_PG_BIN": str(reachable)}, check=False,
    )  # fmt: skip
    assert outcome.stdout.startswith("postgresql+asyncpg://"), outcome.stderr
    assert not running(folder / "pg")
    assert (folder / "pg" / "data").stat().st_uid == nobody.pw_uid


def test_no_space_is_one_clear_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 2**20, 2**20))
    with pytest.raises(EmbeddedError, match=r"Only 1 MB are free in .*, and the database needs 200 MB: free some space\.$"):
        EmbeddedPostgres(folder / "pg").start()


def test_no_programs_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"^No PostgreSQL server was found: install .*, or set DATABASE_URL\.$"):
        postgres_programs.find_programs(None, environment={"JINGWEI_PG_BIN": str(tmp_path)})


def test_data_of_another_version_is_one_clear_sentence(folder: Path) -> None:
    (folder / "pg" / "data").mkdir(parents=True)
    (folder / "pg" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"^The data was written by PostgreSQL 9, but only .* is installed"):
        EmbeddedPostgres(folder / "pg").start()


def test_a_setting_the_server_refuses_is_one_clear_sentence(folder: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"^The database did not start: .*(more in .*server\.log)"):
        EmbeddedPostgres(folder / "pg", settings={"max_connections": "many"}).start()
    assert not running(folder / "pg")


def test_a_file_in_place_of_the_folder_is_one_clear_sentence(folder: Path) -> None:
    (folder / "pg").write_text("")
    with pytest.raises(EmbeddedError, match=r"^The database folder .* cannot be used: .*exists\.$"):
        EmbeddedPostgres(folder / "pg").start()
