"""Draws a template outside of a page: a widget, a panel, a mail.  The composition root says where templates are.

A template is named as in a page, ``<package>/name.html``, and finds the same macros, filters and words.
"""

from typing import Any

from jinja2 import Environment
from markupsafe import Markup

_environment: Environment | None = None


def install(environment: Environment) -> None:
    """Use ``environment`` from now on."""
    global _environment  # noqa: PLW0603 - one environment per process, as its loaders read the installed packages
    _environment = environment


def render(template: str, /, **context: Any) -> Markup:
    """``template`` drawn with ``context``, in the language of the moment.

    Raises:
        RuntimeError: no environment is installed.
    """
    if _environment is None:
        raise RuntimeError("no template environment is installed; webapp.templating does that")
    return Markup(_environment.get_template(template).render(**context))  # noqa: S704 - the environment escapes
