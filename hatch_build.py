"""Build hook: browser libraries and fonts through the Node in a wheel, and .po -> .mo.

It runs for ``pip install .``, ``pip install -e .`` and wheel builds, so that nothing third-party is committed.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Brings what the wheel carries but the repository does not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        frontend = Path(self.root) / "frontend"
        sys.path.insert(0, str(frontend))
        import assets_build  # type: ignore[import-not-found]

        assets_build.main(Path(self.root))
