"""Who and whose: organisation (tenant), project, user, role, membership, one-time set-up link, API token."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.currency import CurrencyField
from jingwei.frame.models.custom import Extended, extra_index
from jingwei.frame.models.scoped import ScopedManager, TenantModel
from jingwei.frame.models.spelt import SpeltField
from jingwei.frame.models.zone import ZoneField

code_rule = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", _("Use letters, digits, dot, dash and underscore only."))


class Tenant(models.Model):
    """An organisation: the wall that no row crosses."""

    class PasswordProfile(models.TextChoices):
        BASIC = "basic", _("Basic")
        STRICT = "strict", _("Strict")
        MLPS3 = "mlps3", _("MLPS level 3 (等保三级)")

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_rule])
    name = models.CharField(_("name"), max_length=200)
    zone = ZoneField(_("time zone"), max_length=60, default="Asia/Shanghai")
    currency = CurrencyField(_("currency"), max_length=3, default="CNY")
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    password_profile = models.CharField(_("password rules"), max_length=10, choices=PasswordProfile.choices, default=PasswordProfile.BASIC)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who can log in. Rights come from memberships only; is_superuser gives nothing."""

    hash_before: str = ""
    spelt = SpeltField("last_name", "first_name")
    language = models.CharField(_("language"), max_length=10, blank=True)
    password_changed_at = models.DateTimeField(null=True, editable=False)
    # where the person worked last: a new session begins there, if it is still one of theirs
    last_tenant = models.ForeignKey(Tenant, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(Lower("username"), name="user_name_once", violation_error_message=_("This name is taken."))]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def set_password(self, raw_password: str | None) -> None:
        """The hash of before is remembered until the new one is saved: it must perhaps not come again."""
        self.hash_before = self.password
        super().set_password(raw_password)

    @property
    def is_pending(self) -> bool:
        """Invited and not come in yet: nobody has chosen a password, nobody has logged in."""
        return not self.has_usable_password() and self.last_login is None


class ProjectManager(ScopedManager):
    """Projects of the scope: here the row's own id is the project."""


class Project(TenantModel, Extended):
    """A project: the scope of plans, money and interfaces. Dates are in its own zone."""

    project_path: ClassVar[str] = "id"

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        HOLD = "hold", _("On hold")
        CLOSED = "closed", _("Closed")

    class Direction(models.TextChoices):
        START = "start", _("Start: as soon as possible")
        FINISH = "finish", _("Finish: as late as possible")

    class ProgressLogic(models.TextChoices):
        RETAINED = "retained", _("Retained logic: what is left still waits for its predecessors")
        OVERRIDE = "override", _("Progress override: what has begun goes on at once")

    code = models.CharField(_("code"), max_length=40, validators=[code_rule])
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.ACTIVE)
    manager = models.ForeignKey("frame.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("project manager"))
    customer = models.CharField(_("customer"), max_length=200, blank=True)
    zone = ZoneField(_("time zone"), max_length=60, default="Asia/Shanghai")
    currency = CurrencyField(_("currency"), max_length=3, default="CNY")
    start_on = models.DateField(_("start date"))
    data_date = models.DateTimeField(_("data date"), null=True, blank=True, help_text=_("Progress is known up to this moment; empty means now."))
    scheduled_from = models.CharField(_("scheduled from"), max_length=6, choices=Direction.choices, default=Direction.START)
    finish_on = models.DateField(
        _("required finish"), null=True, blank=True, help_text=_("Scheduled from the finish, work is planned backwards from the end of this day.")
    )
    has_critical_ends = models.BooleanField(
        _("every end has its own critical path"), default=False, help_text=_("Float is measured to each end of the plan instead of to the project's finish.")
    )
    progress_logic = models.CharField(
        _("work out of sequence"),
        max_length=8,
        choices=ProgressLogic.choices,
        default=ProgressLogic.RETAINED,
        help_text=_("What holds when a task has begun although a predecessor is not done."),
    )
    description = models.TextField(_("description"), blank=True)

    objects: ClassVar[ScopedManager] = ProjectManager()

    class Meta(TenantModel.Meta):
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("code",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "code"), name="project_code_once")]
        indexes: ClassVar[list[Any]] = [extra_index("projects_by_more")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_from_finish(self) -> bool:
        """Planned backwards from its required finish."""
        return self.scheduled_from == self.Direction.FINISH


class Role(models.Model):
    """A named set of grants such as `work.task.change`, `cost.*` or `*.view`. Standard roles follow the declarations."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="roles")
    key = models.CharField(_("key"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    grants = ArrayField(models.CharField(max_length=80), default=list, verbose_name=_("grants"))
    is_standard = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "key"), name="role_key_once")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user has a role in the whole organisation (project empty) or in one project."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, models.PROTECT, related_name="memberships")
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "user", "role", "project"), name="membership_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


def hashed(token: str) -> str:
    """How one-time links and API tokens are kept: only their SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


class SetupLink(models.Model):
    """A one-time link that lets the first person choose a name and a password; there is no default password."""

    token_hash = models.CharField(max_length=64, unique=True)
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, blank=True)
    # an invitation: the person exists already and only chooses a password
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    # who sent the invitation: whoever holds the link may know it from him
    issued_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    @classmethod
    def issue(cls, tenant: Tenant | None = None, *, hours: int = 24, user: User | None = None, by: User | None = None) -> str:
        """Make a link and return its token; the token itself is never stored. An invitation ends those sent to the same person before."""
        if user is not None:
            cls.end(user)
        token = secrets.token_urlsafe(24)
        cls.objects.create(token_hash=hashed(token), tenant=tenant, user=user, issued_by=by, expires_at=timezone.now() + timedelta(hours=hours))
        return token

    @classmethod
    def open_of(cls, user: User) -> models.QuerySet[SetupLink]:
        """Invitations of a person that have not been used and have not ended."""
        return cls.objects.filter(user=user, used_at=None, expires_at__gt=timezone.now())

    @classmethod
    def end(cls, user: User) -> int:
        """Open invitations of a person lead nowhere any more; how many there were."""
        return cls.open_of(user).update(expires_at=timezone.now())

    @classmethod
    def find(cls, token: str) -> SetupLink | None:
        """The link while it is unused and fresh; an invitation also only while the person waits and still belongs to who invited."""
        link = cls.objects.filter(token_hash=hashed(token), used_at=None, expires_at__gt=timezone.now()).select_related("user", "tenant").first()
        if link is None or link.user is None:
            return link
        is_theirs = link.tenant is not None and link.user.memberships.filter(tenant=link.tenant).exists()
        return link if link.user.is_active and link.user.is_pending and is_theirs else None


class ApiToken(models.Model):
    """A key for programs: what its owner may do in one organisation, narrowed by its limits. Only its hash is stored.

    A token that was made through another one is its child: it has the parent's limits besides its own, ends no later, and
    goes with it.
    """

    max_days: ClassVar[int] = 365

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=8)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    # one entry a generation: {"grants": [...], "projects": [...] or null}; every entry must allow
    limits = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_over(self) -> bool:
        """It has ended, or one it was made through has."""
        now = timezone.now()
        return self.expires_at <= now or (self.parent is not None and self.parent.is_over())

    @classmethod
    def issue(
        cls, *, tenant: Tenant, user: User, name: str, days: int = 90, limit: dict[str, Any] | None = None, parent: ApiToken | None = None
    ) -> tuple[ApiToken, str]:
        """A new token and its only readable copy. A child starts from its parent's limits and ends with it at the latest."""
        if not 1 <= days <= cls.max_days:
            raise ValueError(f"a token lives from 1 to {cls.max_days} days")
        token = "jw_" + secrets.token_urlsafe(30)
        expires = timezone.now() + timedelta(days=days)
        limits = [*(parent.limits if parent else []), *([limit] if limit else [])]
        made = cls.objects.create(
            tenant=tenant, user=user, name=name, prefix=token[:8], token_hash=hashed(token), parent=parent, limits=limits,
            expires_at=min(expires, parent.expires_at) if parent else expires,
        )  # fmt: skip
        return made, token
