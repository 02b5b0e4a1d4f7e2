"""The work domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    """Tasks in a tree, their links, milestones and the board."""

    name = "jingwei.domains.work"
    label = "work"
    verbose_name = _("Work")
    default_auto_field = "django.db.models.BigAutoField"
