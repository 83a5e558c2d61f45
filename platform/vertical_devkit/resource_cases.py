# ruff: noqa: S101 - these are tests
"""Tests that every resource must pass: subclass, name the resource, give a valid record and what is wrong with others.

    class TestCourses(ResourceCases):
        resource = COURSES
        valid = {"code": "MATH-1", "name": "Mathematics"}
        another = {"code": "MATH-2", "name": "Algebra"}
        invalid = {"code": ["", "x" * 41], "name": [None]}

Values are those of the JSON API.  The fixtures ``client``, ``other_client`` (signed in at a second tenant), ``client_for`` and
``tenant`` come from the test suite.
"""

import csv
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

import httpx
import pytest

from kernel.work import Tenant
from vertical import Resource

ClientFor = Callable[..., Awaitable[httpx.AsyncClient]]


class ResourceCases:
    """CRUD, filters, files, permissions, optimistic locking and isolation of one resource."""

    resource: ClassVar[Resource]
    valid: ClassVar[Mapping[str, Any]]
    another: ClassVar[Mapping[str, Any]]
    invalid: ClassVar[Mapping[str, Sequence[Any]]] = {}
    prefix: ClassVar[str] = ""
    """Name of the vertical in addresses; empty for a core package."""

    @property
    def api(self) -> str:
        return f"/api/v1{self._prefix}/{self.resource.slug}"

    @property
    def pages(self) -> str:
        return f"{self._prefix}/{self.resource.slug}"

    @property
    def _prefix(self) -> str:
        return f"/{self.prefix}" if self.prefix else ""

    async def test_a_record_is_created_where_location_says(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(self.api, json=self.valid)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"{self.api}/{answer.json()['id']}"
        again = await client.get(answer.headers["location"])
        assert again.json() == answer.json()

    async def test_a_record_is_changed_and_deleted(self, client: httpx.AsyncClient) -> None:
        record = await self._made(client)
        name = self._text_field
        changed = await client.patch(f"{self.api}/{record['id']}", json={name: self.another[name]})
        assert changed.json()[name] == self.another[name], changed.text
        assert (await client.delete(f"{self.api}/{record['id']}")).status_code == 204
        assert (await client.get(f"{self.api}/{record['id']}")).status_code == 404
        assert (await client.delete(f"{self.api}/{record['id']}")).status_code == 404

    async def test_an_edit_of_an_old_version_is_refused(self, client: httpx.AsyncClient) -> None:
        record = await self._made(client)
        if "version" not in record:
            pytest.skip("the table has no version")
        name = self._text_field
        change = {name: self.another[name], "version": record["version"]}
        assert (await client.patch(f"{self.api}/{record['id']}", json=change)).status_code == 200
        stale = await client.patch(f"{self.api}/{record['id']}", json=change)
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")

    async def test_unknown_fields_and_foreign_columns_are_refused(self, client: httpx.AsyncClient) -> None:
        for name in ("is_admin", "tenant_id", "id", "created_at", *self._columns_without_form):
            answer = await client.post(self.api, json={**self.valid, name: "1"})
            assert answer.status_code in (400, 422), f"{name} was accepted"

    async def test_wrong_values_are_refused_in_api_and_form(self, client: httpx.AsyncClient) -> None:
        for name, values in self.invalid.items():
            for value in values:
                answer = await client.post(self.api, json={**self.valid, name: value})
                assert answer.status_code in (400, 409, 422), f"{name}={value!r}: {answer.status_code}"
                form = {n: _text(v) for n, v in {**self.valid, name: value}.items()}
                page = await client.post(f"{self.pages}/new", data=form)
                assert page.status_code == 422, f"{name}={value!r} in the form: {page.status_code}"
                assert 'aria-invalid="true"' in page.text or "form-errors" in page.text
        assert (await client.get(self.api)).json()["items"] == []

    async def test_the_list_is_paged_by_cursor_without_loss(self, client: httpx.AsyncClient) -> None:
        made = {(await self._made(client))["id"], (await self._made(client, self.another))["id"]}
        for field in {*self.resource.columns, self.resource.sort}:
            for descending in ("false", "true"):
                seen: list[str] = []
                cursor = None
                while True:
                    params = {"limit": "1", "sort": field, "descending": descending} | ({"after": cursor} if cursor else {})
                    page = (await client.get(self.api, params=params)).json()
                    seen += [item["id"] for item in page["items"]]
                    if (cursor := page["next"]) is None:
                        break
                assert sorted(seen) == sorted(made), f"sorted by {field}"
        assert (await client.get(self.api, params={"total": "true"})).json()["total"] == 2

    async def test_sort_cursor_and_limit_come_from_an_allow_list(self, client: httpx.AsyncClient) -> None:
        for params in ({"sort": "password"}, {"sort": "id; drop table x"}, {"after": "nonsense"}, {"limit": "0"}, {"limit": "100000"}):
            assert (await client.get(self.api, params=params)).status_code in (400, 422), params

    async def test_search_finds_and_filters_keep(self, client: httpx.AsyncClient) -> None:
        record = await self._made(client)
        await self._made(client, self.another)
        if self.resource.search:
            found = (await client.get(self.api, params={"search": str(record[self._text_field])})).json()["items"]
            assert record["id"] in [item["id"] for item in found]
            assert (await client.get(self.api, params={"search": "%_\\'"})).status_code == 200
            assert (await client.get(self.api, params={"search": uuid4().hex})).json()["items"] == []
        for name in self.resource.filters:
            if record.get(name) is not None:
                value = str(record[name]).lower() if isinstance(record[name], bool) else str(record[name])
                found = (await client.get(self.api, params={name: value})).json()["items"]
                assert record["id"] in [item["id"] for item in found]

    async def test_each_verb_needs_its_permission(self, client: httpx.AsyncClient, client_for: ClientFor, tenant: Tenant) -> None:
        record = await self._made(client)
        stranger = await client_for(tenant, permissions=())
        file = {"file": ("x.csv", b"a\n1\n", "text/csv")}
        requests: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", self.api, {}),
            ("GET", f"{self.api}/{record['id']}", {}),
            ("POST", self.api, {"json": self.valid}),
            ("PATCH", f"{self.api}/{record['id']}", {"json": {}}),
            ("DELETE", f"{self.api}/{record['id']}", {}),
            ("GET", f"{self.api}/export.csv", {}),
            ("POST", f"{self.api}/import", {"files": file}),
            *(("POST", f"{self.api}/{record['id']}/{action.name.replace('_', '-')}", {}) for action in self.resource.actions),
            ("GET", self.pages, {}),
            ("GET", f"{self.pages}/new", {}),
            ("POST", f"{self.pages}/new", {"data": {}}),
            ("GET", f"{self.pages}/{record['id']}", {}),
            ("POST", f"{self.pages}/{record['id']}/delete", {}),
            ("GET", f"{self.pages}/export.xlsx", {}),
            ("GET", f"{self.pages}/import", {}),
        ]
        for method, path, options in requests:
            answer = await stranger.request(method, path, **options)
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        assert (await client.get(f"{self.api}/{record['id']}")).json() == record

    async def test_another_tenant_sees_and_changes_nothing(self, client: httpx.AsyncClient, other_client: httpx.AsyncClient) -> None:
        record = await self._made(client)
        assert (await other_client.get(self.api)).json()["items"] == []
        assert str(record[self._text_field]) not in (await other_client.get(f"{self.pages}/export.csv")).text
        requests: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", f"{self.api}/{record['id']}", {}),
            ("PATCH", f"{self.api}/{record['id']}", {"json": {}}),
            ("DELETE", f"{self.api}/{record['id']}", {}),
            *(("POST", f"{self.api}/{record['id']}/{action.name.replace('_', '-')}", {}) for action in self.resource.actions),
            ("GET", f"{self.pages}/{record['id']}", {}),
            ("GET", f"{self.pages}/{record['id']}/edit", {}),
            ("POST", f"{self.pages}/{record['id']}/edit", {"data": {}}),
            ("POST", f"{self.pages}/{record['id']}/delete", {}),
        ]
        for method, path, options in requests:
            answer = await other_client.request(method, path, **options)
            assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"
        assert (await client.get(f"{self.api}/{record['id']}")).json() == record

    async def test_an_export_is_an_import(self, client: httpx.AsyncClient, other_client: httpx.AsyncClient) -> None:
        await self._made(client)
        await self._made(client, self.another)
        content = (await client.get(f"{self.pages}/export.csv")).content
        answer = await other_client.post(f"{self.api}/import", files={"file": ("x.csv", content, "text/csv")})
        done = answer.json()
        assert (done["rows"], done["created"], done["errors"]) == (2, 2, []), answer.text
        assert (await other_client.get(f"{self.pages}/export.csv")).content == content
        workbook = (await client.get(f"{self.pages}/export.xlsx")).content
        tried = await other_client.post(f"{self.api}/import", params={"dry_run": "true"}, files={"file": ("x.xlsx", workbook, "")})
        assert tried.json()["rows"] == 2, tried.text
        assert (await client.post(f"{self.api}/imports/{done['import_id']}/undo")).status_code == 404
        undone = await other_client.post(f"{self.api}/imports/{done['import_id']}/undo")
        assert undone.json()["removed"] == 2, undone.text

    async def test_an_import_with_one_bad_row_writes_nothing(self, client: httpx.AsyncClient) -> None:
        names = [name for name in self.resource.form if name in {**self.valid, **self.another}]
        required = self._text_field
        bad = {**self.another, required: ""}
        buffer = io.StringIO()
        rows = csv.writer(buffer)
        rows.writerow(names)
        for values in (self.valid, bad):
            rows.writerow([_text(values.get(name)) for name in names])
        answer = (await client.post(f"{self.api}/import", files={"file": ("x.csv", buffer.getvalue().encode(), "text/csv")})).json()
        assert answer["created"] == 0
        assert [error["row"] for error in answer["errors"]] == [3]
        assert (await client.get(self.api)).json()["items"] == []

    async def test_pages_show_the_record_and_keep_what_was_typed(self, client: httpx.AsyncClient) -> None:
        empty = await client.get(self.pages)
        assert empty.status_code == 200
        made = await client.post(f"{self.pages}/new", data={n: _text(v) for n, v in self.valid.items()})
        assert made.status_code == 303, made.text
        shown = await client.get(made.headers["location"])
        assert _text(self.valid[self._text_field]) in shown.text
        listed = await client.get(self.pages)
        assert made.headers["location"] in listed.text
        edited = await client.get(f"{made.headers['location']}/edit")
        assert _text(self.valid[self._text_field]) in edited.text

    async def test_a_list_without_records_says_what_to_do(self, client: httpx.AsyncClient) -> None:
        assert f"{self.pages}/new" in (await client.get(self.pages)).text

    async def _made(self, client: httpx.AsyncClient, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = await client.post(self.api, json=values or self.valid)
        assert answer.status_code == 201, answer.text
        record: dict[str, Any] = answer.json()
        return record

    @property
    def _text_field(self) -> str:
        """A required text of the form, to change and to leave out."""
        for name in self.resource.form:
            column = self.resource.column(name)
            if not column.nullable and column.default is None and column.type.python_type is str:
                return name
        raise AssertionError("the form has no required text")

    @property
    def _columns_without_form(self) -> list[str]:
        return [column.name for column in self.resource.model.__table__.c if column.name not in self.resource.form]


def _text(value: Any) -> str:
    return "" if value is None else "true" if value is True else "" if value is False else str(value)
