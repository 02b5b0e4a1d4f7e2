"""The risk domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    """The risk register of every project."""

    name = "jingwei.domains.risk"
    label = "risk"
    verbose_name = _("Risk register")
    default_auto_field = "django.db.models.BigAutoField"
