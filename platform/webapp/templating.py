"""The one Jinja environment: templates of the shell, the cores and the verticals, with the words and helpers they share."""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from kernel import clock, documents, i18n, templates
from kernel.settings import Settings
from tenancy.catalog import Catalog
from webapp import fmt, shell, ui
from webapp.assets import ASSETS, VENDOR
from webapp.marks import company_mark
from webapp.menu import Menu, has_bell, menu_for

OWN = Path(__file__).parent / "templates"


def template_config(catalog: Catalog, settings: Settings) -> TemplateConfig[JinjaTemplateEngine]:
    """The template engine of the application; also what ``kernel.templates.render`` uses from now on."""
    environment = build_environment(catalog, settings)
    templates.install(environment)
    documents.install(VENDOR / "fonts-pdf")
    engine = JinjaTemplateEngine.from_environment(environment)
    environment.globals.update(_globals(catalog, settings))  # the engine has put Litestar's own csrf_token in the place of ours
    return TemplateConfig(instance=engine)


def build_environment(catalog: Catalog, settings: Settings) -> Environment:
    for name, directory in catalog.singles("static_files").items():
        ASSETS.add_package(name, Path(str(directory)))
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(OWN), PrefixLoader(_packages(catalog.singles("templates")))]),
        autoescape=True,
        auto_reload=settings.environment == "development",
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # newstyle: {{ _("Period %(p)s", p=period) }}; a literal percent sign is written %%
    environment.install_gettext_callables(i18n.gettext, i18n.plural_form, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(_globals(catalog, settings))
    environment.filters.update(fmt.FILTERS)
    return environment


def _packages(directories: Mapping[str, Traversable]) -> dict[str, BaseLoader]:
    """Each package's templates below its own name only, so that none can stand in for another's or the shell's.

    ``education/list.html`` is ``<directory>/education/list.html``, or ``<directory>/list.html`` where there is no such folder.
    """
    loaders: dict[str, BaseLoader] = {}
    for name, directory in directories.items():
        root = Path(str(directory))
        loaders[name] = FileSystemLoader(root / name if (root / name).is_dir() else root)
    return loaders


def _globals(catalog: Catalog, settings: Settings) -> dict[str, Any]:
    def nav() -> Menu:
        return menu_for(catalog, shell.current())

    def may(permission: str | None) -> bool:
        return shell.current().may(permission)

    def csrf_token() -> str:
        return shell.current().csrf_token

    return {
        "shell": _Current(),
        "nav": nav,
        "may": may,
        "has_bell": has_bell(catalog),
        "csrf_token": csrf_token,
        "locale": i18n.locale,
        "now": clock.now,
        "icon": ui.icon,
        "asset": ui.asset,
        "sparkline": ui.sparkline,
        "avatar": ui.avatar,
        "meter": ui.meter,
        "company_mark": company_mark,
        "element_id": ui.element_id,
        "base_url": settings.base_url,
        "base_host": settings.base_host,
        "tenant_url": settings.tenant_url,
        "development": settings.environment == "development",
    }


class _Current:
    """``shell.tenant`` in a template is the tenant of the request at hand."""

    def __getattr__(self, name: str) -> Any:
        return getattr(shell.current(), name)
