"""Which column of a sheet is which field: guessed by names, labels in both languages and other words, and what a person chose."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import models
from django.utils import translation

from jingwei.frame.records.exporting import fields_of
from jingwei.frame.records.extra import is_name, named, told_apart
from jingwei.frame.records.resource import Resource

# other words for what fields are often called, in small letters
_synonyms: dict[str, tuple[str, ...]] = {
    "code": ("编号", "编码", "代码", "代号", "id", "no", "no.", "number", "key"),
    "number": ("编号", "号码", "单号", "no", "no.", "code"),
    "name": ("名称", "名字", "姓名", "title", "标题", "任务名称", "项目名称", "task", "task name", "任务"),
    "title": ("标题", "名称", "主题", "name", "subject", "summary"),
    "project": ("项目", "项目编号", "所属项目", "project code"),
    "description": ("描述", "说明", "备注", "内容", "details", "notes", "remarks"),
    "note": ("备注", "说明", "注释", "remark", "remarks", "comment", "notes"),
    "notes": ("备注", "说明", "注释", "remark", "remarks", "comment", "note"),
    "owner": ("负责人", "责任人", "owner", "responsible"),
    "assignee": ("负责人", "责任人", "执行人", "assigned to", "responsible"),
    "status": ("状态", "state"),
    "amount": ("金额", "sum", "total"),
    "quantity": ("数量", "qty", "count"),
    "start": ("开始", "开始日期", "计划开始", "start date", "begin"),
    "start_on": ("开始", "开始日期", "计划开始", "start", "start date", "begin"),
    "finish": ("完成", "完成日期", "计划完成", "结束", "end", "finish date", "end date"),
    "due_on": ("截止日期", "到期日", "due", "due date", "deadline"),
    "deadline": ("截止日期", "到期日", "due", "due date"),
    "email": ("邮箱", "电子邮件", "e-mail", "mail"),
    "phone": ("电话", "手机", "手机号", "mobile", "telephone", "tel"),
}
reason_headers = ("拒绝原因", "Why it was refused")  # the column that a file of refused rows has, which is no column of anything


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import takes a sheet for: field by heading, the same text for every row by field, and headings that mean nothing (`unknown`) and stand in
    the way until somebody says that they are left out."""

    columns: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def header_of(self, name: str) -> str:
        """The heading of a field; empty when the sheet has none for it."""
        return next((header for header, each in self.columns.items() if each == name), "")


def plain(text: str) -> str:
    """A heading without what people vary: width, case, spaces, marks around it, units and signs."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("_", " ")
    return re.sub(r"\s+", " ", re.sub(r"[*:：%‰$€¥]|\([^)]*\)", "", folded)).strip()


def columns_of(resource: Resource, headers: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """header → field (by name, or by label in either language, each field once), and headers that mean nothing here."""
    known = _known(resource)
    found = {h: known[h.lower()] for h in headers if h.lower() in known}
    loose = _unmistakable(known)
    for header in headers:
        name = loose.get(plain(header)) if header not in found and header not in reason_headers else None
        if name is not None and name not in found.values():
            found[header] = name
    return found, tuple(h for h in headers if h and h not in found and h not in reason_headers and not _is_letter(h))


def _unmistakable(known: Mapping[str, str]) -> dict[str, str]:
    """Words without their units and signs, where only one field is called so."""
    names: dict[str, set[str]] = {}
    for word, name in known.items():
        names.setdefault(plain(word), set()).add(name)
    return {word: next(iter(of)) for word, of in names.items() if word and len(of) == 1}


def plan_of(resource: Resource, headers: Sequence[str]) -> Plan:
    """The plan of who says nothing: what bears a field's very name or label is that field."""
    found, unknown = columns_of(resource, headers)
    return Plan(found, {}, unknown)


def _is_letter(header: str) -> bool:
    return re.fullmatch(r"\([A-Z]{1,3}\)", header) is not None


def _known(resource: Resource) -> dict[str, str]:
    known: dict[str, str] = {}
    for name in fields_of(resource):
        known[name.lower()] = name
        for language in ("zh-hans", "en"):
            with translation.override(language):
                if not is_name(name):
                    known[str(resource.label(name)).lower()] = name
    return told_apart(resource) | known  # what is declared never takes the name of a field of its own


def guessed(resource: Resource, headers: Sequence[str]) -> dict[str, str]:
    """header → field, each field once: exact words first, then without marks and spaces, parts of joined headings, synonyms."""
    exact = _known(resource)
    told = [
        (plain(word), name) for word, name in exact.items() if not word.endswith(f" ({name.partition('.')[2]})".lower())
    ]  # a key that is left off tells nothing apart
    loose = dict(told) | {word.replace(" ", ""): name for word, name in told}
    other = {word: name for name in fields_of(resource) for word in _synonyms.get(name, ()) if word not in loose}
    titled = {f"{title}{space}{word}": name for title in _titles(resource) for word, name in (other | loose).items() for space in ("", " ")}
    found: dict[str, str] = {}
    for look in (_exactly(exact), _loosely(loose), _loosely(titled), _in_parts(loose), _loosely(other), _in_parts(other)):
        for header in headers:
            name = look(header) if header and header not in found and header not in reason_headers else None
            if name is not None and name not in found.values():
                found[header] = name
    return found


def _titles(resource: Resource) -> set[str]:
    """What one row is called, in both languages: 任务编号 is the 编号 of a 任务."""
    titles = set()
    for language in ("zh-hans", "en"):
        with translation.override(language):
            titles.add(plain(str(resource.title)))
    return titles


def _exactly(words: Mapping[str, str]) -> Callable[[str], str | None]:
    return lambda header: words.get(header.lower())


def _loosely(words: Mapping[str, str]) -> Callable[[str], str | None]:
    return lambda header: words.get(plain(header)) or words.get(plain(header).replace(" ", ""))


def _in_parts(words: Mapping[str, str]) -> Callable[[str], str | None]:
    def look(header: str) -> str | None:
        parts = [plain(each) for each in header.split(" ")]
        return next((words[part] for part in reversed(parts) if part in words), None) if len(parts) > 1 else None

    return look


def print_of(headers: Sequence[str]) -> str:
    """By which headings are known again."""
    return hashlib.sha256("\x1f".join(headers).encode()).hexdigest()


def needed(resource: Resource) -> list[str]:
    """Fields that a new row cannot be without."""
    return [n for n in fields_of(resource) if (n in resource.plain_fields or is_name(n)) and _is_needed(resource, n)]


def _is_needed(resource: Resource, name: str) -> bool:
    found = resource.model_field(name)
    numbered = getattr(resource.model.numbered, "field", None)
    if found is None or found.has_default() or found.null or found.blank or name == numbered:
        return False
    if is_name(name):
        declared = named(resource, name)
        return declared is not None and declared.definition.is_required and declared.definition.project_id is None
    return not isinstance(found, models.BooleanField)
