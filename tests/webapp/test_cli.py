"""The command line: what an operator can mend is one sentence on stderr and exit code 2; what runs, stops cleanly."""

import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from sqlalchemy import make_url

from kernel.embedded import EmbeddedPostgres
from webapp import cli, cli_serving
from webapp.cli_shared import Refused, Stopped, refusals

JINGWEI = str(Path(sys.executable).parent / "jingwei")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter."""
    path = Path(tempfile.mkdtemp(prefix="jw-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    path = Path(tempfile.mkdtemp(prefix="jw-"))
    path.chmod(0o755)
    with EmbeddedPostgres(path / "pg", throwaway=True) as running:
        yield running
    shutil.rmtree(path)


def environment(folder: Path, **values: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {"JINGWEI_DATA": str(folder), "PORT": str(free_port()), "SPARE_TENANTS": "1"} | values


def jingwei(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([JINGWEI, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False)


def refusal(*arguments: str, env: dict[str, str]) -> str:
    done = jingwei(*arguments, env=env)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("jingwei: ")
    assert lines[0].endswith(".")
    return lines[0].removeprefix("jingwei: ")


def sql(server: EmbeddedPostgres, *statements: str, dbname: str = "jingwei") -> None:
    psql = [str(server._found().folder / "psql"), "-XAtq", "-h", str(make_url(server.url()).query["host"]), "-U", "postgres", "-d", dbname]
    for statement in statements:
        subprocess.run([*psql, "-c", statement], check=True, capture_output=True)


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_port_in_use(command: str, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal(command, env=environment(folder, PORT=str(port)))
    assert said == f"Port {port} is in use by another program: stop it, or choose another port with PORT={port + 1}."
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("value", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none(value: str, folder: Path) -> None:
    assert refusal("up", env=environment(folder, PORT=value)) == f"PORT must be a number from 1 to 65535, not {value!r}."


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@localhost/x", r"DATABASE_URL must look like postgresql://user:password@host:5432/database\."),
        ("nonsense", r"DATABASE_URL must look like postgresql://user:password@host:5432/database\."),
        ("postgresql://u:p@no-such-host.invalid/x", r"No PostgreSQL server answers at no-such-host\.invalid:5432, .*\."),
        ("postgresql://u:p@127.0.0.1:1/x", r"No PostgreSQL server answers at 127\.0\.0\.1:1, check DATABASE_URL: .*\."),
    ],
)
def test_a_wrong_database_address(url: str, said: str, folder: Path) -> None:
    assert re.fullmatch(said, refusal("migrate", env=environment(folder, DATABASE_URL=url)))


def url_of(server: EmbeddedPostgres, *, user: str = "postgres", password: str = "secret", dbname: str = "jingwei") -> str:
    url = make_url(server.url(dbname)).set(drivername="postgresql", username=user, password=password)
    return url.render_as_string(hide_password=False)


def test_a_database_that_does_not_exist(server: EmbeddedPostgres, folder: Path) -> None:
    said = refusal("migrate", env=environment(folder, DATABASE_URL=url_of(server, dbname="nowhere")))
    assert re.fullmatch(r"The server at .* has no database 'nowhere': create it or correct DATABASE_URL\.", said)


def test_a_wrong_password_is_not_repeated(server: EmbeddedPostgres, folder: Path) -> None:
    sql(server, "CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right'")
    rules = server._data / "pg_hba.conf"
    rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
    sql(server, "SELECT pg_reload_conf()")
    said = refusal("migrate", env=environment(folder, DATABASE_URL=url_of(server, user="guarded", password="hunter2")))
    assert re.fullmatch(r"The server at .* refuses the user or the password of DATABASE_URL\.", said)
    assert "hunter2" not in said


def test_a_role_that_may_not_create_roles(server: EmbeddedPostgres, folder: Path) -> None:
    sql(server, "CREATE ROLE modest LOGIN")
    said = refusal("migrate", env=environment(folder, DATABASE_URL=url_of(server, user="modest")))
    assert said.startswith("The database user may not create roles")


def pretending(server: EmbeddedPostgres, name: str, *lies: str) -> str:
    """A database whose catalog answers something else than the truth."""
    server.create_database(name)
    sql(server, "CREATE SCHEMA lies", *lies, f"ALTER DATABASE {name} SET search_path = lies, pg_catalog, public", dbname=name)
    return url_of(server, dbname=name)


def test_a_server_that_is_too_old(server: EmbeddedPostgres, folder: Path) -> None:
    answer = "CASE $1 WHEN 'server_version_num' THEN '140010' ELSE '14.10' END"
    lie = f"CREATE FUNCTION lies.current_setting(text) RETURNS text LANGUAGE sql RETURN {answer}"
    said = refusal("migrate", env=environment(folder, DATABASE_URL=pretending(server, "old", lie)))
    assert said == "PostgreSQL 14.10 is too old; version 15 or newer is needed."


def test_a_server_without_an_extension(server: EmbeddedPostgres, folder: Path) -> None:
    lie = "CREATE VIEW lies.pg_available_extensions AS SELECT * FROM pg_catalog.pg_available_extensions WHERE name <> 'btree_gist'"
    said = refusal("migrate", env=environment(folder, DATABASE_URL=pretending(server, "bare", lie)))
    assert said == "The PostgreSQL server lacks the extensions btree_gist; install its contrib package."


def test_no_space_for_the_database(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "argv", ["jingwei", "migrate"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert re.fullmatch(r"jingwei: Only 0 MB are free in .*, and the database needs 200 MB: free some space\.\n", capsys.readouterr().err)


def test_a_disk_that_fills_up_while_running(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left, refusals():
        raise OSError(errno.ENOSPC, "No space left on device", "/data/mailbox")
    assert left.value.code == 2
    assert capsys.readouterr().err == "jingwei: No space is left on the disk for /data/mailbox: free some and run the command again.\n"


def test_a_refusal_of_ours_is_told_apart_from_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), refusals():
        _ = 1 / 0
    with pytest.raises(SystemExit) as left, refusals():
        raise Refused("No.")
    assert left.value.code == 2
    with pytest.raises(SystemExit) as left, refusals():
        raise Stopped
    assert left.value.code == 0


def test_both_loopback_addresses_are_served() -> None:
    sockets = cli_serving.listen(port := free_port())
    try:
        assert ("127.0.0.1", port) in [bound.getsockname()[:2] for bound in sockets]
    finally:
        for bound in sockets:
            bound.close()


@contextmanager
def running(*arguments: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([JINGWEI, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def lines_until(process: subprocess.Popen[str], start: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(start):
            return lines
    assert process.stderr is not None
    raise AssertionError("\n".join([*lines, process.stderr.read()]))


def fetch(url: str) -> str:
    with build_opener(ProxyHandler({})).open(url, timeout=30) as response:
        return str(response.read().decode())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_serves_and_stops_cleanly(number: signal.Signals, folder: Path) -> None:
    env = environment(folder)
    address = f"http://localhost:{env['PORT']}"
    with running("up", "--no-demo", env=env) as process:
        lines = lines_until(process, "Mail is at")
        assert lines[0] == f"Jingwei is at {address}"
        assert "<html" in fetch(address)
        assert "<html" in fetch(f"{address}/mailbox")
        assert (folder / "postgres" / "data" / "postmaster.pid").exists()
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
    assert not (folder / "postgres" / "data" / "postmaster.pid").exists()


@pytest.mark.slow
def test_a_server_of_ones_own_and_a_role_that_is_no_superuser(server: EmbeddedPostgres, folder: Path) -> None:
    sql(server, "CREATE ROLE owner LOGIN CREATEROLE", "CREATE DATABASE business OWNER owner")
    env = environment(folder, DATABASE_URL=url_of(server, user="owner", dbname="business"))
    for _time in (1, 2):
        done = jingwei("migrate", env=env)
        assert done.returncode == 0, done.stderr
    assert not (folder / "postgres").exists()
    assert "ok   0 companies wait for migration" in jingwei("doctor", env=env).stdout


@pytest.mark.slow
def test_the_commands_work_together(folder: Path) -> None:
    env = environment(folder)
    assert jingwei("migrate", env=env).returncode == 0
    assert jingwei("tenants", "list", env=env).stdout == ""
    assert refusal("tenants", "status", "acme", env=env) == "There is no company at the address 'acme'."
    said = refusal("tenants", "create", "acme", "Acme Ltd", "--owner", "nobody@example.com", env=env)
    assert said == "Nobody has an account with the address nobody@example.com: sign up in the browser first."
    done = jingwei("doctor", env=env)
    assert done.returncode in (0, 1)
    assert "ok   PostgreSQL" in done.stdout
    assert "companies wait for migration" in done.stdout


def test_the_key_for_mail_that_comes_back_is_the_installations_own(folder: Path) -> None:
    keys = [jingwei("mail-intake-key", env=environment(folder, SECRET_KEY=secret)).stdout.strip() for secret in ("one", "one", "two")]
    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) == 64


def test_the_openapi_document_needs_no_database(folder: Path) -> None:
    done = jingwei("openapi", env=environment(folder, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    assert done.returncode == 0, done.stderr
    assert '"openapi": "3.1' in done.stdout
