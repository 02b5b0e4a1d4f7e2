"""Adapter of Redmine 4 to 6: issues both ways, projects and users as choices. Its quirks are met here.

Lists are capped at 100 and hide closed issues unless asked; CRLF comes back for LF; a POST with unknown ids is silently coerced,
so everything is read back; a bad key still reads public lists, so the check asks who we are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from jingwei.hub.contract import (
    BrokenAnswer,
    Check,
    Field,
    Gone,
    Page,
    Record,
    Refused,
    Session,
    Stale,
    Stream,
    Title,
    UnknownOutcome,
    Values,
)
from jingwei.hub.kit.reading import read_by_time

page_limit = 100
look_back = timedelta(seconds=3)
resolution = timedelta(seconds=1)
Made = TypeVar("Made")
references = ("tracker", "status", "priority", "assigned_to", "category", "fixed_version", "parent")
plain_fields = (
    Field("id", "integer", Title("编号", "Id"), read_only=True),
    Field("subject", "string", Title("主题", "Subject"), required=True, max_length=255),
    Field("description", "text", Title("描述", "Description")),
    Field("start_date", "date", Title("开始日期", "Start date")),
    Field("due_date", "date", Title("截止日期", "Due date")),
    Field("estimated_hours", "decimal", Title("预计工时", "Estimated hours")),
    Field("done_ratio", "integer", Title("完成率 %", "% done")),
    Field("assigned_to_id", "reference", Title("指派给", "Assignee")),
    Field("category_id", "reference", Title("类别", "Category")),
    Field("fixed_version_id", "reference", Title("目标版本", "Target version")),
    Field("parent_issue_id", "reference", Title("父问题", "Parent")),
    Field("created_on", "datetime", Title("创建时间", "Created"), read_only=True),
    Field("updated_on", "datetime", Title("更新时间", "Updated"), read_only=True),
)
chosen_fields = (
    ("tracker_id", Title("跟踪标签", "Tracker"), "/trackers.json", "trackers"),
    ("status_id", Title("状态", "Status"), "/issue_statuses.json", "issue_statuses"),
    ("priority_id", Title("优先级", "Priority"), "/enumerations/issue_priorities.json", "issue_priorities"),
)


class RedmineConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        """Who we are, and whether the project is there."""
        user = _part(session.request("GET", "/users/current.json").json(), "user", dict)
        session.request("GET", f"/projects/{session.config['project']}.json")
        return Check(ok=True, account=f"{user.get('firstname', '')} {user.get('lastname', '')} ({user.get('login', '')})")

    def streams(self, session: Session) -> Sequence[Stream]:
        """Issues of the configured project, with the choices this instance has."""
        chosen = []
        for name, title, path, part in chosen_fields:
            rows = _part(session.request("GET", path).json(), part, list)
            chosen.append(Field(name, "enum", title, choices=tuple((str(r["id"]), str(r["name"])) for r in rows)))
        reference = session.config.get("reference_field") or "Jingwei ref"
        known = self._reference_id(session)
        return (
            Stream(
                name="issues",
                title=Title("问题", "Issues"),
                fields=(*plain_fields[:3], *chosen, *plain_fields[3:]),
                label="subject",
                modified="updated_on",
                external_key_field=str(reference) if known is not None else None,
                can_delete=True,
                page_limit=page_limit,
            ),
        )

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """Changed issues, oldest change first, closed ones included."""
        size, reference = min(limit, page_limit), self._reference_id(session)

        def read_since(since: datetime | None, offset: int) -> Sequence[Record]:
            asked: Values = {"project_id": session.config["project"], "status_id": "*", "sort": "updated_on,id", "offset": offset, "limit": size}
            if since is not None:
                asked["updated_on"] = f">={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            rows = _part(session.request("GET", "/issues.json", params=asked).json(), "issues", list)
            return [_record(row, reference) for row in rows]

        return read_by_time(cursor, size, look_back, resolution, session.now, read_since)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One issue now."""
        try:
            body = session.request("GET", f"/issues/{int(key)}.json").json()
        except Gone:
            return None
        return _record(_part(body, "issue", dict), self._reference_id(session))

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Issues that carry our reference in the custom field."""
        reference = self._reference_id(session)
        if reference is None:
            return ()
        asked = {"project_id": session.config["project"], "status_id": "*", f"cf_{reference}": external_key, "limit": page_limit}
        rows = _part(session.request("GET", "/issues.json", params=asked).json(), "issues", list)
        return [record for record in (_record(row, reference) for row in rows) if record.external_key == external_key]

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every id, ascending. Pages overlap by one, so a delete in between shifts nothing past us."""
        offset = last = 0
        while True:
            asked = {"project_id": session.config["project"], "status_id": "*", "sort": "id", "offset": offset, "limit": page_limit}
            ids = [int(row["id"]) for row in _part(session.request("GET", "/issues.json", params=asked).json(), "issues", list)]
            if offset and (not ids or ids[0] > last):
                offset = max(0, offset - page_limit)
                if not offset and not ids:
                    return
                continue
            yield from (str(each) for each in ids if each > last)
            if len(ids) < page_limit:
                return
            last = max(last, ids[-1])
            offset += page_limit - 1

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference; the answer shows what Redmine made of it."""
        reference = self._reference_id(session)
        issue = {**_sent(values), "project_id": session.config["project"]}
        if reference is not None:
            issue["custom_fields"] = [{"id": reference, "value": external_key}]
        answer = session.request("POST", "/issues.json", json={"issue": issue})
        record = _written(lambda: _record(_part(answer.json(), "issue", dict), reference))
        _refuse_coerced(record, values)
        return record

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields on the state we saw, and read back (Redmine answers 204 without a body)."""
        now = self.fetch(session, stream, key)
        if now is None:
            raise Gone(f"issue {key}")
        if version is not None and now.version != version:
            raise Stale(f"issue {key} was changed at {now.version}")
        session.request("PUT", f"/issues/{int(key)}.json", json={"issue": _sent(values)})
        record = self.fetch(session, stream, key)
        if record is None:
            raise Gone(f"issue {key}")
        _refuse_coerced(record, values)
        return record

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete it over there; raises Gone when it is gone already."""
        session.request("DELETE", f"/issues/{int(key)}.json")

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """Redmine sends no webhooks by itself; the usual plugins name the issue, which is then fetched."""
        issue = (body.get("payload") or {}).get("issue") if isinstance(body, Mapping) else None
        return (Record(stream, str(issue["id"]), {}),) if isinstance(issue, Mapping) and "id" in issue else ()

    def _reference_id(self, session: Session) -> int | None:
        """The id of the custom field that keeps our reference, asked once a session."""
        if not hasattr(session, "_jingwei_reference"):
            wanted = session.config.get("reference_field") or "Jingwei ref"
            try:
                rows = _part(session.request("GET", "/custom_fields.json").json(), "custom_fields", list)
            except (Refused, Gone):
                rows = []
            found = next((int(r["id"]) for r in rows if r.get("name") == wanted), None)
            session._jingwei_reference = found  # type: ignore[attr-defined]
        known: int | None = session._jingwei_reference  # type: ignore[attr-defined]
        return known


def _part(body: Any, name: str, kind: type[Made]) -> Made:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, kind):
        raise BrokenAnswer(f"the answer has no {name}")
    return value


def _record(row: Mapping[str, Any], reference: int | None) -> Record:
    try:
        updated = datetime.fromisoformat(str(row["updated_on"]))
        key = str(row["id"])
    except (KeyError, ValueError) as problem:
        raise BrokenAnswer("an issue without its id or time") from problem
    values: Values = {name: row.get(name) for name in ("id", "subject", "start_date", "due_date", "done_ratio", "created_on", "updated_on")}
    values["description"] = str(row.get("description") or "").replace("\r\n", "\n") or None
    hours = row.get("estimated_hours")
    values["estimated_hours"] = None if hours is None else f"{Decimal(str(hours)).normalize():f}"
    for name in references:
        field = "parent_issue_id" if name == "parent" else f"{name}_id"
        value = row.get(name)
        values[field] = str(value["id"]) if isinstance(value, Mapping) else None
    external = None
    for each in row.get("custom_fields") or ():
        values[f"cf_{each['id']}"] = each.get("value")
        if each["id"] == reference:
            external = each.get("value") or None
    return Record("issues", key, values, updated.astimezone(UTC), version=str(row["updated_on"]), external_key=external)


def _sent(values: Values) -> dict[str, Any]:
    """Values as Redmine takes them: an empty string clears a field."""
    out: dict[str, Any] = {}
    custom = []
    for name, value in values.items():
        if name.startswith("cf_"):
            custom.append({"id": int(name[3:]), "value": value})
        else:
            out[name] = "" if value is None else value
    return out | ({"custom_fields": custom} if custom else {})


def _written(read_answer: Callable[[], Made]) -> Made:
    """A garbled answer to a write may well follow a success."""
    try:
        return read_answer()
    except BrokenAnswer as problem:
        raise UnknownOutcome(f"written, but the answer is broken: {problem.message}") from problem


def _refuse_coerced(record: Record, wanted: Values) -> None:
    """Name what Redmine silently made different, so that nobody believes it was taken."""
    wrong = {}
    for name, value in wanted.items():
        got = record.values.get(name)
        if name in record.values and _same(got) != _same(value):
            wrong[name] = f"sent {value!r}, Redmine kept {got!r}"
    if wrong:
        raise Refused(
            "Redmine changed what was sent",
            fields=wrong,
            mend=Title(
                "检查代码表与 Redmine 的工作流（状态、父任务计算的字段）",
                "Check the code table and Redmine's workflow (statuses, fields computed from subtasks)",
            ),
        )


def _same(value: Any) -> Any:
    """Equal values in one form."""
    if value in (None, ""):
        return None
    text = str(value).replace("\r\n", "\n").rstrip()
    try:
        return Decimal(text)
    except ArithmeticError:
        return text
