"""What a company decides for itself about an app: read and kept in the shape that the vertical's ``settings_schema`` gives."""

from dataclasses import dataclass
from typing import Any

import msgspec

from identity.audit import record
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy.catalog import Catalog
from tenancy.settings import read_settings, write_settings
from webapp import structs
from webapp.apps.service import AppNotFound


class NoSettings(NotFound):
    code = "app_has_no_settings"


@dataclass(frozen=True)
class AppSettings:
    """The settings of one app in one company.  Where what was kept does not fit the app's version, ``outdated``, they are the defaults."""

    app: str
    title: str
    schema: type[msgspec.Struct]
    values: dict[str, Any]
    outdated: bool = False
    core: bool = False


async def settings_for(work: Work, catalog: Catalog, app: str) -> AppSettings:
    """The company's settings of ``app``.

    Raises:
        AppNotFound: it is not switched on.
        NoSettings: there is nothing to set.
    """
    if app not in catalog.active(work.tenant.enabled):
        raise AppNotFound(_("There is no app %(name)s.", name=app))
    title = _(catalog.manifests[app].title)
    schema = catalog.one("settings_schema", app)
    if schema is None:
        raise NoSettings(_("%(app)s has no settings.", app=title))
    core = app in catalog.cores
    try:
        return AppSettings(app, title, schema, structs.values_of(await read_settings(work.session, app, schema)), core=core)
    except msgspec.ValidationError:
        return AppSettings(app, title, schema, structs.defaults(schema), outdated=True, core=core)


async def keep_settings(work: Work, before: AppSettings, settings: msgspec.Struct) -> bool:
    """Keep ``settings`` in the place of ``before`` and note in the audit log what changed; whether anything did."""
    after = structs.values_of(settings)
    changed = [name for name, value in after.items() if before.outdated or before.values.get(name) != value]
    if not changed:
        return False
    await write_settings(work.session, before.app, settings)
    await record(
        work,
        "app.settings_changed",
        f"app:{before.app}",
        name=before.title,
        before={name: before.values.get(name) for name in changed},
        after={name: after[name] for name in changed},
    )
    return True
