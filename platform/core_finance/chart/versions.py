"""Versions that programs say they read before they overwrite."""

from kernel.errors import VersionRequired
from kernel.i18n import gettext as _


def read_version(version: int | None) -> int:
    """The version that was sent.

    Raises:
        VersionRequired: none was: what somebody else wrote meanwhile would be lost unseen.
    """
    if version is None:
        raise VersionRequired(_("Read it first and send its version along, so that nobody's change is overwritten."), field="version")
    return version
