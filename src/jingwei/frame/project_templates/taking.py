"""A project, or part of it, as a template: what somebody may see of what goes along, with local ids and dates that move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.documents.declaration import documents_of
from jingwei.frame.documents.saying import texts_of
from jingwei.frame.models import Attachment, Membership, Project
from jingwei.frame.project_templates import days, declared, file
from jingwei.frame.records import extra
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.traces.trace import traces

sees_members = "frame.membership.change"


@dataclass
class Taken:
    """A template, the files that go with it by their path, and what was left out and why, in words."""

    data: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class Taking:
    """The work of `take`, step by step."""

    def __init__(self, project: Project, access: Access) -> None:
        self.project, self.access, self.ruler = project, access, days.ruler_of(project)
        self.rows: dict[str, list[Any]] = {}
        self.ids: dict[tuple[str, int], int] = {}  # (resource, id) → id in the file
        self.people: dict[int, Any] = {}
        self.left_out: list[str] = []
        self.cut: Counter[str] = Counter()  # how many of what there was no room for, or cannot be told

    def gather(self, tasks: Collection[int] | None) -> None:
        """The rows that go along."""
        count = 0
        for found in declared.templated():
            if not self.access.allows(found.permission("view"), self.project.pk):
                self.left_out.append(_("“%(what)s”: you may not see them.") % {"what": found.title_plural})
                continue
            order = [name for name in found.order if name.lstrip("-") not in ("id", "pk")]
            rows: Any = found.seen(self.access).filter(**{found.place_path: self.project.pk}).order_by(*order, "pk")
            self.rows[found.key] = list(rows[: file.rows_at_most + 1])
            count += len(self.rows[found.key])
            if count > file.rows_at_most:
                raise ValidationError(_("A template holds at most %(most)s rows. Choose a part of the project.") % {"most": file.rows_at_most})
        if tasks is not None:
            self._narrow(set(tasks))
        self._drop_torn()
        for key, rows in self.rows.items():
            self.ids |= {(key, row.pk): number for number, row in enumerate(rows, 1)}

    def _narrow(self, chosen: set[int]) -> None:
        """A part: the chosen rows of the tree, what is below them, and what only concerns these."""
        tree = next((each for each in declared.templated() if declared.own_tree(each)), None)
        if tree is None or tree.key not in self.rows:
            raise ValidationError({"tasks": _("Nothing can be chosen here.")})
        above, kept = declared.own_tree(tree), {row.pk for row in self.rows[tree.key] if row.pk in chosen}
        if len(kept) < len(chosen):
            raise ValidationError({"tasks": _("There is no such task in this project.")})
        for _level in range(64):
            below = {row.pk for row in self.rows[tree.key] if getattr(row, f"{above}_id") in kept} - kept
            if not below:
                break
            kept |= below
        found = {tree.key: kept} | self._touching(tree, kept)
        for key in self.rows:
            self.rows[key] = [row for row in self.rows[key] if row.pk in found.get(key, ())]

    def _touching(self, tree: Resource, kept: set[int]) -> dict[str, set[int]]:
        """Rows of other resources that name one of these, or are traced to one; and the wholes of such rows."""
        found: dict[str, set[int]] = {}
        for trace in traces():
            if tree.key in (trace.source, trace.target) and {trace.source, trace.target} <= set(self.rows):
                near_end = "source_id__in" if trace.source == tree.key else "target_id__in"
                for edge in trace.told(self.access).filter(**{near_end: kept}):
                    near, far = (edge.source_id, edge.target_id) if trace.source == tree.key else (edge.target_id, edge.source_id)
                    if near in kept and trace.source != trace.target:
                        found.setdefault(trace.target if trace.source == tree.key else trace.source, set()).add(far)
        for each in declared.templated():
            names = [name for name, target in declared.references(each) if target is tree]
            for row in self.rows.get(each.key, ()) if each is not tree and names else ():
                if all(getattr(row, f"{name}_id") in kept for name in names if declared.is_needed(each, name)):
                    found.setdefault(each.key, set()).add(row.pk)
                    for name, target in declared.references(each):
                        if target is not tree and target.key in self.rows:
                            found.setdefault(target.key, set()).add(getattr(row, f"{name}_id"))
        return found

    def _drop_torn(self) -> None:
        """Rows that cannot be without a row that does not go along, stay too."""
        for each in declared.templated():
            for name, target in declared.references(each):
                if each.key in self.rows and declared.kind_of(each, name) == declared.LOCAL and declared.is_needed(each, name):
                    known = {row.pk for row in self.rows.get(target.key, ())}
                    self.rows[each.key] = [row for row in self.rows[each.key] if getattr(row, f"{name}_id") in known]

    def told(self, found: Resource, row: Any) -> dict[str, Any]:
        """A row as it stands in the file; what is empty is left out."""
        values = {name: self._value(found, row, name) for name in found.templated}
        if found.is_extended:
            values[extra.column] = self._declared(found, row) or None
        return {name: value for name, value in values.items() if value not in (None, "")}

    def _value(self, found: Resource, row: Any, name: str) -> Any:
        kind = declared.kind_of(found, name)
        value = getattr(row, f"{name}_id") if kind in (declared.LOCAL, declared.PERSON) else getattr(row, name)
        if value is None:
            return None
        target = found.target(name)
        if kind == declared.LOCAL and target is not None:
            return self.ids.get((target.key, value))
        if kind == declared.PERSON:
            return self._placeholder(value, getattr(row, name))
        if kind == declared.NAMED and target is not None:
            return target.name_of(value) if self.access.anywhere(target.permission("view")) else None
        if isinstance(value, date | datetime):
            return days.told(self.ruler, self.project, value)
        return format(value, "f") if isinstance(value, Decimal) else value

    def _declared(self, found: Resource, row: Any) -> dict[str, Any]:
        """Values of declared fields by key: people as placeholders, days as working days from the start."""
        out: dict[str, Any] = {}
        for each in extra.fields_of(found, self.project.pk if found.model is not Project else None):
            value = extra.raw(row, each.name)
            made = extra.typed(each, value)
            if value is None or not extra.is_of(each, value):
                continue
            if each.definition.kind == extra.Kind.PERSON:
                number = self._placeholder(made.pk, made) if not isinstance(made, int) else None  # somebody who is gone is nobody
                out |= {each.key: {"person": number}} if number is not None else {}
            elif each.definition.kind == extra.Kind.DATE:
                try:
                    out[each.key] = days.told(self.ruler, self.project, made)
                except ValidationError:
                    self.cut[_("days of “%(field)s” that lie more than ten years away from the start") % {"field": each.definition}] += 1
            else:
                out[each.key] = value
        return out

    def _placeholder(self, pk: int, person: Any) -> int | None:
        if pk not in self.people and len(self.people) >= file.few_at_most:
            self.cut[_("times that somebody is named: a template has room for %(most)s people") % {"most": file.few_at_most}] += 1
            return None
        self.people.setdefault(pk, person)
        return list(self.people).index(pk) + 1

    def people_told(self) -> list[dict[str, Any]]:
        """Placeholders: what they are, never who."""
        out = []
        for number, person in enumerate(self.people.values(), 1):
            found = next(target for each in declared.templated() for _name, target in declared.references(each) if target.is_placeholder)
            may_see = self.access.anywhere(found.permission("view"))
            label = next((str(getattr(person, name)) for name in found.templated if may_see and getattr(person, name)), "")
            out.append({"id": number, "label": label})
        return out

    def edges(self) -> list[dict[str, Any]]:
        """Traces between rows that go along."""
        out = []
        for trace in traces():
            if {trace.source, trace.target} <= set(self.rows):
                ends = {f"{end}_id__in": [row.pk for row in self.rows[key]] for end, key in (("source", trace.source), ("target", trace.target))}
                for edge in trace.told(self.access).filter(**ends).order_by("pk")[: file.rows_at_most]:
                    source, target = self.ids.get((trace.source, edge.source_id)), self.ids.get((trace.target, edge.target_id))
                    if source and target:
                        out.append({"trace": trace.name, "source": source, "target": target})
        return self._room(out, file.edges_at_most, _("traces"))

    def texts(self) -> list[dict[str, str]]:
        """Drafts of the project's documents."""
        out = []
        for document in documents_of(self.access, self.project):
            asked = document.asked(self.access, self.project)
            written = texts_of(document, asked)
            for section in document.authored:
                if section.key in written and written[section.key].text and (not section.permission or asked.may(section.permission)):
                    out.append({"document": document.key, "section": section.key, "text": written[section.key].text})
        return self._room(out, file.few_at_most, _("texts of documents"))

    def roles(self) -> list[dict[str, str]]:
        """Which roles people have in the project: not who they are, nor what they may."""
        if not self.access.allows(sees_members, self.project.pk):
            return []
        rows = Membership.objects.filter(project=self.project, tenant_id=self.access.tenant_id).values_list("role__key", "role__name").distinct()
        return self._room([{"key": key, "name": name} for key, name in sorted(rows)], file.few_at_most, _("roles"))

    def _room(self, told: list[dict[str, Any]], most: int, what: str) -> list[dict[str, Any]]:
        """As many as there is room for; the others are counted."""
        if len(told) > most:
            self.cut[what] += len(told) - most
        return told[:most]

    def files(self) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
        """Files of the rows that go along, as far as there is room."""
        told: list[dict[str, Any]] = []
        content: dict[str, bytes] = {}
        size = 0
        for found in declared.templated():
            rows = self.rows.get(found.key, ()) if "files" in found.carries else ()
            for each in Attachment.objects.filter(resource=found.key, row_id__in=[row.pk for row in rows]).order_by("pk") if rows else ():
                if len(told) >= file.files_at_most or size + each.size > file.bytes_of_files_at_most:
                    self.cut[_("files")] += 1
                    continue
                path, size = f"files/{len(told) + 1}", size + each.size
                told.append({"resource": found.key, "row": self.ids[found.key, each.row_id], "name": each.name, "path": path})
                with each.file.open("rb") as stored:
                    content[path] = stored.read()
        return told, content


def take(project: Project, access: Access, *, tasks: Collection[int] | None = None, with_files: bool = True) -> Taken:
    """The project as a template, as far as these rights show it; with `tasks` only these, what is below them and what concerns them.
    Raises PermissionDenied, ValidationError."""
    access.require("frame.project.view", project.pk)
    taking = Taking(project, access)
    taking.gather(tasks)
    for found in declared.templated():
        extra.prime(found, taking.rows.get(found.key, ()), [each.name for each in extra.fields_of(found, project.pk)])
    rows = {
        key: [{"id": number} | taking.told(found, row) for number, row in enumerate(taking.rows[key], 1)]
        for found in declared.templated()
        if (key := found.key) in taking.rows
    }
    told, content = taking.files() if with_files else ([], {})
    data: dict[str, Any] = {
        "format": file.file_format, "version": file.version, "project": taking.told(declared.project(), project), "people": taking.people_told(), "roles": taking.roles(),
        "rows": {key: each for key, each in rows.items() if each}, "edges": taking.edges(), "texts": taking.texts() if tasks is None else [], "files": told,
    }  # fmt: skip
    data["left_out"] = [*taking.left_out, *(_("Left out: %(what)s (%(count)s).") % {"what": what, "count": count} for what, count in taking.cut.items())]
    file.require_whole(data, content)
    return Taken(data, content, data["left_out"])
