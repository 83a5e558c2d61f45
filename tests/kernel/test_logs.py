"""What is written to the log, and how."""

import json
import subprocess
import sys

import pytest

FAILING = """
import structlog
from kernel import logs
logs.configure(json_lines={json_lines})
log = structlog.get_logger("shop")
def sign_in(password):
    log.error("unexpected failure", token="jw_pat_1", exc_info=ValueError("broken"))
    try:
        raise ValueError("worse")
    except ValueError:
        log.exception("failed")
sign_in("hunter2")
log.debug("too small to tell")
"""


def run(*, json_lines: bool) -> str:
    done = subprocess.run([sys.executable, "-c", FAILING.format(json_lines=json_lines)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_production_writes_one_object_a_line() -> None:
    lines = [json.loads(line) for line in run(json_lines=True).splitlines()]
    assert [line["event"] for line in lines] == ["unexpected failure", "failed"]
    assert lines[0]["token"] == "***"
    assert lines[0]["logger"] == "shop"
    assert "ValueError: worse" in lines[1]["exception"]


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_shows_no_values(*, json_lines: bool) -> None:
    written = run(json_lines=json_lines)
    assert "ValueError: worse" in written
    assert "hunter2" not in written
    assert "jw_pat_1" not in written
