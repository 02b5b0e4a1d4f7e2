"""HTTP of the ERP: every business answer is a 200 with `success`, pages are numbered, times are Beijing time to the second.

Creating is idempotent by `client_ref`: the same reference again answers with the record it made.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sandbox.columns import Pair, Values
from sandbox.erp.tables import accounts, cost_vouchers, purchase_orders, suppliers
from sandbox.store import Store
from sandbox.system import actor_of, beijing, ms_of, projects
from sandbox.web import BadRequest, Request, Response, Router, json_response
from sandbox.webhooks import Courier

page_limit = 200
_tables = {table.name: table for table in (cost_vouchers, purchase_orders)}


def key_given(request: Request) -> str:
    """The key travels in its own header; there is no session."""
    return request.headers.get("x-erp-key", "")


def problem(status: int, code: str, message: str, fields: dict[str, str]) -> Response:
    """Errors travel inside a 200, one entry for each field."""
    errors = [{"code": code, "field": name, "message": text} for name, text in fields.items()]
    return json_response({"success": False, "errors": errors or [{"code": code, "field": "", "message": message}]})


def local_text(at_ms: int) -> str:
    """A time as this ERP writes it: Beijing, no zone, whole seconds."""
    return datetime.fromtimestamp(at_ms // 1000, beijing).strftime("%Y-%m-%d %H:%M:%S")


def public(table: str, row: Values) -> Values:
    """A record as the API shows it."""
    shown = {each.name: row[each.name] for each in _tables[table].columns}
    return shown | {"updated_at": local_text(row["updated_ms"]), "updated_by": row["updated_by"]}


def _answer(**parts: Any) -> Response:
    return json_response({"success": True, "errors": [], **parts})


def _codes(pairs: tuple[tuple[str, Pair], ...]) -> Response:
    return _answer(rows=[{"code": code, "name": zh, "name_en": en} for code, (zh, en) in pairs])


def add_routes(router: Router, store: Store, courier: Courier | None) -> None:
    """Every address under /api/."""
    router.add("GET", "/api/whoami", lambda request: _answer(account="integration", company="精工制造", version="8.1.0"))
    router.add("GET", "/api/projects", lambda request: _codes(projects))
    router.add("GET", "/api/accounts", lambda request: _codes(accounts))
    router.add("GET", "/api/suppliers", lambda request: _answer(rows=[{"code": each, "name": each} for each in suppliers]))
    for name in _tables:
        router.add("GET", f"/api/{name}", partial(_list, store, name))
        router.add("POST", f"/api/{name}", partial(_create, store, name))
        router.add("GET", f"/api/{name}/{{key}}", partial(_one, store, name))
        router.add("PUT", f"/api/{name}/{{key}}", partial(_update, store, name))
        router.add("DELETE", f"/api/{name}/{{key}}", partial(_delete, store, name))


def _list(store: Store, name: str, request: Request) -> Response:
    parts: list[str] = ["1"]
    values: list[Any] = []
    for field in ("client_ref", "project_code", "status", "period"):
        if request.query.get(field) and any(each.name == field for each in _tables[name].columns):
            parts.append(f"{field} = ?")
            values.append(request.query[field])
    if request.query.get("number_after"):
        parts.append("number > ?")
        values.append(request.query["number_after"])
    if request.query.get("updated_from"):
        parts.append("updated_ms >= ?")
        values.append(_ms_of_local(request.query["updated_from"]))
    # Sorted by what is shown: two changes within one second are a tie, told apart by number only.
    order = {"": "updated_ms / 1000, number", "updated_at": "updated_ms / 1000, number", "number": "number"}.get(request.query.get("order_by", ""))
    if order is None:
        raise BadRequest("order_by is updated_at or number")
    page, size = (request.whole("page", 1, 1), request.whole("page_size", 50, 1, page_limit))
    where = " AND ".join(parts)
    rows = store.rows(name, where, values, order=order, limit=size, offset=(page - 1) * size)
    return _answer(rows=[public(name, row) for row in rows], total=store.count(name, where, values), page=page, page_size=size)


def _ms_of_local(text: str) -> int:
    try:
        return ms_of(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=beijing).isoformat())
    except ValueError:
        raise BadRequest("updated_from is not YYYY-MM-DD HH:MM:SS") from None


def _one(store: Store, name: str, request: Request, key: str) -> Response:
    return _answer(row=public(name, store.one(name, key)))


def _create(store: Store, name: str, request: Request) -> Response:
    given = request.json()
    reference = given.get("client_ref")
    if reference:
        known = store.rows(name, "client_ref = ?", (reference,), limit=1)
        if known:
            return _answer(row=public(name, known[0]), repeated=True)
    row = store.insert(name, given, by=actor_of(request))
    return _answer(row=public(name, row), repeated=False)


def _update(store: Store, name: str, request: Request, key: str) -> Response:
    return _answer(row=public(name, store.update(name, key, request.json(), by=actor_of(request))))


def _delete(store: Store, name: str, request: Request, key: str) -> Response:
    store.delete(name, key, by=actor_of(request))
    return _answer()
