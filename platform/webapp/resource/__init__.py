"""From one ``vertical.Resource``: a REST API, pages, CSV and XLSX exchange and permission checks.

For nouns that people edit field by field.  Documents that move through states get slices written by hand.
"""

from webapp.resource.api import api_controller
from webapp.resource.pages import page_controller

__all__ = ["api_controller", "page_controller"]
