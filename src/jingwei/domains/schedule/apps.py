"""The schedule domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScheduleConfig(AppConfig):
    """Computed dates, baselines and the Gantt."""

    name = "jingwei.domains.schedule"
    label = "schedule"
    verbose_name = _("Schedule")
    default_auto_field = "django.db.models.BigAutoField"
