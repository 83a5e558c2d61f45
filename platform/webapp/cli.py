"""The command ``jingwei``: everything an operator or an author of a vertical does from a terminal."""

from pathlib import Path
from typing import Annotated

import typer

from webapp.cli_shared import refusals

app = typer.Typer(
    help="Jingwei: CRM and accounting for many companies, extended by industry verticals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tenants = typer.Typer(help="The companies of this installation.", no_args_is_help=True)
app.add_typer(tenants, name="tenants")


@app.command()
def up(
    *,
    demo: Annotated[bool, typer.Option(help="Load the demo company on the first start.")] = True,
) -> None:
    """Run everything on this machine: database, migrations, demo company, jobs, mailbox, web server."""
    from webapp import cli_up

    cli_up.up(with_demo=demo)


@app.command()
def serve(
    *,
    worker: Annotated[bool, typer.Option(help="Run background jobs in this process too.")] = False,
) -> None:
    """Serve the web application. Its database must have been migrated."""
    from webapp import cli_up

    cli_up.serve(worker=worker)


@app.command()
def worker() -> None:
    """Run background jobs until stopped; any number of workers may run."""
    from webapp import cli_up

    cli_up.work()


@app.command()
def migrate() -> None:
    """Bring the platform's tables and those of every company to this release; start again after a failure to resume."""
    from webapp import cli_tenants

    cli_tenants.migrate()


@tenants.command("list")
def list_tenants() -> None:
    """All companies with their address and state."""
    from webapp import cli_tenants

    cli_tenants.show_list()


@tenants.command("create")
def create_tenant(
    slug: Annotated[str, typer.Argument(help="Name in the address: acme in acme.localhost:8000.")],
    name: Annotated[str, typer.Argument(help="Name of the company.")],
    *,
    owner: Annotated[str, typer.Option(help="E-mail address of a person who has an account; becomes the owner.")],
) -> None:
    """Set a company up."""
    from webapp import cli_tenants

    cli_tenants.create(slug, name, owner=owner)


@tenants.command("status")
def show_tenant(
    slug: Annotated[str, typer.Argument(help="Name in the address; without it, all companies together.")] = "",
) -> None:
    """One company: its tables' revisions, and the verticals it has. Or all: how many are behind this release, and whose tables differ."""
    from webapp import cli_tenants

    cli_tenants.show_status(slug) if slug else cli_tenants.show_fleet()


@tenants.command("backup")
def backup_tenant(
    slug: Annotated[str, typer.Argument(help="Name in the address.")],
    file: Annotated[Path, typer.Argument(help="The archive to write, a zip. It must not exist yet.")],
) -> None:
    """Write one company's books, parties and documents to a file, as of one moment. Members and roles are not in it."""
    from webapp import cli_archive

    cli_archive.backup(slug, file)


@tenants.command("restore")
def restore_tenant(
    file: Annotated[Path, typer.Argument(help="An archive that backup wrote.")],
    slug: Annotated[str, typer.Argument(help="Name in the address of the new company that holds it.")],
    *,
    owner: Annotated[str, typer.Option(help="E-mail address of a person who has an account; becomes the owner.")],
    name: Annotated[str, typer.Option(help="Name of the company; by default the one in the archive.")] = "",
) -> None:
    """Set a new company up from an archive; no company that exists is touched."""
    from webapp import cli_archive

    cli_archive.restore(file, slug, owner=owner, name=name)


@app.command("new-vertical")
def new_vertical(
    name: Annotated[str, typer.Argument(help="Lower case with underscores: acme_dental.")],
    folder: Annotated[str, typer.Option(help="Where to put it; by default ./acme-dental for acme_dental.")] = "",
) -> None:
    """Scaffold a vertical of your own, with tests that pass."""
    from webapp import cli_tools

    cli_tools.new_vertical(name, folder)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST API with all installed verticals."""
    from webapp import cli_tools

    cli_tools.openapi()


@app.command("mail-intake-key")
def mail_intake_key() -> None:
    """Print the key with which a mail server hands bounces and answers to /mail-intake, in the header X-Intake-Key."""
    from webapp import cli_tools

    cli_tools.mail_intake_key()


@app.command()
def doctor() -> None:
    """Check this machine and installation; says what is wrong and what to do."""
    from webapp import cli_doctor

    cli_doctor.doctor()


def main() -> None:
    """Entry point of the console script."""
    with refusals():
        app()
