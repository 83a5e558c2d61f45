"""Printed documents: a typst template and data in, a PDF out.

Data enter as JSON (``sys.inputs.data``), never as markup, so that what a user typed cannot change the document.  The
composition root says where the fonts are; without them typst would silently print boxes, so nothing is printed.
"""

import asyncio
import json
from collections.abc import Mapping
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import typst

from kernel.errors import Unavailable
from kernel.i18n import gettext as _

FONT = "Noto Sans SC"

_fonts: Path | None = None


class FontsMissing(Unavailable):
    """The fonts of printed documents were not built."""

    code = "fonts_missing"


def install(fonts: Path) -> None:
    """Take the fonts of printed documents from this directory, if it holds any."""
    global _fonts  # noqa: PLW0603 - one directory per process, said by the composition root
    _fonts = fonts if any(fonts.glob("*.ttf")) else None


async def render_pdf(template: Traversable, data: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """``template`` drawn with ``data``.  Runs beside the event loop: it takes a tenth of a second.

    ``tagged``: with its structure for screen readers; for a batch of hundreds of pages that is ten times the bytes.

    Raises:
        FontsMissing: the fonts were not built.
    """
    if _fonts is None:
        raise FontsMissing(_("Documents cannot be printed: the fonts are not installed. Ask the operator to build the assets."))
    return await asyncio.to_thread(_compile, template, json.dumps(data, ensure_ascii=False), str(_fonts), tagged=tagged)


def _compile(template: Traversable, data: str, fonts: str, *, tagged: bool) -> bytes:
    with as_file(template) as source:
        pdf: bytes = typst.compile(
            str(source), format="pdf", font_paths=[fonts], ignore_system_fonts=True, sys_inputs={"data": data}, pdf_tags=tagged
        )
    return pdf
