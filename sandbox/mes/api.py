"""REST of the MES: cursor paging by token, a feed by change number that tells deletes too, signed webhooks."""

from __future__ import annotations

import base64
import binascii
import heapq
from functools import partial
from typing import Any

from sandbox.columns import Values
from sandbox.mes.tables import downtime_events, lines, operations, work_orders
from sandbox.store import Store
from sandbox.system import actor_of, projects, utc_text
from sandbox.tracker.api import add_webhook_routes
from sandbox.web import BadRequest, Request, Response, Router, json_response
from sandbox.webhooks import Courier

page_limit = 100
_tables = {table.name: table for table in (work_orders, operations, downtime_events)}


def key_given(request: Request) -> str:
    """The key travels as a bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def problem(status: int, code: str, message: str, fields: dict[str, str]) -> Response:
    """An error with the status it deserves."""
    return json_response({"code": code, "message": message, "violations": [{"field": a, "message": b} for a, b in fields.items()]}, status)


def public(table: str, row: Values) -> Values:
    """A record as the API shows it."""
    shown = {each.name: row[each.name] for each in _tables[table].columns}
    return shown | {"sequence": row["sequence"], "updated_at": utc_text(row["updated_ms"]), "updated_by": row["updated_by"]}


def add_routes(router: Router, store: Store, courier: Courier | None) -> None:
    """Every address under /api/."""
    router.add("GET", "/api/whoami", lambda request: json_response({"account": "integration", "plant": "苏州一厂", "version": "5.4.2"}))
    router.add("GET", "/api/lines", lambda request: json_response({"items": [_choice(each) for each in lines]}))
    router.add("GET", "/api/projects", lambda request: json_response({"items": [_choice(each) for each in projects]}))
    if courier:
        add_webhook_routes(router, courier)
    for name in _tables:
        router.add("GET", f"/api/{name}", partial(_list, store, name))
        router.add("POST", f"/api/{name}", partial(_create, store, name))
        router.add("GET", f"/api/changes/{name}", partial(_changes, store, name))
        router.add("GET", f"/api/{name}/{{key}}", partial(_one, store, name))
        router.add("PATCH", f"/api/{name}/{{key}}", partial(_update, store, name))
        router.add("DELETE", f"/api/{name}/{{key}}", partial(_delete, store, name))


def _choice(pair: tuple[str, tuple[str, str]]) -> Values:
    code, (zh, en) = pair
    return {"code": code, "name": zh, "name_en": en}


def _list(store: Store, name: str, request: Request) -> Response:
    parts: list[str] = ["id > ?"]
    values: list[Any] = [_opened(request.query.get("after", ""))]
    for field in ("external_ref", "line", "status", "project_code", "work_order"):
        if request.query.get(field) and any(each.name == field for each in _tables[name].columns):
            parts.append(f"{field} = ?")
            values.append(request.query[field])
    limit = request.whole("limit", 50, 1, page_limit)
    rows = store.rows(name, " AND ".join(parts), values, order="id", limit=limit + 1)
    shown = [public(name, row) for row in rows[:limit]]
    return json_response({"items": shown, "after": _sealed(rows[limit - 1]["id"]) if len(rows) > limit else None})


def _sealed(key: int) -> str:
    return base64.urlsafe_b64encode(f"id:{key}".encode()).decode()


def _opened(token: str) -> int:
    if not token:
        return 0
    try:
        name, _, key = base64.urlsafe_b64decode(token).decode().partition(":")
        if name != "id":
            raise ValueError
        return int(key)
    except (binascii.Error, ValueError):
        raise BadRequest("after is not a token of this list") from None


def _changes(store: Store, name: str, request: Request) -> Response:
    """The newest state of everything changed after a change number, deletes among it, in order of change."""
    after, limit = (request.whole("changed_after", 0, 0), request.whole("limit", 50, 1, page_limit))
    rows = [public(name, row) | {"deleted": False} for row in store.rows(name, "sequence > ?", (after,), order="sequence", limit=limit + 1)]
    gone = [
        {"number": row["number"], "deleted": True, "sequence": row["sequence"], "updated_at": utc_text(row["deleted_ms"])}
        for row in store.tombstones(name, after, limit + 1)
    ]
    merged = list(heapq.merge(rows, gone, key=lambda each: each["sequence"]))
    shown = merged[:limit]
    last = shown[-1]["sequence"] if shown else after
    return json_response({"items": shown, "changed_after": last, "more": len(merged) > limit})


def _one(store: Store, name: str, request: Request, key: str) -> Response:
    return json_response({"item": public(name, store.one(name, key))})


def _create(store: Store, name: str, request: Request) -> Response:
    return json_response({"item": public(name, store.insert(name, request.json(), by=actor_of(request)))}, 201)


def _update(store: Store, name: str, request: Request, key: str) -> Response:
    return json_response({"item": public(name, store.update(name, key, request.json(), by=actor_of(request)))})


def _delete(store: Store, name: str, request: Request, key: str) -> Response:
    store.delete(name, key, by=actor_of(request))
    return Response(204)
