"""Adapter of the demo MES: a feed by change number with deletes in it, token paging, webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from jingwei.connectors.sandbox.answers import (
    address,
    ask_of_one,
    choices,
    deleted_one_by_one,
    looked_up,
    moment,
    page_address,
    part,
    title,
    values_of,
    written,
)
from jingwei.hub.contract import BrokenAnswer, Check, ConnectorError, Field, Found, Gone, Page, Record, Session, Stream, Values, tombstone
from jingwei.hub.kit.rows import records_of, unreadable

not_found_at = ("code",)
page_limit = 100
_numbered = Field("number", "string", title("编号", "Number"), read_only=True)
_common = (
    Field("external_ref", "string", title("外部引用", "External reference"), max_length=100),
    Field("updated_at", "datetime", title("更新时间", "Updated"), read_only=True),
    Field("updated_by", "string", title("修改人", "Changed by"), read_only=True),
)
order_states = (("planned", "已计划"), ("released", "已下达"), ("running", "生产中"), ("done", "已完工"), ("blocked", "受阻"))
operation_states = (("waiting", "待开工"), ("running", "加工中"), ("done", "已完成"))
reasons = (
    ("breakdown", "设备故障"),
    ("changeover", "换型调试"),
    ("material", "待料"),
    ("quality", "质量停线"),
    ("system", "系统或网络"),
    ("power", "停电停气"),
)
fields = {
    "work_orders": (
        _numbered,
        Field("product", "string", title("产品", "Product"), required=True, max_length=100),
        Field("line", "reference", title("产线", "Line"), required=True),
        Field("planned_start", "datetime", title("计划开工", "Planned start"), required=True),
        Field("planned_finish", "datetime", title("计划完工", "Planned finish"), required=True),
        Field("quantity_planned", "integer", title("计划数量", "Planned quantity"), required=True),
        Field("quantity_done", "integer", title("完成数量", "Done quantity")),
        Field("percent", "integer", title("进度 %", "Percent")),
        Field("status", "enum", title("状态", "Status"), choices=order_states),
        Field("project_code", "reference", title("项目", "Project")),
        *_common,
    ),
    "operations": (
        _numbered,
        Field("work_order", "reference", title("工单号", "Work order"), required=True, max_length=40),
        Field("name", "string", title("名称", "Name"), required=True, max_length=100),
        Field("work_centre", "string", title("工作中心", "Work centre"), required=True, max_length=60),
        Field("standard_minutes", "integer", title("标准工时（分）", "Standard minutes"), required=True),
        Field("quantity_done", "integer", title("完成数量", "Done quantity")),
        Field("status", "enum", title("状态", "Status"), choices=operation_states),
        *_common,
    ),
    "downtime_events": (
        _numbered,
        Field("line", "reference", title("产线", "Line"), required=True),
        Field("reason", "enum", title("原因", "Reason"), required=True, choices=reasons),
        Field("started_at", "datetime", title("开始", "Started"), required=True),
        Field("ended_at", "datetime", title("结束", "Ended")),
        Field("work_order", "reference", title("影响工单", "Work order"), max_length=40),
        Field("note", "string", title("说明", "Note"), max_length=255),
        *_common,
    ),
}
titles = {
    "work_orders": ("工单", "Work orders", "product"),
    "operations": ("工序", "Operations", "name"),
    "downtime_events": ("停机", "Downtime", "note"),
}
_event_of = {"work_orders": "work_order", "operations": "operation", "downtime_events": "downtime_event"}


def _record(stream: str, row: Any, session: Session | None) -> Record:
    if not isinstance(row, Mapping) or not row.get("number"):
        raise BrokenAnswer("a record without its number")
    if row.get("deleted"):
        return replace(tombstone(stream, str(row["number"])), modified_at=moment(row.get("updated_at")), sequence=_sequence(row))
    return Record(
        stream=stream,
        key=str(row["number"]),
        values=values_of(fields[stream], row),
        modified_at=moment(row.get("updated_at")),
        url=page_address(session, stream, row["number"]),
        external_key=row.get("external_ref") or None,
        sequence=_sequence(row),
    )


def _sequence(row: Mapping[str, Any]) -> int | None:
    """The MES counts every change of the stream, deletes among them."""
    number = row.get("sequence")
    return number if isinstance(number, int) else None


def _records(stream: str, rows: Iterable[Any], session: Session) -> list[Record]:
    return records_of(stream, rows, lambda row: _record(stream, row, session), key="number")


class MesConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        """Who we are over there."""
        body = session.request("GET", "/api/whoami").json()
        return Check(ok=True, account=f"{part(body, 'account', str)} ({body.get('plant', '')})", version=str(body.get("version", "")))

    def streams(self, session: Session) -> Sequence[Stream]:
        """Three streams; lines and projects are asked."""
        known = {
            field: choices(part(session.request("GET", f"/api/{where}").json(), "items", list), "code", "name")
            for field, where in (("line", "lines"), ("project_code", "projects"))
        }
        return tuple(
            Stream(
                name=stream,
                title=title(zh, en),
                fields=tuple(replace(each, choices=known.get(each.name, each.choices)) for each in fields[stream]),
                key="number",
                label=label,
                modified="updated_at",
                external_key_field="external_ref",
                can_delete=True,
                tells_deletes=True,
                page_limit=page_limit,
                modified_resolution=timedelta(milliseconds=1),
            )
            for stream, (zh, en, label) in titles.items()
        )

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """Everything behind a change number. The MES counts in the order of its commits, so nothing can hide behind it."""
        asked = {"changed_after": int(cursor.get("changed_after", 0)), "limit": min(limit, page_limit)}
        body = session.request("GET", f"/api/changes/{stream}", params=asked).json()
        records = tuple(_records(stream, part(body, "items", list), session))
        return Page(records, {"changed_after": part(body, "changed_after", int)}, more=part(body, "more", bool))

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One record now."""
        try:
            body = ask_of_one(session, "GET", address(stream, key), not_found_at).json()
        except Gone:
            return None
        return _records(stream, [part(body, "item", dict)], session)[0]

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """Each as it is now, or why it is not there."""
        return looked_up(lambda key: self.fetch(session, stream, key), keys)

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Records that carry our reference."""
        body = session.request("GET", f"/api/{stream}", params={"external_ref": external_key, "limit": page_limit}).json()
        return _records(stream, part(body, "items", list), session)

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every number. A token that comes back unchanged would page for ever and is refused."""
        token = ""
        while True:
            body = session.request("GET", f"/api/{stream}", params={"limit": page_limit} | ({"after": token} if token else {})).json()
            yield from (str(row["number"]) for row in part(body, "items", list))
            following = body.get("after")
            if not following:
                return
            if following == token:
                raise BrokenAnswer("the list repeats its page token")
            token = str(following)

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference; the answer is the record as stored."""
        answer = session.request("POST", f"/api/{stream}", json=values | {"external_ref": external_key})
        return written(lambda: _record(stream, part(answer.json(), "item", dict), session))

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields (the MES keeps no versions); the answer is the record as stored."""
        answer = ask_of_one(session, "PATCH", address(stream, key), not_found_at, json=values)
        return written(lambda: _record(stream, part(answer.json(), "item", dict), session))

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete it over there; raises Gone when it is gone already."""
        ask_of_one(session, "DELETE", address(stream, key), not_found_at)

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """One by one: it has no call for many."""
        return deleted_one_by_one(lambda key: self.delete(session, stream, key), keys)

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """The record that a webhook tells of, if it is of this stream."""
        if stream not in _event_of or not isinstance(body, Mapping) or not isinstance(body.get("data"), Mapping):
            return ()
        event, _, action = str(body.get("type", "")).partition(".")
        number = str(body["data"].get("number") or "")
        if event != _event_of[stream] or not number:
            return ()
        if action == "deleted":
            return (replace(tombstone(stream, number), sequence=_sequence(body["data"])),)
        try:
            return (_record(stream, body["data"], None),)
        except unreadable:
            return (Record(stream, number, {}),)  # named but not understood: the hub fetches it
