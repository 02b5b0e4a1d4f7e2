"""REST of the tracker: offset paging, versions with If-Match, a feed of deletes, signed webhooks. Creating is not idempotent."""

from __future__ import annotations

from typing import Any

from sandbox.columns import Values
from sandbox.store import Store
from sandbox.system import actor_of, ms_of, projects, utc_text
from sandbox.tracker.tables import issues, people
from sandbox.web import BadRequest, Request, Response, Router, json_response
from sandbox.webhooks import Courier

page_limit = 500


def key_given(request: Request) -> str:
    """The key travels in its own header."""
    return request.headers.get("x-api-key", "")


def problem(status: int, code: str, message: str, fields: dict[str, str]) -> Response:
    """An error with the status it deserves."""
    return json_response({"error": {"code": code.lower(), "message": message, "fields": fields}}, status)


def public(table: str, row: Values) -> Values:
    """An issue as the API shows it."""
    shown: Values = {"id": row["id"]} | {each.name: row[each.name] for each in issues.columns}
    hours = row["estimated_hours"]
    shown["estimated_hours"] = None if hours is None else float(hours)
    return shown | {"updated_at": utc_text(row["updated_ms"]), "updated_by": row["updated_by"], "version": row["version"]}


def add_routes(router: Router, store: Store, courier: Courier | None) -> None:
    """Every address under /api/."""
    api = _Api(store)
    router.add("GET", "/api/me", api.me)
    router.add("GET", "/api/projects", api.projects)
    router.add("GET", "/api/users", api.users)
    router.add("GET", "/api/issues", api.many)
    router.add("POST", "/api/issues", api.create)
    router.add("GET", "/api/issues/{key}", api.one)
    router.add("PUT", "/api/issues/{key}", api.update)
    router.add("DELETE", "/api/issues/{key}", api.delete)
    router.add("GET", "/api/deleted", api.deleted)
    if courier:
        add_webhook_routes(router, courier)


def add_webhook_routes(router: Router, courier: Courier) -> None:
    """List, register and remove webhooks."""

    def register(request: Request) -> Response:
        given = request.json()
        return json_response({"webhook": courier.register(given.get("url"), given.get("secret"))}, 201)

    def remove(request: Request, key: str) -> Response:
        if not key.isdigit():
            raise BadRequest("not a webhook")
        courier.remove(int(key))
        return Response(204)

    router.add("GET", "/api/webhooks", lambda request: json_response({"webhooks": courier.webhooks()}))
    router.add("POST", "/api/webhooks", register)
    router.add("DELETE", "/api/webhooks/{key}", remove)


class _Api:
    def __init__(self, store: Store) -> None:
        self._store = store

    def me(self, request: Request) -> Response:
        return json_response({"user": {"login": "integration", "name": "集成账号"}, "product": "tracker", "version": "3.2.1"})

    def projects(self, request: Request) -> Response:
        return json_response({"projects": [{"code": code, "name": zh, "name_en": en} for code, (zh, en) in projects]})

    def users(self, request: Request) -> Response:
        return json_response({"users": [{"login": login, "name": zh, "name_en": en} for login, (zh, en) in people]})

    def many(self, request: Request) -> Response:
        where, values = self._filter(request)
        order = {"": "updated_ms, id", "updated_at": "updated_ms, id", "id": "id"}.get(request.query.get("sort", ""))
        if order is None:
            raise BadRequest("sort is updated_at or id")
        offset, limit = (request.whole("offset", 0, 0), request.whole("limit", 25, 1, page_limit))
        rows = self._store.rows("issues", where, values, order=order, limit=limit, offset=offset)
        shown = [public("issues", row) for row in rows]
        total = self._store.count("issues", where, values)
        return json_response({"issues": shown, "total_count": total, "offset": offset, "limit": limit})

    def _filter(self, request: Request) -> tuple[str, list[Any]]:
        parts: list[str] = ["1"]
        values: list[Any] = []
        for name in ("project", "status", "assignee", "external_ref"):
            if name in request.query:
                parts.append(f"{name} = ?")
                values.append(request.query[name])
        since = request.query.get("updated_since")
        if since:
            try:
                values.append(ms_of(since))
            except ValueError:
                raise BadRequest("updated_since is not an ISO 8601 time with its zone") from None
            parts.append("updated_ms >= ?")
        return " AND ".join(parts), values

    def one(self, request: Request, key: str) -> Response:
        return self._shown(self._store.one("issues", key))

    def create(self, request: Request) -> Response:
        row = self._store.insert("issues", request.json(), by=actor_of(request))
        return self._shown(row, 201)

    def update(self, request: Request, key: str) -> Response:
        given = request.json()
        version = _version(request, given)
        return self._shown(self._store.update("issues", key, given, by=actor_of(request), version=version))

    def delete(self, request: Request, key: str) -> Response:
        self._store.delete("issues", key, by=actor_of(request), version=_version(request, {}))
        return Response(204)

    def deleted(self, request: Request) -> Response:
        """Tombstones after the change number `since`; ask again with `next`."""
        since, limit = (request.whole("since", 0, 0), request.whole("limit", page_limit, 1, page_limit))
        rows = self._store.tombstones("issues", since, limit)
        shown = [{"id": row["id"], "key": row["number"], "deleted_at": utc_text(row["deleted_ms"]), "sequence": row["sequence"]} for row in rows]
        return json_response({"deleted": shown, "next": rows[-1]["sequence"] if rows else since})

    def _shown(self, row: Values, status: int = 200) -> Response:
        return json_response({"issue": public("issues", row)}, status, {"etag": f'"{row["version"]}"'})


def _version(request: Request, given: dict[str, Any]) -> int | None:
    """The version the writer saw: the If-Match header (412 when stale) or `version` in the body (409)."""
    said = request.headers.get("if-match", given.pop("version", None))
    if said is None or said == "*":
        return None
    try:
        return int(str(said).strip('"'))
    except ValueError:
        raise BadRequest("the version is not a whole number") from None
