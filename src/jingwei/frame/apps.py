"""The machinery as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FrameConfig(AppConfig):
    """Puts up the walls inside the database after every migration."""

    name = "jingwei.frame"
    label = "frame"
    verbose_name = _("Platform")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jingwei.frame import guards
        from jingwei.frame.ui import witness  # noqa: F401  (listens)

        post_migrate.connect(guards.put_up, sender=self, dispatch_uid="frame.guards")
