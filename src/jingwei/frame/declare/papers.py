"""The paper of one row: what its record has. Its fields, the votes on it with who, when and why, what it is joined with, and its files by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.frame.approvals.shown import cases_of
from jingwei.frame.carried import files
from jingwei.frame.documents import Asked, Column, Document, Facts, TableOf
from jingwei.frame.documents.declaration import Section
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import far_of, heading

_votes = (Column(_("Stage"), 1), Column(_("Vote"), 0.9), Column(_("Who"), 1.1), Column(_("When"), 1.2), Column(_("Why"), 2.6))
_links = (Column(_("Relation"), 1), Column(_("With"), 3))
_files = (Column(_("File"), 3), Column(_("Who"), 1), Column(_("When"), 1.2))


def paper(key: str, title: Any, of: str, fields: Sequence[str], *more: Section, icon: str = "file-text") -> Document:
    """A document that every row of one resource has: who may export the rows makes it, who may change them writes its texts."""
    sections = (
        Facts("record", title, lambda asked: _fields(asked, resource(of), fields)),
        TableOf("votes", _("Votes"), _votes, lambda asked: _given(asked, resource(of))),
        TableOf("links", _("Joined with"), _links, lambda asked: _joined(asked, resource(of))),
        TableOf("files", _("Files"), _files, lambda asked: _attached(asked, resource(of))),
        *more,
    )
    return Document(key, title, permission=f"{of}.export", edits=f"{of}.change", follows=(of,), resource=of, icon=icon, sections=sections)


def _fields(asked: Asked, declared: Resource, names: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """What the fields say; one that names a row of another resource for those who may see these."""
    for name in names:
        target = declared.target(name)
        if target is None or asked.may(target.permission("view")):
            words = getattr(asked.row, f"get_{name}_display", None)
            yield declared.label(name), words() if words is not None else getattr(asked.row, name)


def _given(asked: Asked, declared: Resource) -> Iterator[tuple[Any, ...]]:
    """Every vote that counts, the first case first."""
    if declared.approval is None:
        return
    titles = {stage.name: stage.title for stage in declared.approval.stages}
    for _case, votes in reversed(cases_of(declared, asked.row)):
        for vote in votes:
            if vote.withdrawn_at is None:
                who = _("%(deputy)s for %(person)s") % {"deputy": vote.user, "person": vote.acting_for} if vote.acting_for else vote.user
                yield titles.get(vote.stage, vote.stage), vote.get_choice_display(), who, vote.created_at, vote.word


def _joined(asked: Asked, declared: Resource) -> Iterator[tuple[Any, ...]]:
    """What it is joined with in its own project."""
    for trace, way, told in edges.every(declared, asked.row, asked.access):
        far = far_of(trace, way)
        if asked.may(far.permission("view")):
            yield from ((heading(trace, way), each.row) for each in told if far.places_of(each.row) == {asked.project.pk})


def _attached(asked: Asked, declared: Resource) -> Iterator[tuple[Any, ...]]:
    if "files" in declared.carries:
        yield from ((each.name, each.by, each.created_at) for each in files.of_row(declared, asked.row))
