"""Adapter of the demo tracker: offset paging by time of change, a feed of deletes, versions, no idempotent create."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
from jingwei.hub.kit.reading import read_by_time
from jingwei.hub.kit.rows import records_of, unreadable

name = "issues"
not_found_at = ("error", "code")
page_limit = 500
look_back = timedelta(seconds=2)
resolution = timedelta(milliseconds=1)
statuses = (("open", "待处理"), ("in_progress", "进行中"), ("resolved", "已解决"), ("closed", "已关闭"))
priorities = (("low", "低"), ("normal", "普通"), ("high", "高"), ("urgent", "紧急"))
fields = (
    Field("id", "integer", title("内部编号", "Id"), read_only=True),
    Field("key", "string", title("编号", "Key"), read_only=True),
    Field("project", "reference", title("项目", "Project"), required=True),
    Field("subject", "string", title("主题", "Subject"), required=True, max_length=255),
    Field("description", "text", title("描述", "Description"), max_length=20_000),
    Field("status", "enum", title("状态", "Status"), choices=statuses),
    Field("priority", "enum", title("优先级", "Priority"), choices=priorities),
    Field("assignee", "reference", title("负责人", "Assignee")),
    Field("start_date", "date", title("开始日期", "Start date")),
    Field("due_date", "date", title("截止日期", "Due date")),
    Field("estimated_hours", "decimal", title("预计工时", "Estimated hours")),
    Field("done_ratio", "integer", title("完成率 %", "Done %")),
    Field("labels", "list", title("标签", "Labels")),
    Field("external_ref", "string", title("外部引用", "External reference"), max_length=100),
    Field("updated_at", "datetime", title("更新时间", "Updated"), read_only=True),
    Field("updated_by", "string", title("修改人", "Changed by"), read_only=True),
)


def _record(row: Mapping[str, Any], session: Session | None) -> Record:
    if not isinstance(row, Mapping) or "id" not in row or "version" not in row:
        raise BrokenAnswer("an issue without its id or version")
    return Record(
        stream=name,
        key=str(row["id"]),
        values=values_of(fields, row),
        modified_at=moment(row.get("updated_at")),
        version=str(row["version"]),
        url=page_address(session, name, row["id"]),
        external_key=row.get("external_ref") or None,
        sequence=int(row["version"]),
    )


def _records(rows: Iterable[Any], session: Session) -> list[Record]:
    return records_of(name, rows, lambda row: _record(row, session), stamp=lambda row: moment(row.get("updated_at")))


class TrackerConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        """Who we are over there."""
        body = session.request("GET", "/api/me").json()
        user = part(body, "user", dict)
        return Check(ok=True, account=f"{user.get('name', '')} ({user.get('login', '')})", version=str(body.get("version", "")))

    def streams(self, session: Session) -> Sequence[Stream]:
        """One stream; projects and people are asked."""
        known = {
            "project": choices(part(session.request("GET", "/api/projects").json(), "projects", list), "code", "name"),
            "assignee": choices(part(session.request("GET", "/api/users").json(), "users", list), "login", "name"),
        }
        return (
            Stream(
                name=name,
                title=title("事项", "Issues"),
                fields=tuple(replace(each, choices=known.get(each.name, each.choices)) for each in fields),
                key="id",
                label="subject",
                modified="updated_at",
                external_key_field="external_ref",
                can_delete=True,
                tells_deletes=True,
                page_limit=page_limit,
                modified_resolution=timedelta(milliseconds=1),
            ),
        )

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """Changed issues first; once they are through, tombstones fill the page. The cursor keeps both positions."""
        size = min(limit, page_limit)

        def read_since(since: datetime | None, offset: int) -> Sequence[Record]:
            asked: Values = {"offset": offset, "limit": size} | ({"updated_since": since.isoformat()} if since else {})
            rows = part(session.request("GET", "/api/issues", params=asked).json(), "issues", list)
            return _records(rows, session)

        page = read_by_time(cursor.get("changed", {}), size, look_back, resolution, session.now, read_since)
        after = int(cursor.get("deleted", 0))
        if page.more:
            return Page(page.records, {"changed": page.cursor, "deleted": after}, more=True)
        room = size - len(page.records)
        body = session.request("GET", "/api/deleted", params={"since": after, "limit": room}).json()
        gone = tuple(tombstone(name, str(row["id"])) for row in part(body, "deleted", list))
        return Page(page.records + gone, {"changed": page.cursor, "deleted": part(body, "next", int)}, more=len(gone) == room)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One issue now."""
        try:
            body = ask_of_one(session, "GET", address(name, key), not_found_at).json()
        except Gone:
            return None
        return _records([part(body, "issue", dict)], session)[0]

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """Each as it is now, or why it is not there."""
        return looked_up(lambda key: self.fetch(session, stream, key), keys)

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Issues that carry our reference."""
        body = session.request("GET", "/api/issues", params={"external_ref": external_key, "limit": page_limit}).json()
        return _records(part(body, "issues", list), session)

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every id, ascending. Pages overlap by one: if that one is missing, deletes have shifted the list and we step back."""
        offset = last = 0
        while True:
            asked = {"sort": "id", "offset": offset, "limit": page_limit}
            ids = [int(row["id"]) for row in part(session.request("GET", "/api/issues", params=asked).json(), "issues", list)]
            if offset and (not ids or ids[0] > last):
                offset = max(0, offset - page_limit)
                continue
            yield from (str(each) for each in ids if each > last)
            if len(ids) < page_limit:
                return
            last = max(last, ids[-1])
            offset += page_limit - 1

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference. The answer is the issue as stored; asking again could fail and hide the success."""
        answer = session.request("POST", "/api/issues", json=values | {"external_ref": external_key})
        return written(lambda: _record(part(answer.json(), "issue", dict), session))

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields, on the version we saw when we know it; the answer is the issue as stored."""
        headers = {"If-Match": f'"{version}"'} if version else None
        answer = ask_of_one(session, "PUT", address(name, key), not_found_at, json=values, headers=headers)
        return written(lambda: _record(part(answer.json(), "issue", dict), session))

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete it over there; raises Gone when it is gone already."""
        ask_of_one(session, "DELETE", address(name, key), not_found_at)

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """One by one: it has no call for many."""
        return deleted_one_by_one(lambda key: self.delete(session, stream, key), keys)

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """The issue that a webhook tells of."""
        if stream != name or not isinstance(body, Mapping) or not isinstance(body.get("data"), Mapping):
            return ()
        row = body["data"]
        if "id" not in row or not str(body.get("type", "")).startswith("issue."):
            return ()
        if body["type"] == "issue.deleted":
            return (tombstone(name, str(row["id"])),)
        try:
            return (_record(row, None),)
        except unreadable:
            return (Record(name, str(row["id"]), {}),)  # named but not understood: the hub fetches it
