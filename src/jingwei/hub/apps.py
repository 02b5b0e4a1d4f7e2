"""The hub as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HubConfig(AppConfig):
    """Systems, interfaces and everything that flows."""

    name = "jingwei.hub"
    label = "hub"
    verbose_name = _("Integration hub")
    default_auto_field = "django.db.models.BigAutoField"
