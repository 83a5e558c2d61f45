"""``python -m vertical_devkit new acme_dental [folder]``."""

import argparse
from pathlib import Path

from vertical_devkit.scaffold import scaffold


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vertical_devkit", description=__doc__)
    commands = parser.add_subparsers(required=True)
    new = commands.add_parser("new", help="write the project of a new vertical")
    new.add_argument("name")
    new.add_argument("folder", nargs="?")
    new.add_argument("--title")
    new.add_argument("--publisher")
    given = parser.parse_args()
    scaffold(given.name, Path(given.folder or given.name.replace("_", "-")), title=given.title, publisher=given.publisher)


if __name__ == "__main__":
    main()
