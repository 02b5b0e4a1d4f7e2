"""The change domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChangeConfig(AppConfig):
    """Change requests of every project."""

    name = "jingwei.domains.change"
    label = "change"
    verbose_name = _("Change requests")
    default_auto_field = "django.db.models.BigAutoField"
