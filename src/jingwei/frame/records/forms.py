"""Forms made from declarations: one place where text, JSON and cells become checked values."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models import Project, User, values
from jingwei.frame.records import checks, doubles, extra, extra_taken
from jingwei.frame.records.fields import MemberField, ReferenceField, form_field, nowhere_else
from jingwei.frame.records.people import members
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's form: what the database would refuse as a double is told at the field that names it. Who is named already may stay named."""

    broken_rule: ValidationError | None = None  # it may speak of a field that is not among the given ones
    rights: Access | None = None  # of the one who asks: what is told of a double depends on them
    siblings: Collection[int] = ()  # other parts of the same whole, which are written with this one

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = self.instance if self.instance.pk is not None else None
        self.before = {field.attname: getattr(kept, field.attname) for field in kept._meta.concrete_fields} if kept is not None else None
        for name, field in self.fields.items():
            if isinstance(field, MemberField) and (pk := getattr(self.instance, f"{name}_id", None)) is not None:
                field.queryset = (members() | User.objects.filter(pk=pk)).order_by("username")

    def validate_unique(self) -> None:
        """As the database would, within the organisation (which is no field of the form), and told only as far as one may look."""
        names = [name for name in self.fields if name not in self.errors]
        try:
            doubles.refuse(self.instance, self.rights, names, self.before, self.siblings)
        except ValidationError as problem:
            self.add_error(None, problem)

    def _post_clean(self) -> None:
        """Django would tell of doubles by itself, whoever may see them."""
        self.instance.validate_constraints = self._validate_others
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            del self.instance.validate_constraints

    def _validate_others(self, exclude: Any = None) -> None:
        """Rules, which speak of fields in people's words; then constraints that are no matter of doubles."""
        if not self.errors:
            self._check_rules()
        if self.broken_rule is None:
            checks.refuse(self.instance, exclude)

    def _check_rules(self) -> None:
        resource = resource_of(type(self.instance))
        try:
            for rule in resource.rules if resource is not None and resource.write is None else ():  # a service asks them of what it has filled in
                rule(self.instance)
        except ObjectDoesNotExist:
            return  # a part whose whole is not there yet: it is looked at again when it is written
        except ValidationError as problem:
            self.broken_rule = problem


def form_class(resource: Resource, names: Sequence[str]) -> type[RowForm]:
    """A model form over some of a resource's fields."""
    return cast("type[RowForm]", forms.modelform_factory(resource.model, form=RowForm, fields=list(names), formfield_callback=form_field))


def confine(form: RowForm, access: Access | None) -> RowForm:
    """The form as it is for whoever asks: it takes no reference to what he may not look at, and does not tell its name; what the row names may stay."""
    for name, field in form.fields.items():
        if isinstance(field, ReferenceField):
            field.rights, field.kept = access, getattr(form.instance, f"{name}_id", None)
    return form


def blank_values(resource: Resource) -> dict[str, Any]:
    """Defaults of a new row, by field."""
    fresh = resource.model()
    return {name: getattr(fresh, f.attname) for name in resource.fields if (f := resource.model_field(name)) is not None and f.has_default()}


def checked(
    resource: Resource,
    given: Mapping[str, Any],
    instance: Any | None,
    files: Mapping[str, Any] | None = None,
    *,
    names: Sequence[str] | None = None,
    place: Any = nowhere_else,
    access: Access | None = None,
    siblings: Collection[int] = (),
) -> dict[str, Any]:
    """Values as the model wants them; ValidationError by field otherwise. Nothing is written, `instance` is not touched. `access` decides how much
    is told of a row that has the same key; `siblings` are other parts of the same whole, which are written with this one.

    Only the given names are checked for a change; a new row is checked whole, with defaults for what was not given. References keep to the
    row's project: `place` when it is known already (parts inside their whole's form), else what the values or the row say.
    """
    given = extra_taken.gathered(resource, given) if names is None else given
    _check_as_given(resource, given, names or _known(resource))
    wanted = list(names or resource.fields) if instance is None else [n for n in (names or resource.fields) if n in given or n in (files or {})]
    own = {name: value for name, value in given.items() if name != extra.column}
    filled = own if instance is not None else {**blank_values(resource), **own}
    form = form_class(resource, wanted)(filled, cast(Any, files), instance=probe_of(resource, instance))
    form.rights, form.siblings = access, siblings
    confine(form, access)
    if place is nowhere_else:
        place = place_given(resource, given, instance)
    for name in set(wanted) & set(resource.confined):
        if isinstance(field := form.fields[name], ReferenceField):
            field.place = place
    problems = {name if name in form.fields else NON_FIELD_ERRORS: list(errors.as_data()) for name, errors in form.errors.items()}
    if names is None and given.get(extra.column):
        extra.hold_still(resource)
    more = _more(resource, given, instance, place, form.cleaned_data.get("project"), problems) if names is None else {}
    if problems:
        raise ValidationError(problems)
    if (broken := form.broken_rule) is not None:
        raise broken
    return {name: _filled(resource, name, form.cleaned_data[name]) for name in wanted if name in form.cleaned_data} | more


def look_at(resource: Resource, files: Mapping[str, Any] | None) -> None:
    """Read the pictures that come along, which takes a while, before anybody has to wait for it; what is wrong with one is told with everything else."""
    for name, file in (files or {}).items():
        field = resource.model_field(name)
        if isinstance(field, models.ImageField) and (made := form_field(field)) is not None:
            with contextlib.suppress(ValidationError):
                made.to_python(file)


def _known(resource: Resource) -> Sequence[str]:
    """Every name that a value may come by, besides those of lists of parts."""
    return (*resource.fields, extra.column) if resource.is_extended else resource.fields


def _more(resource: Resource, given: Mapping[str, Any], instance: Any | None, place: Any, project: Any, problems: dict[str, Any]) -> dict[str, Any]:
    """The column of declared fields when something is said of it, and of every new row; what is wrong with it is put to the other problems."""
    if not resource.is_extended or (instance is not None and extra.column not in given):
        return {}
    where = place if place is not nowhere_else else project.pk if project is not None else resource.project_of(instance) if instance is not None else None
    try:
        return {extra.column: extra_taken.checked(resource, given.get(extra.column), instance, where if isinstance(where, int) else None)}
    except ValidationError as problem:
        problems.update(problem.error_dict)
        return {}


def _check_as_given(resource: Resource, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Before anything looks at the values: only fields there are, and nothing that can be kept nowhere."""
    unknown = set(given) - set(known)
    if unknown:
        names = ", ".join(sorted(repr(name) if values.unreadable(name) else name for name in unknown))
        raise ValidationError({NON_FIELD_ERRORS: [_("Unknown fields: %(names)s.") % {"names": names}]})
    if problems := values.problems_with(resource.model_field, {name: value for name, value in given.items() if name != extra.column}):
        raise ValidationError({name: [problem] for name, problem in problems.items()})


def probe_of(resource: Resource, instance: Any | None) -> Any:
    """A copy of a row (or a new one) to try values on."""
    if instance is None:
        return resource.model(tenant_id=scope.current().tenant_id)
    probe = copy.copy(instance)
    probe._state = copy.copy(instance._state)
    probe._state.fields_cache = dict(instance._state.fields_cache)
    return probe


def place_given(resource: Resource, given: Mapping[str, Any], instance: Any | None, clean: Callable[[str, Any], Any] | None = None) -> Any:
    """The project that a row would belong to with these values, before they are checked; `nowhere_else` when they do not say."""
    if not resource.confined:
        return nowhere_else
    name = getattr(resource.model, "project_from", "") or resource.place_path.removesuffix("_id").split("__")[0]
    if name in given:
        try:
            row = (clean or _cleaner(resource))(name, given[name])
        except ValidationError:
            return nowhere_else  # told at that field
        if isinstance(row, Project):
            return row.pk
        target = resource.target(name)
        return target.project_of(row) if target is not None and row is not None else None
    return resource.project_of(instance) if instance is not None else nowhere_else


def place_name(resource: Resource) -> str:
    """The field that says where a row of a project is: the project itself, or the whole that it is in."""
    return getattr(resource.model, "project_from", "") or resource.place_path.removesuffix("_id").split("__")[0]


def place_meant(resource: Resource, given: Mapping[str, Any] | None, instance: Any | None, clean: Callable[[str, Any], Any] | None = None) -> Any:
    """Where a row would be, whatever else is given: its project, None for the organisation, `nowhere_else` when that is not said yet."""
    if not resource.place_path or (resource.model is Project and instance is None):
        return None
    name = place_name(resource)
    field = resource.model_field(name)
    if instance is not None and name not in (given or {}):
        return resource.project_of(instance)
    if given is None or field is None or resource.model is Project:
        return nowhere_else
    if given.get(name) in (None, ""):
        return None if field.null else nowhere_else
    try:
        row = (clean or _cleaner(resource))(name, given[name])
    except (ValidationError, TypeError, ValueError):
        return nowhere_else  # told at that field
    target = resource.target(name)
    return row.pk if isinstance(row, Project) else target.project_of(row) if target is not None and row is not None else nowhere_else


def whole_meant(resource: Resource, given: Mapping[str, Any]) -> set[int]:
    """The id of the whole that a part would have with these values, before they are checked; none when they do not say."""
    name = getattr(resource.model, "project_from", "")
    if not name or name not in given:
        return set()
    try:
        row = _cleaner(resource)(name, given[name])
    except (ValidationError, TypeError, ValueError):
        return set()  # told at that field
    return {row.pk} if row is not None else set()


def _cleaner(resource: Resource) -> Callable[[str, Any], Any]:
    def clean(name: str, value: Any) -> Any:
        model_field = resource.model_field(name)
        field = form_field(model_field) if model_field is not None else None
        return field.clean(value) if field is not None else None

    return clean


def _filled(resource: Resource, name: str, value: Any) -> Any:
    """What a form calls empty, in the model's own terms."""
    field = resource.model_field(name)
    if value is None and isinstance(field, models.JSONField) and not field.null:
        return field.get_default()
    return value


class Checker:
    """The same checks as `checked` for many rows of one resource: fields are made once, a reference is looked up once.

    What only the database can tell (uniqueness, constraints) is left to it; who writes in bulk goes row by row when it objects.
    """

    def __init__(self, resource: Resource, access: Access) -> None:
        self.resource = resource
        self._rights = access if scope.current().user_id is not None else None  # the machinery may name everything
        self._fields: dict[str, forms.Field] = {}
        self._found: dict[tuple[Any, ...], Any] = {}
        self._defaults = blank_values(resource)
        self._empty: dict[str, Any] = {}
        self._is_still = False  # declared fields stay as they are

    def checked(self, given: Mapping[str, Any], instance: Any | None) -> dict[str, Any]:
        """Cleaned values; ValidationError by field."""
        given = extra_taken.gathered(self.resource, given)
        _check_as_given(self.resource, given, _known(self.resource))
        cleaned: dict[str, Any] = {}
        problems: dict[str, Any] = {}
        place = place_given(self.resource, given, instance, self.clean)
        for name, value in given.items():
            if name == extra.column:
                continue
            try:
                cleaned[name] = self.clean(name, value, place, getattr(instance, f"{name}_id", None))
            except ValidationError as problem:
                problems[name] = problem.error_list
        if instance is None:
            self._add_defaults(cleaned, problems)
        if given.get(extra.column) and not self._is_still:
            extra.hold_still(self.resource)
            self._is_still = True
        cleaned |= _more(self.resource, given, instance, place, cleaned.get("project"), problems)
        if problems:
            raise ValidationError(problems)
        return cleaned

    def _add_defaults(self, cleaned: dict[str, Any], problems: dict[str, Any]) -> None:
        """What a new row was not given: worked out once, copied when it can be changed."""
        for name in self.resource.fields:
            if name in cleaned or name in problems:
                continue
            if name not in self._empty:
                try:
                    self._empty[name] = self.clean(name, self._defaults.get(name))
                except ValidationError as problem:
                    problems[name] = problem.error_list
                    continue
            value = self._empty[name]
            cleaned[name] = copy.copy(value) if isinstance(value, list | dict) else value

    def clean(self, name: str, value: Any, place: Any = nowhere_else, kept: int | None = None) -> Any:
        field = self._field(name)
        if isinstance(field, ReferenceField):
            field.place, field.kept = place if name in self.resource.confined else nowhere_else, None
        if isinstance(field, ReferenceField | MemberField) and isinstance(value, str | int):
            mark = (name, type(value), value, place)
            if mark not in self._found:
                if isinstance(field, ReferenceField):
                    field.rights = self._rights
                try:
                    self._found[mark] = field.clean(value)
                except ValidationError:
                    if kept is None or not isinstance(field, ReferenceField):
                        raise
                    field.kept = kept
                    return field.clean(value)
            return self._found[mark]
        made = field.clean(value)
        model_field = self.resource.model_field(name)
        if model_field is not None and model_field.validators and made not in model_field.empty_values:
            model_field.run_validators(made)
        return _filled(self.resource, name, made)

    def _field(self, name: str) -> forms.Field:
        if name not in self._fields:
            model_field = self.resource.model_field(name)
            made = form_field(model_field) if model_field is not None else None
            if made is None:
                raise ValidationError({NON_FIELD_ERRORS: [_("Unknown fields: %(names)s.") % {"names": name}]})
            self._fields[name] = made
        return self._fields[name]
