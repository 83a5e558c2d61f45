"""What the platform itself keeps in every tenant's schema: the outbox, number sequences, settings of verticals."""

from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.i18n import N_
from kernel.numbering import DocumentSequence
from kernel.outbox import OutboxEvent
from tenancy.settings import VerticalSettings
from vertical import API_VERSION, Manifest, Migrations, Permission, hookimpl


def release() -> str:
    """The version of the installed distribution; ``0`` in a bare checkout."""
    try:
        return version("jingwei")
    except PackageNotFoundError:
        return "0"


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="tenancy",
        version=release(),
        title=N_("Platform"),
        summary=N_("Companies and their apps"),
        publisher="Jingwei",
        requires_api=f"=={API_VERSION}",
    )


@hookimpl
def models() -> list[type]:
    return [OutboxEvent, DocumentSequence, VerticalSettings]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("tenancy") / "migrations")


@hookimpl
def translations() -> Traversable:
    return files("tenancy") / "locale"


@hookimpl
def permissions() -> list[Permission]:
    return [Permission(code="admin.app.manage", label=N_("Switch apps on and off"))]
