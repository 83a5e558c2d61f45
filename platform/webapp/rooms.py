"""The pages of the shell itself."""

from typing import Any

from webapp.apps.pages import AppPages
from webapp.home.pages import HomePages
from webapp.palette.pages import PalettePages
from webapp.shell_pages import ShellPages

PAGES: list[Any] = [HomePages, AppPages, PalettePages, ShellPages]
