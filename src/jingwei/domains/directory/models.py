"""People and teams. Projects, users and memberships stand in frame, because every scope is made of them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import SpeltField, TenantModel


class Team(TenantModel):
    """A group of people: our own department, or a subcontractor's crew."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("Internal")
        SUBCONTRACTOR = "subcontractor", _("Subcontractor")
        CUSTOMER = "customer", _("Customer")

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.INTERNAL)

    class Meta(TenantModel.Meta):
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "code"), name="team_code_once")]

    def __str__(self) -> str:
        return self.name


class Person(TenantModel):
    """Somebody who works on projects, with or without a log-in."""

    history_ignores: ClassVar[tuple[str, ...]] = ("spelt",)

    number = models.CharField(_("staff number"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("team"))
    position = models.CharField(_("position"), max_length=80, blank=True)
    skills = models.CharField(
        _("skills"), max_length=200, blank=True, help_text=_("Separated by commas. Levelling gives a task that asks for a skill to whoever has it and is free.")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    user = models.OneToOneField("frame.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user"))
    is_active = models.BooleanField(_("active"), default=True)
    spelt = SpeltField("name")

    class Meta(TenantModel.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "number"), name="person_number_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def skill_names(self) -> frozenset[str]:
        """Each skill by itself; Chinese commas count too."""
        return frozenset(name.strip() for name in re.split("[,，、;；]", self.skills) if name.strip())
