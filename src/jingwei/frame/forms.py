"""Forms made from declarations: one place where text, JSON and cells become checked values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame import confined, scope, values
from jingwei.frame.models import Membership, Project, User
from jingwei.frame.resource import Resource, resource_of
from jingwei.kernels import pictures
from jingwei.kernels.bounds import largest_id


class ReferenceInput(forms.TextInput):
    """A text box with suggestions: people type or pick the natural key of a row."""

    template_name = "frame/widgets/reference.html"

    def __init__(self, target: Resource, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.target = target

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["target"] = self.target.key
        return context


nowhere_else = object()  # a reference that is not confined to a place


class ReferenceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Another row: as itself, by its id (a number from a program, or `#12` from one of our own pickers), or by its natural key as people type it.

    What people type is never taken for an id. `place` confines it to rows of one project (and those of the organisation).
    """

    default_error_messages = {
        "invalid_choice": _("There is no “%(value)s”. Type the code or pick one from the list."),
        "elsewhere": _("“%(value)s” belongs to another project. Choose one of the same project."),
    }

    def __init__(self, target: Resource, **options: Any) -> None:
        super().__init__(target.model._default_manager.none(), widget=ReferenceInput(target), **options)
        self.target = target
        self.place: Any = nowhere_else

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            return self.target.name_of(value)
        if isinstance(value, int) or (pk := _picked(value)) is not None:
            row = self.target.model.objects.select_related(*self.target.references).filter(pk=value if isinstance(value, int) else pk).first()
            return self.target.name_of(row) if row else value
        return value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        row = value if isinstance(value, self.target.model) else self._found(value)
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        if not self.is_near(row):
            shown = value if isinstance(value, str) else self.target.name_of(row)
            raise ValidationError(self.error_messages["elsewhere"], code="elsewhere", params={"value": shown})
        return row

    def is_near(self, row: Any) -> bool:
        """Whether the row is of the place to which this reference is confined, or of the organisation."""
        return self.place is nowhere_else or self.target.project_of(row) in (None, self.place)

    def _found(self, value: Any) -> Any | None:
        rows = self.target.model.objects.all()
        if isinstance(value, int) and not isinstance(value, bool):
            return rows.filter(pk=value).first() if 0 < value <= largest_id else None
        near = rows
        if self.place is not nowhere_else:
            path = self.target.place_path
            near = rows.filter(models.Q(**{path: self.place}) | models.Q(**{f"{path}__isnull": True}))
        row = self.target.named(str(value), near) or self.target.named(str(value), rows)
        if row is None and (pk := _picked(value)) is not None:
            row = rows.filter(pk=pk).first()
        return row

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


def _picked(value: Any) -> int | None:
    """The id in `#12`, as our own pickers and links write it."""
    return values.whole(value[1:]) if isinstance(value, str) and value.startswith("#") else None


class PictureField(forms.FileField):
    """A photo: JPEG, PNG or WebP, written anew with nothing but its pixels (see kernels.pictures), by a process with limits."""

    widget = forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        if file is None:
            return None
        if file.size > pictures.most_bytes:
            raise ValidationError(_("The picture is larger than 20 MB. Take it with a lower resolution."), code="large")
        suffix, content = confined.run("jingwei.kernels.pictures:cleaned", file.read())
        return SimpleUploadedFile(f"{PurePath(file.name or 'photo').stem[:80]}.{suffix}", content)


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A person who is a member of this organisation, by user name; a program may give the id. Others are not offered, and not known."""

    default_error_messages = {"invalid_choice": _("“%(value)s” is no member of this organisation. Choose one from the list.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(members(), to_field_name="username", **options)

    def prepare_value(self, value: Any) -> Any:
        if (number := value if isinstance(value, int) else _picked(value)) is not None:
            return User.objects.filter(pk=number).values_list("username", flat=True).first()
        return value.username if isinstance(value, User) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, User):
            value = value.pk
        if isinstance(value, int) and not isinstance(value, bool):
            if value in self.empty_values:
                return None
            found = self.queryset.filter(pk=value).first() if self.queryset is not None and 0 < value <= largest_id else None
            if found is None:
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
            return found
        try:
            return super().to_python(value)
        except ValidationError as problem:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}) from problem


def members() -> models.QuerySet[User]:
    """People who belong to the organisation of the scope."""
    held = Membership.objects.filter(tenant_id=scope.current().tenant_id)
    return User.objects.filter(pk__in=held.values("user_id")).order_by("username")


def form_field(field: models.Field[Any, Any], **options: Any) -> forms.Field | None:
    """The form field for a model field: references by natural key, real date pickers, multi-line text."""
    if isinstance(field, models.ForeignKey):
        target = resource_of(field.remote_field.model)
        if target is not None:
            return ReferenceField(target, required=not field.blank, label=field.verbose_name, help_text=field.help_text)
        if field.remote_field.model is User:
            return MemberField(required=not field.blank, label=field.verbose_name, help_text=field.help_text)
    if isinstance(field, models.ImageField):
        return PictureField(required=not field.blank, label=field.verbose_name, help_text=field.help_text, max_length=field.max_length)
    if isinstance(field, models.DateTimeField):
        options["widget"] = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    elif isinstance(field, models.DateField):
        options["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    made: forms.Field | None = field.formfield(**options)
    if made is not None:
        made.validators += values.checks_of(field)
    return made


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's form: what the database would refuse as a double is told at the field that names it. Who is named already may stay named."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if isinstance(field, MemberField) and (pk := getattr(self.instance, f"{name}_id", None)) is not None:
                field.queryset = (members() | User.objects.filter(pk=pk)).order_by("username")

    def validate_unique(self) -> None:
        """As Django does, and within the organisation, which is no field of the form."""
        super().validate_unique()
        for constraint in self.instance._meta.constraints:
            names = tuple(getattr(constraint, "fields", ()))
            named = [name for name in names if name in self.fields]
            if "tenant" not in names or not named or any(name in self.errors for name in named):
                continue
            try:
                constraint.validate(type(self.instance), self.instance)
            except ValidationError:
                text = _("There is one with “%(value)s” already. Choose another.") % {"value": self.cleaned_data.get(named[-1])}
                self.add_error(named[-1], ValidationError(text, code="unique"))


def form_class(resource: Resource, names: Sequence[str]) -> type[forms.ModelForm[Any]]:
    """A model form over some of a resource's fields."""
    return forms.modelform_factory(resource.model, form=RowForm, fields=list(names), formfield_callback=form_field)


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
) -> dict[str, Any]:
    """Values as the model wants them; ValidationError by field otherwise. Nothing is written, `instance` is not touched.

    Only the given names are checked for a change; a new row is checked whole, with defaults for what was not given. References keep to the
    row's project: `place` when it is known already (parts inside their whole's form), else what the values or the row say.
    """
    _check_as_given(resource, given, names or resource.fields)
    wanted = list(names or resource.fields) if instance is None else [n for n in (names or resource.fields) if n in given or n in (files or {})]
    filled = dict(given) if instance is not None else {**blank_values(resource), **given}
    form = form_class(resource, wanted)(filled, cast(Any, files), instance=probe_of(resource, instance))
    if place is nowhere_else:
        place = place_given(resource, given, instance)
    for name in set(wanted) & set(resource.confined):
        if isinstance(field := form.fields[name], ReferenceField):
            field.place = place
    if not form.is_valid():
        raise ValidationError({name if name in form.fields else NON_FIELD_ERRORS: list(errors.as_data()) for name, errors in form.errors.items()})
    return {name: _filled(resource, name, form.cleaned_data[name]) for name in wanted if name in form.cleaned_data}


def _check_as_given(resource: Resource, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Before anything looks at the values: only fields there are, and nothing that can be kept nowhere."""
    unknown = set(given) - set(known)
    if unknown:
        names = ", ".join(sorted(repr(name) if values.unreadable(name) else name for name in unknown))
        raise ValidationError({NON_FIELD_ERRORS: [_("Unknown fields: %(names)s.") % {"names": names}]})
    if problems := values.problems_with(resource.model_field, given):
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

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self._fields: dict[str, forms.Field] = {}
        self._found: dict[tuple[Any, ...], Any] = {}
        self._defaults = blank_values(resource)
        self._empty: dict[str, Any] = {}

    def checked(self, given: Mapping[str, Any], instance: Any | None) -> dict[str, Any]:
        """Cleaned values; ValidationError by field."""
        _check_as_given(self.resource, given, self.resource.fields)
        cleaned: dict[str, Any] = {}
        problems: dict[str, Any] = {}
        place = place_given(self.resource, given, instance, self._clean)
        for name, value in given.items():
            try:
                cleaned[name] = self._clean(name, value, place)
            except ValidationError as problem:
                problems[name] = problem.error_list
        if instance is None:
            self._add_defaults(cleaned, problems)
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
                    self._empty[name] = self._clean(name, self._defaults.get(name))
                except ValidationError as problem:
                    problems[name] = problem.error_list
                    continue
            value = self._empty[name]
            cleaned[name] = copy.copy(value) if isinstance(value, list | dict) else value

    def _clean(self, name: str, value: Any, place: Any = nowhere_else) -> Any:
        field = self._field(name)
        if isinstance(field, ReferenceField):
            field.place = place if name in self.resource.confined else nowhere_else
        if isinstance(field, ReferenceField | MemberField) and isinstance(value, str | int):
            mark = (name, type(value), value, place)
            if mark not in self._found:
                self._found[mark] = field.clean(value)
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
