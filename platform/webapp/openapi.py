"""The description of the REST API at ``/schema``: JSON for programs, a plain list for people, both for the tenant at hand."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Router
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, OpenAPIType, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from kernel.web import PUBLIC
from kernel.work import Actor, Tenant
from tenancy.catalog import Catalog

JSON_PATH = "/schema/openapi.json"
DESCRIPTION = """\
The API of one company lives at the company's own host: `https://acme.example/api/v1/...`.
Sign in with a personal API token: `Authorization: Bearer jw_pat_...`.
Amounts of money are strings of decimal digits. Refusals are problems (RFC 9457) with a stable `code`.
PUT replaces a record as a whole, so it carries the `version` that was read: 428 `version_required` without it, 409 when
somebody changed the record meanwhile. PATCH changes the fields that are named and may go without; a `version` that is sent
is checked just the same.\
"""


class DecimalSchema(OpenAPISchemaPlugin):
    """Amounts travel as strings, so that no reader rounds them."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is Decimal

    @staticmethod
    def is_plugin_supported_field(field_definition: FieldDefinition) -> bool:
        return field_definition.annotation is Decimal

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        return Schema(type=OpenAPIType.STRING, pattern=r"^-?[0-9]{1,18}([.][0-9]{1,6})?$", examples=["1280.00"])


class JsonDocument(OpenAPIRenderPlugin):
    """The document itself, without the paths of verticals that the tenant has not enabled."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(for_tenant(openapi_schema, self._catalog, enabled_for(request)))


class Listing(OpenAPIRenderPlugin):
    """All operations on one page, by subject."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        document = for_tenant(openapi_schema, self._catalog, enabled_for(request))
        groups: dict[str, list[dict[str, Any]]] = {}
        for path, method, operation in operations(document):
            entry = {
                "path": path,
                "method": method.upper(),
                "summary": operation.get("summary", ""),
                "text": operation.get("description", ""),
            }
            groups.setdefault((operation.get("tags") or ["Other"])[0], []).append(entry)
        engine = request.app.template_engine
        if engine is None:
            raise RuntimeError("the application has no template engine")
        template = engine.get_template("openapi.html")
        text: str = template.render(request=request, groups=sorted(groups.items()), json_path=JSON_PATH)
        return text.encode()


def openapi_config(catalog: Catalog) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Jingwei",
        version="1",
        description=DESCRIPTION,
        use_handler_docstrings=True,
        security=[{"token": []}],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer", bearer_format="jw_pat_...")}),
        render_plugins=[Listing(catalog), JsonDocument(catalog)],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, opt={"permission": PUBLIC, "host": "any"}),
    )


def enabled_for(request: Request[Any, Any, Any]) -> frozenset[str]:
    """The verticals whose paths the reader may know of: his company's; a stranger is told of none."""
    tenant: Tenant | None = request.scope["state"].get("tenant")
    actor: Actor | None = request.scope["state"].get("actor")
    return tenant.enabled if tenant is not None and actor is not None and actor.id is not None else frozenset()


def for_tenant(document: dict[str, Any], catalog: Catalog, enabled: frozenset[str]) -> dict[str, Any]:
    """``document`` without the paths of verticals outside ``enabled``, and with words for people at every answer."""
    hidden = tuple(f"/api/v1/{name}/" for name in catalog.verticals if name not in enabled)
    paths = {path: item for path, item in document["paths"].items() if not hidden or not f"{path}/".startswith(hidden)}
    return {**document, "paths": paths}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document: path, method, description."""
    for path, item in sorted(document["paths"].items()):
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield path, method, item[method]
