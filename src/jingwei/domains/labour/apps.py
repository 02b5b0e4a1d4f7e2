"""The labour domain as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabourConfig(AppConfig):
    """Day-labour sheets (点工单) confirmed by both sides."""

    name = "jingwei.domains.labour"
    label = "labour"
    verbose_name = _("Day labour")
    default_auto_field = "django.db.models.BigAutoField"
