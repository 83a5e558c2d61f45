"""The pages of the shell itself, and its part of the REST API."""

from typing import Any

from webapp.apps.pages import AppPages
from webapp.apps.settings_pages import AppSettingsController, AppSettingsPages
from webapp.deliveries.pages import DeliveryPages
from webapp.home.pages import HomePages
from webapp.palette.pages import PalettePages
from webapp.reports.pages import ReportPages
from webapp.shell_pages import ShellPages

PAGES: list[Any] = [HomePages, AppPages, AppSettingsPages, AppSettingsController, ReportPages, DeliveryPages, PalettePages, ShellPages]
