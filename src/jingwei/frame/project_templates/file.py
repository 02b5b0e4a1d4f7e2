"""The file of a template: JSON with a version, zipped when files go along. What comes in is somebody else's: bounded, looked through, and refused whole."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.models.values import unreadable
from jingwei.frame.project_templates import declared
from jingwei.frame.records import extra
from jingwei.frame.records.resource import Resource
from jingwei.frame.traces.trace import registry as known_traces

file_format, version = "jingwei-template", 1
rows_at_most = 20_000
edges_at_most = 5_000
few_at_most = 500  # people, roles, texts
files_at_most = 200
bytes_of_json_at_most = 15_000_000
bytes_of_files_at_most = 35_000_000
bytes_at_most = bytes_of_json_at_most + bytes_of_files_at_most
_member = "template.json"
_path = re.compile(r"files/[1-9][0-9]{0,3}")
_parts = ("format", "version", "project", "people", "roles", "rows", "edges", "texts", "files", "left_out")
_at = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def packed(data: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """The file, and how its name ends."""
    text = json.dumps(data, ensure_ascii=False, indent=1).encode()
    if not files:
        return text, "json"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member, text)
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue(), "zip"


def unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What a file says, and the files in it. ValidationError when it is no template of ours, too large, or says what cannot be."""
    if not content or len(content) > bytes_at_most:
        raise ValidationError({"file": _("Choose a template of at most %(most)s MB.") % {"most": bytes_at_most // 1_000_000}})
    text, files = _unzipped(content) if content[:2] == b"PK" else (content, {})
    data = _read(text)
    check(data, files)
    return data, files


def _wrong(text: str) -> ValidationError:
    return ValidationError({"file": text})


def _unzipped(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(infos) > files_at_most + 1 or len(set(names)) < len(names) or any(name != _member and not _path.fullmatch(name) for name in names):
                raise _wrong(_("The archive holds other things than a template. Write the template anew."))
            if sum(info.file_size for info in infos) > bytes_at_most or _member not in names:
                raise _wrong(_("The archive is no template, or unpacks to an unreasonable size."))
            found = {info.filename: _member_of(archive, info) for info in infos}
    except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError, RuntimeError, OSError) as problem:
        raise _wrong(_("The file cannot be read as a template.")) from problem
    return found.pop(_member), found


def _member_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One member, read no further than it says it is long: what it says may be a lie."""
    most = bytes_of_json_at_most if info.filename == _member else bytes_of_files_at_most
    with archive.open(info) as member:
        content = member.read(min(info.file_size, most) + 1)
    if len(content) > min(info.file_size, most):
        raise _wrong(_("The archive is no template, or unpacks to an unreasonable size."))
    return content


def _read(text: bytes) -> dict[str, Any]:
    if len(text) > bytes_of_json_at_most:
        raise _wrong(_("The template is larger than %(most)s MB. Take a part of the project.") % {"most": bytes_of_json_at_most // 1_000_000})
    try:
        data = json.loads(text, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as problem:
        raise _wrong(_("The file cannot be read as a template.")) from problem
    if not isinstance(data, dict) or data.get("format") != file_format:
        raise _wrong(_("This is no template of a project."))
    if data.get("version") != version or isinstance(data.get("version"), bool):
        raise _wrong(_("The template was written by another version of the product, which this one does not know. Update, or write it anew."))
    return data


def check(data: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Look through all of it. ValidationError at the first thing that cannot be: nothing of a template is taken when something in it is wrong."""
    if unknown := set(data) - set(_parts):
        raise _wrong(_("The template holds what is not known here: %(names)s.") % {"names": _names(unknown)})
    people = _numbered(_list(data, "people", few_at_most), ("label",))
    for each in _list(data, "roles", few_at_most):
        _texts_only(each, ("key", "name"))
    _fields(declared.project(), _mapping(data.get("project")), people, {})
    rows = _mapping(data.get("rows", {}))
    known = {each.key: each for each in declared.templated()}
    if unknown := set(rows) - set(known):
        raise _wrong(_("The template holds what is not known here: %(names)s.") % {"names": _names(unknown)})
    ids = _ids_of(rows)
    for key, found in known.items():
        for row in rows.get(key, ()):
            _fields(found, {name: value for name, value in row.items() if name != "id"}, people, ids)
        _check_tree(found, rows.get(key, ()))
    _check_edges(_list(data, "edges", edges_at_most), ids)
    for each in _list(data, "texts", few_at_most):
        _texts_only(each, ("document", "section", "text"))
    _check_files(_list(data, "files", files_at_most), files, ids)
    if not all(map(_is_text, _list(data, "left_out", few_at_most))):
        raise _wrong(_("The template is damaged: a part of it is not as it should be."))


def require_whole(data: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """What is written is what can be read again. ValidationError, in words."""
    _read(packed(data, {})[0])
    check(data, files)


def _ids_of(rows: Mapping[str, Any]) -> dict[str, set[int]]:
    if any(not isinstance(each, list) for each in rows.values()) or sum(len(each) for each in rows.values()) > rows_at_most:
        raise _wrong(_("A template holds at most %(most)s rows.") % {"most": rows_at_most})
    return {key: _numbered(each) for key, each in rows.items()}


def _numbered(rows: list[Any], texts: tuple[str, ...] | None = None) -> set[int]:
    """The local ids of these rows, each once."""
    for row in rows:
        number = row.get("id") if isinstance(row, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= 10 * rows_at_most:
            raise _wrong(_("Every row of a template has a number of its own."))
        if texts is not None:
            _texts_only({name: value for name, value in row.items() if name != "id"}, texts)
    found = {row["id"] for row in rows}
    if len(found) < len(rows):
        raise _wrong(_("Every row of a template has a number of its own."))
    return found


def _fields(found: Resource, row: Mapping[str, Any], people: set[int], ids: Mapping[str, set[int]]) -> None:
    for name, value in row.items():
        if name == extra.column and found.is_extended:
            _check_declared(value, people)
            continue
        if name not in found.templated:
            raise _wrong(_("“%(what)s” has no “%(name)s” that a template could bring.") % {"what": found.title, "name": _names([name])})
        kind, target = declared.kind_of(found, name), found.target(name)
        if kind == declared.DATE:
            _check_date(value)
        elif kind in (declared.LOCAL, declared.PERSON):
            known = people if kind == declared.PERSON else ids.get(target.key if target is not None else "", set())
            if isinstance(value, bool) or not isinstance(value, int) or value not in known:
                raise _wrong(_("“%(what)s” refers to a row that is not in the template.") % {"what": found.title})
        elif not isinstance(value, str | int) or (isinstance(value, str) and unreadable(value)) or (isinstance(value, int) and abs(value) >= 2**63):
            raise _wrong(_("“%(name)s” of “%(what)s” is neither a text nor a whole number.") % {"what": found.title, "name": found.label(name)})


def _check_declared(value: Any, people: set[int]) -> None:
    """Values of declared fields by key: whether they fit is seen where they are brought in."""
    for key, each in _mapping(value).items():
        is_person = isinstance(each, dict) and set(each) == {"person"} and type(each["person"]) is int and each["person"] in people
        is_number = isinstance(each, int) and abs(each) < 2**63
        if isinstance(each, dict) and not is_person:
            _check_date(each)
        elif unreadable(key) or not (is_person or is_number or _is_text(each) or (isinstance(each, list) and all(map(_is_text, each)))):
            raise _wrong(_("The template is damaged: a part of it is not as it should be."))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not unreadable(value)


def _check_date(value: Any) -> None:
    is_right = isinstance(value, dict) and set(value) <= {"days", "at"} and isinstance(value.get("days"), list) and len(value["days"]) == 2
    if not is_right or any(isinstance(each, bool) or not isinstance(each, int) or abs(each) > 4000 for each in value["days"]):
        raise _wrong(_("A date of the template is not written as working days from the start."))
    if "at" in value and not (isinstance(value["at"], str) and _at.fullmatch(value["at"])):
        raise _wrong(_("A date of the template is not written as working days from the start."))


def _check_tree(found: Resource, rows: list[Any]) -> None:
    """Nothing is a part of itself, whichever way round."""
    if not (name := declared.own_tree(found)):
        return
    above = {row["id"]: row.get(name) for row in rows}
    whole: set[int] = set()
    for number in above:
        way: list[int] = []
        here: int | None = number
        while here is not None and here not in whole:
            if here in way or len(way) > 64:
                raise _wrong(_("Rows of the template are parts of themselves, or lie deeper than 64 levels."))
            way.append(here)
            here = above[here]
        whole |= set(way)


def _check_edges(edges: list[Any], ids: Mapping[str, set[int]]) -> None:
    for each in edges:
        trace = known_traces.get(str(each.get("trace"))) if isinstance(each, dict) and set(each) == {"trace", "source", "target"} else None
        if trace is None:
            raise _wrong(_("The template holds a trace that is not known here."))
        for end, key in (("source", trace.source), ("target", trace.target)):
            if isinstance(each[end], bool) or not isinstance(each[end], int) or each[end] not in ids.get(key, set()):
                raise _wrong(_("A trace of the template refers to a row that is not in it."))


def _check_files(told: list[Any], files: Mapping[str, bytes], ids: Mapping[str, set[int]]) -> None:
    known = {each.key for each in declared.templated() if "files" in each.carries}
    for each in told:
        row = each.pop("row", None) if isinstance(each, dict) else None
        _texts_only(each, ("resource", "name", "path"))
        if (
            each["resource"] not in known
            or isinstance(row, bool)
            or not isinstance(row, int)
            or row not in ids.get(each["resource"], set())
            or each["path"] not in files
        ):
            raise _wrong(_("A file of the template belongs to no row of it."))
        each["row"] = row
    if {each["path"] for each in told} != set(files):
        raise _wrong(_("The archive holds other things than a template. Write the template anew."))


def _texts_only(value: Any, names: tuple[str, ...]) -> None:
    if not isinstance(value, dict) or set(value) != set(names) or any(not isinstance(each, str) or unreadable(each) for each in value.values()):
        raise _wrong(_("The template is damaged: a part of it is not as it should be."))


def _list(data: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = data.get(name, [])
    if not isinstance(found, list) or len(found) > most:
        raise _wrong(_("The template is damaged: a part of it is not as it should be."))
    return found


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(_("The template is damaged: a part of it is not as it should be."))
    return value


def _names(names: Any) -> str:
    return ", ".join("?" if unreadable(str(name)) else str(name)[:40] for name in sorted(map(str, names))[:5])
