"""Whether the parts of a manifest fit together: names that are named exist, and each way of reading has what it lives on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jingwei.hub.contract import Title
from jingwei.hub.kit.rest.calls import placeholder
from jingwei.hub.kit.rest.pagers import numbered_least
from jingwei.hub.kit.rest.places import Place
from jingwei.hub.kit.rest.shapes import Report
from jingwei.hub.kit.rest.spec import streams_told

_pager_needs = {"page": ("page",), "offset": ("offset", "size"), "cursor": ("param", "token"), "keyset": ("after",), "link": (), "none": ()}
_pager_knows = {
    "none": (),
    "page": ("page", "size", "total", "more", "first", "depth"),
    "offset": ("offset", "size", "total", "more", "depth"),
    "cursor": ("param", "token", "size", "more", "stable"),
    "link": ("size", "stable"),
    "keyset": ("after", "size", "more"),
}
_reading_needs = {"time": ("param",), "sequence": ("path", "param"), "all": ()}
_reading_knows = {
    "time": ("path", "records", "params", "param", "prefix", "format", "zone", "exclusive", "granularity", "safe_lag"),
    "sequence": ("path", "records", "params", "param", "next", "more", "size"),
    "all": ("path", "records", "params"),
}
_of_one = ("key", "stream", "config")  # placeholders of an address of one record, of a list, of anything
_missing = Title("缺少这一项", "this is needed")


def sense_of(told: Mapping[str, Any], report: Report) -> None:
    """Report what does not fit, for a manifest whose shapes are right."""
    _require_placeholders(told, told["check"], ("check",), ("config",), report)
    for name, each in told.get("choices", {}).items():
        _require_placeholders(told, each, ("choices", name), ("config",), report)
        _check_pager(each.get("pager", {"kind": "none"}), ("choices", name, "pager"), report)
    for name, each in streams_told(told).items():
        place: Place = ("streams", name)
        _check_names(told, each, place, report)
        _check_fields(told, each["fields"], place, report)
        _check_reading(each, place, report)
        _check_deletes(each, place, report)
        _check_pager(each.get("pager", {"kind": "none"}), (*place, "pager"), report)
        if each.get("pager", {}).get("kind") == "page" and each.get("page_limit", numbered_least) < numbered_least:
            report((*place, "page_limit"), Title(f"按页码分页时至少 {numbered_least}", f"{numbered_least} at least with numbered pages"))
        _check_addresses(told, each, place, report)


def _check_names(told: Mapping[str, Any], stream: Mapping[str, Any], place: Place, report: Report) -> None:
    fields = stream["fields"]
    for part in ("key", "label", "modified", "external_key_field"):
        if part in stream and stream[part] not in fields:
            report((*place, part), _no_field(stream[part]))
    for part in ("create", "update"):
        for number, name in enumerate(stream.get(part, {}).get("fields", ())):
            if name not in fields:
                report((*place, part, "fields", number), _no_field(name))
    if "." in fields.get(stream["key"], {}).get("path", ""):
        report((*place, "fields", stream["key"], "path"), Title("键必须在记录的最外层", "the key must be at the top of the record"))
    if fields.get(stream.get("modified", ""), {"type": "datetime"})["type"] != "datetime":
        report((*place, "modified"), Title("应为 datetime 类型的字段", "name a field of type datetime"))
    if "find" in stream and "external_key_field" not in stream:
        report((*place, "external_key_field"), Title("find 要按它查找", "find searches by it"))
    if "webhook" not in told and "events" in stream:
        report((*place, "events"), Title("没有 [webhook]，推送无从验证", "without [webhook] nothing that comes can be verified"))


def _no_field(name: str) -> Title:
    return Title(f"没有字段 {name}", f"there is no field {name}")


def _check_fields(told: Mapping[str, Any], fields: Mapping[str, Any], place: Place, report: Report) -> None:
    for name, field in fields.items():
        here = (*place, "fields", name)
        if field.get("required") and field.get("read_only"):
            report((*here, "required"), Title("只读字段不能又是必填", "what is only read cannot be required"))
        if field["type"] == "enum" and not ({"choices", "choices_from"} & set(field)):
            report((*here, "choices"), Title("enum 要给出 choices 或 choices_from", "an enum needs choices or choices_from"))
        if "choices_from" in field and field["choices_from"] not in told.get("choices", {}):
            report((*here, "choices_from"), Title(f"没有 [choices.{field['choices_from']}]", f"there is no [choices.{field['choices_from']}]"))
        if field["type"] not in ("date", "datetime") and {"format", "zone"} & set(field):
            report((*here, "format"), Title("只有日期与时间才有 format 和 zone", "only dates and times have a format and a zone"))
        if field["type"] == "date" and field.get("format", "").startswith("epoch"):
            report((*here, "format"), Title("日期没有时刻，请用 datetime", "a date has no moment: use datetime"))
        _check_zone(field if field["type"] == "datetime" else {}, here, report)


def _check_zone(told: Mapping[str, Any], place: Place, report: Report) -> None:
    pattern = told.get("format", "iso")
    if pattern not in ("iso", "epoch_s", "epoch_ms"):
        if "%" not in pattern:
            report((*place, "format"), Title("应为 iso、epoch_s、epoch_ms 或含 % 的格式", "give iso, epoch_s, epoch_ms or a pattern with %"))
        elif "%z" not in pattern and "zone" not in told:
            report((*place, "zone"), Title("格式中没有 %z，须说明时区", "the pattern has no %z: say the zone"))


def _check_reading(stream: Mapping[str, Any], place: Place, report: Report) -> None:
    read, here = stream["read"], (*place, "read")
    for name in _reading_needs[read["by"]]:
        if name not in read:
            report((*here, name), _missing)
    for name in set(read) - {"by", *_reading_knows[read["by"]]}:
        report((*here, name), _useless(name, f"by = {read['by']}"))
    if read["by"] == "time" and "modified" not in stream:
        report((*place, "modified"), Title("按时间读取要有修改时间字段", "reading by time needs the field of the time of change"))
    if read["by"] == "sequence" and "next" not in read and "sequence" not in stream:
        report((*here, "next"), Title("须说明 next，或记录的 sequence", "say next, or the sequence of a record"))
    field = stream["fields"].get(stream.get("modified", ""), {})
    if read["by"] == "time":
        _check_zone(
            {"format": read.get("format", field.get("format", "iso")), **{n: z for t in (field, read) for n, z in t.items() if n == "zone"}}, here, report
        )


def _check_deletes(stream: Mapping[str, Any], place: Place, report: Report) -> None:
    told, here = stream.get("deletes"), (*place, "deletes")
    if told is None:
        return
    if ("flag" in told) == ("path" in told):
        report(
            here, Title("写 flag（记录中的标记）或 path（删除的变更列表），二选一", "give flag (a mark in the record) or path (a feed of deletes), one of them")
        )
    elif "path" in told:
        for name in ("key", "param"):
            if name not in told:
                report((*here, name), _missing)
        if not {"next", "sequence"} & set(told):
            report((*here, "next"), Title("须说明 next，或每行的 sequence", "say next, or the sequence of a row"))


def _check_pager(pager: Mapping[str, Any], place: Place, report: Report) -> None:
    kind = pager["kind"]
    for name in _pager_needs[kind]:
        if name not in pager:
            report((*place, name), _missing)
    for name in set(pager) - {"kind", *_pager_knows[kind]}:
        report((*place, name), _useless(name, f"kind = {kind}"))


def _useless(name: str, at: str) -> Title:
    return Title(f"{at} 用不到 {name}", f"{at} makes no use of {name}")


def _check_addresses(told: Mapping[str, Any], stream: Mapping[str, Any], place: Place, report: Report) -> None:
    lists = {part: stream[part] for part in ("read", "many", "find", "create", "deletes") if part in stream}
    ones = {part: stream[part] for part in ("one", "update", "delete") if part in stream}
    _require_placeholders(told, stream, place, ("stream", "config"), report)
    _require_placeholders(told, {"path": stream.get("page", "/")}, (*place, "page"), ("key", "stream"), report)
    for part, each in lists.items():
        _require_placeholders(told, each, (*place, part), ("stream", "config"), report)
    for part, each in ones.items():
        _require_placeholders(told, each, (*place, part), _of_one, report)
        if "path" in each and "{key}" not in each["path"]:
            report((*place, part, "path"), Title("地址中要有 {key}", "the address needs {key}"))


def _require_placeholders(told: Mapping[str, Any], part: Mapping[str, Any], place: Place, allowed: tuple[str, ...], report: Report) -> None:
    here = place if place[-1] == "page" else (*place, "path")
    for name in _named(part.get("path", "")):
        kind, _, setting = name.partition(".")
        if kind not in allowed or (setting and kind != "config"):
            known = ", ".join("{config.…}" if each == "config" else f"{{{each}}}" for each in allowed)
            report(here, Title(f"这里没有 {{{name}}}；可用：{known}", f"there is no {{{name}}} here; known are {known}"))
        elif kind == "config" and setting not in told.get("config", {}).get("fields", {}):
            report(here, Title(f"config.fields 中没有 {setting}", f"config.fields has no {setting}"))


def _named(path: str) -> Iterator[str]:
    return (found[1] for found in placeholder.finditer(path))
