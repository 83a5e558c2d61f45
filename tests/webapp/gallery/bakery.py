"""A made-up core package that contributes just enough to fill the shell."""

from importlib.resources import files
from pathlib import Path

from vertical import API_VERSION, Manifest, NavItem, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="bakery", version="1", title="Bakery", summary="Bread for the tests", publisher="Tests", requires_api=f"=={API_VERSION}"
    )


@hookimpl
def templates() -> Path:
    return Path(str(files("webapp"))).parents[1] / "tests/webapp/gallery/templates"


@hookimpl
def navigation() -> list[NavItem]:
    return [
        NavItem(label="Loaves", path="/loaves", section="sales", icon="bread", order=1, mobile=True),
        NavItem(label="Ovens", path="/ovens", section="operations", icon="flame", permission="bakery.oven.read"),
        NavItem(label="凭证录入", path="/loaves/new", section="finance", icon="file-pencil", mobile=True),
    ]
