"""What every business row stands on: a tenant, mostly a project, a version, and managers that refuse to forget them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models.currency import Money
from jingwei.frame.models.numbers import Number
from jingwei.frame.models.spelt import spelt_with


class ScopedManager(models.Manager[Any]):
    """Rows of the current tenant (and projects) only; without a scope it raises UnscopedQuery."""

    def get_queryset(self) -> models.QuerySet[Any]:
        current = scope.current()
        rows = super().get_queryset().filter(tenant_id=current.tenant_id)
        return rows if current.project_ids is None else within_projects(rows, current.project_ids)


def within_projects(rows: models.QuerySet[Any], projects: Collection[int]) -> models.QuerySet[Any]:
    """Those rows of a model that belong to these projects; where rows may also belong to the organisation itself, those too."""
    model: Any = rows.model
    if model.project_path:
        return rows.filter(**{f"{model.project_path}__in": projects})
    if model.place_path:
        return rows.filter(models.Q(**{f"{model.place_path}__in": projects}) | models.Q(**{f"{model.place_path}__isnull": True}))
    return rows


class TenantModel(models.Model):
    """A row of one organisation. `history_ignores` names fields whose change is noise and not history.

    What becomes of a row that is deleted with what it belongs to: with a history it comes back by undo. Without, one that `returns` is written down when it goes
    and comes back too; one that `passes` flows through, or is made anew, and is missed by nobody; of any other kind it is said that it is lost. What
    `stays_on_record` was written once: what it belongs to is not deleted while it is there.
    """

    keeps_history: ClassVar[bool] = True
    returns: ClassVar[bool] = False
    passes: ClassVar[bool] = False
    stays_on_record: ClassVar[bool] = False
    history_ignores: ClassVar[tuple[str, ...]] = ()
    project_path: ClassVar[str] = ""
    # where a row belongs that may be a project's or, when this leads to nothing, the organisation's
    place_path: ClassVar[str] = ""
    # how new rows are numbered while nobody types a number
    numbered: ClassVar[Number | None] = None
    # its amounts, and whose currency they are in
    money: ClassVar[Money | None] = None

    tenant = models.ForeignKey("frame.Tenant", models.CASCADE, editable=False, related_name="+", verbose_name=_("organisation"))
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects: ClassVar[ScopedManager] = ScopedManager()
    unscoped: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True

    def belong(self) -> None:
        """A new row belongs to the organisation of the scope."""
        if self.tenant_id is None:
            self.tenant_id = scope.current().tenant_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fill the tenant from the scope and count the version up."""
        self.belong()
        if self.numbered is not None and kwargs.get("update_fields") is None:
            self.numbered.give([self])  # also when somebody has emptied it
        if not self._state.adding:
            self.version = (self.version or 0) + 1
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "version", "updated_at", *(each.name for each in spelt_with(type(self), fields))}
        super().save(*args, **kwargs)


class ProjectModel(TenantModel):
    """A row of one project."""

    project_path: ClassVar[str] = "project_id"
    project_from: ClassVar[str] = ""

    project = models.ForeignKey("frame.Project", models.CASCADE, related_name="+", verbose_name=_("project"))

    class Meta(TenantModel.Meta):
        abstract = True

    def belong(self) -> None:
        """A part takes the project of its whole (`project_from`); a row without a tenant takes its project's."""
        if self.project_from and (self.project_id is None or self.project_from in self._state.fields_cache):
            self.project_id = getattr(self, self.project_from).project_id  # also when it was moved to another whole
        if self.tenant_id is None and self.project_id is not None:
            self.tenant_id = self.project.tenant_id
        super().belong()
