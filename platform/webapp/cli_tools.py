"""The commands for authors and for who connects other servers: ``new-vertical``, ``openapi`` and ``mail-intake-key``."""

import re
from pathlib import Path

import msgspec
from litestar.serialization import encode_json

from kernel.settings import Settings
from messaging.intake.pages import INTAKE
from webapp.app import connect, create_app, load_catalog
from webapp.cli_shared import Refused, say

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def new_vertical(name: str, folder: str) -> None:
    """Scaffold a vertical in ``folder``, by default ``./acme-dental`` for ``acme_dental``."""
    from vertical_devkit.scaffold import scaffold

    if not NAME.fullmatch(name):
        raise Refused(f"The name {name!r} must be lower case with underscores, like acme_dental.")
    target = Path(folder or name.replace("_", "-")).absolute()
    if target.exists() and any(target.iterdir()):
        raise Refused(f"The folder {target} is not empty: choose another with --folder.")
    scaffold(name, target)
    say(f"Made {target}. Install it with: pip install -e {target}")


def openapi() -> None:
    """Print the OpenAPI document; no database is needed."""
    settings = Settings.from_env({"SECRET_KEY": "of no use"}, database_url="postgresql://nobody@localhost/jingwei")
    catalog = load_catalog()
    app = create_app(settings, connect(settings, catalog), catalog)
    print(msgspec.json.format(encode_json(app.openapi_schema.to_schema())).decode())


def mail_intake_key() -> None:
    """Print the key with which a mail server hands in what came back; no database is needed."""
    print(Settings.from_env(database_url="postgresql://nobody@localhost/jingwei").derive(INTAKE))
