"""Letters from templates, as plain text and as HTML, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kernel import i18n


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, locale: str, values: Mapping[str, Any]) -> Rendered:
    """The letter ``template`` (a name in ``templates/messaging``) in ``locale``."""
    with i18n.using(locale):
        context = {**values, "lang": "zh-CN" if i18n.locale() == "zh_CN" else "en"}
        text = _environment().get_template(f"messaging/{template}.txt").render(context)
        html = _environment().get_template(f"messaging/{template}.html").render(context)
    subject, _, body = text.partition("\n")
    return Rendered(subject=" ".join(subject.split()), text=body.strip() + "\n", html=html)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("messaging") / "templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return environment
