"""The worktime domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorktimeConfig(AppConfig):
    """Calendars: week patterns, holidays and make-up days, in layers company, project, person."""

    name = "jingwei.domains.worktime"
    label = "worktime"
    verbose_name = _("Working time")
    default_auto_field = "django.db.models.BigAutoField"
