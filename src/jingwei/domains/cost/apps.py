"""The cost domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CostConfig(AppConfig):
    """Cost lines by project, account and period."""

    name = "jingwei.domains.cost"
    label = "cost"
    verbose_name = _("Cost")
    default_auto_field = "django.db.models.BigAutoField"
