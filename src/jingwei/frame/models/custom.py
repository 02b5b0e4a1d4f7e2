"""Fields that people declare themselves, and the one column in which their values stand."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel

# resources whose rows may have such fields, by key: what a definition may name. Filled as resources are declared.
extended: dict[str, Any] = {}
text_at_most = 2000  # characters of a text
choices_at_most = 200
key_rule = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*\Z", _("Write letters a–z, digits and single “_” or “-” between them, beginning with a letter.")
)


def kinds_of_rows() -> list[tuple[str, Any]]:
    """The resources to choose from."""
    return list(extended.items())


class Extended(models.Model):
    """What lets rows have declared fields: their values by key, as JSON holds them exactly (decimals and days as text, people by id)."""

    extra = models.JSONField(_("more fields"), default=dict, blank=True)

    class Meta:
        abstract = True


def extra_index(name: str) -> GinIndex:
    """The index by which rows are found by such values."""
    return GinIndex(fields=("extra",), name=name, opclasses=("jsonb_path_ops",))


class CustomField(TenantModel):
    """A declared field of a resource: of the whole organisation, or of the rows of one project."""

    place_path: ClassVar[str] = "project_id"

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG = "long", _("Long text")
        WHOLE = "whole", _("Whole number")
        DECIMAL = "decimal", _("Decimal number")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One choice")
        SEVERAL = "several", _("Several choices")
        PERSON = "person", _("Person")

    resource = models.CharField(_("belongs to"), max_length=80, choices=kinds_of_rows)
    project = models.ForeignKey(
        "frame.Project", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("project"), help_text=_("Empty: in every project of the organisation.")
    )  # fmt: skip
    key = models.CharField(
        _("field key"), max_length=40, validators=[key_rule], help_text=_("How files and programs name it, such as cost_centre. It stays as it is while rows hold values.")
    )  # fmt: skip
    label_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    label_en = models.CharField(_("name in English"), max_length=80, blank=True)
    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices, default=Kind.TEXT, help_text=_("It stays as it is while rows hold values."))
    choices = models.TextField(
        _("choices"), blank=True, help_text=_("For choices: one a line, as value | Chinese | English, such as: high | 高 | High. The value alone is enough.")
    )  # fmt: skip
    is_required = models.BooleanField(_("required"), default=False, help_text=_("New rows need a value; rows there are already are left as they are."))
    help = models.CharField(_("help"), max_length=300, blank=True, help_text=_("What people read below the field."))
    position = models.PositiveSmallIntegerField(_("order"), default=100, help_text=_("Fields stand in this order, smallest first."))
    is_archived = models.BooleanField(
        _("archived"), default=False, help_text=_("It is asked for no more; values there are stay and are shown, and are not changed.")
    )  # fmt: skip

    class Meta(TenantModel.Meta):
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "resource", "key"), name="custom_field_key_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("tenant", "resource", "project"), name="custom_fields_of_rows")]

    def __str__(self) -> str:
        return str(self.label)

    def _label(self) -> str:
        """Its name in the language of now; else in the other one, else its key."""
        names = (self.label_zh, self.label_en) if (get_language() or "").startswith("zh") else (self.label_en, self.label_zh)
        return str(next(filter(None, names), self.key))

    _label.short_description = _("name")  # type: ignore[attr-defined]
    label = property(_label)

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """Its choices: value, Chinese and English."""
        return options_of(self.choices)


def options_of(text: str) -> list[tuple[str, str, str]]:
    """Choices as they are written, one a line: value | Chinese | English. What is left out is as the one before it."""
    out = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if parts[0]:
            zh = parts[1] if len(parts) > 1 and parts[1] else parts[0]
            out.append((parts[0], zh, parts[2] if len(parts) > 2 and parts[2] else zh))
    return out
