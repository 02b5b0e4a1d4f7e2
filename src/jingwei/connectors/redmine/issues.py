"""Issues as records: read from rows, sent as attributes, and what a write of ours replaced, as the journal tells it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jingwei.connectors.redmine import project
from jingwei.connectors.redmine.answers import moment, page_limit, plain
from jingwei.connectors.redmine.custom_fields import CustomField, custom_fields, keeps_reference, reference_id, sent_custom
from jingwei.hub.contract import BrokenAnswer, Field, Record, Session, Stream, Title, Values

name = "issues"
fields = (
    Field("id", "integer", Title("编号", "Id"), read_only=True),
    Field("subject", "string", Title("主题", "Subject"), required=True, max_length=255),
    Field("description", "text", Title("描述", "Description")),
    Field("tracker_id", "enum", Title("跟踪标签", "Tracker")),
    Field("status_id", "enum", Title("状态", "Status")),
    Field("priority_id", "enum", Title("优先级", "Priority")),
    Field("start_date", "date", Title("开始日期", "Start date")),
    Field("due_date", "date", Title("截止日期", "Due date")),
    Field("estimated_hours", "decimal", Title("预计工时", "Estimated hours")),
    Field("done_ratio", "integer", Title("完成率 %", "% done")),
    Field("assigned_to_id", "reference", Title("指派给", "Assignee")),
    Field("category_id", "reference", Title("类别", "Category")),
    Field("fixed_version_id", "reference", Title("目标版本", "Target version")),
    Field("parent_issue_id", "reference", Title("父问题", "Parent")),
    Field("is_private", "boolean", Title("私有", "Private")),
    Field("author_id", "reference", Title("作者", "Author"), read_only=True),
    Field("attachments", "list", Title("附件", "Attachments"), read_only=True),
    Field("created_on", "datetime", Title("创建时间", "Created"), read_only=True),
    Field("updated_on", "datetime", Title("更新时间", "Updated"), read_only=True),
    Field("closed_on", "datetime", Title("关闭时间", "Closed"), read_only=True),
)
_kinds = {each.name: each.type for each in fields}
_objects = {each: each.removesuffix("_id") for each in _kinds if each.endswith("_id")} | {"parent_issue_id": "parent"}
_changed_by_others = ("attachments", "updated_on", "closed_on")  # not part of what a version stands for
Customs = Mapping[int, CustomField]


def stream(session: Session) -> Stream:
    """Issues of the configured project, with the choices this Redmine has."""
    there = project.project_of(session)
    known = {
        "tracker_id": project.named(there.get("trackers")) or project.choices_of(session, "/trackers.json", "trackers"),
        "status_id": project.choices_of(session, "/issue_statuses.json", "issue_statuses"),
        "priority_id": project.choices_of(session, "/enumerations/issue_priorities.json", "issue_priorities"),
        "assigned_to_id": project.people(session),
        "category_id": project.categories(session),
        "fixed_version_id": project.versions(session),
    }
    reference = reference_id(session)
    is_kept = reference is not None and keeps_reference(session, there, reference)
    customs = custom_fields(session, there, project.people(session), project.versions(session))
    return Stream(
        name=name,
        title=Title("问题", "Issues"),
        fields=(*(replace(each, choices=known.get(each.name, ())) for each in fields), *(each.field() for each in customs.values())),
        label="subject",
        place=f"project {there['id']}" if there.get("id") else "",
        identity=project.identity_of(there),
        modified="updated_on",
        external_key_field=f"cf_{reference}" if is_kept else None,
        can_delete=True,
        page_limit=page_limit,
    )


def customs_of(session: Session) -> Customs:
    """The custom fields of the project's issues, for reading and writing values."""
    return custom_fields(session, project.project_of(session))


def record(row: Any, session: Session, customs: Customs) -> Record:
    """One issue; raises BrokenAnswer for one that lacks what we rely on."""
    try:
        key, changed = str(int(row["id"])), moment(row["updated_on"])
        values = {each: plain(kind, row.get(each)) for each, kind in _kinds.items() if each not in _objects and each != "attachments"}
        for each, part in _objects.items():
            values[each] = str(row[part]["id"]) if row.get(part) else None
        values["attachments"] = [_link(each) for each in row.get("attachments") or ()]
        given = {int(each["id"]): each.get("value") for each in row.get("custom_fields") or ()}
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        raise BrokenAnswer(f"an issue we cannot read: {problem!r}") from problem
    for number, custom in customs.items():
        if number in given:
            values[custom.name] = _custom(custom, given[number])
    base = str(session.config.get("base_url") or "").rstrip("/")
    external = given.get(reference) if (reference := reference_id(session)) is not None else None
    url = f"{base}/issues/{key}" if base else None
    return Record(name, key, values, changed, version=_version(values), url=url, external_key=str(external) if external else None)


def _custom(custom: CustomField, value: Any) -> Any:
    try:
        return custom.read(value)
    except (TypeError, ValueError, ArithmeticError):
        return str(value)  # written before the field had its type: this record's trouble, and no other's


def _link(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": str(row.get("filename")), "size": int(row.get("filesize") or 0), "url": row.get("content_url")}


def _version(values: Values) -> str:
    """A token of what stands there: Redmine's own stamp ends at the second, so two edits within one would look alike."""
    seen = {each: value for each, value in values.items() if each not in _changed_by_others}
    digest = hashlib.blake2s(json.dumps(seen, sort_keys=True, ensure_ascii=False).encode(), digest_size=8).hexdigest()
    return f"{values['updated_on']}/{digest}"


def sent(values: Values, customs: Customs) -> dict[str, Any]:
    """Values as Redmine takes them: an empty string clears a field."""
    own = {each: "" if value is None else value for each, value in values.items() if not each.startswith("cf_")}
    custom = sent_custom(customs, values)
    return own | ({"custom_fields": custom} if custom else {})


def replaced(journals: Sequence[Mapping[str, Any]], who: Any, before: Record, values: Values, customs: Customs) -> Values | None:
    """What our write overwrote although it was not what stood there when we looked, by our newest journal; None when nothing was."""
    assert before.modified_at is not None
    mine = [each for each in journals if (each.get("user") or {}).get("id") == who and moment(each.get("created_on")) >= before.modified_at]
    by_name = {custom.name: custom for custom in customs.values()}
    out: Values = {}
    for each, value in values.items():
        for journal in reversed(mine):
            if before.values.get(each) == value and moment(journal.get("created_on")) == before.modified_at:
                continue  # an earlier write of ours within that second; this one changed nothing
            changes = [d for d in journal.get("details") or () if _named(d) == each]
            if changes:
                old = _old(by_name.get(each), _kinds.get(each, "string"), changes, value)
                if old != before.values.get(each):
                    out[each] = old
                break
    return out or None


def _named(detail: Mapping[str, Any]) -> str:
    if detail.get("property") == "cf":
        return f"cf_{detail.get('name')}"
    return {"parent_id": "parent_issue_id"}.get(str(detail.get("name")), str(detail.get("name"))) if detail.get("property") == "attr" else ""


def _old(custom: CustomField | None, kind: str, changes: Sequence[Mapping[str, Any]], written: Any) -> Any:
    if custom is None:
        return plain(kind, changes[0].get("old_value"))
    if not custom.multiple:
        return custom.read(changes[0].get("old_value"))
    added = {str(each["new_value"]) for each in changes if each.get("new_value")}
    return sorted([*(each for each in written or () if each not in added), *(str(each["old_value"]) for each in changes if each.get("old_value"))])


def with_replaced(read_back: Record, values: Values | None) -> Record:
    """The record as it is now, with what our write overwrote."""
    return replace(read_back, replaced=values)
