"""Helpers that every template can call: addresses of assets, icons, small drawings."""

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape

from webapp.assets import ASSETS, VENDOR

Tone = str
"""azure, malachite, cinnabar, gamboge, violet, mist or ink: a meaning, never a colour."""

_HUES = "abcdefg"


def asset(name: str) -> str:
    """Address of a static file with its content's hash in it: ``asset("app.css")``, ``asset("htmx.js")``, ``asset("js/main.js")``."""
    return ASSETS.url(name)


@lru_cache(1024)
def icon(name: str, size: int = 18, cls: str = "") -> Markup:
    """A Tabler outline icon by name, drawn inline.  It says nothing to screen readers: the words beside it do."""
    nodes = _icons().get(name) or _icons()["square"]
    body = Markup("").join(
        Markup("<{} {}/>").format(Markup(tag), Markup(" ").join(Markup('{}="{}"').format(Markup(k), v) for k, v in attributes.items()))  # noqa: S704
        for tag, attributes in nodes
    )
    return Markup(
        '<svg class="i {cls}" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{body}</svg>'
    ).format(cls=cls, size=size, body=body)


def sparkline(values: Sequence[Any], width: int = 96, height: int = 28, tone: Tone = "azure") -> Markup:
    """A trend without axes; beside it stands the number it leads to."""
    numbers = [float(v) for v in values]
    if len(numbers) < 2:
        return Markup("")
    low, high = min(numbers), max(numbers)
    scale = (high - low) or 1
    step = width / (len(numbers) - 1)
    points = [(i * step, height - 3 - (v - low) / scale * (height - 6)) for i, v in enumerate(numbers)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        '<svg class="spark {tone}" viewBox="-2 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<polygon points="0,{h} {line} {width},{h}"/><polyline points="{line}"/><circle cx="{x}" cy="{y}" r="2.5"/></svg>'
    ).format(tone=tone, w=width + 5, h=height, line=line, width=width, x=f"{x:.1f}", y=f"{y:.1f}")


def avatar(name: str, size: int = 24) -> Markup:
    """A round mark with the person's letter: the last character of a Chinese name, the first of another."""
    letter = (name[:1].upper() if name.isascii() else name[-1:]) or "?"
    hue = _HUES[sum(name.encode()) % len(_HUES)]
    return Markup('<span class="avatar av-{} av-{}" aria-hidden="true">{}</span>').format(hue, size, letter)


def meter(share: float, tone: Tone = "malachite") -> Markup:
    """A bar filled to ``share`` (0 to 1) of its width; the words beside it say how much."""
    width = max(0.0, min(100.0, share * 100))
    return Markup(
        '<svg class="meterbar {}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="{}" height="6"/></svg>'
    ).format(tone, f"{width:.1f}")


def element_id(text: Any) -> str:
    """``text`` as it may stand in an ``id`` attribute."""
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in str(escape(text)))


def has_icon(name: str) -> bool:
    return name in _icons()


@cache
def _icons() -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads((VENDOR / ASSETS.vendor["icons.json"]).read_text())
    return nodes
