"""Form fields of model fields: references as people type them, members, photos, dates with a picker."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models import Project, User, values
from jingwei.frame.records import meant, people
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import confined, exactly
from jingwei.kernels import bounds, durations, pictures
from jingwei.kernels.bounds import largest_id
from jingwei.kernels.mapping import reading


class ReferenceInput(forms.TextInput):
    """A text box with suggestions: people type or pick the natural key of a row."""

    template_name = "frame/widgets/reference.html"

    def __init__(self, target: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.target = target

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["target"] = self.target
        return context


nowhere_else = object()  # a reference that is not confined to a place


class ReferenceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Another row: as itself, by its id (a number from a program, or `#12` from one of our own pickers), or by its natural key as people type it;
    a person also by name, in Chinese or pinyin; else the one that was meant by what somebody typed (see meant.py).

    What people type is never taken for an id. `place` confines it to rows of one project (and those of the organisation), `rights` to what
    whoever asks may look at: anything else is not there. What is named already (`kept`) may stay named.
    """

    default_error_messages = {
        "invalid_choice": _("There is no “%(value)s”. Type the code or pick one from the list."),
        "unknown": _("Nobody is known here as “%(value)s”. Write the %(key)s, the name or the e-mail, or pick from the list."),
        "elsewhere": _("“%(value)s” belongs to another project. Choose one of the same project."),
    }

    def __init__(self, target: Resource, **options: Any) -> None:
        super().__init__(target.model._default_manager.none(), widget=ReferenceInput(target.key), **options)
        self.target = target
        self.place: Any = nowhere_else
        self.rights: Access | None = None
        self.kept: int | None = None

    def _rows(self) -> models.QuerySet[Any]:
        """The rows that may be named. A project is known to whoever has a right in it: the scope holds no others."""
        rows = self.target.model.objects.all()
        if self.rights is None or self.target.model is Project or self.rights.projects(self.target.permission("view")) is None:
            return rows
        return rows.filter(models.Q(pk__in=self.target.seen(self.rights).values("pk")) | models.Q(pk=self.kept))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            return self.target.name_of(value)
        if isinstance(value, int) or (pk := _picked(value)) is not None:
            row = self._rows().select_related(*self.target.references).filter(pk=value if isinstance(value, int) else pk).first()
            return self.target.name_of(row) if row else value
        return value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        row = value if isinstance(value, self.target.model) else self._found(value)
        if row is None:
            raise self._unknown(value)
        if not self.is_near(row):
            shown = value if isinstance(value, str) else self.target.name_of(row)
            raise ValidationError(self.error_messages["elsewhere"], code="elsewhere", params={"value": shown})
        return row

    def _unknown(self, value: Any) -> ValidationError:
        """What is told of a text that names none: what it is like, to whoever may look at that; nobody's name is told for a piece of it."""
        if self.target.spelt is None and self.rights is not None and isinstance(value, str) and scope.current().user_id is not None:
            rows = self.target.model.objects.all() if self.target.model is Project else self.target.seen(self.rights)
            if (like := meant.unknown(self.target, value, self._near(rows))) is not None:
                return like
        text = self.error_messages["invalid_choice" if self.target.spelt is None else "unknown"]
        return ValidationError(text, code="invalid_choice", params={"value": value, "key": self.target.label(self.target.natural_key[-1])})

    def _near(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Those of these rows that are of the place to which this reference is confined, or of the organisation."""
        if self.place is nowhere_else:
            return rows
        path = self.target.place_path
        return rows.filter(models.Q(**{path: self.place}) | models.Q(**{f"{path}__isnull": True}))

    def is_near(self, row: Any) -> bool:
        """Whether the row is of the place to which this reference is confined, or of the organisation."""
        return self.place is nowhere_else or self.target.project_of(row) in (None, self.place)

    def _found(self, value: Any) -> Any | None:
        rows = self._rows()
        if isinstance(value, int) and not isinstance(value, bool):
            return rows.filter(pk=value).first() if 0 < value <= largest_id else None
        near = self._near(rows)
        row = self.target.named(str(value), near) or self.target.named(str(value), rows)
        if row is None and (pk := _picked(value)) is not None:
            row = rows.filter(pk=pk).first()
        if row is None and self.target.spelt is not None:
            row = people.one(str(value), people.seen(self.target), self.target.also_named, self.target.natural_key[-1])
        return row or meant.only(self.target, str(value), near) or (meant.only(self.target, str(value), rows) if near is not rows else None)

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


def _picked(value: Any) -> int | None:
    """The id in `#12`, as our own pickers and links write it."""
    return values.whole(value[1:]) if isinstance(value, str) and value.startswith("#") else None


class PictureField(forms.FileField):
    """A photo: JPEG, PNG or WebP, written anew with nothing but its pixels (see kernels.pictures), by a process with limits; once, however often it is asked for."""

    widget = forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        if file is None:
            return None
        kept = vars(file)
        if "as_picture" not in kept:
            try:
                kept["as_picture"] = self._written_anew(file)
            except ValidationError as problem:
                kept["as_picture"] = problem
        if isinstance(kept["as_picture"], ValidationError):
            raise kept["as_picture"]
        return kept["as_picture"]

    def _written_anew(self, file: Any) -> SimpleUploadedFile:
        if file.size > pictures.most_bytes:
            raise ValidationError(_("The picture is larger than 20 MB. Take it with a lower resolution."), code="large")
        file.seek(0)
        suffix, content = confined.run("jingwei.kernels.pictures:cleaned", file.read())
        return SimpleUploadedFile(f"{PurePath(file.name or 'photo').stem[:80]}.{suffix}", content)


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A person who is a member of this organisation, by user name, e-mail, or name in Chinese or pinyin; a program may give the id. Others are not offered, and not known."""

    default_error_messages = {"invalid_choice": _("“%(value)s” is no member of this organisation. Choose one from the list.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(people.members(), to_field_name="username", widget=ReferenceInput("frame.user"), **options)

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
            found = people.one(str(value), self.queryset, people.of_members, "username") if self.queryset is not None else None
            if found is None and meant.is_typed(meant.by_hand):
                like = people.one_of(people.offered(str(value).strip(), people.named_at_most + 1), str(value), "username")
                found = like if like is not None and meant.says(str(value), like, "username") else None
            if found is None:
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}) from problem
            return found


yes_words = frozenset(("1", "true", "t", "yes", "y", "on", "是", "对", "真", "√", "✓", "✔", "☑"))
no_words = frozenset(("0", "false", "f", "no", "n", "off", "否", "错", "假", "×", "✗", "✘", "☐"))


def yes_or_no(text: str) -> bool:
    """What a word of either language says. ValidationError for another one: it is not passed over as a no."""
    word = text.strip().lower()
    if word not in yes_words | no_words:
        raise ValidationError(_("“%(value)s” is neither yes nor no. Write yes or no."), code="invalid", params={"value": text[:40]})
    return word in yes_words


class Tick(forms.CheckboxInput):
    """A box to tick that hands on what it was sent: whether that is a yes is the field's to say."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, False)


class YesOrNoField(forms.BooleanField):
    """Yes or no; nothing is a no, as a box that is not ticked."""

    widget = Tick

    def to_python(self, value: Any) -> bool:
        return yes_or_no(str(value)) if value not in self.empty_values else False


class DurationField(forms.IntegerField):
    """Working minutes, read as people write them (3d, 2周, 4h) and shown so; a bare number counts minutes."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("“%(value)s” is no duration. Write 3d, 2w, 4h or 90m; a bare number counts minutes.")}

    def to_python(self, value: Any) -> int | None:
        try:
            return durations.parse(value) if isinstance(value, str) and value.strip() else super().to_python(value)
        except (ValueError, ValidationError):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": str(value)[:40]}) from None

    def prepare_value(self, value: Any) -> Any:
        return duration_text(value) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class NumberField(forms.DecimalField):
    """A number in plain digits, full width too; in a form, where whoever typed it sees what became of it, with commas between thousands. One elsewhere is none."""

    default_error_messages = {"comma": _("“%(value)s” is no number: a comma stands between thousands only, as in 12,000.50.")}

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        text = reading.narrow(value).strip()
        if "," in text and meant.is_typed(meant.by_hand):
            try:
                return super().to_python(reading.number_of(text))
            except reading.Unreadable:
                raise ValidationError(self.error_messages["comma"], code="invalid", params={"value": value[:40]}) from None
        if bounds.number_of(text) is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class JsonField(forms.JSONField):
    """JSON whose numbers a program sent as decimals."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(exactly.loose(value))


def duration_text(minutes: Any) -> str:
    """Working minutes as days, hours and minutes, as they are read again; a day has eight hours."""
    words = {"d": gettext("%(days)s d") % {"days": ""}, "h": gettext("%(hours)s h") % {"hours": ""}, "m": gettext("%(minutes)s min") % {"minutes": ""}}
    return durations.told(int(minutes or 0), words)


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
    elif isinstance(field, models.BooleanField) and not field.null:
        options["form_class"] = YesOrNoField
    elif isinstance(field, models.JSONField):
        options["form_class"] = JsonField
    elif isinstance(field, models.DecimalField):
        options["form_class"] = NumberField
    elif field.name.endswith("_minutes") and isinstance(field, models.IntegerField):
        options |= {"form_class": DurationField, "help_text": field.help_text or _("3d, 2w, 4h or 90m of work; a bare number counts minutes.")}
    made: forms.Field | None = field.formfield(**options)
    if made is not None:
        made.validators += values.checks_of(field)
    return made
