"""The closed schema of a manifest with `[streams]`: what it may say, and every fault by file line and place, with what to mend in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jingwei.hub.contract import Title, type_names
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rest.calls import errors
from jingwei.hub.kit.rest.moments import zone_form
from jingwei.hub.kit.rest.pagers import kinds
from jingwei.hub.kit.rest.places import Place, line_of, lines_of
from jingwei.hub.kit.rest.sense import sense_of
from jingwei.hub.kit.rest.shapes import Anything, Many, Named, Report, Scalar, Seconds, Shape, Table, Text, Whole, YesNo
from jingwei.hub.kit.rest.spec import streams_told


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a manifest."""

    line: int
    place: str
    mend: Title

    def __str__(self) -> str:
        return f"{self.line}: {self.place}: {self.mend.en} / {self.mend.zh}"


text, yes = Text(), YesNo()
name_said = Title("只能用小写字母、数字和下划线，以字母开头，最多 40 个字符", "small letters, digits and _ only, beginning with a letter, at most 40")
name_form = re.compile(r"[a-z][a-z0-9_]{0,39}")
address = Text(
    form=re.compile(r"/(?!/)(?:[^?#{}\s\\]|\{[^{}]*\})*"),
    said=Title(
        "地址以一个 / 开头，不含域名、? 与空格；参数写在 params 中", "an address begins with one /, without host, ? or blanks; parameters go into params"
    ),
)
at = Text(form=paths.form, said=Title("位置写作用点连接的名称，如 data.items", "a place is names with dots between them, as in data.items"))
each_at = Text(
    form=paths.each_form,
    said=Title("位置写作用点连接的名称，* 表示列表的每一项，如 errors.*.code", "a place is names with dots, * for each of a list, as in errors.*.code"),
)
header = Text(form=re.compile(r"[A-Za-z0-9-]{1,60}"), said=Title("请求头名称只含字母、数字与 -", "a header's name has letters, digits and - only"))
form = Text()
zone = Text(form=zone_form, said=Title("时区写作 UTC 或固定偏移如 +08:00", "a zone is UTC or a fixed offset such as +08:00"))
params = Named(Scalar(), least=0)
title = Table({"zh": text, "en": text}, ("zh", "en"))
pager = Table(
    {
        "kind": Text(words=kinds),
        **dict.fromkeys(("page", "offset", "size", "param"), text),
        **dict.fromkeys(("token", "more", "total"), at),
        "first": Whole(0, 1),
        "depth": Whole(2, 100_000_000),
        "stable": yes,
        "after": Named(at),
    },
    ("kind",),
)
one_field = Table(
    {
        "type": Text(words=type_names),
        "zh": text,
        "en": text,
        **dict.fromkeys(("required", "read_only", "number"), yes),
        "max_length": Whole(1, 10_000_000),
        "choices": Named(text),
        "choices_from": text,
        "path": at,
        "write_path": at,
        "format": form,
        "zone": zone,
    }
)
reading = Table(
    {
        "by": Text(words=("time", "sequence", "all")),
        "path": address,
        "records": at,
        "params": params,
        "param": text,
        "prefix": Text(form=re.compile(r"[<>=:a-z_]{1,10}"), said=Title("前缀只能是 >= 一类的符号", "a prefix is a sign such as >=")),
        "format": form,
        "zone": zone,
        "exclusive": yes,
        "granularity": Seconds(0.001, 86_400),
        "safe_lag": Seconds(0, 3600),
        "next": at,
        "more": at,
        "size": text,
    },
    ("by",),
)
sent: dict[str, Shape] = {"path": address, "wrap": at, "fields": Many(text), "record": at}
stream: dict[str, Shape] = {
    "title": title,
    "path": address,
    **dict.fromkeys(("records", "record", "version", "sequence"), at),
    **dict.fromkeys(("key", "label", "modified", "external_key_field"), text),
    "page": address,
    "params": params,
    "page_limit": Whole(2, 10_000),
    "idempotent_create": yes,
    "resolution": Seconds(0.000001, 86_400),
    "pager": pager,
    "fields": Named(one_field, name_form, name_said),
    "read": reading,
    "one": Table({"path": address, "record": at, "params": params}),
    "many": Table({"path": address, "records": at, "params": params, "param": text, "separator": text, "limit": Whole(1, 1000)}, ("param",)),
    "find": Table({"path": address, "records": at, "params": params, "param": text}, ("param",)),
    "create": Table({**sent, "method": Text(words=("POST", "PUT")), "key": at}),
    "update": Table(
        {**sent, "method": Text(words=("PUT", "PATCH", "POST")), "version_header": header, "version_quoted": yes, "version_field": at, "read_back": yes}
    ),
    "delete": Table({"path": address, "method": Text(words=("DELETE", "POST"))}),
    "deletes": Table(
        {"flag": at, "path": address, "records": at, "params": params, "key": at, "param": text, "size": text, "next": at, "more": at, "sequence": at}
    ),
    "events": Table({"at": at, "prefix": text, "deleted": Many(text), "record": at}, ("at",)),
}
_needed_here = Title("缺少这一项（也可写在 defaults 中）", "this is needed, here or in defaults")
needed = ("title", "path", "key", "fields", "read")
answers = Table(
    {
        "ok": at,
        "ok_values": Many(Scalar()),
        **dict.fromkeys(("code", "message", "field"), each_at),
        "codes": Named(Text(words=tuple(errors))),
        "statuses": Named(Text(words=tuple(errors)), re.compile(r"[45]\d\d"), Title("写 HTTP 状态码，如 423", "give the number of a status, such as 423")),
        "wait_seconds": Seconds(1, 3600),
        "empty_404": yes,
    }
)
setting = Table(
    {"title": title, "help": title, "kind": Text(words=("url", "text", "password", "number")), "required": yes, "example": text, "default": Scalar()},
    ("title",),
)
manifest: dict[str, Shape] = {
    "key": Text(form=re.compile(r"[a-z][a-z0-9_]{1,39}"), said=name_said),
    "title": title,
    "summary": title,
    "icon": text,
    "config": Table({"fields": Named(setting, name_form, name_said)}),
    "auth": Anything(),  # connectors/__init__.py knows these four, for every connector
    "webhook": Anything(),
    "budget": Anything(),
    "quality": Anything(),
    "answers": answers,
    "check": Table({"path": address, "params": params, "account": Many(each_at), "version": at}, ("path", "account")),
    "choices": Named(
        Table({"path": address, "params": params, "records": at, "value": at, "label": at, "pager": pager}, ("path", "value", "label")), name_form, name_said
    ),
    "defaults": Table(stream),
    "streams": Named(Table(stream), name_form, name_said),
}


def faults_of(told: Mapping[str, Any], text: str = "") -> list[Fault]:
    """All faults of a manifest, by line; none when it can be used. `text` is what it was read from."""
    found: dict[Place, Title] = {}

    def report(place: Place, mend: Title) -> None:
        found.setdefault(place, mend)

    Table(manifest, ("key", "title", "check", "streams")).check(told, (), report)
    if not found:
        _require(told, report)
    if not found:
        sense_of(told, report)
    lines = lines_of(text) if text else {}
    faults = [Fault(_line(lines, told, place), ".".join(map(str, place)), mend) for place, mend in found.items()]
    return sorted(faults, key=lambda each: (each.line, each.place))


def fault_at(text: str, place: str, mend: Title) -> Fault:
    """A fault that was found elsewhere, at a place written with dots."""
    return Fault(line_of(lines_of(text), place.split(".")), place, mend)


def _require(told: Mapping[str, Any], report: Report) -> None:
    """What every stream needs, itself or by the defaults."""
    for name, each in streams_told(told).items():
        for part in needed:
            if part not in each:
                report(("streams", name, part), _needed_here)
        for field, told_of_it in each.get("fields", {}).items():
            for part in ("type", "zh", "en"):
                if part not in told_of_it:
                    report(("streams", name, "fields", field, part), _needed_here)


def _line(lines: Mapping[Place, int], told: Mapping[str, Any], place: Place) -> int:
    """Where a place is written; what a stream has from the defaults is written there."""
    if place[:1] == ("streams",) and place not in lines and ("defaults", *place[2:]) in lines:
        return lines[("defaults", *place[2:])]
    return line_of(dict(lines), place)
