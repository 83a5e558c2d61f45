"""Measure:  python -m benchmarks [w1 w3 ...] [--seconds 1] [--repeats 5] [--lines 100000 1000000] [--database-url URL]"""

import argparse
import asyncio
import importlib
import pkgutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import benchmarks
from benchmarks.runner import SIZES, Row, house, table


def modules() -> dict[str, str]:
    """``w1`` -> ``benchmarks.w1_posting``: a module that begins with w has ``async def measure(bench) -> list[Row]``."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name.startswith("w") and "_" in m.name)
    return {name.partition("_")[0]: f"benchmarks.{name}" for name in names}


async def run(chosen: Sequence[str], *, seconds: float, repeats: int, url: str | None, lines: Sequence[int]) -> list[Row]:
    known = modules()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="jingwei-bench-") as folder:
        async with house(Path(folder), seconds=seconds, repeats=repeats, url=url) as bench:
            bench.lines = lines
            for key in chosen or known:
                rows += await importlib.import_module(known[key]).measure(bench)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against the limits; see benchmarks/README.md.")
    parser.add_argument("which", nargs="*", choices=[[], *modules()], help="all when left out")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one repetition")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--database-url", help="another server than the embedded one; the database must be empty")
    parser.add_argument("--lines", type=int, nargs="+", default=SIZES, help="sizes of the books that w2 reads")
    options = parser.parse_args()
    measured = run(options.which, seconds=options.seconds, repeats=options.repeats, url=options.database_url, lines=options.lines)
    rows = asyncio.run(measured)
    print(table(rows))


main()
