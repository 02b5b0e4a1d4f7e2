"""A template brought in: as a new project or into one, by the same commands that everybody writes with, in one transaction under one trace."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.carried import files as carried_files
from jingwei.frame.documents import texts as document_texts
from jingwei.frame.documents.declaration import registry as documents
from jingwei.frame.documents.saying import texts_of
from jingwei.frame.models import Project
from jingwei.frame.project_templates import days, declared
from jingwei.frame.records import commands, currencies, extra, extra_taken
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import registry as traces

Progress = Callable[[int, int], None]
told_at_most = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked on bringing a template in: what the new project is called and when it starts, or into which project it goes; who each placeholder is here."""

    name: str = ""
    code: str = ""
    start_on: date | None = None
    project: Project | None = None
    people: Mapping[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brought:
    """The project, how many rows of each resource were made, what could not be found here, which roles people had, and the trace by which all of it is undone."""

    project: Project
    counts: dict[str, int]
    missing: list[str]
    roles: list[str]
    trace: str


class Bringing:
    """The work of `bring`, step by step; inside its transaction."""

    def __init__(self, data: Mapping[str, Any], wanted: Wanted, access: Access, progress: Progress) -> None:
        self.data, self.wanted, self.access, self.progress = data, wanted, access, progress
        self.made: dict[str, dict[int, Any]] = {}
        self.missing: dict[str, None] = {}
        self.people = self._people()
        self.project = wanted.project or self._new_project()
        self.ruler = days.ruler_of(self.project)

    def _people(self) -> dict[int, int | None]:
        """Who the placeholders are: people that may be seen here. ValidationError for anybody else."""
        known = {each["id"] for each in self.data.get("people", ())}
        if strange := set(self.wanted.people) - known:
            raise ValidationError({"people": _("The template has no person %(number)s.") % {"number": sorted(strange)[0]}})
        chosen = {pk for pk in self.wanted.people.values() if pk is not None}
        found = next((t for each in declared.templated() for _name, t in declared.references(each) if t.is_placeholder), None)
        if chosen and (found is None or found.seen(self.access).filter(pk__in=chosen).count() < len(chosen)):
            raise ValidationError({"people": _("Choose people whom you may see, or nobody.")})
        return dict(self.wanted.people)

    def _new_project(self) -> Project:
        """It is made with its start first, as dates follow from that."""
        found = declared.project()
        commands.require_before(self.access, found, "add")
        own = {name: value for name, value in self.data["project"].items() if name != extra.column}
        told = {name: value for name, value in own.items() if declared.kind_of(found, name) != declared.DATE}
        given = {**told, "code": self.wanted.code, "name": self.wanted.name or told.get("name", ""), "start_on": self.wanted.start_on}
        dated, more = {name: value for name, value in own.items() if name not in told}, self.data["project"].get(extra.column, {})
        if dated or more:
            if self.wanted.start_on is None:
                raise ValidationError({"start_on": _("Say when the project starts.")})
            self.project = Project(tenant_id=self.access.tenant_id, start_on=self.wanted.start_on, **({"zone": told["zone"]} if "zone" in told else {}))
            self.ruler = days.ruler_of(self.project)
            given |= {name: days.meant(self.ruler, self.project, value) for name, value in dated.items()} | self._declared(found, more)
        made: Project = commands.create(found, given, self.access)
        return made

    def carry_out(self) -> None:
        """All rows, what joins them, and what stands at them."""
        wanted = [each for each in declared.templated() if self.data["rows"].get(each.key)]
        for found in wanted:
            self.access.require(found.permission("add"), self.project.pk)
        total, done = sum(len(self.data["rows"][each.key]) for each in wanted), 0
        for found in wanted:
            self.made[found.key] = {}
            for rows in self._levels(found):
                self._write(found, rows)
                done += len(rows)
                self.progress(done, total)
        self._join()
        self._tell_texts()

    def _levels(self, found: Resource) -> Iterator[list[dict[str, Any]]]:
        """Rows that are parts of others come behind these."""
        rows, name = self.data["rows"][found.key], declared.own_tree(found)
        if not name:
            yield rows
            return
        above = {row["id"]: row.get(name) for row in rows}
        depth: dict[int, int] = {}
        for row in rows:
            way, here = [], row["id"]
            while here is not None and here not in depth:
                way.append(here)
                here = above[here]
            first = depth[here] + 1 if here is not None else 0
            depth |= {pk: first + number for number, pk in enumerate(reversed(way))}
        for level in range(max(depth.values(), default=-1) + 1):
            yield [row for row in rows if depth[row["id"]] == level]

    def _write(self, found: Resource, rows: list[dict[str, Any]]) -> None:
        taken = self._codes_taken(found)
        items = [self._values(found, row, taken) for row in rows]
        written = commands.save_many(found, [(None, values) for values in items], self.access)
        self._refuse(found, rows, written)
        self.made[found.key] |= {row["id"]: done for row, done in zip(rows, written, strict=True)}
        self._as_given(found, rows, items, written)

    def _as_given(self, found: Resource, rows: list[dict[str, Any]], items: list[dict[str, Any]], written: list[Any]) -> None:
        """What the writing of a new row decided otherwise by itself is put as the template says."""
        changes = []
        for place, (values, row) in enumerate(zip(items, written, strict=True)):
            other = {name: value for name, value in values.items() if name in found.templated and not _is_same(found, row, name, value)}
            if other:
                changes.append((place, (row, other)))
        if changes:
            self._refuse(found, [rows[place] for place, _item in changes], commands.save_many(found, [item for _place, item in changes], self.access))

    def _codes_taken(self, found: Resource) -> set[str] | None:
        """Codes that are given already in the project, in small letters, as those that only differ in case are one; None where every row keeps the template's."""
        name = found.natural_key[-1]
        field = found.model_field(name)
        if self.wanted.project is None or name not in found.templated or field is None or not field.blank:
            return None
        return {str(each).lower() for each in found.model.objects.filter(**{found.place_path: self.project.pk}).values_list(name, flat=True)}

    def _values(self, found: Resource, row: Mapping[str, Any], taken: set[str] | None) -> dict[str, Any]:
        values = {
            name: self._value(found, name, value) for name, value in row.items() if name not in ("id", extra.column) and not self._is_foreign(found, name, row)
        }
        values |= self._declared(found, row.get(extra.column, {}))
        if "project" in found.fields:
            values["project"] = self.project.pk
        code = found.natural_key[-1]
        if taken is not None and str(values.get(code, "")).strip().lower() in taken:
            values.pop(code, None)  # the next number is given
        return {name: value for name, value in values.items() if value is not None}

    def _is_foreign(self, found: Resource, name: str, row: Mapping[str, Any]) -> bool:
        """An amount in another currency than the project's is not brought along, and that is told."""
        before, after = self.data["project"].get("currency") or Project._meta.get_field("currency").default, self.project.currency
        if not currencies.is_foreign(found, name, row, before, after):
            return False
        text = _("“%(field)s” of “%(what)s” is in %(before)s in the template and would be read as %(after)s here; it was left out.")
        self.missing[text % {"field": found.label(name), "what": found.title_plural, "before": before, "after": after}] = None
        return True

    def _declared(self, found: Resource, told: Mapping[str, Any]) -> dict[str, Any]:
        """Values of declared fields, as far as the same fields are here and take them."""
        known = {each.key: each for each in extra.fields_of(found, self.project.pk if found.model is not Project else None, archived=False)} if told else {}
        out: dict[str, Any] = {}
        for key, value in told.items():
            made, kind = self._meant(value)
            if made is None:  # a placeholder that is nobody here
                continue
            if (here := known.get(key)) is None or not extra_taken.takes(here, made, kind):
                self.missing[
                    _("The field “%(key)s” of “%(what)s” is not here, or takes other values; they were left out.") % {"key": key[:40], "what": found.title}
                ] = None
            else:
                out[key] = made
        return {extra.column: out} if out else {}

    def _meant(self, value: Any) -> tuple[Any, str]:
        """A value of a declared field, and of which type the field must be; empty for any of which it is a value as it stands."""
        if not isinstance(value, dict):
            return value, ""
        if "person" in value:
            return self.people.get(value["person"]), extra.Kind.PERSON
        return days.meant(self.ruler, self.project, value).isoformat(), extra.Kind.DATE

    def _value(self, found: Resource, name: str, value: Any) -> Any:
        kind, target = declared.kind_of(found, name), found.target(name)
        if kind == declared.DATE:
            return days.meant(self.ruler, self.project, value)
        if kind == declared.PERSON:
            return self.people.get(value)
        if kind == declared.LOCAL and target is not None:
            return self.made[target.key][value].pk
        if kind == declared.NAMED and target is not None:
            row = target.named(str(value), target.seen(self.access))
            if row is None:
                self.missing[_("%(what)s “%(name)s” is not there; left empty.") % {"what": target.title, "name": str(value)[:80]}] = None
            return row.pk if row is not None else None
        return value

    def _refuse(self, found: Resource, rows: list[dict[str, Any]], written: list[Any]) -> None:
        problems = [(row, each) for row, each in zip(rows, written, strict=True) if isinstance(each, ValidationError)]
        if problems:
            raise ValidationError([_worded(found, row, each) for row, each in problems[:told_at_most]])

    def _join(self) -> None:
        for each in self.data.get("edges", ()):
            trace = traces[each["trace"]]
            edges.join(trace, self.made[trace.source][each["source"]], self.made[trace.target][each["target"]], self.access)

    def _tell_texts(self) -> None:
        """Drafts of documents; what somebody has written there already stays."""
        for each in self.data.get("texts", ()):
            document = documents.get(each["document"])
            if document is None or document.resource or each["section"] not in {section.key for section in document.authored}:
                self.missing[_("The document “%(name)s” is not known here.") % {"name": each["document"][:80]}] = None
                continue
            asked = document.asked(self.access, self.project)
            if each["section"] in texts_of(document, asked):
                title = next(section.title for section in document.authored if section.key == each["section"])
                self.missing[_("“%(section)s” of “%(document)s” is written already and stays.") % {"section": title, "document": document.title}] = None
            else:
                document_texts.write(document, asked, each["section"], each["text"], 0)

    def attach(self, content: Mapping[str, bytes]) -> None:
        """Files of rows, through the same door as any."""
        found = {each.key: each for each in declared.templated()}
        for each in self.data.get("files", ()):
            upload = SimpleUploadedFile(each["name"][-200:] or "file", content[each["path"]])
            carried_files.attach(found[each["resource"]], self.made[each["resource"]][each["row"]], [upload], self.access)


def _is_same(found: Resource, row: Any, name: str, value: Any) -> bool:
    field = found.model_field(name)
    return field is None or field.to_python(getattr(row, field.attname)) == field.to_python(value)


def _worded(found: Resource, row: Mapping[str, Any], problem: ValidationError) -> str:
    """A refusal at its row, in people's words."""
    name = str(row.get("name") or row.get("title") or row.get("code") or row["id"])[:80]
    texts = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
    said = "; ".join(f"{found.label(key)}: {' '.join(many)}" if found.model_field(key) is not None else " ".join(many) for key, many in texts.items())
    return _("%(what)s “%(name)s”: %(problem)s") % {"what": found.title, "name": name, "problem": said}


def _nothing(_done: int, _total: int) -> None:
    return None


@in_turn
def bring(data: Mapping[str, Any], content: Mapping[str, bytes], wanted: Wanted, access: Access, progress: Progress = _nothing) -> Brought:
    """Bring a template in that was looked through (`file.unpacked`): all of it or nothing. Raises PermissionDenied, ValidationError."""
    title = str(data["project"].get("name", ""))[:80]
    with scope.because(trace=uuid.uuid4().hex, reason=_("Template %(name)s") % {"name": title}) as current:
        with extra_taken.nothing_required():
            bringing = Bringing(data, wanted, access, progress)
            bringing.carry_out()
        bringing.attach(content)
        counts = {key: len(rows) for key, rows in bringing.made.items()}
        roles = [each["name"] for each in data.get("roles", ())]
        return Brought(bringing.project, counts, list(bringing.missing), roles, current.trace)
