"""Declare a model once: from one Resource come its pages, import, export, REST, GraphQL, search, stream, rights and law tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy

from jingwei.frame.lives.approval import Approval
from jingwei.frame.lives.lifecycle import Everything, Lifecycle
from jingwei.frame.models import Extended, Project, TenantModel, User
from jingwei.frame.models.custom import extended
from jingwei.frame.models.scoped import within_projects
from jingwei.frame.models.spelt import SpeltField, spelt_with
from jingwei.frame.records import extra
from jingwei.frame.records.lookups import first_of, followed
from jingwei.frame.records.shape import Shape
from jingwei.frame.records.verbs import Children, Verb, verb_of
from jingwei.frame.rights import access

registry: dict[str, Resource] = {}
parts_at_most = 500  # rows that one row's form or a program's list may bring: they are written in one transaction
generic_verbs = ("view", "add", "change", "delete", "export", "import")
generic_titles = {
    "view": gettext_lazy("Look at"), "add": gettext_lazy("Add"), "change": gettext_lazy("Change"), "delete": gettext_lazy("Delete"), "export": gettext_lazy("Export"),
    "import": gettext_lazy("Import"), "talk": gettext_lazy("Comment and follow"),
}  # fmt: skip
carried_kinds = ("files", "talk", "tags", "watch")


class UnknownResource(LookupError):
    """No resource of that key is declared."""


@dataclass(frozen=True, eq=False)
class Resource:
    """Everything the house needs to know about one model.

    `columns` are attributes shown in the list (fields, or properties with a `short_description`), `fields` what may be written, `inline` what may be edited
    in the list, `natural_key` the lookups that name a row for people ("project__code", "code"), `roles` grants verbs to standard roles: {"manager": "*"}.
    `life` is the life of its rows: its steps become verbs, and its field is typed in nowhere; `approval` says which of them only votes take. `rules(row)` raise
    ValidationError when a row as it will be cannot be; `after(row)` follows in the same transaction when a row or one of its parts was written, brought back or (a part) removed.
    `doubts(access, row)` say what is to be asked before a page makes a new row (see doubts.py), empty when nothing is.
    `write(instance=None|row, **values) -> row` and `remove(instance=row)` are services; left out, the row is simply saved. Such a service asks the rules itself
    once it has filled in what follows; what undo brings back is asked them too. For many rows at once, when a loop
    is too slow, they are `write_many(rows=[(row|None, values), …]) -> [row, …]` and `remove_many(rows=[row, …])`.
    A reference to a row of a project keeps to the project of the row that names it, unless `crosses` names it; then whoever writes it needs the
    right in both, or `granted`, which a grant lets pass that its service asks for. `place` leads to the project of rows that everybody's scope
    holds although a project may own them. `seen_from(projects)` narrows rows of the organisation to those that people of these projects may look at, `stands_in(row)`
    names projects that a row of the organisation serves as well: whoever changes it needs the right there too.
    `untold` are stored fields that neither the API nor the history tells, as not everybody who sees the row may see what stands in them.
    `search` are the fields in which words are looked for, of its own or of what it names ("risk__code"): the last of `natural_key` ranks first, then the others.
    Rows whose model has a `SpeltField` are people: they are found and named by their names and the spelling of these as well, and by `also_named` (see people.py).
    `veiled` are references whose names are told only to those who may look at what they name, `reasons_need` origins of changes whose reasons are told only to
    holders of a further permission: {"schedule": "hub.interface.view"}. `views` are the other shapes of its list: boards, matrices, months, timelines, charts.
    `in_words` tell structured values, line by line, wherever they are shown: {"changes": lines(value, project id)}; sheets hold them as they are, to come back in.
    `beside(access, row)` gives a template and what it needs, told on the page of a row and where it is voted on; None when there is nothing to tell.
    `carries` says what people may add to each of its rows, of `carried_kinds` (see frame/carried): talk and following need `talk`, files and tags `change`.
    `custom` lets people declare fields of it, where its model is `Extended`. `folded` fields are those few people need: they stand behind “More fields”.
    `shows` are rows of other lists that name this one and that its page tells: a task's links.
    `templated` are the fields that go along when a project becomes a template (see frame/project_templates); of a resource that `is_placeholder`, what is told of one.
    `is_reserved`: for administrators; no wide grant such as `*.view` reaches it. `pages` are further pages of a row, for whoever may change it: title, name of
    the address (which takes its number), icon.
    `before_read()` brings up to date what is about to be shown. `example()` gives values for one valid row (used by the import template and by the laws).
    """

    model: type[TenantModel]
    columns: tuple[str, ...]
    fields: tuple[str, ...]
    natural_key: tuple[str, ...]
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    also_named: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    order: tuple[str, ...] = ("-id",)
    verbs: tuple[Verb, ...] = ()
    children: tuple[Children, ...] = ()
    related: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    life: Lifecycle | None = None
    views: tuple[Shape, ...] = ()
    approval: Approval | None = None
    rules: tuple[Callable[[Any], None], ...] = ()
    doubts: tuple[Callable[[access.Access, Any], str], ...] = ()
    after: Callable[[Any], None] | None = None
    write: Callable[..., Any] | None = None
    write_many: Callable[..., Sequence[Any]] | None = None
    remove: Callable[..., Any] | None = None
    remove_many: Callable[..., Any] | None = None
    before_read: Callable[[], None] | None = None
    crosses: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    veiled: tuple[str, ...] = ()
    reasons_need: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    seen_from: Callable[[frozenset[int]], models.Q] | None = None
    stands_in: Callable[[Any], frozenset[int]] | None = None
    icon: str = "table"
    menu: str = ""
    example: Callable[[], dict[str, Any]] | None = None
    is_stream: bool = True
    carries: tuple[str, ...] = ()
    custom: bool = True
    folded: tuple[str, ...] = ()
    shows: tuple[Children, ...] = ()
    templated: tuple[str, ...] = ()
    is_placeholder: bool = False
    is_reserved: bool = False
    pages: tuple[tuple[Any, str, str], ...] = ()
    in_words: Mapping[str, Callable[[Any, int | None], Sequence[str]]] = field(default_factory=dict)
    beside: Callable[[access.Access, Any], tuple[str, dict[str, Any]] | None] | None = None

    def __post_init__(self) -> None:
        if self.spelt is not None:
            object.__setattr__(self, "untold", (*self.untold, self.spelt.name))
        if self.life is not None:
            object.__setattr__(self, "verbs", (*(verb_of(self.life, step) for step in self.life.steps), *self.verbs))
            if self.life.is_carried:
                object.__setattr__(self, "fields", tuple(dict.fromkeys((*self.fields, self.life.field))))
        known = {f.name for f in self.model._meta.get_fields()}
        unknown = {*self.folded, *self.fields, *self.filters, *(n.split("__")[0] for n in (*self.search, *self.natural_key)), *self.inline} - known
        unknown |= {name for name in self.columns if name not in known and not hasattr(self.model, name)}
        if unknown:
            raise LookupError(f"{self.key}: the model has no {sorted(unknown)}")
        if wrong := set(self.templated) - {*self.fields} | {*self.templated} & {*self.untold, *self.veiled}:
            raise LookupError(f"{self.key}: no template takes {sorted(wrong)} along: they are not written, or not told to everybody who sees a row")
        if hidden := {path for path in self.search if path.split("__")[0] in (*self.untold, *self.veiled)}:
            raise LookupError(f"{self.key}: not everybody who sees a row may know {sorted(hidden)}, so nothing is searched by it")
        if not set(self.inline) <= set(self.plain_fields):
            raise LookupError(f"{self.key}: inline fields must be among fields, and no state of a life")
        if len({view.key for view in self.views} - {"list"}) < len(self.views):
            raise LookupError(f"{self.key}: its views need a name each")
        for view in self.views:
            view.check(self)
        if self.key in registry:
            raise LookupError(f"{self.key} is declared twice")
        if strange := set(self.carries) - set(carried_kinds):
            raise LookupError(f"{self.key}: rows carry nothing called {sorted(strange)}; there are {carried_kinds}")
        if self.carries and not self.place_path:
            raise LookupError(f"{self.key}: only rows of a project carry something")
        if self.approval is not None and self.life is not None:
            self.approval.check(self)
            self.life.voted.update({self.approval.yes, self.approval.no})
        elif self.approval is not None:
            raise LookupError(f"{self.key}: an approval needs a life")
        registry[self.key] = self
        if self.is_extended:
            extended[self.key] = self.title
        if self.is_reserved:
            access.reserved.add(self.key)
        titles = generic_titles | {verb.name: verb.title for verb in self.verbs}
        access.called.update({each: (self.title_plural, titles[each.rpartition(".")[2]]) for each in self.permissions})
        for role, verbs in self.roles.items():
            given = [*verbs.split(), *(("talk",) if self.can_talk and "view" in verbs.split() else ())]
            access.declare(role, *(self.permission(verb) for verb in given))

    @cached_property
    def key(self) -> str:
        """Such as `work.task`; also the name of its stream and the stem of its permissions."""
        return self.model._meta.label_lower

    @property
    def title(self) -> Any:
        """One of them."""
        return self.model._meta.verbose_name

    @property
    def title_plural(self) -> Any:
        """Many of them."""
        return self.model._meta.verbose_name_plural

    def permission(self, verb: str) -> str:
        """The permission for a verb, e.g. `work.task.change`."""
        return f"{self.key}.{verb}"

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every permission this resource knows."""
        talk = ("talk",) if self.can_talk else ()
        return tuple(self.permission(verb) for verb in (*generic_verbs, *talk, *(v.name for v in self.verbs)))

    @property
    def can_talk(self) -> bool:
        """Whether people talk about its rows or follow them."""
        return bool({"talk", "watch"} & set(self.carries))

    def verb(self, name: str) -> Verb:
        """The verb of that name; LookupError when there is none."""
        for each in self.verbs:
            if each.name == name:
                return each
        raise LookupError(f"{self.key} has no verb {name!r}")

    def view(self, name: str) -> Any:
        """The view of that name, None when there is none."""
        return next((each for each in self.views if each.key == name), None)

    def is_voted(self, name: str) -> bool:
        """Whether only votes take this step."""
        return self.life is not None and name in self.life.voted

    @cached_property
    def spelt(self) -> SpeltField | None:
        """The column in which the spelling of its rows' names stands, when they are people."""
        return next(iter(spelt_with(self.model)), None)

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """All fields of its own declaration in which words are looked for: the spelling of a name goes with the name."""
        return (*self.search, self.spelt.name) if self.spelt is not None and {*self.spelt.of} & {*self.search} else self.search

    @cached_property
    def is_extended(self) -> bool:
        """Whether people may declare fields of it; their names begin with `extra.`."""
        return self.custom and issubclass(self.model, Extended)

    def model_field(self, name: str) -> models.Field[Any, Any] | None:
        """The field behind a column, None for a property."""
        if extra.is_name(name):
            return declared.field if (declared := extra.named(self, name)) is not None else None
        try:
            found = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        return found if isinstance(found, models.Field) else None

    def child(self, each: Children) -> Resource:
        """The resource of the rows that live inside this one's form."""
        model = self.model._meta.get_field(each.name).related_model
        found = registry.get(model._meta.label_lower) if model is not None and not isinstance(model, str) else None
        if found is None:
            raise LookupError(f"{each.name} of {self.key} is not a resource")
        return found

    def parts(self, rights: access.Access, row: Any, which: Sequence[Children] | None = None) -> Iterator[tuple[Children, Resource, models.QuerySet[Any]]]:
        """The lists of rows that live inside this one (or those of `which`), with their resource: those that these rights show."""
        places = self.places_of(row)
        for each in self.children if which is None else which:
            target = self.child(each)
            if rights.allows(target.permission("view"), *places):
                yield each, target, getattr(row, each.name).select_related(*target.references).order_by("pk")

    def target(self, name: str) -> Resource | None:
        """The resource that a reference field points to."""
        found = self.model_field(name)
        if not isinstance(found, models.ForeignKey) or isinstance(found.related_model, str):
            return None
        return resource_of(found.related_model)

    def veils(self, rights: access.Access, row: Any) -> frozenset[str]:
        """The references of a row that these rights may not know by name."""
        if not self.veiled:
            return frozenset()
        targets, places = ((name, self.target(name)) for name in self.veiled), self.places_of(row)
        return frozenset(name for name, target in targets if target is None or not rights.allows(target.permission("view"), *places))

    def label(self, name: str) -> Any:
        """Column heading."""
        found = self.model_field(name)
        if found is not None:
            return found.verbose_name
        attribute = getattr(self.model, name)
        getter = getattr(attribute, "fget", attribute)
        return getattr(getter, "short_description", name.replace("_", " "))

    @cached_property
    def references(self) -> tuple[str, ...]:
        """Foreign keys among columns, fields and natural key, the project and whoever did something: joined by every list."""
        noted = (f.name for f in self.model._meta.concrete_fields if isinstance(f, models.ForeignKey) and f.related_model in (Project, User))
        names = dict.fromkeys((*self.columns, *self.fields, *self.related, *(n.rpartition("__")[0] for n in self.natural_key if "__" in n), *noted))
        return tuple(n for n in names if "__" in n or isinstance(self.model_field(n), models.ForeignKey))

    @cached_property
    def plain_fields(self) -> tuple[str, ...]:
        """What forms and programs may write: every field but the state of a life."""
        return tuple(name for name in self.fields if self.life is None or name != self.life.field)

    def is_fixed(self, row: Any, name: str) -> bool:
        """Whether the row's state fixes this field."""
        fixed = self.life.fixed(row) if self.life is not None else ()
        return fixed == Everything or (extra.column if extra.is_name(name) else name) in fixed

    def rows(self, rights: access.Access, verb: str = "view") -> models.QuerySet[Any]:
        """The rows on which these rights allow `verb`; callers are inside a scope already. Rows of the organisation itself are shown to whoever
        may look at such rows anywhere; for anything else the right must be organisation-wide."""
        if self.before_read is not None:
            self.before_read()
        return self.seen(rights, verb)

    def seen(self, rights: access.Access, verb: str = "view") -> models.QuerySet[Any]:
        """The same without bringing anything up to date."""
        projects = rights.projects(self.permission(verb))
        rows = self.model.objects.select_related(*self.references)
        if projects is None:
            return rows
        if not projects:
            return rows.none()
        rows = within_projects(rows, projects)
        if self.model.project_path:
            return rows
        if verb not in reading_verbs:
            return rows.filter(**{f"{self.place_path}__in": projects}) if self.place_path else rows.none()
        return rows.filter(self.seen_from(projects)) if self.seen_from is not None else rows

    def name_of(self, row: Any) -> str:
        """The natural key of a row as one text: parts joined by `/`."""
        parts = []
        for path in self.natural_key:
            value = row
            for step in path.split("__"):
                value = getattr(value, step, None)
            parts.append(str(value.pk) if isinstance(value, models.Model) else ("" if value is None else str(value)))
        return "/".join(parts)

    def named(self, text: str, rows: models.QuerySet[Any] | None = None) -> Any | None:
        """The row with that natural key (or its last part when that is unambiguous), or None."""
        rows = self.model.objects.all() if rows is None else rows
        parts = text.strip().split("/", len(self.natural_key) - 1)
        if len(parts) == len(self.natural_key):
            found = first_of(rows, dict(zip(self.natural_key, parts, strict=True)), 1)
            if found or len(parts) == 1:
                return found[0] if found else None
        few = first_of(rows, {self.natural_key[-1]: text.strip()}, 2)
        return few[0] if len(few) == 1 else None

    @property
    def place_path(self) -> str:
        """The lookup that leads from a row to its project; empty for rows of the organisation."""
        return self.place or self.model.project_path or self.model.place_path

    def project_of(self, row: Any) -> int | None:
        """The project a row belongs to; None for the organisation."""
        whole = self.model.project_from if hasattr(self.model, "project_from") else ""
        if whole and (above := getattr(row, whole, None)) is not None:
            return above.project_id  # type: ignore[no-any-return]
        return followed(row, self.place_path)

    def places_of(self, row: Any) -> frozenset[int | None]:
        """Everywhere somebody must hold a right to use it on this row: its project (None = the organisation), the projects of what it names across
        projects, and those it serves. What it names within its project adds nothing."""
        out: set[int | None] = {self.project_of(row)}
        for name in self.crosses:
            if (found := getattr(row, name)) is not None and (target := self.target(name)) is not None:
                out.add(target.project_of(found))
        if self.stands_in is not None and row.pk is not None:
            out |= self.stands_in(row)
        return frozenset(out)

    @cached_property
    def confined(self) -> tuple[str, ...]:
        """References that keep to the row's own project."""
        whole = getattr(self.model, "project_from", "")
        names = [name for name in self.fields if name != whole and name not in (*self.crosses, *self.granted)]
        return tuple(
            name for name in names if (target := self.target(name)) is not None and target.model is not Project and target.place_path and self.place_path
        )


reading_verbs = ("view", "export")


def resource(key: str) -> Resource:
    """The resource of that key; UnknownResource names the ones there are."""
    try:
        return registry[key]
    except KeyError:
        raise UnknownResource(f"No resource {key!r}; there are {sorted(registry)}.") from None


def resource_of(model: type[models.Model]) -> Resource | None:
    """The resource declared for a model."""
    return registry.get(model._meta.label_lower)


def resources() -> Iterator[Resource]:
    """All of them in the order they were declared."""
    yield from list(registry.values())
